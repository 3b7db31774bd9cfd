//! A Resource Manager that is huge, broken, or somebody else.

use super::azure::{PATIENCE, SUBSCRIPTION, arm, healthy, metadata, place, subscription};
use crate::arm::{Arm, ArmService, Scope, Told};
use crate::ask::Whom;
use crate::claim::is_hostile;
use crate::tests::server::{Reply, Server, ok, status};

async fn told(manager: &Server) -> Told {
    arm(&metadata().await, manager, &place()).ask(Scope::WayOut(None)).await
}

fn nothing(told: &Told) -> bool {
    Told { trouble: Vec::new(), withheld: Vec::new(), has_interface: false, ..told.clone() }
        == Told::default()
}

#[tokio::test]
async fn a_redirect_is_neither_followed_nor_believed() {
    for code in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let elsewhere = Server::start(|request, _| healthy(request)).await;
        let to = format!("{code}\r\nLocation: {}/subscriptions/{SUBSCRIPTION}", elsewhere.url);
        let manager = Server::start(move |_, _| status(&to, &subscription("X"))).await;
        let told = told(&manager).await;
        assert!(nothing(&told), "{told:?}");
        let sentence = format!(
            "failed to read the subscription: Azure Resource Manager sends elsewhere ({}), and a token goes nowhere else",
            &code[..3]
        );
        assert!(told.trouble.contains(&sentence), "{:?}", told.trouble);
        assert_eq!(elsewhere.lines(), Vec::<String>::new(), "the token stayed here");
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    for head in ["HTTP/1.1 200 OK", "HTTP/1.1 403 Forbidden"] {
        let flood = move || Reply::Flood(format!("{head}\r\n\r\n{}", "a".repeat(1 << 16)));
        let manager = Server::start(move |_, _| flood()).await;
        let told = told(&manager).await;
        let sentence =
            "failed to read the subscription: Azure Resource Manager answers with more than 1024 KiB";
        assert!(nothing(&told) && told.trouble.contains(&sentence.to_owned()), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_of_azure_tells_nothing() {
    let whole = subscription("PayAsYouGo_2014-09-01");
    let cut = |length: usize| whole[..length].to_owned();
    let deep = "[".repeat(100_000);
    let answers = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "7".to_owned(),
        r#""text""#.to_owned(),
        r#"{"error": {"code": "OK"}}"#.to_owned(),
        r#"{"subscriptionPolicies": [], "properties": [], "statuses": {}, "value": 5}"#.to_owned(),
        cut(1),
        cut(whole.len() / 2),
        cut(whole.len() - 1),
        format!("{whole}{whole}"),
        deep,
        "<html>hotel guests please log in</html>".to_owned(),
        "\u{feff}{}".to_owned(),
        "\u{1b}[2J".to_owned(),
    ];
    for answer in answers {
        let body = answer.clone();
        let manager = Server::start(move |_, _| ok(&body)).await;
        let told = told(&manager).await;
        assert!(nothing(&told) && !told.trouble.is_empty(), "{answer:.80}: {told:?}");
    }
}

#[tokio::test]
async fn what_is_not_text_tells_nothing() {
    let body = br#"{"subscriptionId": "00000000-0000-0000-0000-000000000001", "displayName": "gr"#;
    let mut bytes = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len() + 3).into_bytes();
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(b"\xfc\"}");
    let manager = Server::start(move |_, _| Reply::Raw(bytes.clone())).await;
    let told = told(&manager).await;
    let sentence = "failed to read the subscription: the answer of Azure Resource Manager is not UTF-8";
    assert!(nothing(&told) && told.trouble.contains(&sentence.to_owned()), "{told:?}");
}

#[tokio::test]
async fn whoever_speaks_another_protocol_or_hangs_up_is_told_in_printable_words() {
    for bytes in [
        "220 mx.example.com ESMTP\r\n",
        "HTTP/1.1 200 \u{1b}[2J\r\nX: \u{0}\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 46\r\n\r\n{\"error\": {\"code\": \"\u{1b}[2J\\u001b[2J\\u202eabcde\"}}",
        "",
    ] {
        let manager = Server::start(move |_, _| Reply::Bytes(bytes.to_owned())).await;
        let told = told(&manager).await;
        assert!(nothing(&told) && !told.trouble.is_empty(), "{told:?}");
        assert!(!told.trouble.join(" ").contains(is_hostile), "{told:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_url_is_a_sentence_for_each_part() {
    let (metadata, service) = (metadata().await, ArmService::At("http://127.0.0.1:1".to_owned()));
    let imds = Whom::Only(metadata.url.to_owned());
    let arm = Arm::with(&service, &imds, &place(), "", PATIENCE).expect("a place");
    let told = arm.ask(Scope::WayOut(None)).await;
    let sentence = "failed to read the subscription: Azure Resource Manager does not answer: Connection refused (os error 111)";
    assert!(nothing(&told) && told.trouble.contains(&sentence.to_owned()), "{told:?}");
}
