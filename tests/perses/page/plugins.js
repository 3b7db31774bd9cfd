// The plugins that our dashboards use. A kind that is missing here shows an error in its panel, and fails the test.

import * as bar from "@perses-dev/bar-chart-plugin";
import * as gauge from "@perses-dev/gauge-chart-plugin";
import * as heatmap from "@perses-dev/heatmap-chart-plugin";
import * as markdown from "@perses-dev/markdown-plugin";
import * as pie from "@perses-dev/pie-chart-plugin";
import { dynamicImportPluginLoader } from "@perses-dev/plugin-system";
import * as prometheus from "@perses-dev/prometheus-plugin";
import * as stat from "@perses-dev/stat-chart-plugin";
import * as lists from "@perses-dev/static-list-variable-plugin";
import * as history from "@perses-dev/status-history-chart-plugin";
import * as table from "@perses-dev/table-plugin";
import * as series from "@perses-dev/timeseries-chart-plugin";
import * as seriesTable from "@perses-dev/timeseries-table-plugin";

const MODULES = [bar, gauge, heatmap, markdown, pie, prometheus, stat, lists, history, table, series, seriesTable];

export const DEFAULT_KINDS = { Panel: "TimeSeriesChart", TimeSeriesQuery: "PrometheusTimeSeriesQuery" };

export const plugins = dynamicImportPluginLoader(
  MODULES.map((module) => ({ resource: module.getPluginModule(), importPlugin: async () => module })),
);
