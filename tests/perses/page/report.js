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
      fetching: queries.isFetching(),
      panels: panels.map(([panel, isShown]) => ofPanel(panel, isShown, answers)),
      variables: (spec.variables ?? []).map((variable) => ofVariable(variable, answers)),
      errors: answers.filter(({ state }) => state.error).map(({ state }) => String(state.error)),
    };
  };
}

function ofPanel({ spec }, isShown, answers) {
  return {
    name: spec.display.name,
    kind: spec.plugin.kind,
    isShown,
    queries: (spec.queries ?? []).map((query) => ({
      query: query.spec.plugin.spec.query,
      // Null until there is an answer.
      series: found(answers, query)?.series.filter(hasNumber).length ?? null,
    })),
  };
}

function hasNumber({ values }) {
  return values.some(([, value]) => Number.isFinite(value));
}

function ofVariable({ kind, spec }, answers) {
  const isList = kind === "ListVariable";
  return { name: spec.name, choices: isList ? (found(answers, { kind, spec })?.length ?? null) : 1 };
}

function found(answers, definition) {
  const wanted = JSON.stringify(definition);
  return answers.find(({ queryKey, state }) => state.data && JSON.stringify(queryKey[0]) === wanted)?.state.data;
}
