//! The configuration file that a scenario gives to `sortie`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use crate::plan::{Family, Host};
use crate::scenario::{Engine, Scenario};

const SUBMISSION: u16 = 587;
const HTTPS: u16 = 443;

/// The file's text. Defaults of `sortie` are left alone unless the laboratory cannot work with them.
pub fn text(scenario: &Scenario, engine: Engine, state_dir: &Path) -> Result<String> {
    let mut config = Table::new();
    config.insert(
        "agent".into(),
        table([("state_dir", state_dir.display().to_string().into()), ("host_id", "laboratory".into())]),
    );
    let families = scenario.targets.families.iter().map(|family| Value::from(family.name())).collect();
    config.insert(
        "probe".into(),
        table([("engine", engine.name().into()), ("families", Value::Array(families))]),
    );
    config.insert("target".into(), Value::Array(targets(scenario)));
    config.insert("controls".into(), table([("global", Value::Array(controls(scenario)))]));
    config.insert("expect".into(), table([("port_25", "open".into()), ("port_587", "open".into())]));
    config.insert("cloud".into(), table([("imds", "off".into())]));
    let relay = SocketAddr::new(Host::Alpha.address(Family::Ipv4), SUBMISSION).to_string();
    let relay = table([
        ("name", "relay".into()),
        ("address", relay.into()),
        ("tls", "none".into()),
        ("required", false.into()),
    ]);
    config.insert("relay".into(), Value::Array(vec![relay]));
    lay_over(&mut config, &scenario.config);
    toml::to_string(&config).context("failed to write the configuration")
}

fn targets(scenario: &Scenario) -> Vec<Value> {
    let operators = Host::OPERATORS.into_iter().take(scenario.targets.operators);
    let mut targets = Vec::new();
    for operator in operators {
        for &port in &scenario.targets.ports {
            let usual = if port == 25 { SUBMISSION } else { HTTPS };
            let control = scenario.targets.control.unwrap_or(usual);
            for (address, control) in addresses(scenario, operator, port, control) {
                targets.push(table([
                    ("operator", operator.name().into()),
                    ("address", address.into()),
                    ("control", control.into()),
                ]));
            }
        }
    }
    targets
}

/// Subject and control: by name once, by literal address once in each family.
fn addresses(scenario: &Scenario, host: Host, port: u16, control: u16) -> Vec<(String, String)> {
    let name = host.name();
    match &scenario.dns {
        Some(dns) => {
            let subject = if dns.by_mx {
                format!("mx:{name}.example:{port}")
            } else {
                format!("mx.{name}.example:{port}")
            };
            vec![(subject, format!("smtp.{name}.example:{control}"))]
        }
        None => scenario
            .targets
            .families
            .iter()
            .map(|&family| {
                let address = host.address(family);
                (SocketAddr::new(address, port).to_string(), SocketAddr::new(address, control).to_string())
            })
            .collect(),
    }
}

fn controls(scenario: &Scenario) -> Vec<Value> {
    let by_name = |host: Host| vec![Value::from(format!("www.{}.example:{HTTPS}", host.name()))];
    let by_address = |host: Host| {
        let families = scenario.targets.families.iter();
        families.map(|&family| SocketAddr::new(host.address(family), HTTPS).to_string().into()).collect()
    };
    Host::CONTROLS
        .into_iter()
        .flat_map(|host| if scenario.dns.is_some() { by_name(host) } else { by_address(host) })
        .collect()
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Tables are merged, everything else is replaced.
fn lay_over(below: &mut Table, above: &Table) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(rest: &str) -> Scenario {
        let text = format!("title = 'a'\nwhy = 'b'\n{rest}\n[[expect]]\nstate = 'open'\n");
        Scenario::parse("x", &text).expect("parses")
    }

    fn config(rest: &str) -> Table {
        let text = text(&scenario(rest), Engine::Raw, Path::new("/state")).expect("writes");
        toml::from_str(&text).expect("is TOML")
    }

    #[test]
    fn literals_give_one_target_per_operator_and_family() {
        let config = config("");
        let targets = config["target"].as_array().expect("array");
        assert_eq!(targets.len(), 10);
        assert_eq!(targets[1]["address"].as_str(), Some("[2001:db8:a::b]:25"));
        assert_eq!(targets[1]["control"].as_str(), Some("[2001:db8:a::b]:587"));
        assert_eq!(config["controls"]["global"].as_array().map(Vec::len), Some(4));
    }

    #[test]
    fn names_cover_both_families_at_once() {
        let config = config("[dns]");
        let targets = config["target"].as_array().expect("array");
        assert_eq!(targets.len(), 5);
        assert_eq!(targets[0]["address"].as_str(), Some("mx.alpha.example:25"));
    }

    #[test]
    fn a_scenario_overrides_single_keys() {
        let config = config("[config.probe]\nwindow = '3s'");
        assert_eq!(config["probe"]["window"].as_str(), Some("3s"));
        assert_eq!(config["probe"]["engine"].as_str(), Some("raw"));
    }
}
