//! `[probe]`: how destinations are asked.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use sortie_core::target::Family;
use toml::Spanned;

use super::diagnose::Problem;
use super::section::{Refusal, Section};
use super::value::{self, Read};

/// An answer from the other side of the world takes 0.3 s; the laboratory has none that takes longer than 0.1 s.
/// After a minute a kernel has long given up (`tcp_syn_retries`).
pub(super) const WINDOW: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(60);

/// When a SYN is sent: never after the longest window.
pub(super) const ATTEMPT_AT: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(60);

/// Packets closer together share their fate in one burst of loss, and then say nothing new.
const ATTEMPT_GAP: Duration = Duration::from_millis(100);

/// A Linux kernel sends seven SYNs by itself; more from us would be rude.
pub(super) const ATTEMPTS_MAX: usize = 8;

/// A conversation costs a mail server more than a handshake does: not every second, and not never.
pub(super) const GREETING_INTERVAL: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(7 * 86_400);

/// `IFNAMSIZ` less its zero byte.
const INTERFACE_MAX: usize = 15;

pub(super) const FAMILIES: [(&str, Family); 2] = [("ipv4", Family::Ipv4), ("ipv6", Family::Ipv6)];

/// Which engine asks.
#[expect(clippy::doc_markdown, reason = "the command line's help shows these words as they stand")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineChoice {
    /// Raw where the capability is there, else connect
    #[default]
    Auto,
    /// Hand-built SYNs through a raw socket (needs CAP_NET_RAW)
    Raw,
    /// The kernel's own connect(), no privilege
    Connect,
}

impl EngineChoice {
    pub(super) const WORDS: [(&str, Self); 3] =
        [("auto", Self::Auto), ("raw", Self::Raw), ("connect", Self::Connect)];
}

/// Where packets leave from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// By interface name, both families.
    Interface(String),
    /// By address, its family only.
    Address(IpAddr),
}

impl FromStr for Source {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            let usable = !ip.is_unspecified() && !ip.is_multicast();
            return if usable { Ok(Self::Address(ip.to_canonical())) } else { Err(()) };
        }
        // As the kernel's dev_valid_name(): no slash, colon or space, and neither "." nor "..".
        let legal = |c: char| c.is_ascii_graphic() && c != '/' && c != ':';
        let named = (1..=INTERFACE_MAX).contains(&text.len()) && text.chars().all(legal);
        if named && text != "." && text != ".." { Ok(Self::Interface(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(name) => f.write_str(name),
            Self::Address(ip) => ip.fmt(f),
        }
    }
}

/// `[probe]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Which engine asks.
    pub engine: EngineChoice,
    /// Families with a verdict of their own, without repetition, at least one.
    pub families: Vec<Family>,
    /// When SYNs are sent, from the start of the probe: ascending, the first at zero.
    pub attempts: Vec<Duration>,
    /// How long answers are waited for, from the start of the probe: longer than the last attempt.
    pub window: Duration,
    /// Time between two SMTP conversations with the same destination.
    pub greeting_interval: Duration,
    /// Where packets leave from, if not by the routing table's choice.
    pub source: Option<Source>,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            engine: EngineChoice::Auto,
            families: Family::ALL.to_vec(),
            attempts: [0, 1, 3].map(Duration::from_secs).to_vec(),
            window: Duration::from_secs(7),
            greeting_interval: Duration::from_secs(15 * 60),
            source: None,
        }
    }
}

impl Probe {
    /// The section, and the window with its place if the file has one.
    pub(super) fn read(section: &mut Section<'_, '_>) -> (Self, Option<Spanned<Duration>>) {
        let defaults = Self::default();
        let engine = section.value("engine", |v| value::word(v, &EngineChoice::WORDS));
        let families = section.list("families", family);
        let attempts = section.list("attempts", |v| {
            value::duration(
                v,
                &ATTEMPT_AT,
                "a SYN after the longest window has no one to wait for its answer",
            )
        });
        let window = section.value("window", |v| {
            value::duration(v, &WINDOW, "shorter cuts off slow answers, longer only delays the verdict")
        });
        let greeting = section.value("greeting_interval", |v| {
            value::duration(v, &GREETING_INTERVAL, "mail servers notice who knocks too often")
        });
        let source = section.value("source", source);

        check_families(families.as_ref(), section);
        let span = attempts.as_ref().map(Spanned::span);
        check_attempts(attempts.as_ref(), section);
        let probe = Self {
            engine: engine.map_or(defaults.engine, Spanned::into_inner),
            families: families.map_or(defaults.families, value::plain),
            attempts: attempts.map_or(defaults.attempts, value::plain),
            window: window.as_ref().map_or(defaults.window, |w| *w.get_ref()),
            greeting_interval: greeting.map_or(defaults.greeting_interval, Spanned::into_inner),
            source: source.as_ref().map(|s| s.get_ref().clone()),
        };
        probe.check_window(span, window.as_ref(), section);
        probe.check_source(source.as_ref(), section);
        (probe, window)
    }

