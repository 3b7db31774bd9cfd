//! Promises of the machine that hold for every history, however absurd.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sortie_core::hearing::{Control, Greeting, Hearing, LocalCause, Symptom, Tally, Testimony};
use sortie_core::observation::{DnsFailure, EngineKind, Icmp};
use sortie_core::outcome::Outcome;
use sortie_core::schedule::Pace;
use sortie_core::target::{Family, Operator, Port};
use sortie_core::verdict::State;
use sortie_core::verdict::machine::{Change, Machine};
use sortie_core::walk::{Reach, Step, Walk};

const ACCUSATIONS: [State; 4] =
    [State::PlatformBlocked, State::PathBlocked, State::LocallyBlocked, State::Intercepted];

/// One thing that the machine is told.
#[derive(Clone, Debug)]
enum Told {
    Glance(Hearing),
    Doubt,
    Walks(Vec<Walk>),
    Jury(Hearing),
}

/// Everything that was on show, and every change that was announced.
#[derive(Clone, Debug, Default, PartialEq)]
struct Story {
    shown: Vec<(State, &'static str)>,
    changes: Vec<Change>,
}

impl Story {
    /// The rules by which somebody was accused.
    fn accusations(&self) -> Vec<&'static str> {
        let accused = self.shown.iter().filter(|(state, _)| ACCUSATIONS.contains(state));
        accused.map(|(_, rule)| *rule).collect()
    }
}

/// The machine hears everything, each a while after the one before.
fn story(told: &[(u64, Told)]) -> Story {
    let mut machine = Machine::new(Port::SMTP, Family::Ipv4, Pace::DEFAULT);
    let mut story = Story::default();
    let mut now = Duration::ZERO;
    for (pause, told) in told {
        now += Duration::from_secs(*pause);
        match told.clone() {
            Told::Glance(hearing) => machine.glance(&Hearing { at: now, ..hearing }),
            Told::Doubt => machine.doubt(),
            Told::Walks(walks) => machine.add_walks(walks),
            Told::Jury(hearing) => story.changes.extend(machine.hear(Hearing { at: now, ..hearing }, now)),
        }
        story.shown.extend(machine.shown().map(|shown| (shown.state, shown.rule)));
    }
    story
}

fn name(index: usize) -> Operator {
    Operator::new(&format!("operator-{index}")).expect("a valid name")
}

fn peer(index: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, u8::try_from(index).expect("few operators")))
}

fn router(hop: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, hop))
}

fn any_symptom() -> impl Strategy<Value = Symptom> {
    use Greeting::{Lost, Masked, NotHeard, NotSmtp, Rejected, Valid};
    let greeting =
        select(vec![Valid, NotHeard, Lost, Masked, Rejected, Greeting::Silent, Greeting::Reset, NotSmtp]);
    let cause = select(vec![LocalCause::Output, LocalCause::Reject, LocalCause::Egress, LocalCause::Input]);
    let icmp = (select(vec![(3, 13), (3, 1), (11, 0)]), 1..8_u8, prop::option::of(50..=64_u8)).prop_map(
        |((kind, code), hop, hop_limit)| {
            let offender = router(hop);
            Symptom::Icmp(Icmp { family: Family::Ipv4, kind, code, offender, from_self: false, hop_limit })
        },
    );
    prop_oneof![
        3 => Just(Symptom::Silent),
        3 => Just(Symptom::Reset),
        2 => greeting.prop_map(Symptom::Answered),
        2 => cause.prop_map(Symptom::Local),
        2 => icmp,
        1 => Just(Symptom::NoRoute),
        1 => Just(Symptom::Exhausted),
        1 => Just(Symptom::Unresolved(DnsFailure::ServFail)),
    ]
}

fn any_control() -> impl Strategy<Value = Control> {
    use Control::{Absent, Failed, Global, OtherHost, SameHost};
    select(vec![SameHost, SameHost, SameHost, OtherHost, Global, Failed, Absent])
}

fn any_testimony(
    symptom: impl Strategy<Value = Symptom>,
    control: impl Strategy<Value = Control>,
) -> impl Strategy<Value = Testimony> {
    let hop = || prop::option::of(0..20_u8);
    (symptom, control, hop(), hop(), any::<bool>()).prop_map(|(symptom, control, hop, control_hop, raced)| {
        Testimony { hop, control_hop, raced, ..Testimony::new(name(0), symptom, control) }
    })
}

/// A round of these witnesses, each of another operator, with so many of two global controls.
fn hearing(testimonies: Vec<Testimony>, globals: usize, lost: u32) -> Hearing {
    let named = testimonies.into_iter().enumerate().map(|(index, testimony)| Testimony {
        operator: name(index),
        peer: Some(peer(index)),
        ..testimony
    });
    Hearing {
        globals: (globals, 2),
        global_symptoms: vec![Outcome::Timeout; 2 - globals],
        subject_tally: Tally { sent: 15, unanswered: lost },
        control_tally: Tally { sent: 15, unanswered: 0 },
        ..Hearing::new(Duration::ZERO, EngineKind::Raw, named.collect())
    }
}

