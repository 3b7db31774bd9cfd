// What a Perses server would tell of data sources: there is one, and it is the default.

const PROMETHEUS = {
  kind: "GlobalDatasource",
  metadata: { name: "prometheus" },
  spec: { default: true, plugin: { kind: "PrometheusDatasource", spec: { directUrl: "/prometheus" } } },
};

export const datasources = {
  getDatasource: async () => undefined,
  getGlobalDatasource: async () => PROMETHEUS,
  listDatasources: async () => [],
  listGlobalDatasources: async () => [PROMETHEUS],
};