    fn check_window(
        &self,
        attempts: Option<std::ops::Range<usize>>,
        window: Option<&Spanned<Duration>>,
        section: &mut Section<'_, '_>,
    ) {
        let last = self.attempts.iter().max().copied().unwrap_or_default();
        if self.window > last {
            return;
        }
        let (window_text, last_text) = (show(self.window), show(last));
        let title = format!("the window of {window_text} closes before the last attempt at {last_text}");
        let span = window.map(Spanned::span).or(attempts.clone()).unwrap_or(section.span());
        let mut problem = Problem::new(title, span.clone(), "nobody would hear the answer")
            .hint(format!("make `window` longer than {last_text}, or take the late attempts out"));
        if let Some(attempts) = attempts.filter(|a| *a != span) {
            problem = problem.other(attempts, "the attempts");
        }
        section.refuse(problem);
    }

    fn check_source(&self, source: Option<&Spanned<Source>>, section: &mut Section<'_, '_>) {
        let Some(source) = source else { return };
        let Source::Address(ip) = source.get_ref() else { return };
        if !self.families.is_empty() && !self.families.contains(&Family::of(*ip)) {
            let title = format!(
                "`probe.source` is an {} address, which `probe.families` leaves out",
                Family::of(*ip)
            );
            let hint =
                format!("add \"{}\" to `families`, or give an interface instead", Family::of(*ip).code());
            section.refuse(Problem::new(title, source.span(), "no probe could use it").hint(hint));
        }
    }
}

fn check_families(families: Option<&Spanned<Vec<Spanned<Family>>>>, section: &mut Section<'_, '_>) {
    let Some(families) = families else { return };
    let list = families.get_ref();
    if list.is_empty() {
        let problem = Problem::new("`probe.families` leaves nothing to probe", families.span(), "no family");
        section.refuse(problem.hint("allowed: \"ipv4\", \"ipv6\"; leave the key out for both"));
    }
    for (at, family) in list.iter().enumerate() {
        if let Some(first) = list[..at].iter().find(|f| f.get_ref() == family.get_ref()) {
            let title = format!("`probe.families` names {} twice", family.get_ref());
            section.refuse(
                Problem::new(title, family.span(), "again")
                    .other(first.span(), "first here")
                    .hint("take one out"),
            );
        }
    }
}

fn check_attempts(attempts: Option<&Spanned<Vec<Spanned<Duration>>>>, section: &mut Section<'_, '_>) {
    let Some(attempts) = attempts else { return };
    let list = attempts.get_ref();
    let Some(first) = list.first() else {
        let problem = Problem::new("`probe.attempts` sends nothing", attempts.span(), "no attempt");
        section.refuse(problem.hint("leave the key out for [\"0s\", \"1s\", \"3s\"]"));
        return;
    };
    if !first.get_ref().is_zero() {
        let title = "the first of `probe.attempts` must be \"0s\"";
        let hint = "attempts are counted from the start of the probe: [\"0s\", \"1s\", \"3s\"]";
        section.refuse(Problem::new(title, first.span(), "not the start").hint(hint));
    }
    if let Some(extra) = list.get(ATTEMPTS_MAX) {
        let title = format!("`probe.attempts` has more than {ATTEMPTS_MAX} entries");
        section.refuse(
            Problem::new(title, extra.span(), "one too many")
                .hint("three are enough to tell loss from a block"),
        );
    }
    for pair in list.windows(2) {
        let (before, after) = (pair[0].get_ref(), pair[1].get_ref());
        if after <= before {
            let title = format!("`probe.attempts` must ascend: {} follows {}", show(*after), show(*before));
            section.refuse(
                Problem::new(title, pair[1].span(), "not later")
                    .other(pair[0].span(), "than this")
                    .hint("put them into order"),
            );
        } else if *after < *before + ATTEMPT_GAP {
            let title = format!("two of `probe.attempts` are less than {} apart", show(ATTEMPT_GAP));
            let hint = "packets sent in one burst are lost in one burst: leave a second between them";
            section.refuse(
                Problem::new(title, pair[1].span(), "too close").other(pair[0].span(), "to this").hint(hint),
            );
        }
    }
}

fn family(value: &toml::de::DeValue<'_>) -> Read<Family> {
    value::word(value, &FAMILIES)
}

fn source(value: &toml::de::DeValue<'_>) -> Read<Source> {
    let hint = "write an interface such as \"eth0\", or an address of this machine without a port";
    let wrong = |()| Refusal::new("must be an interface or an address", "neither of them", hint);
    value::text(value)?.parse().map_err(wrong)
}

fn show(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}
