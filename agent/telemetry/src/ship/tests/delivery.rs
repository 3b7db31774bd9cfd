//! What goes when, and in which request.

use super::receiver::Reply;
use super::*;

const HTTP: Protocol = Protocol::Http;

#[tokio::test]
async fn when_delivery_resumes_the_newest_goes_first_and_the_rest_follows_marked() {
    let mut receiver = Receiver::new(HTTP, []).await;
    let exports = [points(&[1, 2]), points(&[3]), points(&[4, 5, 6]), records(&["a"]), records(&["b", "c"])];
    let newest = (records(&["b", "c"]).body, points(&[4, 5, 6]).body);
    let spool = Memory::with(exports).await;
    let _shipping = Shipping::start(&settings(&receiver, HTTP), &spool);

    let event = receiver.next().await;
    assert_eq!(
        (&event.body, event.is_replay()),
        (&newest.0, false),
        "events before metrics, as it was stored"
    );
    let metrics = receiver.next().await;
    assert_eq!((&metrics.body, metrics.is_replay()), (&newest.1, false), "live before backlog");
    let mut backlog = [receiver.next().await, receiver.next().await];
    backlog.sort_by_key(|arrived| arrived.path.clone());
    let [events, metrics] = &backlog;
    assert_eq!((names(events), events.is_replay()), (vec!["a".to_owned()], true));
    assert_eq!(events.body, records(&["a"]).body, "one alone travels as it was stored");
    assert_eq!((values(metrics), metrics.is_replay()), (vec![1, 2, 3], true), "point by point");

    let mut settled = spool.settled(4).await;
    settled.sort_by_key(|(signal, numbers, _)| (*signal, numbers.clone()));
    assert_eq!(
        settled,
        [
            (Signal::Metrics, vec![1, 2], 0),
            (Signal::Metrics, vec![3], 0),
            (Signal::Events, vec![4], 0),
            (Signal::Events, vec![5], 0),
        ]
    );
    assert!(receiver.is_at_rest());
}

#[tokio::test]
async fn after_an_outage_no_request_holds_what_is_live_and_what_is_not() {
    let replies = [Reply::status(503), Reply::Cut, Reply::status(502)];
    let mut receiver = Receiver::new(HTTP, replies).await;
    let spool = Memory::with([points(&[1])]).await;
    let _shipping = Shipping::start(&settings(&receiver, HTTP), &spool);
    for latest in 2..=4 {
        let arrived = receiver.next().await;
        assert!(!arrived.is_replay());
        spool.append(points(&[latest])).await;
    }
    let resumed = receiver.next().await;
    assert_eq!((values(&resumed), resumed.is_replay()), (vec![4], false));
    let backlog = receiver.next().await;
    assert_eq!((values(&backlog), backlog.is_replay()), (vec![1, 2, 3], true));
    spool.settled(2).await;
    spool.append(points(&[5])).await;
    let everyday = receiver.next().await;
    assert_eq!((values(&everyday), everyday.is_replay()), (vec![5], false));
}

#[tokio::test]
async fn a_request_of_several_that_is_refused_costs_exactly_the_bad_export() {
    for (status, merged_status) in [(400, 400), (400, 413)] {
        let judge = move |arrived: &Arrived| match values(arrived).as_slice() {
            [13] => Reply::status(status),
            values if values.contains(&13) => Reply::status(merged_status),
            _ => Reply::taken(HTTP),
        };
        let mut receiver = Receiver::judging(HTTP, judge).await;
        let spool = Memory::with((1..=33).map(|value| points(&[value]))).await;
        let _shipping = Shipping::start(&settings(&receiver, HTTP), &spool);
        let mut rejected = Vec::new();
        let mut delivered = Vec::new();
        while delivered.len() + rejected.len() < 33 {
            let arrived = receiver.next().await;
            let values = values(&arrived);
            assert_eq!(arrived.is_replay(), values != [33]);
            match values.as_slice() {
                [13] => rejected.push(13),
                values if values.contains(&13) => {}
                values => delivered.extend_from_slice(values),
            }
        }
        delivered.sort_unstable();
        assert_eq!(rejected, [13], "refused alone, once");
        assert_eq!(delivered, (1..=33).filter(|value| *value != 13).collect::<Vec<_>>(), "each once");
        while !spool.waiting(Signal::Metrics).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let lost: Vec<_> = spool.settled(1).await.into_iter().filter(|(_, _, lost)| *lost > 0).collect();
        assert_eq!(lost, [(Signal::Metrics, vec![13], 1)]);
    }
}

