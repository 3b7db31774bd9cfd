//! Which stories make sense: what is wrong is said in the words of the file, before anybody plays it.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{AgentSettings, Happening, Scenario, Subscription, What, Whom};
use crate::fleet::world;

/// The longest that is of use: Prometheus takes nothing that is older than a day.
const LENGTH_MOST: Duration = Duration::from_secs(24 * 3600);
/// Of an agent, as `sortie run` has it.
const INTERVAL_LEAST: Duration = Duration::from_secs(1);

impl Scenario {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(self.length <= LENGTH_MOST, "length must be a day at most");
        self.agent.check()?;
        ensure!(!self.subscription.is_empty(), "there is no [[subscription]]");
        for (index, subscription) in self.subscription.iter().enumerate() {
            subscription.check()?;
            ensure!(
                self.subscription[..index].iter().all(|other| other.name != subscription.name),
                "two subscriptions are called `{}`",
                subscription.name
            );
        }
        self.happening.iter().try_for_each(|happening| self.happens(happening))
    }

    fn happens(&self, happening: &Happening) -> Result<()> {
        let Happening { at, to, what, .. } = happening;
        ensure!(*at <= self.length, "something happens at {at:?}, after the end");
        ensure!((0.0..=1.0).contains(&to.share), "a share is 0 to 1, not {}", to.share);
        if let Some(name) = &to.subscription {
            let is_known = self.subscription.iter().any(|subscription| subscription.name == *name);
            ensure!(is_known, "there is no subscription `{name}`");
        }
        if let Some(region) = &to.region {
            let is_known = self.subscription.iter().any(|subscription| subscription.regions.contains(region));
            ensure!(is_known, "there is nobody in the region `{region}`");
        }
        ensure!(
            self.subscription.iter().any(|subscription| to.may_be_of(subscription)),
            "this happens to nobody: no subscription has this region and network: {to:?}"
        );
        if let What::OperatorDies(operator) = what {
            ensure!(
                world::is_operator(operator)?,
                "none of our destinations is of the operator `{operator}`"
            );
        }
        if let What::Relay { name, .. } = what {
            let is_known = self.subscription.iter().any(|subscription| subscription.relays.contains(name));
            ensure!(is_known, "nobody speaks to the relay `{name}`");
        }
        Ok(())
    }
}

impl Whom {
    /// Whether machines of this subscription may be meant.
    fn may_be_of(&self, subscription: &Subscription) -> bool {
        self.subscription.as_ref().is_none_or(|name| *name == subscription.name)
            && self.region.as_ref().is_none_or(|region| subscription.regions.contains(region))
            && self.vnet.is_none_or(|vnet| vnet < subscription.vnets)
    }
}

impl AgentSettings {
    fn check(&self) -> Result<()> {
        for (key, interval) in [
            ("interval", self.interval),
            ("export", self.export),
            ("greeting_interval", self.greeting_interval),
            ("arm_interval", self.arm_interval),
        ] {
            ensure!(interval >= INTERVAL_LEAST, "{key} of an agent is a second at least");
        }
        ensure!(!self.families.is_empty(), "agents probe over one family at least");
        ensure!(!self.ports.is_empty(), "agents probe one port at least");
        Ok(())
    }
}

impl Subscription {
    fn check(&self) -> Result<()> {
        ensure!(self.vms > 0, "the subscription `{}` has no machine", self.name);
        ensure!(!self.regions.is_empty(), "the subscription `{}` is in no region", self.name);
        ensure!(self.vnets > 0, "the subscription `{}` has no network", self.name);
        let families = self.families.as_deref();
        ensure!(families.is_none_or(|all| !all.is_empty()), "the subscription `{}` has no family", self.name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = 'a'\nwhy = 'b'\nlength = '10m'\n";
    const PROD: &str = "[[subscription]]\nname = 'prod'\ntype = 'ea'\nvms = 10\n";

    fn error_of(rest: &str) -> String {
        match Scenario::parse("x", &format!("{HEAD}{rest}")) {
            Ok(_) => panic!("accepted: {rest}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_says_why() {
        let elsewhere =
            "[[subscription]]\nname = 'dev'\ntype = 'ea'\nvms = 4\nvnets = 2\nregions = ['north']\n";
        let happens = |rest: &str| format!("{PROD}[[happening]]\nat = '1m'\n{rest}");
        for (rest, reason) in [
            ("[[subscription]]\nname = 'p'\ntype = 'ea'\nvm = 3\n".to_owned(), "unknown field `vm`"),
            ("[[subscription]]\nname = 'p'\ntype = 'best'\nvms = 3\n".to_owned(), "unknown variant `best`"),
            (format!("{PROD}{PROD}"), "two subscriptions are called `prod`"),
            (PROD.replace("10", "0"), "has no machine"),
            (happens("to.subscription = 'dev'\nwhat = 'lift'\n"), "there is no subscription `dev`"),
            (happens("to.region = 'mars'\nwhat = 'lift'\n"), "nobody in the region `mars`"),
            (happens("to.share = 2.0\nwhat = 'lift'\n"), "a share is 0 to 1"),
            (happens("to.families = ['ipv5']\nwhat = 'lift'\n"), "`ipv5` is none of ipv4, ipv6"),
            (happens("what.relay = { name = 'acs', result = 'usable' }\n"), "nobody speaks to the relay"),
            (happens("what.fault = 'magic'\n"), "unknown variant `magic`"),
            (happens("to.vnet = 1\nwhat = 'lift'\n"), "this happens to nobody"),
            (
                format!(
                    "{}{elsewhere}",
                    happens("to = { subscription = 'prod', vnet = 1 }\nwhat = 'lift'\n")
                ),
                "this happens to nobody",
            ),
            (
                format!(
                    "{}{elsewhere}",
                    happens("to = { subscription = 'prod', region = 'north' }\nwhat = 'lift'\n")
                ),
                "this happens to nobody",
            ),
            (PROD.replace("vms", "families = []\nvms"), "has no family"),
            (happens("what.operator_dies = 'googel'\n"), "of the operator `googel`"),
            (format!("[agent]\nexport = '0s'\n{PROD}"), "export of an agent is a second at least"),
            (format!("[agent]\nports = []\n{PROD}"), "one port at least"),
            (happens("what = 'lift'\n").replace("1m'", "1h'"), "after the end"),
            (happens("what = 'lift'\n").replace("1m'", "soon'"), "`soon` is no duration"),
        ] {
            let error = error_of(&rest);
            assert!(error.contains(reason), "{rest}: {error}");
        }
    }
}
