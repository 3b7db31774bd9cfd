//! Services that are busy, slow, huge, broken, or somebody else.

use futures_util::future::join_all;

use super::machine::Machine;
use super::server::{Reply, Server, ok, status};
use crate::ask::{Whom, ask, ask_known};
use crate::metadata::{Metadata, Silence};
use crate::place::{Place, Platform, Provider};

const VM_ID: &str = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";

fn machine() -> String {
    format!(r#"{{"compute": {{"azEnvironment": "AzurePublicCloud", "vmId": "{VM_ID}"}}}}"#)
}

async fn at(server: &Server) -> Option<Place> {
    ask(&Whom::Only(server.url.to_owned()), &Machine::silent().around()).await
}

async fn silence(server: &Server) -> Silence {
    let service = Metadata::at(server.url).expect("a URL");
    Provider::Azure.ask(&service).await.expect_err("no answer")
}

#[tokio::test]
async fn whoever_is_busy_is_asked_again() {
    for busy in [
        "429 Too Many Requests",
        "410 Gone",
        "500 Internal Server Error",
        "503 Service Unavailable\r\nRetry-After: tomorrow",
    ] {
        let server = Server::start(move |_, number| match number {
            1 | 2 => status(busy, ""),
            _ => ok(&machine()),
        })
        .await;
        let place = at(&server).await.expect(busy);
        assert_eq!((place.vm_id.as_deref(), server.lines().len()), (Some(VM_ID), 3), "{busy}");
    }
}

#[tokio::test]
async fn whoever_says_no_is_asked_once() {
    for refusal in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let server = Server::start(move |_, _| status(refusal, "no")).await;
        let silence = silence(&server).await;
        assert_eq!(silence.to_string(), format!("answers {}", &refusal[..3]));
        assert_eq!(server.lines().len(), 1, "{refusal}");
    }
}

#[tokio::test]
async fn a_wish_to_be_left_alone_for_longer_than_a_minute_is_the_end() {
    let server = Server::start(|_, _| status("429 Too Many Requests\r\nRetry-After: 3600", "")).await;
    assert_eq!(silence(&server).await.to_string(), "answers 429");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_neither_followed_nor_believed() {
    let elsewhere = Server::start(|_, _| ok(&machine())).await;
    let to = format!("302 Found\r\nLocation: {}/metadata/instance", elsewhere.url);
    let server = Server::start(move |_, _| status(&to, &machine())).await;
    assert_eq!(at(&server).await, None);
    assert_eq!(elsewhere.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let endless = || Reply::Flood(format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(1 << 16)));
    let server = Server::start(move |_, _| endless()).await;
    assert!(matches!(silence(&server).await, Silence::TooLarge));
    let server = Server::start(|_, _| status("404 Not Found", &"a".repeat(300 << 10))).await;
    assert!(matches!(silence(&server).await, Silence::TooLarge), "a refusal has no more room");
    let room = format!(r#"{{"compute": {{"vmId": "{VM_ID}", "userData": "{}"}}}}"#, "a".repeat(200 << 10));
    let server = Server::start(move |_, _| ok(&room)).await;
    assert!(at(&server).await.is_some(), "user data are not in the way");
}

#[tokio::test]
async fn whoever_is_silent_is_not_waited_for() {
    let server = Server::start(|_, _| Reply::Silence).await;
    assert!(matches!(silence(&server).await, Silence::Slow(_)));
    let trickle =
        Server::start(|_, _| Reply::Bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_owned()));
    assert!(matches!(silence(&trickle.await).await, Silence::Nobody(_)), "half an answer is none");
}

#[tokio::test]
async fn everybody_together_is_not_waited_for_longer() {
    let server = Server::start(|_, _| Reply::Silence).await;
    assert_eq!(ask_known(&Machine::silent().around(), |_| server.url).await, None);
}

#[tokio::test]
async fn what_is_no_answer_of_a_cloud_is_no_cloud() {
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        r#"{"compute": []}"#,
        r#"{"compute": {"vmId": 5}}"#,
        r#"{"compute": {"vmId": "mx-1"}}"#,
        r#"{"id": "mx-1", "instanceId": "i-x"}"#,
        "<html>hotel guests please log in</html>",
        "\u{1b}[2J",
        &"[".repeat(200 << 10),
    ];
    let of_another_protocol = ["220 mx.example.com ESMTP\r\n", "HTTP/1.1 200 \u{1b}[2J\r\nX: \u{0}\r\n\r\n"];
    let answers = bodies.map(ok).into_iter();
    let answers = answers.chain(of_another_protocol.map(|bytes| Reply::Bytes(bytes.to_owned())));
    // Each is asked by every protocol, at most five questions a second: all of them at once.
    let asked = answers.map(|answer| async move {
        let Reply::Bytes(answer) = answer else { unreachable!("these are whole answers") };
        let told = answer.clone();
        let server = Server::start(move |_, _| Reply::Bytes(told.clone())).await;
        (at(&server).await, answer)
    });
    for (place, answer) in join_all(asked).await {
        assert_eq!(place, None, "{answer:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_configured_url_is_no_cloud() {
    let nobody = Whom::Only("http://127.0.0.1:1".to_owned());
    assert_eq!(ask(&nobody, &Machine::silent().around()).await, None);
}

#[tokio::test]
async fn what_is_empty_or_does_not_look_like_its_claim_is_absent() {
    let hostile = r#"{"compute": {"azEnvironment": "Azure\u202eCloud", "location": "west\u001b[2Jeurope",
        "resourceId": "/subscriptions/../providers", "subscriptionId": "", "vmId": "mx-1\r\n", "vmSize": "\u202eb",
        "zone": ["1"], "vmScaleSetName": "a b", "virtualMachineScaleSet": null, "tags": 5}}"#;
    let server = Server::start(move |_, _| ok(hostile)).await;
    assert_eq!(at(&server).await, Some(Place::on(Platform::AzureVm)));
}

#[tokio::test]
async fn a_token_that_is_none_is_not_sent_back() {
    for token in ["", "two words", "a\u{1b}b", &"a".repeat(2_000)] {
        let token = token.to_owned();
        let server = Server::start(move |request, _| match request.line() {
            "PUT /latest/api/token" => ok(&token),
            _ => ok("{}"),
        })
        .await;
        let service = Metadata::at(server.url).expect("a URL");
        assert!(Provider::Aws.ask(&service).await.is_err());
        assert_eq!(server.lines(), ["PUT /latest/api/token"]);
    }
}

#[tokio::test]
async fn an_answer_that_google_did_not_sign_is_not_googles() {
    let server = Server::start(|_, _| ok("4520031799277581759")).await;
    let service = Metadata::at(server.url).expect("a URL");
    let silence = Provider::Gcp.ask(&service).await.expect_err("not signed").to_string();
    assert_eq!(silence, "is not that of this provider: its answer is not signed");
}

#[tokio::test(start_paused = true)]
async fn no_second_has_more_than_five_questions() {
    use std::time::Duration;
    use tokio::time::Instant;

    let service = Metadata::at("http://127.0.0.1:1").expect("a URL");
    let began = Instant::now();
    let mut turns = Vec::new();
    for _ in 0..12 {
        service.wait_for_turn().await;
        turns.push(began.elapsed());
    }
    for sixth in turns.windows(6) {
        assert!(sixth[5] >= sixth[0] + Duration::from_secs(1), "{turns:?}");
    }
    assert!(turns[11] < Duration::from_secs(3), "and it does not wait for more: {turns:?}");
}
