//! Tokens: given, refused, outlived, and never told.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::azure::{OTHER, PATIENCE, arm, healthy, metadata, place, refusal};
use crate::arm::token::{NoToken, read};
use crate::arm::{Arm, ArmService, Scope, Told};
use crate::ask::Whom;
use crate::tests::server::{Server, ok, status};

async fn manager() -> Server {
    Server::start(|request, _| healthy(request)).await
}

#[tokio::test]
async fn a_token_that_is_not_believed_is_replaced_once() {
    let metadata = metadata().await;
    let manager = Server::start(|request, _| {
        if request.has("authorization: bearer token.1") {
            refusal("401 Unauthorized", "ExpiredAuthenticationToken")
        } else {
            healthy(request)
        }
    })
    .await;
    let told = arm(&metadata, &manager, &place()).ask(Scope::Standing).await;
    assert_eq!((told.trouble, told.subscription.is_some()), (Vec::new(), true));
    assert_eq!(metadata.lines().len(), 2, "four questions at once need one new token");

    let metadata = self::metadata().await;
    let manager = Server::start(|_, _| refusal("401 Unauthorized", "InvalidAuthenticationToken")).await;
    let told = arm(&metadata, &manager, &place()).ask(Scope::Standing).await;
    assert_eq!(told.trouble.len(), 4);
    let sentence = "failed to read the subscription: Azure Resource Manager answers 401 (InvalidAuthenticationToken), \
        also to a fresh token: is it the Resource Manager of this machine's own cloud and tenant?";
    assert!(told.trouble.contains(&sentence.to_owned()), "{:?}", told.trouble);
    assert_eq!(manager.lines().len(), 8, "each question was asked twice");
}

