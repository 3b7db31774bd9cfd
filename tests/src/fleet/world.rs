//! The internet as one machine sees it: what comes back for a SYN, hop by hop.
//!
//! ```text
//!   VM ─▶ hop 1 ─ 2 ─ 3 ─▶ 4 … ─▶ destination, 9 to 14 hops away
//!         platform          └ a firewall at hop 6
//! ```
//!
//! Whoever stops packets acts after it has taken one off their TTL, as routers do: a SYN that dies where it stands is told
//! by ICMP. Nothing is lost: what is simulated is a fleet, and the verdict's own simulator is where loss is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use anyhow::{Context as _, Result};
use fastrand::Rng;
use serde::Deserialize;
use sortie_core::errno::Errno;
use sortie_core::localise::{Extent, Pair};
use sortie_core::observation::{
    Answer, Attempt, Observation, Peer, Round, Seen, Segment, Session, SessionEnd,
};
use sortie_core::schedule::SENTINEL_WINDOW;
use sortie_core::target::{Address, Family, Operator, Port, Role, Roster, Target};
use sortie_core::walk::{Reach, Step, Walk};

use super::fault::Fault;

/// The destinations that we ship.
const CATALOGUE: &str = include_str!("../../../agent/cli/data/catalogue.toml");

/// Of the platform's own devices, of a proxy, and of a firewall beyond the platform.
const EDGE: u8 = 1;
const PROXY: u8 = 2;
const FIREWALL: u8 = 6;
/// Hops to the nearest destination, and how many more to the farthest.
const DISTANCE: u8 = 9;
const SPREAD: u8 = 6;
/// What Linux begins with.
const TTL: u8 = 64;

/// Attempts of the jury and its window (design §4).
const JURY: ([Duration; 3], Duration) =
    ([Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)], Duration::from_secs(7));
/// Round trips within a region and to the other side of the earth, in milliseconds.
const ROUND_TRIP: (f64, f64) = (2.0, 120.0);
/// Of a round trip.
const JITTER: f64 = 0.1;
/// A server that does not greet is waited for as long.
const NO_GREETING: Duration = Duration::from_secs(5);

/// Every destination, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) roster: Roster,
    places: Vec<Place>,
}

/// A host and port.
#[derive(Clone, Debug)]
struct Place {
    operator: Option<Operator>,
    role: Role,
    address: Address,
    ips: [IpAddr; 2],
    distance: u8,
    round_trip: Duration,
    /// Number of the operator among those of the port under test, and of the target.
    rank: usize,
    target: Option<usize>,
}

/// What the packets of one machine meet during a round.
pub(super) struct Weather<'a> {
    pub(super) fault: &'a dyn Fn(Port, Family) -> Fault,
    pub(super) dead: &'a [&'a str],
    /// Differs from round to round.
    pub(super) turn: usize,
}

/// Whom to ask, and how.
pub(super) struct Plan<'a> {
    /// Numbers of targets.
    pub(super) targets: &'a [usize],
    pub(super) families: &'a [Family],
    /// The whole jury, with conversations, or a sentinel.
    pub(super) is_jury: bool,
    pub(super) started: Duration,
}

/// What a SYN of some TTL draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
    Nothing,
    Died(u8),
    SynAck(u8),
    Reset(u8),
    Refused,
}

#[derive(Deserialize)]
struct Catalogue {
    target: Vec<Entry>,
    controls: Controls,
}

#[derive(Deserialize)]
struct Entry {
    operator: String,
    address: String,
    control: Option<String>,
    #[serde(default)]
    anchor: bool,
}

#[derive(Deserialize)]
struct Controls {
    global: Vec<String>,
}

/// Whether one of the destinations that we ship is of this operator.
pub(super) fn is_operator(name: &str) -> Result<bool> {
    Ok(catalogue()?.target.iter().any(|entry| entry.operator == name))
}

fn catalogue() -> Result<Catalogue> {
    toml::from_str(CATALOGUE).context("the catalogue is a configuration")
}

impl World {
    /// With these ports under test, and so many operators for each.
    pub(super) fn new(ports: &[Port], operators: usize) -> Result<Self> {
        let catalogue = catalogue()?;
        let address = |text: &String| Address::parse(text, None).with_context(|| format!("`{text}`"));
        let mut targets = Vec::new();
        for entry in &catalogue.target {
            let at = address(&entry.address)?;
            let of_port = targets.iter().filter(|known: &&Target| known.address().port == at.port);
            if ports.contains(&at.port) && of_port.count() < operators {
                let control = entry.control.as_ref().map(address).transpose()?;
                targets.push(Target::new(Operator::new(&entry.operator)?, at, control, entry.anchor)?);
            }
        }
        let globals = catalogue.controls.global.iter().map(address).collect::<Result<_>>()?;
        let roster = Roster::new(targets, globals)?;
        let places = places(&roster);
        Ok(Self { roster, places })
    }

