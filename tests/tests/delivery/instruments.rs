//! The receiver that misbehaves does so, and what it writes down is what was sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::agent::Stage;
use e2e::backend::{Acknowledgement, Backend, Collector};
use e2e::ledger::{Catalogue, Points};
use e2e::netns;
use e2e::otlp::sample::Agent;
use e2e::otlp::{Answer, Message, Protocol, Sender, compress};
use e2e::receiver::{Receiver, Record, Requests as _, RetryAfter, Step};

use crate::gateway::{OURS, exports, require_taken};
use crate::{Alone, Job};

const DELAY: Duration = Duration::from_millis(300);

pub(crate) const ALONE: &[(&str, Alone)] = &[
    ("every_step_of_a_script_is_seen_by_the_sender_as_what_it_is", steps),
    ("a_script_is_played_once_and_in_its_order", order),
    ("what_is_written_down_is_what_was_sent_byte_for_byte", records),
];

pub(crate) const BEFORE_A_BACKEND: &[(Acknowledgement, &str, Job)] = &[(
    Acknowledgement::OfTheBackend,
    "a_witness_before_the_collector_knows_everything_and_changes_nothing",
    witness,
)];

/// A receiver in a namespace of its own, and who sends to it.
struct Bench {
    // Before the namespace that it lives in.
    receiver: Receiver,
    sender: Sender,
    namespace: netns::Namespace,
}

impl Bench {
    fn new(protocol: Protocol) -> Result<Self> {
        let namespace = netns::alone("receiver")?;
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, 4318));
        let receiver = Receiver::start(&namespace, to, protocol, Step::Take)?;
        Ok(Self { receiver, sender: Sender { protocol, to }, namespace })
    }

    fn send(&self, messages: &[Message], headers: &[(&str, &str)]) -> Result<Vec<Answer>> {
        self.namespace.run(|| self.sender.send(messages, headers))
    }
}

/// What a sender sees of a step.
#[derive(Debug)]
enum Seen {
    Taken,
    Partial(i64),
    /// The status over HTTP and the status of gRPC, and whether there is advice.
    Refused(u16, Option<u16>, bool),
    Nothing,
}

fn steps(_: &Stage) -> Result<()> {
    let busy = |retry_after| Step::Status { status: 429, retry_after: Some(retry_after) };
    let advice = Step::Code { code: 8, retry_after: Some(Duration::from_secs(3)) };
    let partial = Step::Partial { rejected: 2, message: "too old".to_owned() };
    let table = [
        (Step::Take, Seen::Taken),
        (Step::Take.after(DELAY), Seen::Taken),
        (partial, Seen::Partial(2)),
        // Over gRPC a status of HTTP is no answer: it has no status of gRPC.
        (Step::status(503), Seen::Refused(503, None, false)),
        (busy(RetryAfter::Seconds(2)), Seen::Refused(429, None, true)),
        (busy(RetryAfter::Date(Duration::from_secs(9))), Seen::Refused(429, None, true)),
        (Step::code(14), Seen::Refused(503, Some(14), false)),
        (Step::code(3), Seen::Refused(400, Some(3), false)),
        (advice, Seen::Refused(429, Some(8), true)),
        (Step::Unparsable, Seen::Nothing),
        (Step::Truncated, Seen::Nothing),
        (Step::ResetBeforeBody, Seen::Nothing),
        (Step::ResetAfterBody, Seen::Nothing),
        (Step::Take.unsaid(), Seen::Nothing),
        (Step::Garbage, Seen::Nothing),
    ];
    for protocol in Protocol::BOTH {
        let bench = Bench::new(protocol)?;
        let export = exports("vm", SystemTime::now(), 1);
        for (step, expected) in &table {
            bench.receiver.play([step.clone()]);
            let began = SystemTime::now();
            let answer = bench.send(&export, &[])?.remove(0);
            let fits = match (expected, &answer) {
                (Seen::Taken, Answer::Taken) | (Seen::Nothing, Answer::Nothing(_)) => true,
                (Seen::Partial(expected), Answer::Partial { rejected }) => rejected == expected,
                (Seen::Refused(_, None, _), Answer::Nothing(_)) => protocol == Protocol::Grpc,
                (Seen::Refused(status, code, advice), Answer::Refused { code: seen, retry_after, .. }) => {
                    let code = if protocol == Protocol::Grpc { *code } else { Some(*status) };
                    code == Some(*seen) && *advice == retry_after.is_some()
                }
                _ => false,
            };
            ensure!(fits, "{step:?} over {protocol} was {answer:?} and not {expected:?}");
            ensure!(bench.receiver.steps_left() == 0, "{step:?} was not played");
            if matches!(step, Step::After(..)) {
                ensure!(began.elapsed().is_ok_and(|took| took >= DELAY), "it did not take its time");
            }
        }
    }
    Ok(())
}