#[tokio::test]
async fn a_token_near_its_end_is_replaced_before() {
    for (expiry, tokens) in [
        (r#""expires_in": "86399""#, 1),
        (r#""expires_in": 600"#, 1),
        (r#""expires_on": "4102444800""#, 1),
        (r#""expires_on": 4102444800"#, 1),
        (r#""token_type": "Bearer""#, 1),
        (r#""expires_in": "0""#, 6),
        (r#""expires_on": "1""#, 6),
    ] {
        let metadata =
            Server::start(move |_, _| ok(&format!(r#"{{"access_token": "token.1", {expiry}}}"#))).await;
        let told = arm(&metadata, &manager().await, &place()).ask(Scope::Standing).await;
        assert_eq!((told.trouble, told.subscription.is_some()), (Vec::new(), true), "{expiry}");
        assert_eq!(metadata.lines().len(), tokens, "{expiry}");
    }
}

#[test]
fn a_lifetime_is_a_string_or_a_number_and_no_longer_than_a_day() {
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for (expiry, seconds) in [
        (r#""expires_in": "3599""#, 3_599),
        (r#""expires_in": 3599, "expires_on": "1""#, 3_599),
        (r#""expires_in": "", "expires_on": "1800000100""#, 100),
        (r#""expires_in": "soon", "expires_on": 1800000100"#, 100),
        (r#""expires_in": -1, "expires_on": 1.5"#, 600),
        (r#""expires_on": 1700000000"#, 0),
        (r#""expires_in": null"#, 600),
        (r#""expires_in": {}, "expires_on": ["1"]"#, 600),
        (r#""expires_in": 18446744073709551615"#, 86_400),
        (r#""a": 1"#, 600),
    ] {
        let (_, lifetime) = read(&format!(r#"{{"access_token": "t", {expiry}}}"#), now).expect("a token");
        assert_eq!(lifetime, Duration::from_secs(seconds), "{expiry}");
    }
}

#[test]
fn what_is_no_token_is_not_sent() {
    let long = format!(r#"{{"access_token": "{}"}}"#, "a".repeat(20_000));
    for answer in [
        "",
        "token",
        "[]",
        "{}",
        r#"{"access_token": null}"#,
        r#"{"access_token": ""}"#,
        r#"{"access_token": 5}"#,
        r#"{"access_token": "two words"}"#,
        r#"{"access_token": "a\r\nb: c"}"#,
        r#"{"access_token": "größe"}"#,
        r#"{"access_token": "cut"#,
        &long,
    ] {
        assert!(matches!(read(answer, SystemTime::now()), Err(NoToken::Malformed)), "{answer}");
    }
}

#[tokio::test]
async fn without_a_token_nobody_is_asked_and_one_sentence_says_what_to_do() {
    const NO_IDENTITY: &str = r#"{"error": "invalid_request", "error_description": "Identity not found"}"#;
    const NO_IDENTITY_SENTENCE: &str =
        "this machine has no managed identity: give it one with the role Reader on the subscription";
    for (head, body, client_id, sentence) in [
        ("400 Bad Request", NO_IDENTITY, "", NO_IDENTITY_SENTENCE),
        (
            "400 Bad Request",
            NO_IDENTITY,
            OTHER,
            "this machine has no managed identity with the client id of AZURE_CLIENT_ID: assign it, or leave the variable out",
        ),
        (
            "400 Bad Request",
            r#"{"error": "invalid_request", "error_description": "Multiple user assigned identities exist, please specify"}"#,
            "",
            "this machine has several managed identities: set AZURE_CLIENT_ID to the client id of one of them",
        ),
        ("401 Unauthorized", NO_IDENTITY, "", NO_IDENTITY_SENTENCE),
        (
            "403 Forbidden",
            r#"{"error": "unauthorized_client", "error_description": 5}"#,
            "",
            "no token, the metadata service answers 403 (unauthorized_client)",
        ),
        (
            "400 Bad Request",
            r#"{"error": "invalid_resource", "error_description": "AADSTS500011"}"#,
            "",
            "no token, the metadata service answers 400 (invalid_resource)",
        ),
        ("400 Bad Request", "no\u{1b}[2J", "", "no token, the metadata service answers 400"),
        ("403 Forbidden", "", "", "no token, the metadata service answers 403"),
        ("302 Found\r\nLocation: http://192.0.2.1/", "", "", "no token, the metadata service answers 302"),
        ("200 OK", "<html>", "", "no token, the metadata service answers with none"),
    ] {
        let metadata = Server::start(move |_, _| status(head, body)).await;
        let manager = manager().await;
        let (service, imds) = (ArmService::At(manager.url.to_owned()), Whom::Only(metadata.url.to_owned()));
        let arm = Arm::with(&service, &imds, &place(), client_id, PATIENCE).expect("a place");
        let trouble = vec![format!("failed to ask about the subscription: {sentence}")];
        assert_eq!(arm.ask(Scope::WayOut(None)).await, Told { trouble, ..Told::default() });
        assert_eq!(manager.lines(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_user_assigned_identity_is_named() {
    let (metadata, manager) = (metadata().await, manager().await);
    let (service, imds) = (ArmService::At(manager.url.to_owned()), Whom::Only(metadata.url.to_owned()));
    let arm = Arm::with(&service, &imds, &place(), OTHER, PATIENCE).expect("a place");
    assert!(arm.ask(Scope::Standing).await.subscription.is_some());
    assert!(metadata.lines()[0].ends_with(&format!("&client_id={OTHER}")), "{:?}", metadata.lines());
}

#[tokio::test]
async fn a_token_is_never_told() {
    const TOKEN: &str = "token.s3cret";
    let metadata = || Server::start(|_, _| ok(r#"{"access_token": "token.s3cret", "expires_in": "3600"}"#));
    // Somebody sends it back in every place that is looked at.
    let echo = |head: &'static str| {
        Server::start(move |_, _| {
            status(head, &format!(r#"{{"error": {{"code": "{TOKEN}", "message": "{TOKEN}"}}}}"#))
        })
    };
    for manager in [
        manager().await,
        echo("400 Bad Request").await,
        echo("401 Unauthorized").await,
        echo("403 Forbidden").await,
        echo("503 Service Unavailable\r\nRetry-After: 100").await,
        echo("200 OK").await,
        echo("302 Found\r\nLocation: http://127.0.0.1:1/token.s3cret").await,
    ] {
        let arm = arm(&metadata().await, &manager, &place());
        let told = arm.ask(Scope::WayOut(None)).await;
        let shown = format!("{arm:?} {told:?} {}", told.trouble.join("\n"));
        assert!(!shown.contains("s3cret") && !shown.to_lowercase().contains("bearer"), "{shown}");
        assert!(manager.requests().iter().all(|request| request.has("authorization: bearer token.s3cret")));
    }
    let (secret, _) = read(&format!(r#"{{"access_token": "{TOKEN}"}}"#), SystemTime::now()).expect("a token");
    assert_eq!(format!("{secret:?}"), "Secret(…)");
    let refused = read(&format!(r#"{{"access_token": ["{TOKEN}"]}}"#), SystemTime::now()).expect_err("none");
    assert!(!format!("{refused:?} {refused}").contains("s3cret"));
}