fn any_walk() -> impl Strategy<Value = Walk> {
    let reach = || {
        prop_oneof![
            Just(Reach::Silent),
            (1..16_u8).prop_map(|hop| Reach::TimeExceeded(router(hop))),
            Just(Reach::SynAck),
            Just(Reach::Reset),
            (1..16_u8).prop_map(|hop| Reach::Unreachable(router(hop))),
            Just(Reach::Refused),
        ]
    };
    let steps = vec((vec(reach(), 0..3), vec(reach(), 0..3)), 0..16);
    (0..8_usize, steps).prop_map(|(operator, steps)| Walk {
        operator: name(operator),
        subject: (peer(operator), Port::SMTP),
        control: Some((peer(operator), Port::SUBMISSION)),
        steps: (1..).zip(steps).map(|(ttl, (subject, control))| Step { ttl, subject, control }).collect(),
    })
}

/// A history of rounds in which the witnesses are these and so many global controls answer.
fn history<W: Strategy<Value = Vec<Testimony>>>(
    witnesses: impl Fn() -> W,
    globals: std::ops::RangeInclusive<usize>,
) -> impl Strategy<Value = Vec<(u64, Told)>> {
    let round =
        || (witnesses(), globals.clone(), 0..15_u32).prop_map(|(t, globals, lost)| hearing(t, globals, lost));
    let told = prop_oneof![
        1 => round().prop_map(Told::Glance),
        1 => Just(Told::Doubt),
        2 => vec(any_walk(), 0..4).prop_map(Told::Walks),
        6 => round().prop_map(Told::Jury),
    ];
    let pause = prop_oneof![6 => 8..12_u64, 2 => 50..70_u64, 1 => 0..100_000_u64];
    // The same round is heard a few times, or nothing would ever be settled.
    vec((1..4_usize, (pause, told)), 0..16).prop_map(|rounds| {
        rounds.into_iter().flat_map(|(times, told)| std::iter::repeat_n(told, times)).collect()
    })
}

fn anything(operators: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(u64, Told)>> {
    history(move || vec(any_testimony(any_symptom(), any_control()), operators.clone()), 0..=2)
}

/// What says nothing against anybody.
fn innocent() -> impl Strategy<Value = Testimony> {
    let of = |symptom, control| Testimony::new(name(0), symptom, control);
    let genuine = select(vec![Greeting::Valid, Greeting::NotHeard]).prop_map(Symptom::Answered);
    let unresolved = Symptom::Unresolved(DnsFailure::ServFail);
    prop_oneof![
        4 => (genuine, any_control()).prop_map(move |(symptom, control)| of(symptom, control)),
        1 => Just(of(Symptom::Silent, Control::Failed)),
        1 => any_control().prop_map(move |control| of(unresolved.clone(), control)),
    ]
}

fn any_reset_or_silence() -> impl Strategy<Value = Symptom> {
    select(vec![Symptom::Silent, Symptom::Reset])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nothing_makes_it_panic_and_the_same_input_tells_the_same_story(told in anything(0..9)) {
        prop_assert_eq!(story(&told), story(&told));
    }

    #[test]
    fn changes_tell_what_was_shown_before_and_after(told in anything(0..6)) {
        let story = story(&told);
        let mut shown: Vec<_> = story.shown.iter().map(|(state, _)| *state).collect();
        shown.dedup();
        let announced: Vec<_> = story.changes.iter().map(|change| (change.previous, change.state)).collect();
        let seen: Vec<_> = shown.windows(2).map(|pair| (pair[0], pair[1])).collect();
        prop_assert_eq!(announced, seen);
    }

    #[test]
    fn fewer_than_three_operators_accuse_nobody(told in anything(0..3)) {
        prop_assert_eq!(story(&told).accusations(), Vec::<&str>::new());
    }

    #[test]
    fn where_every_control_failed_nobody_is_accused(
        told in history(|| vec(any_testimony(any_symptom(), Just(Control::Failed)), 0..9), 0..=0),
    ) {
        prop_assert_eq!(story(&told).accusations(), Vec::<&str>::new());
    }

    #[test]
    fn what_a_single_operator_shows_accuses_nobody(
        told in history(
            || (any_testimony(any_symptom(), any_control()), vec(innocent(), 2..8)).prop_map(|(one, mut others)| {
                others.push(one);
                others
            }),
            0..=2,
        ),
    ) {
        // Walks may say more than one operator does; they are left out.
        let told: Vec<_> = told.into_iter().filter(|(_, told)| !matches!(told, Told::Walks(_))).collect();
        prop_assert_eq!(story(&told).accusations(), Vec::<&str>::new());
    }

    #[test]
    fn resets_and_silence_of_which_no_walk_was_made_accuse_nobody(
        told in history(|| vec(any_testimony(any_reset_or_silence(), any_control()), 3..9), 0..=2),
    ) {
        let told: Vec<_> = told.into_iter().filter(|(_, told)| !matches!(told, Told::Walks(_))).collect();
        prop_assert_eq!(story(&told).accusations(), Vec::<&str>::new());
    }
}
