//! A Resource Manager that has no time.

use std::time::Duration;

use super::azure::{PATIENCE, arm, healthy, metadata, patient, place, refusal};
use crate::arm::Scope;
use crate::arm::client::Patience;
use crate::tests::server::{Reply, Server};

#[tokio::test]
async fn whoever_is_busy_is_asked_again() {
    for busy in [
        "429 Too Many Requests\r\nRetry-After: 0",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable\r\nRetry-After: tomorrow",
        "503 Service Unavailable\r\nRetry-After: -5",
    ] {
        let manager = Server::start(move |request, number| match number {
            1..=8 => refusal(busy, "TooManyRequests"),
            _ => healthy(request),
        })
        .await;
        let told = arm(&metadata().await, &manager, &place()).ask(Scope::Standing).await;
        assert_eq!((told.trouble, told.subscription.is_some()), (Vec::new(), true), "{busy}");
        assert_eq!(manager.lines().len(), 13, "{busy}");
    }
}

#[tokio::test]
async fn whoever_says_no_is_asked_once() {
    for no in ["400 Bad Request", "409 Conflict", "410 Gone"] {
        let manager = Server::start(move |_, _| refusal(no, "No")).await;
        let told = arm(&metadata().await, &manager, &place()).ask(Scope::Standing).await;
        assert_eq!((told.subscription, manager.lines().len()), (None, 4), "{no}");
    }
}

#[tokio::test]
async fn whoever_wants_to_be_left_alone_for_long_is() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let head: &'static str = format!("{status}\r\nRetry-After: 4000").leak();
        let manager = Server::start(move |_, _| refusal(head, "Throttled")).await;
        let arm = arm(&metadata().await, &manager, &place());
        let first = arm.ask(Scope::Standing).await;
        let wants = format!("Azure Resource Manager answers {} and wants to be left alone for", &status[..3]);
        assert!(first.trouble.iter().any(|sentence| sentence.contains(&wants)), "{:?}", first.trouble);
        assert!(first.subscription.is_none());
        let asked = manager.lines().len();
        let second = arm.ask(Scope::WayOut(None)).await;
        let [sentence] = &second.trouble[..] else { panic!("{:?}", second.trouble) };
        let another = "failed to ask about the subscription: Azure Resource Manager wants to be left alone for another ";
        assert!(sentence.starts_with(another), "{sentence}");
        // An hour at most, and a quarter of it so that a fleet does not come back at once.
        let seconds: u64 = sentence[another.len()..].trim_end_matches(" s").parse().expect("seconds");
        assert!((3_500..=4_500).contains(&seconds), "{sentence}");
        assert_eq!(manager.lines().len(), asked, "and nobody asked");
    }
}

#[tokio::test]
async fn whoever_stays_busy_is_given_up() {
    let patience = Patience { busy: Duration::from_millis(20), ..PATIENCE };
    let manager = Server::start(|_, _| refusal("500 Internal Server Error", "InternalServerError")).await;
    let told = patient(&metadata().await, &manager, &place(), patience).ask(Scope::Standing).await;
    let sentence =
        "failed to read the subscription: Azure Resource Manager answers 500 (InternalServerError)";
    assert!(told.trouble.contains(&sentence.to_owned()), "{:?}", told.trouble);
}

#[tokio::test]
async fn whoever_is_silent_is_not_waited_for() {
    let patience = Patience { answer: Duration::from_millis(100), ..PATIENCE };
    for slow in [
        || Reply::Silence,
        // A head, and a body that never ends.
        || Reply::Drip("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_owned()),
    ] {
        let manager = Server::start(move |_, _| slow()).await;
        let told = patient(&metadata().await, &manager, &place(), patience).ask(Scope::Standing).await;
        let sentence = "failed to read the subscription: Azure Resource Manager did not answer within 0 s";
        assert!(told.trouble.contains(&sentence.to_owned()), "{:?}", told.trouble);
        assert_eq!(told.trouble.len(), 4);
    }
}
