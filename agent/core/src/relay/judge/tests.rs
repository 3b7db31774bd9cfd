//! The table of situations: what was seen, what it amounts to, which stage is to blame, and why.

use super::*;
use crate::errno::Errno;
use crate::observation::DnsFailure;
use crate::relay::Miss;

const HOST: &str = "relay.example:587";

fn reply(code: u16, lines: &str) -> Seen {
    let mut lines = lines.split('|').map(str::to_owned);
    let text = lines.next().expect("split gives one");
    Seen::Replied(Reply { code, text, more: lines.collect() })
}

fn certificate() -> Certificate {
    Certificate {
        subject: Some("relay.example".to_owned()),
        trust: Trust::Trusted,
        name_matches: true,
        expires_in_days: Some(61),
    }
}

fn secured() -> Seen {
    Seen::Secured { version: "TLSv1.3".to_owned(), cipher: "TLS13_AES_256_GCM_SHA384".to_owned() }
}

/// A conversation in which nothing is in the way, but that each of these steps replaces its own and nothing comes after a
/// failure.
fn conversation(tls: TlsMode, other: &[(Stage, Seen)]) -> Conversation {
    use Stage::{Certificate as Shown, Connect, Ehlo, EhloTls, Greeting, Quit, Resolve, StartTls};
    let ip = [198, 51, 100, 7].into();
    let before: &[Stage] = match tls {
        TlsMode::StartTls => &[Resolve, Connect, Greeting, Ehlo, StartTls, Shown, EhloTls, Quit],
        TlsMode::Implicit => &[Resolve, Connect, StartTls, Shown, Greeting, EhloTls, Quit],
        TlsMode::None => &[Resolve, Connect, Greeting, Ehlo, Quit],
    };
    let usual = |stage| match stage {
        Resolve => Seen::Resolved(vec![ip]),
        Connect => Seen::Connected(ip),
        Greeting => reply(220, "relay.example ESMTP"),
        Ehlo => reply(250, "relay.example|SIZE 1000|STARTTLS"),
        StartTls => secured(),
        Shown => Seen::Presented(certificate()),
        EhloTls => reply(250, "relay.example|SIZE 1000|AUTH LOGIN XOAUTH2"),
        _ => reply(221, "bye"),
    };
    let step = |stage: &Stage| {
        let replaced = other.iter().find(|(of, _)| of == stage).map(|(_, seen)| seen.clone());
        let seen = replaced.unwrap_or_else(|| usual(*stage));
        Step { stage: *stage, took: Duration::from_secs(8), seen }
    };
    Conversation { address: HOST.parse().expect("valid"), tls, steps: before.iter().map(step).collect() }
}

/// `result stage: why`, or `usable` alone.
fn told(tls: TlsMode, other: &[(Stage, Seen)]) -> String {
    let judgement = judge(&conversation(tls, other));
    let Some(failed) = judgement.failed else { return judgement.result.code().to_owned() };
    let why = judgement.stages.iter().find(|judged| judged.stage == failed).expect("it was reached");
    assert!(!why.ok);
    format!("{} {}: {}", judgement.result.code(), failed.code(), why.text)
}

#[test]
fn nothing_in_the_way_is_usable_however_tls_begins() {
    for tls in [TlsMode::StartTls, TlsMode::Implicit, TlsMode::None] {
        assert_eq!(told(tls, &[]), "usable");
        assert!(judge(&conversation(tls, &[])).stages.iter().all(|judged| judged.ok), "{tls:?}");
    }
}

#[test]
fn stages_stand_in_the_published_order() {
    let judgement = judge(&conversation(TlsMode::StartTls, &[]));
    let stages: Vec<_> = judgement.stages.iter().map(|judged| judged.stage).collect();
    assert_eq!(stages, Stage::ALL);
    assert_eq!(judgement.auth, [vec![], vec!["LOGIN".to_owned(), "XOAUTH2".to_owned()]]);
}

#[test]
fn a_stage_that_mail_cannot_do_without_makes_a_relay_unusable() {
    use Stage::{Connect, Ehlo, EhloTls, Greeting, Resolve, StartTls};
    let ip = |last| [198, 51, 100, last].into();
    for (stage, seen, expected) in [
        (Resolve, Seen::Unresolved(DnsFailure::NxDomain), "resolve: the name does not exist"),
        (Resolve, Seen::Unresolved(DnsFailure::Timeout), "resolve: no name server answered"),
        (
            Connect,
            Seen::NotConnected(vec![(ip(7), Miss::Silent), (ip(8), Miss::Refused)]),
            "connect: 198.51.100.7 did not answer, 198.51.100.8 refused the connection",
        ),
        (
            Connect,
            Seen::NotConnected(vec![(ip(7), Miss::Failed(Errno::ACCES))]),
            "connect: 198.51.100.7 could not be reached: EACCES",
        ),
        (Greeting, Seen::Silent, "greeting: no answer within 8.0 s"),
        (
            Greeting,
            reply(554, "5.7.1 go away"),
            "greeting: the server turns this machine away: 554 5.7.1 go away",
        ),
        (Greeting, reply(421, "busy"), "greeting: the server turns this machine away: 421 busy"),
        (
            Greeting,
            Seen::NotSmtp("SSH-2.0".to_owned()),
            "greeting: what answers does not speak SMTP: \"SSH-2.0\"",
        ),
        (Greeting, Seen::Closed, "greeting: the server closed the connection"),
        (
            Ehlo,
            reply(501, "5.5.4 Invalid domain name"),
            "ehlo: EHLO is refused: 501 5.5.4 Invalid domain name",
        ),
        (StartTls, Seen::NotOffered, "starttls: STARTTLS is not offered"),
        (StartTls, reply(454, "not now"), "starttls: STARTTLS is refused: 454 not now"),
        (StartTls, reply(220, "yes"), "starttls: STARTTLS is refused: 220 yes"),
        (
            StartTls,
            Seen::Injected(14),
            "starttls: 14 bytes in the clear followed the consent to STARTTLS: somebody injects commands",
        ),
        (StartTls, Seen::NotSecured("no version".to_owned()), "starttls: TLS does not begin: no version"),
        (EhloTls, Seen::Broken(Errno::TIMEDOUT), "ehlo_tls: the connection broke: ETIMEDOUT"),
    ] {
        assert_eq!(told(TlsMode::StartTls, &[(stage, seen)]), format!("unusable {expected}"));
    }
}

