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
        // Somebody of the same name as an authority is not that authority.
        Err(Error::UnknownIssuer | Error::InvalidSignatureForPublicKey) => Trust::UnknownIssuer,
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    };

    use super::*;

    const HOST: &str = "smtp.relay.example";

    /// An authority, and certificates that it has issued.
    struct Authority(CertifiedIssuer<'static, KeyPair>);

    impl Authority {
        fn new() -> Self {
            let mut params = CertificateParams::new(Vec::new()).expect("no names");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().expect("a key");
            Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
        }

        fn roots(&self) -> Roots {
            Roots::new(vec![self.0.der().clone()])
        }

        /// For these names, between two days from now.
        fn issue(&self, names: &[&str], from: i64, until: i64) -> CertificateDer<'static> {
            let key = KeyPair::generate().expect("a key");
            Self::params(names, from, until).signed_by(&key, &self.0).expect("a certificate").into()
        }

        fn params(names: &[&str], from: i64, until: i64) -> CertificateParams {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            let mut params = CertificateParams::new(names).expect("names");
            // An hour more, so that the days are whole however long the test takes.
            let begun = SystemTime::now() + Duration::from_secs(3_600);
            let day = |number: i64| {
                let span = Duration::from_secs(number.unsigned_abs() * DAY.unsigned_abs());
                if number < 0 { (begun - span).into() } else { (begun + span).into() }
            };
            (params.not_before, params.not_after) = (day(from), day(until));
            params
        }
    }

    fn seen(own: &CertificateDer<'_>, address: &str, roots: &Roots) -> Certificate {
        let address: Address = address.parse().expect("valid");
        read(own, &[], &address, roots, UnixTime::now())
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_apart() {
        let authority = Authority::new();
        for (names, from, until, trust, name_matches) in [
            (&[HOST, "other.example"][..], -1, 61, Trust::Trusted, true),
            (&["*.relay.example"], -1, 61, Trust::Trusted, true),
            (&["other.example"], -1, 61, Trust::Trusted, false),
            (&[], -1, 61, Trust::Trusted, false),
            (&[HOST], -30, -3, Trust::Expired, true),
            (&[HOST], 2, 61, Trust::NotYetValid, true),
        ] {
            let seen =
                seen(&authority.issue(names, from, until), "smtp.relay.example:587", &authority.roots());
            let expected = Certificate {
                subject: names.first().map(ToString::to_string),
                trust,
                name_matches,
                expires_in_days: Some(until),
            };
            assert_eq!(seen, expected, "{names:?} {from} {until}");
        }
    }

    #[test]
    fn only_the_authorities_of_this_machine_count() {
        let (ours, theirs) = (Authority::new(), Authority::new());
        let own = theirs.issue(&[HOST], -1, 61);
        for (roots, trust) in [
            (theirs.roots(), Trust::Trusted),
            (ours.roots(), Trust::UnknownIssuer),
            (Roots::new(Vec::new()), Trust::NoRoots),
        ] {
            assert_eq!(seen(&own, "smtp.relay.example:587", &roots).trust, trust);
        }
    }

    #[test]
    fn an_address_is_a_name_like_any_other() {
        let authority = Authority::new();
        for (named, address, name_matches) in [
            ("198.51.100.7", "198.51.100.7:587", true),
            ("198.51.100.8", "198.51.100.7:587", false),
            ("2001:db8::7", "[2001:db8::7]:465", true),
            (HOST, "mx:smtp.relay.example:25", true),
        ] {
            let seen = seen(&authority.issue(&[named], -1, 61), address, &authority.roots());
            assert_eq!(seen.name_matches, name_matches, "{named} {address}");
        }
    }

    #[test]
    fn a_certificate_for_clients_is_none_for_a_server() {
        let authority = Authority::new();
        let mut params = Authority::params(&[HOST], -1, 61);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let own = params.signed_by(&key, &authority.0).expect("a certificate").into();
        assert!(matches!(seen(&own, "smtp.relay.example:587", &authority.roots()).trust, Trust::Broken(_)));
    }

    #[test]
    fn bytes_that_are_no_certificate_are_refused_and_cut_short_ones_too() {
        let authority = Authority::new();
        let whole = authority.issue(&[HOST], -1, 61);
        for length in 0..whole.len() {
            let cut = CertificateDer::from(whole[..length].to_vec());
            let seen = seen(&cut, "smtp.relay.example:587", &authority.roots());
            assert!(matches!(seen.trust, Trust::Broken(_)) && !seen.name_matches, "{length}");
        }
    }

    #[test]
    fn days_are_whole_and_below_zero_from_the_first_second_on() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let now = 1_000_000;
        for (end, days) in [(now + 86_399, 0), (now + 86_400, 1), (now, 0), (now - 1, -1), (0, -12)] {
            assert_eq!(days_between(at(now), at(end)), Some(days), "{end}");
        }
    }
}
