//! Snapshots of every face, and what no face may do.

use sortie_core::report::{Cloud, Flow, Report, SOURCE_ARM, Subscription, WayOut};

use super::sample::{explained, report};
use super::{Style, json, junit, table};

#[test]
fn people_read_the_verdict_first() {
    insta::assert_snapshot!(table(&report(), Style::default()));
}

#[test]
fn explain_shows_every_packet_and_weight() {
    insta::assert_snapshot!(table(&explained(), Style::default()));
}

#[test]
fn a_narrow_terminal_wraps_the_destinations() {
    let text = table(&report(), Style { colour: false, width: Some(80) });
    let (_, destinations) = text.split_once("Destinations\n").expect("there are some");
    insta::assert_snapshot!(destinations);
}

#[test]
fn json_is_the_published_schema() {
    insta::assert_snapshot!(json(&report()).expect("plain data"));
}

#[test]
fn a_report_that_is_read_back_is_the_same_report() {
    for report in [report(), explained()] {
        let read: Report = serde_json::from_str(&json(&report).expect("plain data")).expect("our own words");
        assert_eq!(read, report);
    }
}

#[test]
fn junit_has_a_case_per_port_and_family_and_per_required_relay() {
    insta::assert_snapshot!(junit(&report()).expect("plain data"));
}

#[test]
fn an_empty_report_is_still_readable() {
    let empty = Report {
        verdicts: Vec::new(),
        observations: Vec::new(),
        relays: Vec::new(),
        unseen: Vec::new(),
        ..report()
    };
    insta::assert_snapshot!(table(&empty, Style::default()));
    assert!(junit(&empty).is_ok() && json(&empty).is_ok());
}

#[test]
fn a_platform_that_supports_no_port_25_is_said_to_be_one() {
    let cloud = Cloud {
        provider: "azure".to_owned(),
        platform: "azure.app_service".to_owned(),
        region: Some("west\u{1b}[2J".to_owned()),
        unsupported: Some("port 25 is unsupported here".to_owned()),
        ..Cloud::default()
    };
    let report = Report { cloud: Some(cloud), ..report() };
    let text = table(&report, Style::default());
    assert!(text.contains("\nnote: port 25 is unsupported here\n"), "{text}");
    assert!(text.ends_with("\nin azure.app_service, west\\u{1b}[2J\n"), "{text}");
    let read: Report = serde_json::from_str(&json(&report).expect("plain data")).expect("our own words");
    assert_eq!(read, report);
}

#[test]
fn what_azure_tells_stands_below_the_place() {
    let subscription = Subscription {
        quota_id: Some("MSDNDevTest_2014-09-01".to_owned()),
        state: Some("Enabled".to_owned()),
        ..Subscription::of("ea-devtest", SOURCE_ARM)
    };
    let flow = Some(Flow { allowed: false, rule: Some("Deny\u{7}Smtp".to_owned()) });
    let cloud = Cloud {
        platform: "azure.vm".to_owned(),
        subscription: Some(subscription),
        allow_port_25_out: Some(true),
        way_out: Some(WayOut { next_hop: Some("Internet".to_owned()), flow, ..WayOut::default() }),
        ..Cloud::default()
    };
    let text = table(&Report { cloud: Some(cloud), ..report() }, Style::default());
    let line = "\nsubscription ea-devtest (MSDNDevTest_2014-09-01, Enabled), allowPort25Out true, next hop Internet, port 25 \
                denied by Deny\\u{7}Smtp\n";
    assert!(text.ends_with(line), "{text}");
}

#[test]
fn no_face_lets_control_characters_through() {
    let plain = Style::default();
    let faces = [
        table(&report(), plain),
        table(&explained(), plain),
        json(&report()).expect("plain data"),
        junit(&report()).expect("plain data"),
    ];
    for face in faces {
        assert!(!face.chars().any(|c| c.is_control() && c != '\n'), "{face}");
    }
}

#[test]
fn colours_add_nothing_but_colours() {
    let coloured = table(&explained(), Style { colour: true, width: None });
    assert!(coloured.contains('\u{1b}'));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, table(&explained(), Style::default()));
}
