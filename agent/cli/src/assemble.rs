//! The report of this machine: what the jury says, beside what the configuration expects.

use std::time::SystemTime;

use sortie_core::expect::Expectation;
use sortie_core::knowledge;
use sortie_core::report::compose;
use sortie_core::report::{PortVerdict, Report, SCHEMA};
use sortie_core::schedule::Pace;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::Finding;
use sortie_core::verdict::machine::Machine;

use crate::config::{Config, Expect, PortExpectation};
use crate::host;
use crate::jury::Jury;

/// What a demonstration cannot see.
const HURRIED: &str =
    "loss and slow throttles: this is a demonstration, judged at a pace that is not fit for the internet";

/// The report as of now, for whom nothing comes after it: what has no verdict yet is told as far as it is known.
pub fn last_report(jury: &Jury, config: &Config, now: SystemTime) -> Report {
    let told = |machine| verdict(jury, config, machine, now).or_else(|| leaning(config, machine, now));
    Report { verdicts: jury.machines().iter().filter_map(told).collect(), ..report(jury, config, now) }
}

/// The report as of now, with the verdicts that were reached.
pub fn report(jury: &Jury, config: &Config, now: SystemTime) -> Report {
    Report {
        schema: SCHEMA,
        generated_at: rfc3339(now),
        host: host::host(config),
        engine: Some(jury.prober().engine().code()),
        unseen: unseen(jury, config),
        cloud: None,
        verdicts: jury.machines().iter().filter_map(|machine| verdict(jury, config, machine, now)).collect(),
        observations: jury.latest().iter().map(compose::sighting).collect(),
        relays: Vec::new(),
        explanation: None,
    }
}

/// Whether a report speaks of a network that is made up.
pub fn is_demonstration(report: &Report) -> bool {
    report.unseen.iter().any(|sentence| sentence == HURRIED)
}

/// What the engine could not see, and what it saw and did not keep.
fn unseen(jury: &Jury, config: &Config) -> Vec<String> {
    let surplus = jury.prober().surplus_answers();
    let flood = format!("{surplus} answers to SYNs that had enough of them were counted and not kept");
    let hurried = (config.pace != Pace::DEFAULT).then(|| HURRIED.to_owned());
    hurried.into_iter().chain(jury.prober().limits()).chain((surplus > 0).then_some(flood)).collect()
}

/// The verdict that is on show.
pub fn verdict(jury: &Jury, config: &Config, machine: &Machine, now: SystemTime) -> Option<PortVerdict> {
    let shown = machine.shown()?;
    let place = (machine.port(), machine.family());
    Some(composed(config, place, shown, jury.since(machine).unwrap_or(now)))
}

/// Before there is a verdict: what the jury leans to, if it has to say something now.
fn leaning(config: &Config, machine: &Machine, now: SystemTime) -> Option<PortVerdict> {
    let finding = machine.is_doubting().then(|| machine.leaning().unwrap_or_else(Finding::unfinished))?;
    Some(composed(config, (machine.port(), machine.family()), &finding, now))
}

/// What was found for a port and family, beside what is expected of it.
pub fn composed(
    config: &Config,
    (port, family): (Port, Family),
    finding: &Finding,
    since: SystemTime,
) -> PortVerdict {
    let expected = expectation(&config.expect, port);
    compose::verdict(port, family, finding, expected, config.expect.subscription, rfc3339(since))
}

/// What is expected of a port. Without a cloud to ask, a subscription is known only where the file names it.
pub fn expectation(expect: &Expect, port: Port) -> Expectation {
    let chosen = match port {
        Port::SMTP => expect.port_25,
        Port::SUBMISSION => expect.port_587,
        _ => PortExpectation::Open,
    };
    match chosen {
        PortExpectation::Open => Expectation::Open,
        PortExpectation::Blocked => Expectation::Blocked,
        PortExpectation::Any => Expectation::Any,
        // Azure restricts submission for nobody; where another provider does, somebody wants to hear of it.
        PortExpectation::Auto if port == Port::SUBMISSION => Expectation::Open,
        // Without a type of subscription the policy allows no expectation.
        PortExpectation::Auto => expect.subscription.map_or(Expectation::Any, |subscription| {
            knowledge::azure().expectation(knowledge::VM, &[subscription])
        }),
    }
}

/// RFC 3339 in UTC, milliseconds.
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::File;

    #[test]
    fn what_is_expected_of_port_25_is_what_the_file_says_else_what_is_documented_for_the_subscription() {
        use PortExpectation as Port25;
        use knowledge::Subscription::{Ea, EaDevtest, McaE, Other, Unknown};
        for (port_25, subscription, expected) in [
            (Port25::Auto, None, Expectation::Any),
            (Port25::Auto, Some(Unknown), Expectation::Any),
            (Port25::Auto, Some(Ea), Expectation::Open),
            (Port25::Auto, Some(McaE), Expectation::Open),
            (Port25::Auto, Some(EaDevtest), Expectation::Blocked),
            (Port25::Auto, Some(Other), Expectation::Blocked),
            (Port25::Open, Some(EaDevtest), Expectation::Open),
            (Port25::Blocked, Some(Ea), Expectation::Blocked),
            (Port25::Any, Some(Other), Expectation::Any),
        ] {
            let expect = Expect { subscription, port_25, ..Expect::default() };
            assert_eq!(expectation(&expect, Port::SMTP), expected, "{port_25:?} {subscription:?}");
            assert_eq!(expectation(&expect, Port::SUBMISSION), Expectation::Open, "{subscription:?}");
        }
    }

    #[test]
    fn the_next_steps_of_a_block_are_those_of_the_subscription_in_the_file() {
        let steps = |text: &str| {
            let config = File { path: "x.toml".into(), text: text.to_owned() }.config().expect("good");
            let finding =
                Finding { state: sortie_core::verdict::State::PlatformBlocked, ..Finding::unfinished() };
            let verdict = composed(&config, (Port::SMTP, Family::Ipv4), &finding, SystemTime::UNIX_EPOCH);
            verdict.next_steps.into_iter().map(|step| step.text).collect::<Vec<_>>().join("\n")
        };
        assert!(steps("expect.subscription = 'ea-devtest'").contains("run the diagnostic"));
        assert!(steps("expect.subscription = 'other'").contains("offers no exemption"));
        assert_eq!(steps(""), steps("expect.subscription = 'unknown'"));
    }
}
