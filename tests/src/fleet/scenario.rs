//! What a scenario file of a fleet says: who there is, and what happens to them when.

mod check;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Deserialize;
use sortie_core::knowledge;
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Port};

use super::fault::Fault;

/// A fleet and its story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Of the file.
    #[serde(skip)]
    pub name: String,
    pub title: String,
    /// Why it is worth a story.
    pub why: String,
    /// From the first moment to the last.
    #[serde(deserialize_with = "words::duration")]
    pub length: Duration,
    #[serde(default)]
    pub agent: AgentSettings,
    pub subscription: Vec<Subscription>,
    #[serde(default)]
    pub happening: Vec<Happening>,
}

/// How every agent is configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentSettings {
    /// `[agent] interval`
    #[serde(deserialize_with = "words::duration")]
    pub interval: Duration,
    /// `[otlp] interval`
    #[serde(deserialize_with = "words::duration")]
    pub export: Duration,
    /// `[probe] greeting_interval`
    #[serde(deserialize_with = "words::duration")]
    pub greeting_interval: Duration,
    /// `[cloud] arm_interval`
    #[serde(deserialize_with = "words::duration")]
    pub arm_interval: Duration,
    /// `[otlp] max_age`
    #[serde(deserialize_with = "words::duration")]
    pub max_age: Duration,
    /// `[otlp] max_bytes`
    pub max_bytes: u64,
    /// Judges as a demonstration does, six times as fast.
    pub hurried: bool,
    /// Of machines whose subscription says nothing else.
    #[serde(deserialize_with = "words::families")]
    pub families: Vec<Family>,
    #[serde(deserialize_with = "words::ports")]
    pub ports: Vec<Port>,
    /// Operators of each port, of those that we ship.
    pub operators: usize,
}

/// As they are by default, but for IPv6, which few networks in a cloud have.
impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            export: Duration::from_secs(60),
            greeting_interval: Duration::from_secs(15 * 60),
            arm_interval: Duration::from_secs(15 * 60),
            max_age: Duration::from_secs(24 * 3600),
            max_bytes: 32 << 20,
            hurried: false,
            families: vec![Family::Ipv4],
            ports: vec![Port::SMTP, Port::SUBMISSION],
            operators: usize::MAX,
        }
    }
}

/// Virtual machines that somebody pays for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// In this file; the id is drawn from the seed.
    pub name: String,
    #[serde(rename = "type")]
    pub kind: knowledge::Subscription,
    pub vms: usize,
    #[serde(default = "one_region")]
    pub regions: Vec<String>,
    /// In each region.
    #[serde(default = "one")]
    pub vnets: usize,
    /// What it is, and how port 25 stands before anything happens: as the type has it where nothing is said.
    pub starts: Option<Fault>,
    /// The first machine asks Azure Resource Manager.
    #[serde(default)]
    pub watcher: bool,
    /// `allowPort25Out` of every interface, where machines may ask for it.
    pub allow_port_25_out: Option<bool>,
    /// Families that its networks have.
    #[serde(default, deserialize_with = "words::some_families")]
    pub families: Option<Vec<Family>>,
    /// Relays that every machine speaks to.
    #[serde(default)]
    pub relays: Vec<String>,
    /// `[expect] subscription` of every machine; the type where nothing is said.
    pub expect: Option<knowledge::Subscription>,
}

/// Something that happens to some of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    /// When it begins.
    #[serde(deserialize_with = "words::duration")]
    pub at: Duration,
    /// Until it has come to the last of them, one after the other; to all at once where nothing is said.
    #[serde(default, deserialize_with = "words::duration")]
    pub over: Duration,
    /// How long it lasts for each of them; to the end where nothing is said.
    #[serde(default, deserialize_with = "words::some_duration")]
    pub lasts: Option<Duration>,
    #[serde(default)]
    pub to: Whom,
    pub what: What,
}

/// To whom: everybody who is all of this.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Whom {
    pub subscription: Option<String>,
    pub region: Option<String>,
    /// Its number within the region, from zero.
    pub vnet: Option<usize>,
    /// From 0 to 1, drawn from the seed.
    pub share: f64,
    /// What stops mail stops port 25 where nothing is said; what cuts a machine off stops all.
    #[serde(deserialize_with = "words::some_ports")]
    pub ports: Option<Vec<Port>>,
    #[serde(deserialize_with = "words::some_families")]
    pub families: Option<Vec<Family>>,
}

impl Default for Whom {
    fn default() -> Self {
        Self { subscription: None, region: None, vnet: None, share: 1.0, ports: None, families: None }
    }
}

/// What happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// Packets meet another fate.
    Fault(Fault),
    /// Whatever stopped them does so no longer.
    Lift,
    /// Azure says that the subscription is of another type. What becomes of its packets is said beside it.
    Type(knowledge::Subscription),
    /// The interface's flag is set, and takes effect when the machine is deallocated after this long.
    Exemption {
        #[serde(deserialize_with = "words::duration")]
        deallocated_after: Duration,
    },
    /// This operator's mail servers are silent, for everybody.
    OperatorDies(String),
    /// Agents are stopped, and started again at the end.
    Stop,
    /// Their clocks are wrong by this many seconds.
    ClockOff(i64),
    /// A relay of this name is in another condition.
    Relay {
        name: String,
        #[serde(deserialize_with = "words::usability")]
        result: Usability,
    },
}

impl Scenario {
    /// Reads `tests/fleet/NAME.toml`.
    pub fn load(name: &str) -> Result<Self> {
        Self::read(name, &folder().join(format!("{name}.toml")))
    }

