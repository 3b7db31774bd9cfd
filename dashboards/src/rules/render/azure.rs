//! Rule groups of Azure Monitor (`Microsoft.AlertsManagement/prometheusRuleGroups`) as Bicep.
//!
//! Azure has no Alertmanager: nothing inhibits an alert there but its own expression. It has no `keep_firing_for`: an alert is
//! resolved when it has not held for a while. A group holds 20 rules at the most, evaluated in order.

use std::fmt::Write as _;

use super::text::{Annotations, Dialect};
use super::{File, MADE, by_file};
use crate::rules::{Group, Minutes, Rule, Severity};

/// Azure evaluates not more often, and not by default.
const INTERVAL: Minutes = Minutes(1);
/// Azure resolves not later.
const LATEST_RESOLUTION: Minutes = Minutes(15);

pub(super) fn files(groups: &[Group]) -> Vec<File> {
    by_file(groups)
        .into_iter()
        .map(|(file, groups)| File { path: format!("azure/{file}.bicep"), text: bicep(&groups) })
        .collect()
}

fn bicep(groups: &[&Group]) -> String {
    let mut text = format!(
        "// {MADE}\n\n\
         @description('The Azure Monitor workspace that holds the metrics.')\n\
         param workspaceId string\n\n\
         @description('Who is told: action groups for critical alerts. Empty tells nobody.')\n\
         param pageActionGroupId string = ''\n\n\
         @description('Who is told: action groups for warnings. Empty tells nobody.')\n\
         param ticketActionGroupId string = ''\n\n\
         @description('The region of the workspace.')\n\
         param location string = resourceGroup().location\n\n\
         var page = empty(pageActionGroupId) ? [] : [ {{ actionGroupId: pageActionGroupId }} ]\n\
         var ticket = empty(ticketActionGroupId) ? [] : [ {{ actionGroupId: ticketActionGroupId }} ]\n"
    );
    for group in groups {
        let symbol = group.name.replace('-', "_");
        let interval = iso(group.interval.unwrap_or(INTERVAL));
        write!(
            text,
            "\nresource {symbol} 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {{\n  \
               name: {name}\n  location: location\n  properties: {{\n    scopes: [ workspaceId ]\n    \
               enabled: true\n    interval: {interval}\n    rules: [\n",
            name = quoted(group.name),
            interval = quoted(&interval),
        )
        .expect("a String takes everything");
        for rule in &group.rules {
            text.push_str(&entry(rule));
        }
        text.push_str("    ]\n  }\n}\n");
    }
    text
}

fn entry(rule: &Rule) -> String {
    match rule {
        Rule::Record(record) => format!(
            "      {{\n        record: {}\n        expression: {}\n        enabled: true\n      }}\n",
            quoted(record.name),
            quoted(&record.expr)
        ),
        Rule::Alert(alert) => {
            let expression = match &alert.unless {
                Some(unless) => format!("({})\n{unless}", alert.expr),
                None => alert.expr.clone(),
            };
            let annotations = Annotations::new(alert, Dialect::Azure);
            let (severity, actions) = match alert.severity {
                Severity::Critical => (1, "page"),
                Severity::Warning => (3, "ticket"),
                Severity::Info | Severity::None => (4, "[]"),
            };
            let wait =
                alert.wait.map_or_else(String::new, |wait| format!("        for: {}\n", quoted(&iso(wait))));
            let resolves = alert.keep.unwrap_or(INTERVAL).min(LATEST_RESOLUTION);
            format!(
                "      {{\n        alert: {name}\n        expression: {expression}\n{wait}        severity: {severity}\n        \
                   enabled: true\n        resolveConfiguration: {{\n          autoResolved: true\n          \
                   timeToResolve: {resolves}\n        }}\n        labels: {{\n          severity: {word}\n        }}\n        \
                   annotations: {{\n          summary: {summary}\n          description: {description}\n          \
                   runbook_url: {runbook}\n          dashboard_url: {dashboard}\n        }}\n        actions: {actions}\n      }}\n",
                name = quoted(alert.name),
                expression = quoted(&expression),
                resolves = quoted(&iso(resolves)),
                word = quoted(alert.severity.code()),
                summary = quoted(&annotations.summary),
                description = quoted(&annotations.description),
                runbook = quoted(&annotations.runbook_url),
                dashboard = quoted(&annotations.dashboard_url),
            )
        }
    }
}

/// As ISO 8601 has it.
fn iso(minutes: Minutes) -> String {
    match minutes.0 {
        minutes if minutes >= 60 && minutes.is_multiple_of(60) => format!("PT{}H", minutes / 60),
        minutes => format!("PT{minutes}M"),
    }
}

/// A string of Bicep, on one line. `${` would begin an interpolation.
fn quoted(text: &str) -> String {
    let one_line: Vec<&str> = text.split_whitespace().collect();
    let text = one_line.join(" ").replace('\\', "\\\\").replace('\'', "\\'").replace("${", "\\${");
    format!("'{text}'")
}
