//! Files that the configuration names: certificates, keys and headers, which are too long or too secret to stand in it.
//!
//! `credential:NAME` is a file of the service manager, which lays it where only this service can read it
//! (systemd.exec(5), `LoadCredential=`). Nothing is opened here: whether a file is there, and what is in it, is seen
//! when it is needed, and may have changed by then.

use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::section::Refusal;
use super::value::{self, Read};

/// Names the folder of credentials; set by the service manager.
pub(super) const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where systemd keeps the credentials of the packaged service, for who has no [`CREDENTIALS`]: people at a shell.
const USUAL: &str = "/run/credentials/sortie.service";

/// Stands before the name of a credential.
pub(super) const PREFIX: &str = "credential:";

/// `NAME_MAX` of Linux.
const NAME_MAX: usize = 255;

/// A file, by its path or by the name that the service manager knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    path: PathBuf,
    credential: Option<String>,
}

impl FileRef {
    /// The file that `text` names.
    pub(super) fn parse(text: &str) -> Read<Self> {
        let Some(name) = text.strip_prefix(PREFIX) else {
            let hint = "write the whole path, for example \"/etc/sortie/ca.pem\", or \"credential:NAME\" for a \
                        credential of the service manager";
            let path = value::absolute_path(text, hint)?;
            return Ok(Self { path, credential: None });
        };
        if !is_credential(name) {
            let hint =
                "write the name that stands in LoadCredential=, for example \"credential:otlp-headers\"";
            return Err(Refusal::new("must name a credential", "not a name of a credential", hint));
        }
        Ok(Self { path: Path::new(USUAL).join(name), credential: Some(name.to_owned()) })
    }

    /// The same from a value of the file.
    pub(super) fn read(value: &DeValue<'_>) -> Read<Self> {
        Self::parse(&value::text(value)?)
    }

    /// The same file, where credentials lie in `directory`.
    pub(super) fn among(self, directory: &Path) -> Self {
        let path = self.credential.as_ref().map_or(self.path, |name| directory.join(name));
        Self { path, ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is for the service manager to say where it is.
    pub(super) fn is_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// As it is written in the file.
    pub(super) fn written(&self) -> String {
        match &self.credential {
            Some(name) => format!("{PREFIX}{name}"),
            None => self.path.to_string_lossy().into_owned(),
        }
    }
}

/// As systemd's `credential_name_valid()`: a file name of printable ASCII without a colon.
fn is_credential(name: &str) -> bool {
    let printable = |c: char| (' '..='~').contains(&c) && c != '/' && c != ':';
    (1..=NAME_MAX).contains(&name.len()) && name.chars().all(printable) && name != "." && name != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_a_file_in_the_folder_of_the_service_manager() {
        let directory = Path::new("/run/credentials/other.service");
        for (text, usual, among) in [
            (
                "credential:otlp-headers",
                "/run/credentials/sortie.service/otlp-headers",
                "/run/credentials/other.service/otlp-headers",
            ),
            ("/etc/sortie/headers", "/etc/sortie/headers", "/etc/sortie/headers"),
        ] {
            let file = FileRef::parse(text).expect("good");
            assert_eq!((file.path(), file.written().as_str()), (Path::new(usual), text));
            let found = file.among(directory);
            assert_eq!((found.path(), found.written().as_str()), (Path::new(among), text));
        }
    }

    #[test]
    fn a_file_that_depends_on_where_one_stands_is_refused() {
        let long = format!("credential:{}", "x".repeat(NAME_MAX + 1));
        for text in [
            "",
            "ca.pem",
            "./ca.pem",
            "~/ca.pem",
            "/etc/\0",
            "credential:",
            "credential:.",
            "credential:..",
            "credential:a/b",
            "credential:a:b",
            "credential:ü",
            &long,
        ] {
            assert!(FileRef::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
