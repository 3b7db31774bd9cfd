//! TLS: who is trusted, who is asked for a certificate, and that a handshake which fails loses nothing.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::*;

/// Certificates of one authority, in a folder that is gone when the test ends.
pub(super) struct Authority {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        // Refused where another test was first, which chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = std::env::temp_dir().join(format!("sortie-ship-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder in the temporary one");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"));
        let authority = Self { folder, issuer: issuer.expect("a certificate") };
        authority.write("ca.pem", &authority.issuer.pem());
        authority
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file");
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A certificate for this name and its key, in PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let issuer: &Issuer<'_, KeyPair> = &self.issuer;
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        (params.signed_by(&key, issuer).expect("a certificate").pem(), key.serialize_pem())
    }

    /// A server in the name of this host, which asks for certificates of `clients`.
    pub(super) fn server(&self, name: &str, protocol: Protocol, clients: Option<&Self>) -> TlsAcceptor {
        let (certificate, key) = self.issue(name);
        let certificates = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
        let builder = match clients {
            None => ServerConfig::builder().with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.issuer.der().clone()).expect("a root");
                let verifier = WebPkiClientVerifier::builder(roots.into()).build().expect("a verifier");
                ServerConfig::builder().with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(certificates, key).expect("a pair");
        config.alpn_protocols = match protocol {
            Protocol::Http => vec![b"http/1.1".to_vec()],
            Protocol::Grpc => vec![b"h2".to_vec()],
        };
        TlsAcceptor::from(Arc::new(config))
    }

    /// Settings that trust this authority.
    fn trusting(&self, receiver: &Receiver, protocol: Protocol) -> ShipSettings {
        ShipSettings { ca_file: Some(self.path("ca.pem")), ..settings(receiver, protocol) }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // What is left is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const BOTH: [Protocol; 2] = [Protocol::Http, Protocol::Grpc];

#[tokio::test]
async fn a_receiver_of_the_trusted_authority_gets_the_exports() {
    for protocol in BOTH {
        let ours = Authority::new(&format!("trusted-{protocol:?}"));
        let mut receiver = Receiver::tls(protocol, ours.server("localhost", protocol, None)).await;
        let spool = Memory::with([points(&[1])]).await;
        let _shipping = Shipping::start(&ours.trusting(&receiver, protocol), &spool);
        assert_eq!(values(&receiver.next().await), [1]);
        assert_eq!(spool.settled(1).await, [(Signal::Metrics, vec![1], 0)]);
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_trusted_or_not_the_one_gets_nothing_and_nothing_is_lost() {
    for protocol in BOTH {
        let ours = Authority::new(&format!("ours-{protocol:?}"));
        let theirs = Authority::new(&format!("theirs-{protocol:?}"));
        for server in
            [theirs.server("localhost", protocol, None), ours.server("gateway.example", protocol, None)]
        {
            let mut receiver = Receiver::tls(protocol, server).await;
            let spool = Memory::with([points(&[1])]).await;
            let shipping = Shipping::start(&ours.trusting(&receiver, protocol), &spool);
            shipping.ended("connection").await;
            assert!(receiver.is_at_rest());
            assert_eq!(spool.waiting(Signal::Metrics), [1]);
        }
    }
}

#[tokio::test]
async fn a_receiver_that_asks_who_we_are_is_told() {
    for protocol in BOTH {
        let ours = Authority::new(&format!("mutual-{protocol:?}"));
        let (certificate, key) = ours.issue("agent.example");
        ours.write("agent.pem", &certificate);
        ours.write("agent.key", &key);
        let server = ours.server("localhost", protocol, Some(&ours));
        let mut receiver = Receiver::tls(protocol, server).await;

        let nameless = ours.trusting(&receiver, protocol);
        let spool = Memory::with([points(&[1])]).await;
        let shipping = Shipping::start(&nameless, &spool);
        shipping.ended("connection").await;
        assert!(receiver.is_at_rest());

        let known = ShipSettings {
            client_cert: Some(ours.path("agent.pem")),
            client_key: Some(ours.path("agent.key")),
            ..nameless
        };
        let _shipping = Shipping::start(&known, &spool);
        assert_eq!(values(&receiver.next().await), [1]);
    }
}

#[test]
fn what_cannot_be_used_is_said_before_anything_is_sent() {
    let ours = Authority::new("refused");
    let (certificate, key) = ours.issue("agent.example");
    for (name, text) in [("agent.pem", &*certificate), ("agent.key", &key), ("empty.pem", "nothing\n")] {
        ours.write(name, text);
    }
    let with = |ca: Option<&str>, certificate: Option<&str>, key: Option<&str>| ShipSettings {
        ca_file: ca.map(|name| ours.path(name)),
        client_cert: certificate.map(|name| ours.path(name)),
        client_key: key.map(|name| ours.path(name)),
        ..ShipSettings::to("https://localhost:4318", INTERVAL)
    };
    let (pem, key) = (Some("agent.pem"), Some("agent.key"));
    for (settings, said) in [
        (with(None, pem, None), "a client certificate for OTLP and its key are set together or not at all"),
        (with(None, None, key), "a client certificate for OTLP and its key are set together or not at all"),
        (with(Some("none.pem"), None, None), "failed to read the CA certificates for OTLP from"),
        (with(Some("empty.pem"), None, None), "no certificate in PEM is in it"),
        (with(Some("ca.pem"), Some("none.pem"), key), "failed to read the client certificate for OTLP from"),
        (with(Some("ca.pem"), pem, Some("none.key")), "failed to read the client key for OTLP from"),
        (
            with(Some("ca.pem"), pem, Some("empty.pem")),
            "failed to read the client certificate and key for OTLP",
        ),
        (
            ShipSettings { metrics: None, events: None, ..with(None, None, None) },
            "no OTLP endpoint is set, neither for metrics nor for events",
        ),
        (
            ShipSettings { timeout: Duration::ZERO, ..with(None, None, None) },
            "the time that an export may take must not be zero",
        ),
        (
            ShipSettings {
                proxy: Proxy::Url("http://proxy:3128".to_owned()),
                protocol: Protocol::Grpc,
                ..ShipSettings::to("http://gateway:4317", INTERVAL)
            },
            "the proxy for OTLP is refused: gRPC without TLS goes through no proxy",
        ),
    ] {
        let refused = Transport::new(&settings).expect_err(said).to_string();
        assert!(refused.contains(said), "{refused}");
    }
}
