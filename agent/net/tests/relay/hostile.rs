//! Servers that mean harm, and servers that say nothing at all.

use sortie_core::relay::{Stage, TlsMode, Usability};

use super::server::Act::{Flood, Hear, Pretend, Say, Wait};
use super::server::Authority;
use super::*;

/// Enough for every step before the silent one, also under load; what is asserted is where it ended and not when.
const SHORT: Duration = Duration::from_secs(3);

#[tokio::test]
async fn commands_that_are_injected_before_tls_are_refused() {
    let authority = Authority::new();
    let script = |consent| {
        vec![GREETING, EHLO, OFFERS, STARTTLS, Say(consent), authority.server(ME, 61), EHLO, LOGINS, QUIT]
    };
    let injected = script(b"220 go ahead\r\n250 AUTH PLAIN\r\n");
    let judgement = judged(TlsMode::StartTls, injected, &authority.roots(), LONG).await;
    assert_eq!(
        told(&judgement),
        "unusable starttls: 16 bytes in the clear followed the consent to STARTTLS: somebody injects commands"
    );
    let clean = judged(TlsMode::StartTls, script(b"220 go ahead\r\n"), &authority.roots(), LONG).await;
    assert_eq!(clean.result, Usability::Usable, "the same without them: {clean:?}");
}

#[tokio::test]
async fn floods_end_the_conversation_and_keep_little() {
    let roots = Roots::new(Vec::new());
    let authority = Authority::new();
    let under_tls =
        |flood| vec![GREETING, EHLO, OFFERS, STARTTLS, AHEAD, authority.server(ME, 61), EHLO, Flood(flood)];
    for (script, failed) in [
        (vec![Flood(b"220 more ")], Stage::Greeting),
        (vec![Flood(b"220-more\r\n")], Stage::Ehlo),
        (vec![Flood(b"\0")], Stage::Greeting),
        (vec![GREETING, EHLO, Flood(b"250-X")], Stage::Ehlo),
        (vec![GREETING, EHLO, Flood(b"250-STARTTLS\r\n")], Stage::StartTls),
        (vec![GREETING, EHLO, OFFERS, STARTTLS, AHEAD, Flood(b"\x16\x03\x01\x40\x00")], Stage::StartTls),
        (under_tls(b"250-X"), Stage::EhloTls),
    ] {
        // What was sent and never read makes the server's end of the story a reset.
        let (conversation, _) = converse(TlsMode::StartTls, script, &roots, SHORT).await;
        let judgement = judge(&conversation);
        let worst =
            judgement.stages.iter().filter(|judged| !judged.ok).map(|judged| judged.stage).next_back();
        assert_eq!((judgement.result, worst), (Usability::Unusable, Some(failed)), "{judgement:?}");
        let kept: usize = judgement.stages.iter().map(|judged| judged.text.len()).sum();
        assert!(kept < 2_000, "{kept}");
    }
}

#[tokio::test]
async fn whoever_falls_silent_is_given_up_at_that_stage() {
    let authority = Authority::new();
    let quiet = |script: &[Act]| script.iter().cloned().chain([Wait]).collect::<Vec<_>>();
    let secure = || authority.server(ME, 61);
    let situations = [
        (TlsMode::StartTls, quiet(&[]), "greeting"),
        (TlsMode::StartTls, quiet(&[Say(b"220-relay.example\r\n")]), "greeting"),
        (TlsMode::StartTls, quiet(&[GREETING, EHLO]), "ehlo"),
        (TlsMode::StartTls, quiet(&[GREETING, EHLO, OFFERS, STARTTLS]), "starttls"),
        (TlsMode::StartTls, quiet(&[GREETING, EHLO, OFFERS, STARTTLS, AHEAD, Pretend(b"")]), "starttls"),
        (TlsMode::StartTls, quiet(&[GREETING, EHLO, OFFERS, STARTTLS, AHEAD, secure(), EHLO]), "ehlo_tls"),
        (TlsMode::Implicit, quiet(&[]), "starttls"),
        (TlsMode::Implicit, quiet(&[secure()]), "greeting"),
    ];
    let roots = authority.roots();
    let conversations = situations.into_iter().map(async |(tls, script, stage)| {
        let judgement = judged(tls, script, &roots, SHORT).await;
        let told = told(&judgement);
        assert!(told.starts_with(&format!("unusable {stage}: no answer within ")), "{told}");
    });
    futures_util::future::join_all(conversations).await;
}

#[tokio::test]
async fn a_goodbye_that_nobody_answers_takes_nothing_away() {
    let authority = Authority::new();
    let script = vec![GREETING, EHLO, OFFERS, STARTTLS, AHEAD, authority.server(ME, 61), EHLO, LOGINS, QUIT];
    for end in [vec![], vec![Wait], vec![Say(b"\x1b[2J\r\n")], vec![Hear("")]] {
        let script = script.iter().cloned().chain(end).collect();
        let judgement = judged(TlsMode::StartTls, script, &authority.roots(), LONG).await;
        assert_eq!((judgement.result, judgement.failed), (Usability::Usable, None), "{judgement:?}");
    }
}

#[tokio::test]
async fn what_is_not_printable_does_not_get_past_the_reader() {
    let roots = Roots::new(Vec::new());
    let script = vec![Say(b"554 \x1b[2J\x07\xff go\r\n"), QUIT];
    let judgement = judged(TlsMode::None, script, &roots, LONG).await;
    assert_eq!(told(&judgement), "unusable greeting: the server turns this machine away: 554 ?[2J?? go");
}
