//! Conversations with relays that work, that fail at each stage, and that mean harm.

mod hostile;
mod server;

use std::time::Duration;

use server::Act::{Hear, Pretend, Say, Wait};
use server::{Act, Authority, serve};
use sortie_core::relay::{Conversation, Judgement, TlsMode, judge};
use sortie_core::report;
use sortie_net::{Caller, Destination, Roots, Settings};

/// Far beyond what a machine under load needs for a conversation that nobody delays.
const LONG: Duration = Duration::from_secs(20);
const ME: &str = "127.0.0.1";

const GREETING: Act = Say(b"220 relay.example ESMTP\r\n");
const EHLO: Act = Hear("EHLO [127.0.0.1]");
const OFFERS: Act = Say(b"250-relay.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n");
const STARTTLS: Act = Hear("STARTTLS");
const AHEAD: Act = Say(b"220 go ahead\r\n");
const LOGINS: Act = Say(b"250-relay.example\r\n250 AUTH LOGIN XOAUTH2\r\n");
const QUIT: Act = Hear("QUIT");
const BYE: Act = Say(b"221 bye\r\n");

/// What a relay that follows this script was seen to do, and what it was told.
async fn converse(
    tls: TlsMode,
    script: Vec<Act>,
    roots: &Roots,
    most: Duration,
) -> (Conversation, Vec<String>) {
    let (port, served) = serve(script).await;
    let address = format!("{ME}:{port}").parse().expect("an address");
    let caller = Caller::new(&Settings::default());
    let conversation = caller.converse(&Destination { address, tls }, roots, most).await;
    (conversation, served.await.expect("the script was followed"))
}

async fn judged(tls: TlsMode, script: Vec<Act>, roots: &Roots, most: Duration) -> Judgement {
    judge(&converse(tls, script, roots, most).await.0)
}

/// `result stage: why`, or `usable` alone.
fn told(judgement: &Judgement) -> String {
    let Some(failed) = judgement.failed else { return judgement.result.code().to_owned() };
    let why = judgement.stages.iter().find(|judged| judged.stage == failed).expect("it was reached");
    format!("{} {}: {}", judgement.result.code(), failed.code(), why.text)
}

fn whole(secure: Act) -> Vec<Act> {
    vec![GREETING, EHLO, OFFERS, STARTTLS, AHEAD, secure, EHLO, LOGINS, QUIT, BYE]
}

#[tokio::test]
async fn a_relay_with_starttls_is_told_what_a_mail_program_would_tell_and_no_more() {
    let authority = Authority::new();
    let script = whole(authority.server(ME, 61));
    let (conversation, heard) = converse(TlsMode::StartTls, script, &authority.roots(), LONG).await;
    assert_eq!(heard, ["EHLO [127.0.0.1]", "STARTTLS", "EHLO [127.0.0.1]", "QUIT"]);
    let relay = report::relay("own".to_owned(), true, &conversation);
    assert_eq!((relay.result, relay.failed_stage), ("usable", None), "{relay:?}");
    let stages: Vec<_> = relay.stages.iter().map(|stage| stage.stage).collect();
    assert_eq!(
        stages.join(" "),
        "resolve connect greeting ehlo starttls certificate ehlo_tls auth_offered quit"
    );
    let tls = relay.tls.expect("it began");
    assert_eq!((tls.version.as_str(), tls.trusted, tls.name_matches), ("TLSv1.3", Some(true), Some(true)));
    assert!(tls.cipher.starts_with("TLS13_"), "{}", tls.cipher);
    assert_eq!(tls.expires_in_days, Some(61));
    assert_eq!(
        (relay.auth.before_tls.len(), relay.auth.after_tls.join(" ")),
        (0, "LOGIN XOAUTH2".to_owned())
    );
}

#[tokio::test]
async fn tls_from_the_first_byte_and_none_at_all_are_spoken_too() {
    let authority = Authority::new();
    let implicit = vec![authority.server(ME, 61), GREETING, EHLO, LOGINS, QUIT, BYE];
    let plain = vec![GREETING, EHLO, OFFERS, QUIT, BYE];
    for (tls, script, told) in [
        (TlsMode::Implicit, implicit, &["EHLO [127.0.0.1]", "QUIT"]),
        (TlsMode::None, plain, &["EHLO [127.0.0.1]", "QUIT"]),
    ] {
        let (conversation, heard) = converse(tls, script, &authority.roots(), LONG).await;
        let judgement = judge(&conversation);
        assert_eq!(judgement.result.code(), "usable", "{judgement:?}");
        assert_eq!(heard, *told);
    }
}