#[test]
fn a_certificate_is_judged_as_a_careful_client_does() {
    let subject = || Some("other.example".to_owned());
    for (certificate, expected) in [
        (Certificate { expires_in_days: Some(14), ..certificate() }, "usable"),
        (Certificate { expires_in_days: None, subject: None, ..certificate() }, "usable"),
        (
            Certificate { expires_in_days: Some(13), ..certificate() },
            "degraded certificate: the certificate expires in 13 days",
        ),
        (
            Certificate { expires_in_days: Some(1), ..certificate() },
            "degraded certificate: the certificate expires in 1 day",
        ),
        (
            Certificate { trust: Trust::Expired, expires_in_days: Some(-3), ..certificate() },
            "unusable certificate: the certificate expired 3 days ago",
        ),
        (
            Certificate { trust: Trust::Expired, ..certificate() },
            "unusable certificate: the certificate of its authority is expired",
        ),
        (
            Certificate { trust: Trust::NotYetValid, ..certificate() },
            "unusable certificate: the certificate is not valid yet, by the clock of this machine",
        ),
        (
            Certificate { trust: Trust::UnknownIssuer, ..certificate() },
            "unusable certificate: no authority that this machine trusts has issued the certificate",
        ),
        (
            Certificate { trust: Trust::Broken("bad signature".to_owned()), ..certificate() },
            "unusable certificate: the certificate is refused: bad signature",
        ),
        (
            Certificate { trust: Trust::NoRoots, ..certificate() },
            "degraded certificate: this machine trusts no authority at all, so no certificate can be verified",
        ),
        (
            Certificate { name_matches: false, subject: subject(), ..certificate() },
            "unusable certificate: the certificate is not for relay.example but for other.example",
        ),
        (
            Certificate { trust: Trust::NoRoots, name_matches: false, subject: None, ..certificate() },
            "unusable certificate: this machine trusts no authority at all, so no certificate can be verified; \
             the certificate is not for relay.example",
        ),
    ] {
        for tls in [TlsMode::StartTls, TlsMode::Implicit] {
            let seen = Seen::Presented(certificate.clone());
            assert_eq!(told(tls, &[(Stage::Certificate, seen)]), expected);
        }
    }
}

#[test]
fn a_way_to_log_in_is_wanted_and_only_a_safe_one() {
    use TlsMode::{Implicit, None, StartTls};
    let ehlo = |offers: &str| reply(250, &format!("relay.example|STARTTLS|{offers}"));
    let without = "degraded auth_offered: no way to log in is offered under TLS: mail is taken from known addresses, if at all";
    for (tls, before, after, expected) in [
        (StartTls, "", "AUTH PLAIN", "usable"),
        (StartTls, "AUTH CRAM-MD5", "AUTH PLAIN CRAM-MD5", "usable"),
        (
            StartTls,
            "AUTH CRAM-MD5 PLAIN LOGIN",
            "AUTH PLAIN LOGIN",
            "degraded auth_offered: PLAIN, LOGIN is offered before TLS, where others can read the password",
        ),
        (StartTls, "", "", without),
        (StartTls, "AUTH PLAIN", "", without),
        (Implicit, "", "AUTH LOGIN", "usable"),
        (Implicit, "", "", without),
        (None, "", "", "usable"),
        (None, "AUTH PLAIN", "", "usable"),
    ] {
        let other = [(Stage::Ehlo, ehlo(before)), (Stage::EhloTls, ehlo(after))];
        assert_eq!(told(tls, &other), expected, "{before} {after}");
    }
}

#[test]
fn a_masked_greeting_is_a_blemish_and_a_missing_goodbye_is_nothing() {
    let masked = told(TlsMode::StartTls, &[(Stage::Greeting, reply(220, "********"))]);
    assert_eq!(masked, "degraded greeting: a device on the way has masked the greeting: 220 ********");
    for seen in [Seen::Silent, Seen::Closed, reply(500, "what")] {
        let judgement = judge(&conversation(TlsMode::StartTls, &[(Stage::Quit, seen)]));
        assert_eq!((judgement.result, judgement.failed), (Usability::Usable, None));
        assert!(!judgement.stages.last().expect("it was reached").ok);
    }
}

#[test]
fn a_fault_is_to_blame_before_any_blemish() {
    let forgotten = Certificate { expires_in_days: Some(2), ..certificate() };
    let other = [
        (Stage::Greeting, reply(220, "*****")),
        (Stage::Certificate, Seen::Presented(forgotten)),
        (Stage::EhloTls, reply(502, "no")),
    ];
    assert_eq!(told(TlsMode::StartTls, &other), "unusable ehlo_tls: EHLO is refused: 502 no");
}

#[test]
fn nothing_seen_is_not_taken_for_a_relay_that_works() {
    let nothing = Conversation { steps: Vec::new(), ..conversation(TlsMode::None, &[]) };
    assert_eq!(judge(&nothing).result, Usability::Unusable);
}
