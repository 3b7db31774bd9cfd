//! Who a server says it is, and whether this machine believes it.

use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use sortie_core::relay::{Certificate, Trust};
use sortie_core::target::Address;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use webpki::{EndEntityCert, Error, KeyUsage};

use super::secure;

const DAY: i64 = 86_400;

/// A moment after every certificate: 31 December 9999 is the last day that one can name (RFC 5280 §4.1.2.5).
const END_OF_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));

/// The authorities that are trusted.
#[derive(Clone, Debug)]
pub struct Roots(Vec<TrustAnchor<'static>>);

impl Roots {
    /// Those of this machine, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`, as they are on disk now. What cannot be read there
    /// is left out.
    pub async fn of_this_machine() -> Self {
        let read = || rustls_native_certs::load_native_certs().certs;
        // A disk may be slow, and the thread that calls has other things to do.
        Self::new(tokio::task::spawn_blocking(read).await.unwrap_or_default())
    }

    /// These.
    pub fn new(certificates: Vec<CertificateDer<'static>>) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates);
        Self(store.roots)
    }
}

/// Reads what the peer has shown.
pub(super) fn look(stream: &TlsStream<TcpStream>, address: &Address, roots: &Roots) -> Certificate {
    match stream.get_ref().1.peer_certificates() {
        Some([own, chain @ ..]) => read(own, chain, address, roots, UnixTime::now()),
        _ => unreadable("the server showed none"),
    }
}

fn read(
    own: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    address: &Address,
    Roots(roots): &Roots,
    now: UnixTime,
) -> Certificate {
    let certificate = match EndEntityCert::try_from(own) {
        Ok(certificate) => certificate,
        Err(error) => return unreadable(&error.to_string()),
    };
    let algorithms = secure::provider().signature_verification_algorithms.all;
    let verify = |roots: &[TrustAnchor<'_>], at| {
        certificate
            .verify_for_usage(algorithms, roots, chain, at, KeyUsage::server_auth(), None, None)
            .map(drop)
    };
    let trust = match verify(roots, now) {
        Ok(()) => Trust::Trusted,
        Err(Error::CertExpired { .. }) => Trust::Expired,
        Err(Error::CertNotValidYet { .. }) => Trust::NotYetValid,
        Err(_) if roots.is_empty() => Trust::NoRoots,
        Err(Error::UnknownIssuer) => Trust::UnknownIssuer,
        Err(error) => Trust::Broken(error.to_string()),
    };
    // Its own time is the first thing that is looked at, and the library has no other way to tell it.
    let not_after = match verify(&[], END_OF_TIME) {
        Err(Error::CertExpired { not_after, .. }) => Some(not_after),
        _ => None,
    };
    let name = secure::server_name(address);
    Certificate {
        subject: certificate.valid_dns_names().next().map(str::to_owned),
        trust,
        name_matches: name.is_some_and(|name| certificate.verify_is_valid_for_subject_name(&name).is_ok()),
        expires_in_days: not_after.and_then(|end| days_between(now, end)),
    }
}

fn unreadable(why: &str) -> Certificate {
    Certificate {
        subject: None,
        trust: Trust::Broken(why.to_owned()),
        name_matches: false,
        expires_in_days: None,
    }
}

/// Whole days, rounded down: below zero from the first second after the end.
fn days_between(now: UnixTime, end: UnixTime) -> Option<i64> {
    let seconds = |time: UnixTime| i64::try_from(time.as_secs()).ok();
    Some((seconds(end)? - seconds(now)?).div_euclid(DAY))
}
