//! The report of this machine: what the jury says, beside what the configuration expects.

use std::time::SystemTime;

use sortie_core::circumstances::Circumstances;
use sortie_core::expect::Expectation;
use sortie_core::report::{Cloud, PortVerdict, Report, SCHEMA, SOURCE_CONFIG, Subscription, compose};
use sortie_core::schedule::Pace;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::Finding;
use sortie_core::verdict::machine::Machine;
use sortie_core::{knowledge, policy};

use crate::config::{Config, PortExpectation};
use crate::host;
use crate::jury::Jury;

/// What a demonstration cannot see.
const HURRIED: &str =
    "loss and slow throttles: this is a demonstration, judged at a pace that is not fit for the internet";

/// The report as of now, for whom nothing comes after it: what has no verdict yet is told as far as it is known.
pub fn last_report(jury: &Jury, config: &Config, cloud: Option<&Cloud>, now: SystemTime) -> Report {
    let told =
        |machine| verdict(jury, config, cloud, machine, now).or_else(|| leaning(config, cloud, machine, now));
    let verdicts = jury.machines().iter().filter_map(told).collect();
    Report { verdicts, ..report(jury, config, cloud, now) }
}

/// The report as of now, with the verdicts that were reached.
pub fn report(jury: &Jury, config: &Config, cloud: Option<&Cloud>, now: SystemTime) -> Report {
    let reached = |machine| verdict(jury, config, cloud, machine, now);
    let verdicts = jury.machines().iter().filter_map(reached).collect();
    Report {
        schema: SCHEMA,
        generated_at: rfc3339(now),
        host: host::host(config),
        engine: Some(jury.prober().engine().code()),
        unseen: unseen(jury, config),
        verdicts,
        cloud: cloud.cloned().map(|cloud| named(config, cloud)),
        observations: jury.latest().iter().map(compose::sighting).collect(),
        relays: Vec::new(),
        explanation: None,
    }
}

/// The cloud with the type of subscription that counts, and who named it.
pub fn named(config: &Config, cloud: Cloud) -> Cloud {
    let Some(kind) = config.expect.subscription else { return cloud };
    let told = cloud.subscription.clone().unwrap_or_else(|| Subscription::of(kind.code(), SOURCE_CONFIG));
    let subscription = Subscription { kind: kind.code(), source: SOURCE_CONFIG, ..told };
    Cloud { subscription: Some(subscription), ..cloud }
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
pub fn verdict(
    jury: &Jury,
    config: &Config,
    cloud: Option<&Cloud>,
    machine: &Machine,
    now: SystemTime,
) -> Option<PortVerdict> {
    let shown = machine.shown()?;
    let place = (machine.port(), machine.family());
    Some(composed(config, cloud, place, shown, jury.since(machine).unwrap_or(now)))
}

/// Before there is a verdict: what the jury leans to, if it has to say something now.
fn leaning(
    config: &Config,
    cloud: Option<&Cloud>,
    machine: &Machine,
    now: SystemTime,
) -> Option<PortVerdict> {
    let finding = machine.is_doubting().then(|| machine.leaning().unwrap_or_else(Finding::unfinished))?;
    Some(composed(config, cloud, (machine.port(), machine.family()), &finding, now))
}

/// What was found for a port and family, beside what is expected of it.
pub fn composed(
    config: &Config,
    cloud: Option<&Cloud>,
    (port, family): (Port, Family),
    finding: &Finding,
    since: SystemTime,
) -> PortVerdict {
    compose::verdict(port, family, finding, &circumstances(config, cloud, port), rfc3339(since))
}

/// What a finding about a port is seen against: what the configuration says, else what the cloud told.
pub fn circumstances<'a>(config: &Config, cloud: Option<&'a Cloud>, port: Port) -> Circumstances<'a> {
    let expect = &config.expect;
    let subscription = expect.subscription.or_else(|| told_type(cloud?));
    let chosen = match port {
        Port::SMTP => expect.port_25,
        Port::SUBMISSION => expect.port_587,
        _ => PortExpectation::Open,
    };
    let expected = match chosen {
        PortExpectation::Open => Expectation::Open,
        PortExpectation::Blocked => Expectation::Blocked,
        PortExpectation::Any => Expectation::Any,
        // Azure restricts submission for nobody; where another provider does, somebody wants to hear of it.
        PortExpectation::Auto if port == Port::SUBMISSION => Expectation::Open,
        PortExpectation::Auto => policy::port_25(cloud, subscription),
    };
    Circumstances { expected, subscription, cloud }
}

