//! Reading scenario files, and the questions that only a whole file can answer.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::{Engine, Expect, Scenario};
use crate::plan::{Family, MAX_HOPS, Node};
use crate::report::STATES;

/// Every scenario of a folder, by name.
pub fn load_all(folder: &Path) -> Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            scenarios.push(Scenario::parse(&name, &text).with_context(|| format!("{}", path.display()))?);
        }
    }
    ensure!(!scenarios.is_empty(), "no scenario lies in {}", folder.display());
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scenarios)
}

impl Scenario {
    /// Parses one file.
    ///
    /// # Errors
    /// Wrong TOML and unknown keys with line and column; otherwise the combination that makes no sense.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut scenario: Self = toml::from_str(text).map_err(|error| anyhow!("{error}"))?;
        scenario.name = name.into();
        ensure!((1..=MAX_HOPS).contains(&scenario.hops), "hops must be 1 to {MAX_HOPS}");
        scenario.check_nodes()?;
        scenario.check_expectations()?;
        Ok(scenario)
    }

    /// The verdicts that a report of this scenario must hold.
    pub fn cells(&self) -> impl Iterator<Item = (Family, u16)> {
        let ports = &self.targets.ports;
        self.targets.families.iter().flat_map(move |&family| ports.iter().map(move |&port| (family, port)))
    }

    /// The one expectation about a verdict.
    pub fn expectation(&self, engine: Engine, family: Family, port: u16) -> Result<&Expect> {
        let mut found = self.expect.iter().filter(|expect| expect.selects(engine, family, port));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => bail!("nothing is expected of {} {family} port {port}", engine.name()),
            (Some(_), Some(_)) => bail!("two expectations for {} {family} port {port}", engine.name()),
        }
    }

    /// The nodes that a key of `[node]` means.
    pub fn nodes_named(&self, key: &str) -> Result<Vec<Node>> {
        if key == "routers" {
            return Ok((1..=self.hops).map(Node::Router).collect());
        }
        let node: Node = key.parse().map_err(|error| anyhow!("[node.{key}]: {error}"))?;
        self.check_node(node)?;
        Ok(vec![node])
    }

    fn check_node(&self, node: Node) -> Result<()> {
        match node {
            Node::Router(number) if number > self.hops => {
                bail!("{node} is beyond the chain of {} routers", self.hops)
            }
            _ => Ok(()),
        }
    }

    fn check_nodes(&self) -> Result<()> {
        for key in self.node.keys() {
            self.nodes_named(key)?;
        }
        let elsewhere = self.listener.iter().map(|listener| listener.at);
        let forgers = self.forger.iter().map(|forger| forger.at);
        elsewhere
            .chain(forgers)
            .chain(self.flood.iter().map(|flood| flood.at))
            .try_for_each(|node| self.check_node(node))
    }

    fn check_expectations(&self) -> Result<()> {
        for &engine in &self.run.engines {
            for (family, port) in self.cells() {
                self.expectation(engine, family, port)?;
            }
        }
        for expect in &self.expect {
            let used = self
                .run
                .engines
                .iter()
                .any(|&engine| self.cells().any(|(family, port)| expect.selects(engine, family, port)));
            ensure!(used, "an expectation selects no verdict: {expect:?}");
            if let Some(word) = expect.state.words().iter().find(|word| !STATES.contains(&word.as_str())) {
                bail!("`{word}` is no state: use one of {}", STATES.join(", "));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = 'a'\nwhy = 'b'\n";

    fn error_of(rest: &str) -> String {
        match Scenario::parse("x", &format!("{HEAD}{rest}")) {
            Ok(_) => panic!("accepted: {rest}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_title_a_reason_and_an_expectation_are_enough() {
        let scenario = Scenario::parse("x", &format!("{HEAD}[[expect]]\nstate = 'open'\n")).expect("parses");
        assert_eq!(scenario.hops, 5);
        assert_eq!(scenario.cells().count(), 2);
    }

    #[test]
    fn mistakes_are_refused_with_their_reason() {
        for (text, reason) in [
            ("hopps = 3\n[[expect]]\nstate = 'open'", "line 3"),
            ("[[expect]]\nstate = 'opne'", "`opne` is no state"),
            ("[[expect]]\nengine = 'raw'\nstate = 'open'", "nothing is expected of connect"),
            ("[[expect]]\nstate = 'open'\n[[expect]]\nport = 25\nstate = 'open'", "two expectations"),
            ("hops = 2\n[node.r3]\n[[expect]]\nstate = 'open'", "beyond the chain"),
            ("[node.firewall]\n[[expect]]\nstate = 'open'", "is no node"),
            ("[[expect]]\nstate = 'open'\n[[expect]]\nport = 587\nstate = 'open'", "selects no verdict"),
        ] {
            let message = error_of(text);
            assert!(message.contains(reason), "`{reason}` not in: {message}");
        }
    }
}
