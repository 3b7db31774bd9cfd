//! Headers from a file that changes, and what a log or a panic could show of any of them.

use std::path::PathBuf;

use super::*;

/// A file of this test alone, gone when it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("sortie-ship-{}-{name}", std::process::id())))
    }

    fn write(&self, text: &str) {
        std::fs::write(&self.0, text).expect("a file in the temporary folder");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is not there where a test ended before it wrote.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_token_that_was_renewed_is_used_at_once_and_no_request_goes_without_one() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let mut receiver = Receiver::new(protocol, []).await;
        let file = Scratch::new(&format!("{protocol:?}"));
        let settings = ShipSettings {
            headers: vec![("x-tenant".to_owned(), "set".to_owned())],
            headers_file: Some(file.0.clone()),
            ..settings(&receiver, protocol)
        };
        let spool = Memory::with([points(&[0])]).await;
        let shipping = Shipping::start(&settings, &spool);
        shipping.ended("headers").await;
        assert!(receiver.is_at_rest(), "nothing without the token");
        assert_eq!(spool.waiting(Signal::Metrics), [1]);
        for (index, content) in
            ["authorization: Bearer a\nx-tenant: file", "# next\nauthorization=Bearer b\n"]
                .into_iter()
                .enumerate()
        {
            file.write(content);
            spool.append(points(&[1])).await;
            let token = ["Bearer a", "Bearer b"][index];
            loop {
                let arrived = receiver.next().await;
                assert_eq!(arrived.header("x-tenant"), Some("set"), "the file does not replace it");
                if arrived.header("authorization") == Some(token) {
                    break;
                }
                assert_eq!((index, arrived.header("authorization")), (1, Some("Bearer a")));
            }
        }
    }
}

#[tokio::test]
async fn a_secret_is_in_no_debug_output_and_no_line_of_the_log() {
    for (protocol, endpoint) in
        [(Protocol::Http, "http://192.0.2.2:4318/v1/metrics"), (Protocol::Grpc, "https://192.0.2.2:4318/")]
    {
        let scheme = endpoint.split(':').next().expect("a scheme");
        let settings = ShipSettings {
            headers: vec![("authorization".to_owned(), "Bearer secret".to_owned())],
            proxy: Proxy::Url("http://me:secret@192.0.2.1:3128".to_owned()),
            protocol,
            ..ShipSettings::to(&format!("{scheme}://192.0.2.2:4318/?key=secret"), INTERVAL)
        };
        let spool = Memory::with([]).await;
        let shipper = Shipper::new(&settings, spool, Arc::new(testing::telemetry())).expect("valid settings");
        let shown = format!("{shipper:?} {:?}", shipper.transport);
        assert!(shown.contains(&format!("{endpoint:?}")) && !shown.contains("secret"), "{shown}");
    }
}