#[tokio::test]
async fn the_certificate_is_told_of_whoever_shows_it() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    for (secure, roots, expected) in [
        (ours.server(ME, 5), ours.roots(), "degraded certificate: the certificate expires in 5 days"),
        (
            ours.server("other.example", 61),
            ours.roots(),
            "unusable certificate: the certificate is not for 127.0.0.1 but for other.example",
        ),
        (
            theirs.server(ME, 61),
            ours.roots(),
            "unusable certificate: no authority that this machine trusts has issued the certificate",
        ),
    ] {
        let judgement = judged(TlsMode::StartTls, whole(secure), &roots, LONG).await;
        assert_eq!(told(&judgement), expected);
        // It was spoken to until the end nevertheless.
        assert_eq!(judgement.stages.len(), 9, "{judgement:?}");
    }
}

#[tokio::test]
async fn every_stage_can_fail_and_is_named() {
    let roots = Roots::new(Vec::new());
    let refuse = |text: &'static [u8]| vec![GREETING, EHLO, OFFERS, STARTTLS, Say(text), QUIT];
    let pretend = |bytes| vec![GREETING, EHLO, OFFERS, STARTTLS, AHEAD, Pretend(bytes), Wait];
    let reset = |script: &[Act]| script.to_vec();
    for (script, expected) in [
        (
            vec![Say(b"554 5.7.1 go away\r\n"), QUIT],
            "greeting: the server turns this machine away: 554 5.7.1 go away",
        ),
        (
            vec![Say(b"SSH-2.0-OpenSSH_9.9\r\n"), Wait],
            "greeting: what answers does not speak SMTP: \"SSH-2.0-OpenSSH_9.9\"",
        ),
        (reset(&[]), "greeting: the server closed the connection"),
        (
            vec![GREETING, EHLO, Say(b"501 5.5.4 Invalid domain name\r\n"), QUIT],
            "ehlo: EHLO is refused: 501 5.5.4 Invalid domain name",
        ),
        (vec![GREETING, EHLO, Say(b"250 relay.example\r\n"), QUIT], "starttls: STARTTLS is not offered"),
        (refuse(b"454 4.7.0 not now\r\n"), "starttls: STARTTLS is refused: 454 4.7.0 not now"),
        (pretend(b"500 what\r\n"), "starttls: TLS does not begin: what answers does not speak TLS"),
        // An alert of TLS 1.0, fatal: protocol_version (RFC 2246 §7.2).
        (
            pretend(&[21, 3, 1, 0, 2, 2, 70]),
            "starttls: TLS does not begin: the server speaks neither TLS 1.2 nor 1.3",
        ),
        (vec![GREETING, EHLO, OFFERS, STARTTLS, AHEAD], "starttls: the server closed the connection"),
    ] {
        let (conversation, _) = converse(TlsMode::StartTls, script, &roots, LONG).await;
        assert_eq!(told(&judge(&conversation)), format!("unusable {expected}"));
    }
}

#[tokio::test]
async fn a_server_that_refuses_under_tls_is_named_by_that_stage() {
    let authority = Authority::new();
    let secure = authority.server(ME, 61);
    let script = vec![GREETING, EHLO, OFFERS, STARTTLS, AHEAD, secure, EHLO, Say(b"421 4.3.2 bye\r\n"), QUIT];
    let judgement = judged(TlsMode::StartTls, script, &authority.roots(), LONG).await;
    assert_eq!(told(&judgement), "unusable ehlo_tls: EHLO is refused: 421 4.3.2 bye");
}

#[tokio::test]
async fn nobody_there_and_no_such_name_are_seen_as_well() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = closed.local_addr().expect("it is bound").port();
    drop(closed);
    for (address, expected) in [
        (format!("{ME}:{port}"), "connect: 127.0.0.1 refused the connection"),
        ("relay.example:587".to_owned(), "resolve: no name server"),
    ] {
        let settings = Settings { names: sortie_net::NameServers::These(Vec::new()), ..Settings::default() };
        let relay = Destination { address: address.parse().expect("valid"), tls: TlsMode::StartTls };
        let conversation = Caller::new(&settings).converse(&relay, &Roots::new(Vec::new()), LONG).await;
        let told = told(&judge(&conversation));
        assert!(told.starts_with(&format!("unusable {expected}")), "{told}");
    }
}
