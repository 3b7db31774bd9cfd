//! Through an HTTP proxy, which alone knows where the receiver is.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;

/// A proxy that answers `status` to CONNECT and passes everything on to `port`, and the heads of the requests it saw.
async fn proxy(status: &'static str, port: u16) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://me:secret@127.0.0.1:{}", listener.local_addr().expect("an address").port());
    let (told, heads) = unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let told = told.clone();
            tokio::spawn(async move {
                let mut near = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if matches!(near.read_line(&mut head).await, Ok(0) | Err(_)) {
                        return;
                    }
                }
                let is_tunnel = head.starts_with("CONNECT ");
                // The test has ended where nobody listens.
                let _ = told.send(head.clone());
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                let begun = if is_tunnel {
                    near.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await
                } else {
                    far.write_all(head.as_bytes()).await
                };
                if begun.is_ok() && (!is_tunnel || status.starts_with("200")) {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                } else {
                    let _ = near.read(&mut [0]).await;
                }
            });
        }
    });
    (url, heads)
}

#[tokio::test]
async fn without_tls_the_proxy_is_asked_for_the_url_of_the_receiver() {
    let mut receiver = Receiver::new(Protocol::Http, []).await;
    let (proxy, mut heads) = proxy("200 OK", receiver.port).await;
    let spool = Memory::with([points(&[1])]).await;
    let settings = ShipSettings {
        proxy: Proxy::Url(proxy),
        ..ShipSettings::to("http://gateway.example:4318", INTERVAL)
    };
    let _shipping = Shipping::start(&settings, &spool);
    assert_eq!(values(&receiver.next().await), [1]);
    let head = heads.recv().await.expect("a request");
    assert!(head.starts_with("POST http://gateway.example:4318/v1/metrics HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic bwu6c2vjcmv0"), "{head}");
}

#[tokio::test]
async fn the_machine_itself_is_reached_without_the_proxy() {
    let mut receiver = Receiver::new(Protocol::Http, []).await;
    let (proxy, mut heads) = proxy("200 OK", receiver.port).await;
    let spool = Memory::with([points(&[1])]).await;
    let _shipping = Shipping::start(
        &ShipSettings { proxy: Proxy::Url(proxy), ..settings(&receiver, Protocol::Http) },
        &spool,
    );
    assert_eq!(values(&receiver.next().await), [1]);
    assert!(heads.try_recv().is_err());
}

#[tokio::test]
async fn with_tls_the_proxy_makes_a_tunnel() {
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let ours = tls::Authority::new(&format!("tunnel-{protocol:?}"));
        let server = ours.server("gateway.example", protocol, None);
        let mut receiver = Receiver::tls(protocol, server).await;
        let (proxy, mut heads) = proxy("200 OK", receiver.port).await;
        let spool = Memory::with([points(&[1])]).await;
        let settings = ShipSettings {
            proxy: Proxy::Url(proxy),
            protocol,
            ca_file: Some(ours.path("ca.pem")),
            ..ShipSettings::to("https://gateway.example:4318", INTERVAL)
        };
        let _shipping = Shipping::start(&settings, &spool);
        assert_eq!(values(&receiver.next().await), [1]);
        let head = heads.recv().await.expect("a request");
        assert!(head.starts_with("CONNECT gateway.example:4318 HTTP/1.1\r\n"), "{head}");
    }
}

#[tokio::test]
async fn a_proxy_that_makes_no_tunnel_loses_nothing() {
    for status in ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"] {
        let receiver = Receiver::new(Protocol::Http, []).await;
        let (proxy, _heads) = proxy(status, receiver.port).await;
        let spool = Memory::with([points(&[1])]).await;
        let settings = ShipSettings {
            proxy: Proxy::Url(proxy),
            ..ShipSettings::to("https://gateway.example", INTERVAL)
        };
        let shipping = Shipping::start(&settings, &spool);
        shipping.ended("connection").await;
        assert_eq!(spool.waiting(Signal::Metrics), [1], "{status}");
    }
}
