// One of our dashboards, rendered read-only by the components of Perses, without a Perses server.
//
//   /?board=NAME&theme=light|dark&start=12h&var-subscription=…
//
// The dashboard is read from `/boards/NAME.json`, its queries go to `/prometheus/api/v1/…`. Time range and variables
// are read from the address by Perses itself, under the names that a link between our dashboards uses.

import { Box, CssBaseline, ThemeProvider } from "@mui/material";
import { ChartsProvider, SnackbarProvider, generateChartsTheme, getTheme } from "@perses-dev/components";
import { ViewDashboard } from "@perses-dev/dashboards";
import { PluginRegistry, ReactRouterProvider } from "@perses-dev/plugin-system";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router-dom";
import { QueryParamProvider } from "use-query-params";
import { ReactRouter6Adapter } from "use-query-params/adapters/react-router-6";

import { datasources } from "./datasources.js";
import { DEFAULT_KINDS, plugins } from "./plugins.js";
import { reporter } from "./report.js";

const asked = new URLSearchParams(location.search);
const board = await (await fetch(`/boards/${asked.get("board")}.json`)).json();
const theme = getTheme(asked.get("theme") === "dark" ? "dark" : "light");
// A query that fails is to be seen as failed, and not to be hidden by a second try; and one is to be asked also where
// the browser finds no network: what answers is on this machine.
const queries = new QueryClient({
  defaultOptions: { queries: { networkMode: "always", refetchOnWindowFocus: false, retry: false } },
});

window.report = reporter(board, queries);
createRoot(document.getElementById("root")).render(
  <BrowserRouter>
    <QueryParamProvider adapter={ReactRouter6Adapter}>
      <QueryClientProvider client={queries}>
        <ThemeProvider theme={theme}>
          <CssBaseline />
          <ChartsProvider chartsTheme={generateChartsTheme(theme, {})}>
            <SnackbarProvider>
              <PluginRegistry pluginLoader={plugins} defaultPluginKinds={DEFAULT_KINDS}>
                <ReactRouterProvider>
                  <Box sx={{ minHeight: "100vh", backgroundColor: "background.default" }}>
                    <ViewDashboard
                      dashboardResource={board}
                      datasourceApi={datasources}
                      dashboardTitleComponent={<strong>{board.spec.display?.name}</strong>}
                      isReadonly
                      isVariableEnabled
                      isDatasourceEnabled={false}
                    />
                  </Box>
                </ReactRouterProvider>
              </PluginRegistry>
            </SnackbarProvider>
          </ChartsProvider>
        </ThemeProvider>
      </QueryClientProvider>
    </QueryParamProvider>
  </BrowserRouter>,
);