    /// Numbers of the targets of a port, of one operator where one is named.
    pub(super) fn targets(&self, port: Port, operator: Option<&Operator>) -> Vec<usize> {
        let targets = self.roster.targets().iter().enumerate();
        let wanted = targets.filter(|(_, target)| {
            target.address().port == port && operator.is_none_or(|operator| target.operator() == operator)
        });
        wanted.map(|(number, _)| number).collect()
    }

    /// Asks, and says what came back.
    pub(super) fn round(&self, plan: &Plan<'_>, weather: &Weather<'_>, rng: &mut Rng) -> Round {
        let asked =
            |place: &&Place| place.target.map_or(plan.is_jury, |target| plan.targets.contains(&target));
        let mut observations = Vec::new();
        for place in self.places.iter().filter(asked) {
            for &family in plan.families {
                observations.push(place.observe(family, plan.is_jury, weather, rng));
            }
        }
        Round { started: plan.started, observations, ..Round::default() }
    }

    /// Walks towards some of them.
    pub(super) fn walk(&self, pairs: &[Pair], extent: &Extent, weather: &Weather<'_>) -> Vec<Walk> {
        pairs.iter().filter_map(|pair| self.walk_one(pair, extent, weather)).collect()
    }

    fn walk_one(&self, pair: &Pair, extent: &Extent, weather: &Weather<'_>) -> Option<Walk> {
        let at = |(ip, port): (IpAddr, Port), is_control: bool| {
            self.places.iter().find(|place| {
                place.ips.contains(&ip)
                    && place.address.port == port
                    && (place.role == Role::Control) == is_control
            })
        };
        let subject = at(pair.subject, false)?;
        let control = pair.control.and_then(|control| at(control, true));
        let family = Family::of(pair.subject.0);
        let reach = |place: &Place, ttl| {
            let reach = match place.drawn(ttl, family, weather) {
                Drawn::Nothing => Reach::Silent,
                Drawn::Died(hop) => Reach::TimeExceeded(router(hop, family)),
                Drawn::SynAck(_) => Reach::SynAck,
                Drawn::Reset(_) => Reach::Reset,
                Drawn::Refused => Reach::Refused,
            };
            vec![reach; extent.repeats.into()]
        };
        let step = |ttl| Step {
            ttl,
            subject: reach(subject, ttl),
            control: control.map(|control| reach(control, ttl)).unwrap_or_default(),
        };
        Some(Walk {
            operator: pair.operator.clone(),
            subject: pair.subject,
            control: pair.control,
            steps: extent.ttls.clone().map(step).collect(),
        })
    }
}

impl Place {
    fn observe(&self, family: Family, is_jury: bool, weather: &Weather<'_>, rng: &mut Rng) -> Observation {
        let drawn = self.drawn(TTL, family, weather);
        let jitter = 1.0 + JITTER * rng.f64();
        let after = self.round_trip.mul_f64(jitter);
        let seen = match drawn {
            Drawn::SynAck(hop) => Some(Seen::SynAck(segment(hop))),
            Drawn::Reset(hop) => Some(Seen::Reset(segment(hop))),
            Drawn::Refused => Some(Seen::Refused(Errno::PERM)),
            Drawn::Nothing | Drawn::Died(_) => None,
        };
        let answer = seen.map(|seen| Answer { after, late: false, seen });
        let (offsets, window) = if is_jury { (&JURY.0[..], JURY.1) } else { (&JURY.0[..1], SENTINEL_WINDOW) };
        // Whatever answers answers the first of them.
        let offsets = if answer.is_some() { &offsets[..1] } else { offsets };
        let took = if answer.is_some() { after } else { window };
        let attempt = |&at| Attempt { at, answers: answer.iter().cloned().collect(), ..Attempt::default() };
        let converses = is_jury && self.role.is_subject() && matches!(drawn, Drawn::SynAck(_));
        Observation {
            operator: self.operator.clone(),
            role: self.role,
            address: self.address.clone(),
            peer: Peer::Ip(self.ip(family)),
            family,
            on_link: false,
            has_source: true,
            is_routed: true,
            attempts: offsets.iter().map(attempt).collect(),
            session: converses.then(|| self.conversation(family, after, weather)),
            took,
            dns_took: Some(Duration::from_millis(1)),
        }
    }

    fn conversation(&self, family: Family, after: Duration, weather: &Weather<'_>) -> Session {
        if (weather.fault)(self.address.port, family) == Fault::Puzzling {
            return Session { end: SessionEnd::Silent, took: NO_GREETING };
        }
        let text = format!("{} ESMTP", self.address.host_text());
        Session { end: SessionEnd::Greeting { code: 220, text }, took: after * 3 }
    }

