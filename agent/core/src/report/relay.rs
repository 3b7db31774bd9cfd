//! From a conversation with a relay to its entry in the report.

use super::compose::millis;
use super::schema::{Relay, RelayAuth, RelayStage, RelayTls};
use crate::relay::{self, Certificate, Conversation, Seen, Stage, Trust};

/// A relay of this name, as the conversation showed it.
pub fn relay(name: String, required: bool, conversation: &Conversation) -> Relay {
    let judgement = relay::judge(conversation);
    let stage = |judged: relay::Judged| RelayStage {
        stage: judged.stage.code(),
        ok: judged.ok,
        ms: millis(judged.took),
        text: judged.text,
    };
    let [before_tls, after_tls] = judgement.auth;
    Relay {
        name,
        address: conversation.address.to_string(),
        required,
        result: judgement.result.code(),
        failed_stage: judgement.failed.map(Stage::code),
        stages: judgement.stages.into_iter().map(stage).collect(),
        tls: tls(conversation),
        auth: RelayAuth { before_tls, after_tls },
    }
}

fn tls(conversation: &Conversation) -> Option<RelayTls> {
    let mut tls: Option<RelayTls> = None;
    for step in &conversation.steps {
        match &step.seen {
            Seen::Secured { version, cipher } => {
                tls = Some(RelayTls {
                    version: version.clone(),
                    cipher: cipher.clone(),
                    ..RelayTls::default()
                });
            }
            Seen::Presented(Certificate { subject, trust, name_matches, expires_in_days }) => {
                if let Some(tls) = &mut tls {
                    tls.subject.clone_from(subject);
                    tls.trusted = (*trust != Trust::NoRoots).then_some(*trust == Trust::Trusted);
                    tls.name_matches = Some(*name_matches);
                    tls.expires_in_days = *expires_in_days;
                }
            }
            _ => {}
        }
    }
    tls
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::relay::{Step, TlsMode};
    use crate::smtp::Reply;

    #[test]
    fn an_entry_is_the_published_one_and_is_read_back() {
        let step = |stage, seen| Step { stage, took: Duration::from_micros(12_100), seen };
        let said = |code, text: &str, more: &[&str]| {
            let more = more.iter().map(ToString::to_string).collect();
            Seen::Replied(Reply { code, text: text.to_owned(), more })
        };
        let ip = [198, 51, 100, 7].into();
        let certificate = Certificate {
            subject: Some("smtp.azurecomm.net".to_owned()),
            trust: Trust::Trusted,
            name_matches: true,
            expires_in_days: Some(61),
        };
        let version = "TLSv1.3".to_owned();
        let conversation = Conversation {
            address: "smtp.azurecomm.net:587".parse().expect("valid"),
            tls: TlsMode::StartTls,
            steps: vec![
                step(Stage::Resolve, Seen::Resolved(vec![ip])),
                step(Stage::Connect, Seen::Connected(ip)),
                step(Stage::Greeting, said(220, "hello", &[])),
                step(Stage::Ehlo, said(250, "hello", &["STARTTLS"])),
                step(
                    Stage::StartTls,
                    Seen::Secured { version, cipher: "TLS13_AES_256_GCM_SHA384".to_owned() },
                ),
                step(Stage::Certificate, Seen::Presented(certificate)),
                step(Stage::EhloTls, said(250, "hello", &["AUTH LOGIN XOAUTH2"])),
                step(Stage::Quit, Seen::Closed),
            ],
        };
        let entry = relay("acs".to_owned(), true, &conversation);
        insta::assert_snapshot!(serde_json::to_string_pretty(&entry).expect("plain data"));
        let read: Relay =
            serde_json::from_str(&serde_json::to_string(&entry).expect("plain data")).expect("ours");
        assert_eq!(read, entry);
    }
}