#[tokio::test]
async fn a_day_of_backlog_travels_in_requests_that_a_receiver_takes() {
    let mut receiver = Receiver::new(HTTP, []).await;
    // Random, so that it does not compress: 20 KiB each.
    let mut random = fastrand::Rng::with_seed(7);
    let noise = |first: i64, random: &mut fastrand::Rng| {
        let values: Vec<i64> = std::iter::once(first).chain((0..2_500).map(|_| random.i64(..))).collect();
        points(&values)
    };
    let large: Vec<_> = (0..10).map(|first| noise(first, &mut random)).collect();
    let size = large[0].body.len();
    assert!(size > 16 << 10, "{size}");
    let small = (10..140).map(|value| points(&[value]));
    let spool = Memory::with(large.into_iter().chain(small)).await;
    let _shipping = Shipping::start(&settings(&receiver, HTTP), &spool);
    let live = receiver.next().await;
    assert_eq!(values(&live), [139]);
    let mut delivered = 0;
    while delivered < 139 {
        let arrived = receiver.next().await;
        let firsts = values(&arrived).into_iter().filter(|value| (0..139).contains(value)).count();
        assert!((1..=REPLAY_EXPORTS_MOST).contains(&firsts), "{firsts} exports");
        assert!(arrived.body.len() <= REPLAY_BYTES_MOST + size, "{} bytes", arrived.body.len());
        delivered += firsts;
    }
}

#[tokio::test]
async fn damage_in_the_queue_costs_itself() {
    let damaged = || Encoded { body: Bytes::from_static(b"damaged"), ..points(&[0, 0, 0]) };
    for compression in [Compression::Gzip, Compression::None] {
        let judge = |arrived: &Arrived| match &*arrived.body {
            b"damaged" => Reply::status(400),
            _ => Reply::taken(HTTP),
        };
        let receiver = Receiver::judging(HTTP, judge).await;
        let spool = Memory::with([points(&[1]), damaged(), points(&[2]), damaged(), points(&[3])]).await;
        let _shipping = Shipping::start(&ShipSettings { compression, ..settings(&receiver, HTTP) }, &spool);
        let settled = spool.settled(5).await;
        assert_eq!(
            settled,
            [
                (Signal::Metrics, vec![5], 0),
                (Signal::Metrics, vec![1], 0),
                (Signal::Metrics, vec![2], 3),
                (Signal::Metrics, vec![3], 0),
                (Signal::Metrics, vec![4], 3),
            ]
        );
    }
}

#[tokio::test]
async fn the_last_words_are_what_is_live_and_nothing_else() {
    let mut receiver = Receiver::new(HTTP, [Reply::taken(HTTP), Reply::status(503)]).await;
    let spool = Memory::with([points(&[1]), points(&[2]), records(&["a"]), records(&["b"])]).await;
    let telemetry = Arc::new(testing::telemetry());
    let mut shipper =
        Shipper::new(&settings(&receiver, HTTP), Arc::clone(&spool), telemetry).expect("valid settings");
    shipper.drain(Duration::from_secs(10)).await;
    assert_eq!(names(&receiver.next().await), ["b"]);
    assert_eq!(values(&receiver.next().await), [2]);
    assert!(receiver.is_at_rest(), "no backlog, and nothing again");
    assert_eq!(spool.waiting(Signal::Events), [3]);
    assert_eq!(spool.waiting(Signal::Metrics), [1, 2], "the next life has it");
}

#[tokio::test]
async fn the_last_words_end_in_time_at_a_receiver_that_says_nothing() {
    let mut receiver = Receiver::new(HTTP, [Reply::Silence]).await;
    let spool = Memory::with([records(&["a"]), points(&[1])]).await;
    let telemetry = Arc::new(testing::telemetry());
    let mut shipper =
        Shipper::new(&settings(&receiver, HTTP), Arc::clone(&spool), telemetry).expect("valid settings");
    shipper.drain(Duration::from_millis(50)).await;
    assert_eq!(names(&receiver.next().await), ["a"]);
    assert!(receiver.is_at_rest());
    assert_eq!((spool.waiting(Signal::Events), spool.waiting(Signal::Metrics)), (vec![1], vec![2]));
}

#[tokio::test]
async fn a_signal_without_an_endpoint_stays_where_it_is() {
    let mut receiver = Receiver::new(HTTP, []).await;
    let spool = Memory::with([records(&["a"]), points(&[1])]).await;
    let _shipping = Shipping::start(&ShipSettings { events: None, ..settings(&receiver, HTTP) }, &spool);
    assert_eq!(values(&receiver.next().await), [1]);
    spool.settled(1).await;
    assert!(receiver.is_at_rest());
    assert_eq!(spool.waiting(Signal::Events), [1]);
}

#[tokio::test]
async fn a_receiver_that_lets_go_of_the_connection_gets_the_next_export_over_a_new_one() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let parting = Reply::Parting(Box::new(Reply::taken(protocol)));
        let mut receiver = Receiver::new(protocol, vec![parting; 2]).await;
        let spool = Memory::with([]).await;
        let _shipping = Shipping::start(&settings(&receiver, protocol), &spool);
        for value in 1..=3 {
            spool.append(points(&[value])).await;
            let arrived = receiver.next().await;
            assert_eq!((values(&arrived), arrived.is_replay()), (vec![value], false));
            spool.settled(usize::try_from(value).expect("a few")).await;
            if value == 3 {
                assert!(arrived.connections > 1, "{protocol:?}");
            }
        }
    }
}