    /// What a SYN with this TTL draws.
    fn drawn(&self, ttl: u8, family: Family, weather: &Weather<'_>) -> Drawn {
        let fault = self.meets(family, weather);
        let stopped_at = |hop: u8, then: Drawn| if ttl <= hop { Drawn::Died(ttl) } else { then };
        let arrives = |then: Drawn| if ttl < self.distance { Drawn::Died(ttl) } else { then };
        match fault {
            Fault::NoEgress => Drawn::Nothing,
            Fault::LocalFirewall => Drawn::Refused,
            Fault::PlatformDrop | Fault::SecurityGroup => stopped_at(EDGE, Drawn::Nothing),
            Fault::PlatformReset => stopped_at(EDGE, Drawn::Reset(EDGE)),
            Fault::PathDrop => stopped_at(FIREWALL, Drawn::Nothing),
            Fault::Intercepted => stopped_at(PROXY - 1, Drawn::SynAck(PROXY)),
            Fault::Refused => arrives(Drawn::Reset(self.distance)),
            // A third of them in each round, never the same.
            Fault::Throttled if (self.rank + weather.turn).is_multiple_of(3) => arrives(Drawn::Nothing),
            Fault::Partial if self.rank < 2 => arrives(Drawn::Nothing),
            _ if self.is_dead(weather) => arrives(Drawn::Nothing),
            Fault::Throttled | Fault::Partial | Fault::Puzzling | Fault::None => {
                arrives(Drawn::SynAck(self.distance))
            }
        }
    }

    /// What stops mail lets everything else pass, but for a machine that is cut off.
    fn meets(&self, family: Family, weather: &Weather<'_>) -> Fault {
        if self.role.is_subject() {
            return (weather.fault)(self.address.port, family);
        }
        let is_cut_off = (weather.fault)(Port::SMTP, family) == Fault::NoEgress;
        if is_cut_off { Fault::NoEgress } else { Fault::None }
    }

    fn is_dead(&self, weather: &Weather<'_>) -> bool {
        let operator = self.operator.as_ref().map_or("", Operator::as_str);
        self.role.is_subject() && weather.dead.contains(&operator)
    }

    fn ip(&self, family: Family) -> IpAddr {
        let [v4, v6] = self.ips;
        if family == Family::Ipv4 { v4 } else { v6 }
    }
}

fn segment(hop: u8) -> Segment {
    Segment { hop_limit: Some(TTL + 1 - hop), acceptable: true, ..Segment::default() }
}

fn places(roster: &Roster) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for (target, entry) in roster.targets().iter().enumerate() {
        let of_port = roster.operators(entry.address().port);
        let rank = of_port.iter().position(|operator| *operator == entry.operator()).unwrap_or_default();
        let far = u8::try_from(target).unwrap_or_default() % SPREAD;
        let distance = DISTANCE + far;
        let millis = ROUND_TRIP.0 + (ROUND_TRIP.1 - ROUND_TRIP.0) * f64::from(far) / f64::from(SPREAD);
        let round_trip = Duration::from_secs_f64(millis / 1e3);
        let host = 2 * target;
        let mut place = |role, address: &Address, host| {
            let operator = Some(entry.operator().clone());
            let (address, target) = (address.clone(), Some(target));
            places.push(Place {
                operator,
                role,
                address,
                ips: ips(host),
                distance,
                round_trip,
                rank,
                target,
            });
        };
        place(entry.role(), entry.address(), host);
        if let Some(control) = entry.control() {
            // Small operators serve everything from one host, large ones do not.
            place(Role::Control, control, host + target % 2);
        }
    }
    let near = Duration::from_secs_f64(ROUND_TRIP.0 / 1e3);
    for (number, address) in roster.globals().iter().enumerate() {
        places.push(Place {
            operator: None,
            role: Role::Control,
            address: address.clone(),
            ips: ips(2 * roster.targets().len() + number),
            distance: DISTANCE,
            round_trip: near,
            rank: 0,
            target: None,
        });
    }
    places
}

/// Of a host, by its number.
fn ips(host: usize) -> [IpAddr; 2] {
    let low = u8::try_from(10 + host).unwrap_or(u8::MAX);
    [
        Ipv4Addr::new(203, 0, 113, low).into(),
        Ipv6Addr::new(0x2001, 0xdb8, 0x113, 0, 0, 0, 0, low.into()).into(),
    ]
}

fn router(hop: u8, family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::new(198, 51, 100, hop).into(),
        Family::Ipv6 => Ipv6Addr::new(0x2001, 0xdb8, 0x51, 0, 0, 0, 0, hop.into()).into(),
    }
}