    /// Reads the story that somebody asked for: a name as for [`Scenario::load`], or a path, which ends in `.toml`.
    ///
    /// # Errors
    /// As [`Scenario::parse`]; where there is no story of this name, with the names that there are.
    pub fn find(story: &str) -> Result<Self> {
        let path = Path::new(story);
        if path.extension().is_some_and(|extension| extension == "toml") {
            return Self::read(story, path);
        }
        let names = names()?;
        let is_known = names.iter().any(|name| name == story);
        ensure!(
            is_known,
            "there is no story `{story}`: it is one of {}, or the path of a .toml file",
            names.join(", ")
        );
        Self::load(story)
    }

    fn read(name: &str, path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        Self::parse(name, &text).with_context(|| path.display().to_string())
    }

    /// Parses one file.
    ///
    /// # Errors
    /// Wrong TOML and unknown keys with line and column; otherwise what makes no sense.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut scenario: Self = toml::from_str(text).map_err(|error| anyhow!("{error}"))?;
        name.clone_into(&mut scenario.name);
        scenario.check()?;
        Ok(scenario)
    }

    /// Machines in all.
    pub fn vms(&self) -> usize {
        self.subscription.iter().map(|subscription| subscription.vms).sum()
    }

    /// The same story with as many machines, shared out as in the file.
    #[must_use]
    pub fn scaled_to(mut self, vms: usize) -> Self {
        let (total, mut left) = (self.vms(), vms);
        let last = self.subscription.len() - 1;
        for (index, subscription) in self.subscription.iter_mut().enumerate() {
            let share = if index == last { left } else { (subscription.vms * vms / total).max(1) };
            subscription.vms = share.max(1);
            left = left.saturating_sub(share);
        }
        self
    }

    /// The same story, so many times as fast in every respect: the intervals of agents as well as what happens.
    #[must_use]
    pub fn hurried(mut self, times: u32) -> Self {
        self.length /= times;
        self.agent.hurried = times > 1;
        let AgentSettings { interval, export, greeting_interval, arm_interval, max_age, .. } =
            &mut self.agent;
        for duration in [interval, export, greeting_interval, arm_interval, max_age] {
            *duration /= times;
        }
        for happening in &mut self.happening {
            happening.at /= times;
            happening.over /= times;
            happening.lasts = happening.lasts.map(|lasts| lasts / times);
            if let What::Exemption { deallocated_after } = &mut happening.what {
                *deallocated_after /= times;
            }
        }
        self
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fleet")
}

/// Of the stories that we have, in order.
fn names() -> Result<Vec<String>> {
    let folder = folder();
    let entries = fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let name = |entry: io::Result<fs::DirEntry>| {
        Ok(entry?.path().file_stem().unwrap_or_default().to_string_lossy().into_owned())
    };
    let mut names = entries.map(name).collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn one() -> usize {
    1
}

fn one_region() -> Vec<String> {
    vec!["westeurope".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = 'a'\nwhy = 'b'\nlength = '10m'\n";
    const PROD: &str = "[[subscription]]\nname = 'prod'\ntype = 'ea'\nvms = 10\n";

    #[test]
    fn every_scenario_that_we_have_is_read() {
        let names = names().expect("the folder");
        for name in &names {
            Scenario::find(name).unwrap_or_else(|error| panic!("{error:#}"));
        }
        assert!(names.iter().any(|name| name == "block"), "{names:?}");
    }

    #[test]
    fn a_story_that_is_not_there_is_told_from_one_that_cannot_be_read() {
        let error = |story| format!("{:#}", Scenario::find(story).expect_err(story));
        let unknown = error("blok");
        assert!(
            unknown.starts_with("there is no story `blok`: it is one of benchmark, block, "),
            "{unknown}"
        );
        let absent = error("/nowhere/block.toml");
        assert!(absent.starts_with("failed to read /nowhere/block.toml: No such file"), "{absent}");
        assert!(Scenario::find(&folder().join("block.toml").to_string_lossy()).is_ok());
    }

    #[test]
    fn an_unknown_key_is_refused_with_line_and_column() {
        let error = Scenario::parse("x", &format!("{HEAD}[agent]\nintervall = '1m'\n"))
            .expect_err("a key")
            .to_string();
        assert!(error.contains("line 5, column 1"), "{error}");
    }

    #[test]
    fn a_story_that_is_told_faster_is_faster_in_every_respect() {
        let happens = "[[happening]]\nat = '6m'\nover = '3m'\nwhat.exemption.deallocated_after = '9m'\n";
        let scenario =
            Scenario::parse("x", &format!("{HEAD}{PROD}{happens}")).expect("well-formed").hurried(30);
        let seconds = |seconds| Duration::from_secs(seconds);
        assert_eq!((scenario.length, scenario.agent.interval), (seconds(20), seconds(2)));
        assert_eq!((scenario.agent.arm_interval, scenario.happening[0].at), (seconds(30), seconds(12)));
        let What::Exemption { deallocated_after } = scenario.happening[0].what else {
            panic!("an exemption")
        };
        assert_eq!((scenario.happening[0].over, deallocated_after), (seconds(6), seconds(18)));
    }

    #[test]
    fn a_fleet_of_another_size_has_the_same_shares() {
        let text = format!("{HEAD}{PROD}{}", PROD.replace("prod", "dev").replace("10", "30"));
        let scenario = Scenario::parse("x", &text).expect("well-formed").scaled_to(1_000);
        let vms: Vec<_> = scenario.subscription.iter().map(|subscription| subscription.vms).collect();
        assert_eq!(vms, [250, 750]);
    }
}
