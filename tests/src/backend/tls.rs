//! An authority, and the certificates that it gives to a collector on the loopback and to its clients.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};

/// Files in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Whom a client has to trust.
    pub authority: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    /// What a client may show.
    pub client: Shown,
    /// Whether it has to.
    pub is_mutual: bool,
}

/// Who a client is, in two files.
#[derive(Clone, Debug)]
pub struct Shown {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Tls {
    /// Makes them new, in this folder.
    pub fn new(folder: &Path) -> Result<Self> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
        let client_key = KeyPair::generate()?;
        let mut client = CertificateParams::new(["agent".to_owned()])?;
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let client = client.signed_by(&client_key, &authority)?;
        let write = |name: &str, text: String| -> Result<PathBuf> {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
            Ok(path)
        };
        Ok(Self {
            authority: write("authority.pem", authority.pem())?,
            certificate: write("certificate.pem", certificate.pem())?,
            key: write("key.pem", key.serialize_pem())?,
            client: Shown {
                certificate: write("client.pem", client.pem())?,
                key: write("client-key.pem", client_key.serialize_pem())?,
            },
            is_mutual: false,
        })
    }
}
