//! A relay that follows a script, and the certificates that it shows.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sortie_net::Roots;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One thing that a server does.
#[derive(Clone)]
pub(crate) enum Act {
    /// Writes this.
    Say(&'static [u8]),
    /// Writes this until nobody takes it.
    Flood(&'static [u8]),
    /// Reads a line, which has to begin like this.
    Hear(&'static str),
    /// Goes on under TLS.
    Secure(Arc<ServerConfig>),
    /// Goes on under TLS and shows nothing of it: reads the beginning and answers with these bytes.
    Pretend(&'static [u8]),
    /// Waits for the other side to go away.
    Wait,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Serves one connection on a port of its own; what it was told is what the task gives.
pub(crate) async fn serve(script: Vec<Act>) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody comes");
        let mut heard = Vec::new();
        let _ = play(Box::new(stream), script, &mut heard).await;
        heard
    });
    (port, task)
}

/// Ends early where the other side does.
async fn play(stream: Box<dyn Stream>, script: Vec<Act>, heard: &mut Vec<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    for act in script {
        match act {
            Act::Say(bytes) => stream.write_all(bytes).await?,
            Act::Flood(bytes) => loop {
                stream.write_all(bytes).await?;
            },
            Act::Hear(expected) => {
                let mut line = String::new();
                stream.read_line(&mut line).await?;
                assert!(line.starts_with(expected), "{line:?} instead of {expected:?}");
                heard.push(line.trim_end().to_owned());
            }
            Act::Secure(config) => {
                let secured = TlsAcceptor::from(config).accept(stream.into_inner()).await?;
                stream = BufReader::new(Box::new(secured));
            }
            Act::Pretend(bytes) => {
                stream.fill_buf().await?;
                stream.write_all(bytes).await?;
                let length = stream.buffer().len();
                stream.consume(length);
            }
            Act::Wait => {
                let mut rest = Vec::new();
                while stream.read_until(b'\n', &mut rest).await? > 0 {
                    rest.clear();
                }
            }
        }
        stream.flush().await?;
    }
    Ok(())
}

/// Issues certificates for 127.0.0.1.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate"),
        )
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::new(vec![self.0.der().clone()])
    }

    /// A server in this name, whose certificate is over after so many days and an hour.
    pub(crate) fn server(&self, name: &str, days: u64) -> Act {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_after = (SystemTime::now() + Duration::from_secs(days * 86_400 + 3_600)).into();
        let key = KeyPair::generate().expect("a key");
        let certificate: CertificateDer<'_> = params.signed_by(&key, &self.0).expect("a certificate").into();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a pair");
        Act::Secure(Arc::new(config))
    }
}
