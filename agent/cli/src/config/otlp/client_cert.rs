//! Who this agent is to a receiver that asks for it (mutual TLS): a certificate and its key, never one alone.

use toml::Spanned;

use crate::config::diagnose::Problem;
use crate::config::file_ref::FileRef;
use crate::config::section::Section;

/// Files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCert {
    /// The certificate, and the ones that vouch for it.
    pub certificate: FileRef,
    /// Its private key.
    pub key: FileRef,
}

impl ClientCert {
    /// Both keys of the file, or neither.
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let certificate = section.value("client_cert", FileRef::read);
        let key = section.value("client_key", FileRef::read);
        // One that was refused is there all the same, and not told as missing.
        for (given, other, example, what) in [
            ("client_cert", "client_key", "client.key", "nobody can show a certificate without its key"),
            ("client_key", "client_cert", "client.pem", "a key is of no use without its certificate"),
        ] {
            if let Some(place) = section.place(given)
                && section.place(other).is_none()
            {
                let title = format!("`otlp.{given}` is there and `otlp.{other}` is not");
                let hint = format!("add {other} = \"/etc/sortie/{example}\", or take `{given}` out");
                section.refuse(Problem::new(title, place, what).hint(hint));
            }
        }
        Some(Self { certificate: certificate.map(Spanned::into_inner)?, key: key.map(Spanned::into_inner)? })
    }
}
