//! What comes out for what went in, by the names of the registry.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::GzDecoder;
use sortie_core::expect::Expectation;
use sortie_core::observation::{EngineKind, Observation};
use sortie_core::target::Role;
use sortie_core::verdict::State;

use super::*;
use crate::facts::{PortFacts, StoreState};
use crate::registry::Kind;
use crate::testing::{self, facts, lines, observed, port_facts, without_costs};

/// Everything that can happen, once.
fn exercised() -> Telemetry {
    let telemetry = testing::telemetry();
    telemetry.observed(&observed("mx.example:25", Role::Subject, Some(Duration::from_millis(12))));
    telemetry.observed(&observed("mx.example:587", Role::Control, None));
    telemetry.changed(Port::SMTP, Family::Ipv4);
    telemetry.skipped(Skip::Suspended);
    telemetry.exported(Signal::Metrics, 1, None);
    telemetry.exported(Signal::Events, 1, Some("503"));
    telemetry.show(Facts { host_type: Some("Standard_B1s".to_owned()), ..facts() });
    telemetry
}

#[test]
fn attempts_are_counted_by_outcome_and_only_handshakes_take_time() {
    let telemetry = testing::telemetry();
    for answered in [Some(Duration::from_micros(15_625)), Some(Duration::from_micros(31_250)), None] {
        telemetry.observed(&observed("mx.example:25", Role::Subject, answered));
    }
    telemetry.observed(&observed("192.0.2.7:25", Role::Anchor, None));
    let page = telemetry.prometheus();
    assert_eq!(
        lines(&page, "sortie_probe_attempts_total"),
        [
            r#"sortie_probe_attempts_total{network_type="ipv4",server_address="192.0.2.7",server_port="25",sortie_probe_outcome="timeout",sortie_target_role="anchor"} 1"#,
            r#"sortie_probe_attempts_total{network_type="ipv4",server_address="mx.example",server_port="25",sortie_probe_outcome="established",sortie_target_role="subject"} 2"#,
            r#"sortie_probe_attempts_total{network_type="ipv4",server_address="mx.example",server_port="25",sortie_probe_outcome="timeout",sortie_target_role="subject"} 1"#,
        ]
    );
    let labels =
        r#"network_type="ipv4",server_address="mx.example",server_port="25",sortie_target_role="subject""#;
    let name = "sortie_probe_handshake_duration_seconds";
    for expected in [
        format!(r#"{name}_bucket{{{labels},le="0.01"}} 0"#),
        format!(r#"{name}_bucket{{{labels},le="0.025"}} 1"#),
        format!(r#"{name}_bucket{{{labels},le="0.05"}} 2"#),
        format!(r#"{name}_bucket{{{labels},le="+Inf"}} 2"#),
        format!("{name}_sum{{{labels}}} 0.046875"),
        format!("{name}_count{{{labels}}} 2"),
    ] {
        assert!(page.lines().any(|line| line == expected), "{expected} is not in\n{page}");
    }
}

#[test]
fn a_resolved_address_is_on_no_series() {
    let page = exercised().prometheus();
    assert!(!page.contains("192.0.2.1"), "{page}");
}

#[test]
fn a_state_that_was_left_is_zero_and_one_that_never_was_is_absent() {
    let telemetry = testing::telemetry();
    let show = |state, expected| {
        telemetry.show(Facts { ports: vec![PortFacts { state, expected, ..port_facts() }], ..facts() });
        without_costs(&telemetry.prometheus())
    };
    show(State::Open, Expectation::Any);
    let page = show(State::PlatformBlocked, Expectation::Open);
    assert_eq!(
        lines(&page, "sortie_port_status"),
        [
            r#"sortie_port_status{network_type="ipv4",server_port="25",sortie_port_state="open"} 0"#,
            r#"sortie_port_status{network_type="ipv4",server_port="25",sortie_port_state="platform_blocked"} 1"#,
        ]
    );
    assert_eq!(
        lines(&page, "sortie_expectation_status"),
        [
            r#"sortie_expectation_status{network_type="ipv4",server_port="25",sortie_expected_state="any"} 0"#,
            r#"sortie_expectation_status{network_type="ipv4",server_port="25",sortie_expected_state="open"} 1"#,
        ]
    );
    assert_eq!(
        show(State::PlatformBlocked, Expectation::Open),
        page,
        "a page is the same until something happens"
    );
}

#[test]
fn a_refused_configuration_shows_and_so_does_its_repair() {
    let telemetry = testing::telemetry();
    let status = |config_rejected| {
        telemetry.show(Facts { config_rejected, ..facts() });
        let page = telemetry.prometheus();
        lines(&page, "sortie_agent_config_status").iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let line = |state: &str, value: u8| {
        format!(r#"sortie_agent_config_status{{sortie_config_state="{state}"}} {value}"#)
    };
    assert_eq!(status(false), [line("accepted", 1)]);
    assert_eq!(status(true), [line("accepted", 0), line("rejected", 1)]);
    assert_eq!(status(false), [line("accepted", 1), line("rejected", 0)]);
}

#[test]
fn the_info_of_an_agent_is_one_series_also_after_a_reload() {
    let telemetry = testing::telemetry();
    for (engine, config_hash) in [
        (EngineKind::Raw, "0123456789abcdef"),
        (EngineKind::Raw, "fedcba9876543210"),
        (EngineKind::Connect, "0"),
    ] {
        telemetry.show(Facts { engine, config_hash: config_hash.to_owned(), ..facts() });
        let engine = engine.code();
        let expected = format!(
            r#"sortie_agent_info{{service_version="1.2.3",sortie_config_hash="{config_hash}",sortie_probe_mode="{engine}"}} 1"#
        );
        assert_eq!(lines(&telemetry.prometheus(), "sortie_agent_info"), [expected]);
    }
}

#[test]
fn a_port_that_a_reload_took_away_is_in_no_gauge_any_more() {
    let telemetry = testing::telemetry();
    let gauges = || {
        let page = telemetry.prometheus();
        ["sortie_port_status{", "sortie_port_last_conclusive_time_seconds{", "sortie_expectation_status{"]
            .map(|name| lines(&page, name).len())
    };
    telemetry.show(Facts {
        ports: vec![port_facts(), PortFacts { port: Port::SUBMISSION, ..port_facts() }],
        ..facts()
    });
    assert_eq!(gauges(), [2, 2, 2]);
    telemetry.show(facts());
    assert_eq!(gauges(), [1, 1, 1]);
}

#[test]
fn a_counter_is_there_before_it_counts() {
    let telemetry = testing::telemetry();
    telemetry.show(facts());
    let page = telemetry.prometheus();
    assert_eq!(
        lines(&page, "sortie_port_state_changes_total"),
        [r#"sortie_port_state_changes_total{network_type="ipv4",server_port="25"} 0"#]
    );
    assert_eq!(
        lines(&page, "sortie_agent_probe_skipped_total"),
        [r#"sortie_agent_probe_skipped_total{reason="suspended"} 0"#]
    );
}

/// Everything about a port that is probed at `host` in every way, with handshakes and without.
fn probe(telemetry: &Telemetry, host: &str, port: Port) {
    for family in Family::ALL {
        for answered in [Some(Duration::from_millis(12)), None] {
            let observation = observed(&format!("{host}:{port}"), Role::Subject, answered);
            telemetry.observed(&Observation { family, ..observation });
        }
        telemetry.changed(port, family);
    }
}

/// Each state and expectation of these ports, one after the other.
fn stand(telemetry: &Telemetry, ports: &[Port]) {
    for (state, expected) in State::ALL.into_iter().zip(Expectation::ALL.into_iter().cycle()) {
        let of = |port: &Port| {
            let port = *port;
            Family::ALL.map(|family| PortFacts { port, family, state, expected, ..port_facts() })
        };
        telemetry.show(Facts { ports: ports.iter().flat_map(of).collect(), ..facts() });
        assert_eq!(overflowing(telemetry), [""; 0], "{state:?} {ports:?}");
    }
}

fn overflowing(telemetry: &Telemetry) -> Vec<String> {
    let page = telemetry.prometheus();
    page.lines().filter(|line| line.contains("otel_metric_overflow")).map(str::to_owned).collect()
}

#[test]
fn a_reload_to_other_destinations_and_ports_of_the_same_number_fits() {
    let ports = |first: u16| [first, first + 1].map(|number| Port::new(number).expect("not zero"));
    let bounds = Bounds { destinations: 3, ports: 2 };
    let telemetry = Telemetry::new(&testing::identity(), &bounds).expect("an identity and bounds");
    for (reload, [one, other]) in [ports(25), ports(587)].into_iter().enumerate() {
        for (number, port) in [one, other, one].into_iter().enumerate() {
            probe(&telemetry, &format!("mx-{number}.reload-{reload}.example"), port);
        }
        stand(&telemetry, &[one, other]);
    }
    assert_eq!(overflowing(&telemetry), [""; 0]);
    let series = lines(&telemetry.prometheus(), "sortie_probe_handshake_duration_seconds_count").len();
    assert_eq!(series, 2 * 3 * Family::ALL.len(), "of both configurations");
}

#[test]
fn a_limit_holds_all_that_the_bounds_make_possible() {
    let bounds = Bounds { destinations: 3, ports: 2 };
    let limits = [
        (registry::PROBE_ATTEMPTS, 3 * 2 * 13),
        (registry::PROBE_HANDSHAKE_DURATION, 3 * 2),
        (registry::PORT_STATUS, 2 * 2 * 10),
        (registry::PORT_STATE_CHANGES, 2 * 2),
        (registry::PORT_LAST_CONCLUSIVE_TIME, 2 * 2),
        (registry::EXPECTATION_STATUS, 2 * 2 * 3),
        (registry::RELAY_STATUS, 2 * 32 * 3),
        (registry::SUBSCRIPTION_INFO, 2),
        (registry::AGENT_INFO, 2),
        (registry::AGENT_CONFIG_STATUS, 2),
        (registry::AGENT_PROBE_SKIPPED, 1),
        (registry::AGENT_EXPORTS, 48),
        (registry::SPOOL_USAGE, 2),
        (registry::SPOOL_LIMIT, 2),
        (registry::SPOOL_OLDEST_AGE, 2),
        (registry::SPOOL_DROPPED, 10),
        (registry::STORE_STATUS, 2),
        (registry::HOST_BOOT_TIME, 1),
        (registry::PROCESS_UPTIME, 1),
        (registry::PROCESS_MEMORY_USAGE, 1),
        (registry::PROCESS_CPU_TIME, 2),
    ];
    assert_eq!(limits.len(), registry::REGISTRY.len());
    for (metric, limit) in limits {
        assert_eq!((metric.limit)(&bounds), limit, "{}", metric.name);
    }
}

#[test]
fn what_goes_beyond_a_limit_is_one_series_more() {
    let bounds = Bounds { destinations: 1, ports: 1 };
    let telemetry = Telemetry::new(&testing::identity(), &bounds).expect("an identity and bounds");
    let ports = (1..=100).filter_map(Port::new);
    for port in ports.clone() {
        let address = format!("mx.example:{port}");
        telemetry.observed(&observed(&address, Role::Subject, Some(Duration::from_millis(12))));
        telemetry.changed(port, Family::Ipv4);
        telemetry.exported(Signal::Metrics, 1, Some(&format!("reason {port}")));
    }
    let ports = ports.map(|port| PortFacts { port, ..port_facts() }).collect();
    telemetry.show(Facts { ports, ..facts() });
    let page = telemetry.prometheus();
    for metric in registry::REGISTRY {
        let limit = (metric.limit)(&bounds.with_room());
        let of_histograms = if matches!(metric.kind, Kind::Histogram(_)) { "_count" } else { "" };
        let name = metric.prometheus_name() + of_histograms;
        let series = lines(&page, &name).len();
        let overflow = format!("{name}{{otel_metric_overflow=\"true\"}} ");
        let expected = if lines(&page, &overflow).is_empty() { 0..=limit } else { limit + 1..=limit + 1 };
        assert!(expected.contains(&series), "{} has {series} series of {limit}", metric.name);
    }
    let rest = |name: &str| {
        let start = format!("{name}{{otel_metric_overflow=\"true\"}} ");
        lines(&page, &start).first().map(|line| line.trim_start_matches(&start).to_owned())
    };
    assert_eq!(rest("sortie_probe_attempts_total").as_deref(), Some("48"), "of 100, with room for 52");
    assert_eq!(
        rest("sortie_probe_handshake_duration_seconds_count").as_deref(),
        Some("96"),
        "with room for 4"
    );
}

#[test]
fn who_cannot_be_told_from_others_has_no_metrics() {
    let nobody = Identity { host_id: String::new(), host_name: String::new(), ..testing::identity() };
    assert_eq!(Telemetry::new(&nobody, &Bounds::MOST).err(), Some(TelemetryError::NoIdentity));
    for bounds in [
        Bounds { destinations: 0, ..Bounds::MOST },
        Bounds { ports: 0, ..Bounds::MOST },
        Bounds { destinations: 257, ..Bounds::MOST },
        Bounds { ports: usize::MAX, ..Bounds::MOST },
    ] {
        let refused = Telemetry::new(&testing::identity(), &bounds).err();
        assert_eq!(refused, Some(TelemetryError::Bounds(bounds)));
    }
}

#[test]
fn a_fleet_is_spread_over_the_interval() {
    let phase = |number: u32| {
        let identity = Identity { host_id: format!("vm-{number}"), ..testing::identity() };
        Telemetry::new(&identity, &Bounds { destinations: 1, ports: 1 }).expect("an identity").phase()
    };
    let mut tenths = [0; 10];
    for number in 0..200 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a phase is from 0 to 1")]
        let tenth = (phase(number) * 10.0) as usize;
        tenths[tenth] += 1;
    }
    assert!(tenths.iter().all(|count| (5..=40).contains(count)), "{tenths:?}");
    assert!((phase(1) - phase(1)).abs() < f64::EPSILON, "the same in every life");
}

#[test]
fn a_lane_of_which_nothing_was_said_has_no_series() {
    let telemetry = testing::telemetry();
    telemetry.show(facts());
    assert_eq!(lines(&telemetry.prometheus(), "sortie_spool_"), [""; 0]);
    let usage = SpoolUsage { bytes: 4_096, limit: 65_536, oldest: None };
    telemetry.spooled(Signal::Events, usage);
    let page = telemetry.prometheus();
    assert_eq!(
        lines(&page, "sortie_spool_"),
        [
            r#"sortie_spool_usage_bytes{sortie_signal="events"} 4096"#,
            r#"sortie_spool_limit_bytes{sortie_signal="events"} 65536"#,
            r#"sortie_spool_oldest_age_seconds{sortie_signal="events"} 0"#,
            r#"sortie_spool_dropped_total{reason="age",sortie_signal="events"} 0"#,
            r#"sortie_spool_dropped_total{reason="corrupt",sortie_signal="events"} 0"#,
            r#"sortie_spool_dropped_total{reason="memory",sortie_signal="events"} 0"#,
            r#"sortie_spool_dropped_total{reason="rejected",sortie_signal="events"} 0"#,
            r#"sortie_spool_dropped_total{reason="size",sortie_signal="events"} 0"#,
        ]
    );
}

#[test]
fn losses_of_earlier_lives_and_of_this_one_are_one_count_also_when_exporting_ends() {
    let telemetry = testing::telemetry();
    telemetry.dropped(Signal::Metrics, Loss::Rejected, 94);
    telemetry.spooled(Signal::Metrics, SpoolUsage { bytes: 0, limit: 65_536, oldest: None });
    telemetry.dropped(Signal::Metrics, Loss::Rejected, 47);
    telemetry.unspooled();
    let page = telemetry.prometheus();
    let rejected = r#"sortie_spool_dropped_total{reason="rejected",sortie_signal="metrics"} 141"#;
    assert!(page.lines().any(|line| line == rejected), "{page}");
    assert_eq!(lines(&page, "sortie_spool_usage_bytes"), [""; 0]);
}

#[test]
fn what_waits_grows_older_while_nobody_looks() {
    let telemetry = testing::telemetry();
    let (then, a_day) = (Duration::from_millis(900), Duration::from_secs(86_400));
    telemetry.spooled(Signal::Metrics, SpoolUsage { bytes: 1, limit: 2, oldest: Some(a_day + then) });
    let age = || -> u64 {
        let page = telemetry.prometheus();
        let name = r#"sortie_spool_oldest_age_seconds{sortie_signal="metrics"} "#;
        lines(&page, name)[0].trim_start_matches(name).parse().expect("seconds")
    };
    assert!(age() >= a_day.as_secs());
    while age() == a_day.as_secs() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_disk_that_refuses_shows_and_so_does_its_return() {
    let telemetry = testing::telemetry();
    let status = |store| {
        telemetry.show(Facts { store, ..facts() });
        let page = telemetry.prometheus();
        lines(&page, "sortie_store_status").iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let line =
        |state: &str, value: u8| format!(r#"sortie_store_status{{sortie_store_state="{state}"}} {value}"#);
    assert_eq!(status(StoreState::Kept), [line("kept", 1)]);
    assert_eq!(status(StoreState::Memory), [line("kept", 0), line("memory", 1)]);
    assert_eq!(status(StoreState::Kept), [line("kept", 1), line("memory", 0)]);
}

#[test]
fn what_the_cloud_tells_later_is_on_every_export_from_then_on() {
    const ACCOUNT: &str = "00000000-0000-0000-0000-000000000001";
    let telemetry = testing::telemetry();
    let names_account = |body: &[u8]| {
        let mut message = Vec::new();
        GzDecoder::new(body).read_to_end(&mut message).expect("gzip");
        message.windows(ACCOUNT.len()).any(|window| window == ACCOUNT.as_bytes())
    };
    let exported = || {
        let stop = Event::AgentStop { reason: "SIGTERM" };
        let event = telemetry.event(&stop, "019ab6c5-3a00-7cc1-8f3e-2d1f0c9b8a77", SystemTime::UNIX_EPOCH);
        [telemetry.metrics(), event].map(|export| names_account(&export.expect("bytes").body))
    };
    assert_eq!(exported(), [false; 2]);
    telemetry.identify(CloudIdentity { account_id: Some(ACCOUNT.to_owned()), ..CloudIdentity::default() });
    assert_eq!(exported(), [true; 2]);
    assert!(telemetry.prometheus().contains(&format!("cloud_account_id=\"{ACCOUNT}\"")));
}
