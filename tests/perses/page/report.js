// What has become of every panel and every variable, told to whoever looks from outside as `window.report()`.
//
// The charts are painted on a canvas, where nobody can read "No data". So the answers are judged as the panels got
// them: from the cache of queries, where each is kept under its definition.

export function reporter(board, queries) {
  return () => {
    const answers = queries.getQueryCache().getAll();
    return {
      fetching: queries.isFetching(),
      panels: Object.values(board.spec.panels).map((panel) => ofPanel(panel, answers)),
      variables: (board.spec.variables ?? []).map((variable) => ofVariable(variable, answers)),
      errors: answers.filter(({ state }) => state.error).map(({ state }) => String(state.error)),
    };
  };
}

function ofPanel({ spec }, answers) {
  return {
    name: spec.display.name,
    kind: spec.plugin.kind,
    queries: (spec.queries ?? []).map((query) => ({
      query: query.spec.plugin.spec.query,
      // Null until there is an answer.
      series: found(answers, query)?.series.length ?? null,
    })),
  };
}

function ofVariable(variable, answers) {
  return {
    name: variable.spec.name,
    values: variable.kind === "ListVariable" ? (found(answers, variable)?.length ?? null) : 1,
  };
}

function found(answers, definition) {
  const wanted = JSON.stringify(definition);
  return answers.find(({ queryKey, state }) => state.data && JSON.stringify(queryKey[0]) === wanted)?.state.data;
}
