// The plugins that our dashboards use. A kind that is missing here shows an error in its panel, and fails the test.

import * as markdown from "@perses-dev/markdown-plugin";
import { dynamicImportPluginLoader } from "@perses-dev/plugin-system";
import * as prometheus from "@perses-dev/prometheus-plugin";
import * as stat from "@perses-dev/stat-chart-plugin";
import * as lists from "@perses-dev/static-list-variable-plugin";
import * as history from "@perses-dev/status-history-chart-plugin";
import * as table from "@perses-dev/table-plugin";
import * as series from "@perses-dev/timeseries-chart-plugin";

const MODULES = [markdown, prometheus, stat, lists, history, table, series];

export const DEFAULT_KINDS = { Panel: "TimeSeriesChart", TimeSeriesQuery: "PrometheusTimeSeriesQuery" };

export const plugins = dynamicImportPluginLoader(
  MODULES.map((module) => ({ resource: module.getPluginModule(), importPlugin: async () => module })),
);