fn order(_: &Stage) -> Result<()> {
    let bench = Bench::new(Protocol::Http)?;
    bench.receiver.play([Step::status(503), Step::ResetAfterBody, Step::status(400)]);
    let answers = bench.send(&exports("vm", SystemTime::now(), 5), &[])?;
    let codes: Vec<_> = answers.iter().map(Answer::code).collect();
    ensure!(codes == [Some(503), None, Some(400), None, None], "{answers:?}");
    require_taken(&answers[3..])?;
    bench.receiver.usually(Step::status(502));
    let answers = bench.send(&exports("vm", SystemTime::now(), 2), &[])?;
    ensure!(answers.iter().all(|answer| answer.code() == Some(502)), "{answers:?}");
    Ok(())
}

fn records(_: &Stage) -> Result<()> {
    let now = SystemTime::now();
    let sent = [exports("vm", now, 2), vec![Agent::new("vm", now).event(now, "a")]].concat();
    for protocol in Protocol::BOTH {
        let bench = Bench::new(protocol)?;
        bench.receiver.play([Step::status(503), Step::ResetAfterBody]);
        bench.send(&sent, &[("x-sortie-replay", "1")])?;
        bench.send(&sent[..1], &[])?;
        let records = bench.receiver.wait("four requests", DELAY, |records| {
            records.len() == 4 && records.iter().skip(2).all(|record| record.answered.is_some())
        })?;
        for (record, message) in records.iter().zip(sent.iter().chain(&sent[..1])) {
            ensure!(record.body == compress(&message.encode()), "another body: {record}");
            ensure!(record.message.as_ref() == Ok(message), "another message: {record}");
            ensure!(record.signal == Some(message.signal()), "another signal: {record}");
        }
        let replays: Vec<_> = records.iter().map(Record::is_replay).collect();
        ensure!(replays == [true, true, true, false], "{replays:?}");
        let acknowledged: Vec<_> = records.iter().map(Record::is_acknowledged).collect();
        ensure!(acknowledged == [false, false, true, true], "{acknowledged:?}");
    }
    Ok(())
}

/// Between an agent and the collector, over both protocols, also while nobody listens behind it.
fn witness(backend: &mut Backend<'_>) -> Result<()> {
    let namespace = backend.namespace();
    let mut seen = Vec::new();
    for (protocol, port) in [(Protocol::Http, 14318), (Protocol::Grpc, 14317)] {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let forward = Step::Forward(Collector::address(protocol));
        let receiver = Receiver::start(namespace, at, protocol, forward)?;
        let sender = Sender { protocol, to: at };
        let day = exports(&format!("vm-{protocol}"), SystemTime::now() - Duration::from_secs(60), 10);
        let (before, after) = day.split_at(5);
        require_taken(&namespace.run(|| sender.send(before, &[]))?)?;
        backend.collector.service().kill()?;
        match &namespace.run(|| sender.send(&after[..1], &[]))?[0] {
            Answer::Nothing(_) => {}
            other => bail!("nobody listens, and the sender is told {other:?}"),
        }
        backend.collector.service().start()?;
        require_taken(&namespace.run(|| sender.send(after, &[]))?)?;
        let records = receiver.records();
        ensure!(records.len() == 11, "{} records", records.len());
        seen.extend(records);
    }
    let witnessed = Points::of(seen.metrics()?, &Catalogue::load().context("a catalogue")?)?;
    witnessed.require_same(&backend.prometheus.points(OURS)?, ["the witness", "Prometheus"])
}