/// The type that Azure told.
pub fn told_type(cloud: &Cloud) -> Option<knowledge::Subscription> {
    let told = cloud.subscription.as_ref()?.kind;
    knowledge::Subscription::ALL.into_iter().find(|kind| kind.code() == told)
}

/// RFC 3339 in UTC, milliseconds.
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

#[cfg(test)]
mod tests {
    use knowledge::Subscription::{Ea, EaDevtest, McaE, Other, Unknown};
    use sortie_core::report::SOURCE_ARM;

    use super::*;
    use crate::config::{Expect, File, defaults};

    fn expecting(port_25: PortExpectation, subscription: Option<knowledge::Subscription>) -> Config {
        Config { expect: Expect { subscription, port_25, ..Expect::default() }, ..defaults() }
    }

    /// A virtual machine of Azure, in a subscription that Azure says is of this type.
    fn azure(kind: Option<knowledge::Subscription>) -> Cloud {
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            subscription: kind.map(|kind| Subscription::of(kind.code(), SOURCE_ARM)),
            ..Cloud::default()
        }
    }

    #[test]
    fn what_is_expected_of_port_25_is_what_the_file_says_else_what_is_documented_for_the_subscription() {
        use PortExpectation as Port25;
        for (port_25, in_file, told, expected) in [
            (Port25::Auto, None, None, Expectation::Any),
            (Port25::Auto, Some(Unknown), None, Expectation::Any),
            (Port25::Auto, Some(Ea), None, Expectation::Open),
            (Port25::Auto, Some(McaE), None, Expectation::Open),
            (Port25::Auto, Some(EaDevtest), None, Expectation::Blocked),
            (Port25::Auto, Some(Other), None, Expectation::Blocked),
            (Port25::Open, Some(EaDevtest), None, Expectation::Open),
            (Port25::Blocked, Some(Ea), None, Expectation::Blocked),
            (Port25::Any, Some(Other), None, Expectation::Any),
            (Port25::Auto, None, Some(Ea), Expectation::Open),
            (Port25::Auto, None, Some(Other), Expectation::Blocked),
            (Port25::Auto, Some(Ea), Some(Other), Expectation::Open),
            (Port25::Auto, Some(Unknown), Some(Other), Expectation::Any),
            (Port25::Any, None, Some(Other), Expectation::Any),
        ] {
            let (config, cloud) = (expecting(port_25, in_file), azure(told));
            let said = |port| circumstances(&config, Some(&cloud), port).expected;
            assert_eq!(said(Port::SMTP), expected, "{port_25:?} {in_file:?} {told:?}");
            assert_eq!(said(Port::SUBMISSION), Expectation::Open, "{in_file:?} {told:?}");
        }
    }

    #[test]
    fn the_report_says_who_named_the_type() {
        let named =
            |in_file, told| named(&expecting(PortExpectation::Auto, in_file), azure(told)).subscription;
        assert_eq!(named(None, None), None);
        for (in_file, told, expected) in [
            (None, Some(Other), ("other", SOURCE_ARM)),
            (Some(Ea), Some(Other), ("ea", SOURCE_CONFIG)),
            (Some(Ea), None, ("ea", SOURCE_CONFIG)),
        ] {
            let subscription = named(in_file, told).expect("somebody named it");
            assert_eq!((subscription.kind, subscription.source), expected);
        }
    }

    #[test]
    fn the_next_steps_of_a_block_are_those_of_the_subscription_in_the_file() {
        let steps = |text: &str| {
            let config = File { path: "x.toml".into(), text: text.to_owned() }.config().expect("good");
            let finding =
                Finding { state: sortie_core::verdict::State::PlatformBlocked, ..Finding::unfinished() };
            let place = (Port::SMTP, Family::Ipv4);
            let verdict = composed(&config, None, place, &finding, SystemTime::UNIX_EPOCH);
            verdict.next_steps.into_iter().map(|step| step.text).collect::<Vec<_>>().join("\n")
        };
        assert!(steps("expect.subscription = 'ea-devtest'").contains("run the diagnostic"));
        assert!(steps("expect.subscription = 'other'").contains("offers no exemption"));
        assert_eq!(steps(""), steps("expect.subscription = 'unknown'"));
    }
}
