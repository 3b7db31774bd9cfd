// What has become of every panel and every variable, told to whoever looks from outside as `window.report()`.
//
// The charts are painted on a canvas, where nobody can read "No data". So the answers are judged as the panels got
// them: from the cache of queries, where each is kept under its definition.

export function reporter({ spec }, queries) {
  const shown = new Set(spec.layouts.flatMap((layout) => layout.spec.items.map((item) => item.content.$ref)));
  const panels = Object.entries(spec.panels).map(([id, panel]) => [panel, shown.has(`#/spec/panels/${id}`)]);
  return () => {
    const answers = queries.getQueryCache().getAll();
    return {
      panels: panels.map(([panel, isShown]) => ofPanel(panel, isShown, answers)),
      variables: (spec.variables ?? []).map((variable) => ofVariable(variable, answers)),
      errors: answers.filter(({ state }) => state.error).map(({ state }) => String(state.error)),
    };
  };
}

function ofPanel({ spec }, isShown, answers) {
  const { kind } = spec.plugin;
  const isUnknown = answers.some(({ queryKey, state }) => queryKey[0] === "getPlugin" && queryKey[2] === kind && state.error);
  return {
    name: spec.display.name,
    kind,
    isShown,
    queries: (spec.queries ?? []).map((query) => {
      const state = found(answers, query)?.state;
      return {
        query: query.spec.plugin.spec.query,
        series: state?.data?.series.filter(hasNumber).length ?? 0,
        isOver: isUnknown || (state !== undefined && state.fetchStatus === "idle" && state.status !== "loading"),
      };
    }),
  };
}

function hasNumber({ values }) {
  return values.some(([, value]) => Number.isFinite(value));
}

function ofVariable({ kind, spec }, answers) {
  const isList = kind === "ListVariable";
  return { name: spec.name, choices: isList ? (found(answers, { kind, spec })?.state.data?.length ?? 0) : 1 };
}

function found(answers, definition) {
  const wanted = JSON.stringify(definition);
  // The latest: a variable that finds its value makes the panels ask again.
  return answers.findLast(({ queryKey }) => JSON.stringify(queryKey[0]) === wanted);
}
