//! TLS with whoever answers: the handshake is completed, and proves that the peer has the key of the certificate it shows.
//! Whether anybody trusts that certificate is looked at afterwards.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme,
};
use sortie_core::relay::Seen;
use sortie_core::target::{Address, Host};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::dial;

/// Longest reason that is kept, in characters.
const WHY_MAX: usize = 160;

/// Completes a handshake. RFC 3207 §4: everything that was said before it is forgotten.
pub(super) async fn handshake(
    stream: TcpStream,
    address: &Address,
) -> Result<(TlsStream<TcpStream>, Seen), Seen> {
    let name = server_name(address)
        .ok_or_else(|| Seen::NotSecured("the name is none of the internet's".to_owned()))?;
    let config = config().map_err(|error| Seen::NotSecured(error.to_string()))?;
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| refused(&error))?;
    let (_, connection) = stream.get_ref();
    let version = connection.protocol_version().and_then(|version| version.as_str());
    let cipher = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    let known = |word: Option<&str>| word.unwrap_or("unknown").to_owned();
    let seen = Seen::Secured { version: known(version).replace('_', "."), cipher: known(cipher) };
    Ok((stream, seen))
}

/// Who the server is meant to be.
pub(super) fn server_name(address: &Address) -> Option<ServerName<'static>> {
    match &address.host {
        Host::Literal(ip) => Some(ServerName::from(*ip)),
        // Of the exchangers of a domain the domain is the name that somebody vouches for (RFC 6125 §1.8).
        Host::Name(name) | Host::Mx(name) => ServerName::try_from(name.clone()).ok(),
    }
}

/// The algorithms, of which the certificate is judged by the same.
pub(super) fn provider() -> CryptoProvider {
    ring::default_provider()
}

fn config() -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Whoever(provider)))
        .with_no_client_auth();
    // There is no second connection that a session could be taken up in.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Takes every certificate, for nothing is said to its owner that a stranger may not hear. Its signatures are verified.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn refused(error: &io::Error) -> Seen {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Seen::Closed,
            _ => Seen::Broken(dial::errno(error)),
        };
    };
    let why = match error {
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => "the server speaks neither TLS 1.2 nor 1.3".to_owned(),
        Error::AlertReceived(alert) => format!("the server refused it: {alert:?}"),
        Error::InvalidMessage(_) => "what answers does not speak TLS".to_owned(),
        error => error.to_string(),
    };
    // Some of the library's texts quote what the peer sent.
    Seen::NotSecured(why.chars().filter(|c| !c.is_control()).take(WHY_MAX).collect())
}
