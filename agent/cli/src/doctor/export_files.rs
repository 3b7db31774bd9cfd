//! The files of `[otlp]`: there, readable, of the right kind, and the secrets among them for few eyes.
//!
//! What is in a secret is never shown and never kept.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::finding::Finding;
use super::look::{self, Unseen};
use crate::config::Otlp;

const CHECK: &str = "otlp_files";
/// Where the service manager lays credentials, for its services alone.
const CREDENTIALS: &str = "/run/credentials";
/// Read, write and execute of everybody else.
const OTHERS: u32 = 0o007;
/// Write and execute of the group; that it may read is how a service gets at a file of root.
const GROUP_WRITES: u32 = 0o030;
/// Whoever may write a certificate chooses whom to believe.
const WRITABLE: u32 = 0o022;

/// What a file is for.
struct Role {
    key: &'static str,
    secret: bool,
    /// What has to stand in it.
    holds: Option<&'static str>,
}

const HEADERS: Role = Role { key: "headers_file", secret: true, holds: None };
const CA: Role = Role { key: "ca_file", secret: false, holds: Some("-----BEGIN CERTIFICATE-----") };
const CLIENT_CERT: Role = Role { key: "client_cert", ..CA };
/// `PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`.
const CLIENT_KEY: Role = Role { key: "client_key", secret: true, holds: Some("PRIVATE KEY-----") };

pub(super) fn examine(otlp: &Otlp) -> Vec<Finding> {
    let pair = otlp.client_cert.as_ref();
    let files = [
        (HEADERS, otlp.headers_file.as_ref()),
        (CA, otlp.ca_file.as_ref()),
        (CLIENT_CERT, pair.map(|pair| &pair.certificate)),
        (CLIENT_KEY, pair.map(|pair| &pair.key)),
    ];
    let named = files.iter().filter_map(|(role, file)| Some((role, (*file)?)));
    let findings: Vec<Finding> = named.map(|(role, file)| look_at(role, file.path())).collect();
    if findings.is_empty() { vec![Finding::fine(CHECK, "[otlp] names no file")] } else { findings }
}

fn look_at(role: &Role, path: &Path) -> Finding {
    let name = path.display().to_string();
    let metadata = fs::metadata(path).map_err(|error| Unseen::of(&name, &error));
    // A pipe would be waited for.
    let regular = metadata.as_ref().is_ok_and(fs::Metadata::is_file);
    let text = if regular { look::read(path) } else { Ok(String::new()) };
    let mode = metadata.map(|metadata| regular.then_some(metadata.permissions().mode()));
    judge(role, &name, mode.as_ref(), text.as_deref())
}

/// `mode` is `None` where there is something else than a file.
fn judge(
    role: &Role,
    name: &str,
    mode: Result<&Option<u32>, &Unseen>,
    text: Result<&str, &Unseen>,
) -> Finding {
    let key = role.key;
    let mode = match (mode, text) {
        (Ok(None), _) => {
            return Finding::broken(CHECK, format!("{key}: {name} is no file"))
                .todo(format!("set [otlp] {key} to a file"));
        }
        (Err(unseen), _) | (_, Err(unseen)) => return unreadable(key, name, unseen),
        (Ok(Some(mode)), Ok(_)) => *mode,
    };
    let text = text.unwrap_or_default();
    if text.trim().is_empty() || role.holds.is_some_and(|holds| !text.contains(holds)) {
        let lacks = role.holds.map_or("is empty", |_| "is not PEM of this kind");
        return Finding::broken(CHECK, format!("{key}: {name} {lacks}"))
            .todo("nothing can be exported with it");
    }
    let open = if role.secret { OTHERS | GROUP_WRITES } else { WRITABLE };
    if mode & open != 0 {
        let who =
            if role.secret { "for more eyes than it should be" } else { "for more hands than it should be" };
        let text = format!("{key}: {name} is {who} (mode {:04o})", mode & 0o7777);
        let advice = if role.secret { format!("chmod 0640 {name}") } else { format!("chmod 0644 {name}") };
        return Finding::worth_a_look(CHECK, text).todo(advice);
    }
    Finding::fine(CHECK, format!("{key}: {name} can be read (mode {:04o})", mode & 0o7777))
}

fn unreadable(key: &str, name: &str, unseen: &Unseen) -> Finding {
    if Path::new(name).starts_with(CREDENTIALS) {
        let text = format!("{key}: not seen: {name} is for the service alone, while it runs");
        return Finding::not_seen(CHECK, text)
            .todo("see `systemd-creds list` in the service, and its LoadCredential=");
    }
    match unseen {
        Unseen::Absent(_) => Finding::broken(CHECK, format!("{key}: {name} is not there"))
            .todo(format!("put it there, or take [otlp] {key} out")),
        Unseen::Forbidden(_) => Finding::not_seen(CHECK, format!("{key}: not seen: {unseen}"))
            .todo("ask as the user that the agent runs as"),
        Unseen::Failed(_) => Finding::broken(CHECK, format!("{key}: {unseen}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Broken, Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn a_file_is_judged_by_its_kind_and_by_who_may_touch_it() {
        let (cert, key) = ("-----BEGIN CERTIFICATE-----\nMII", "-----BEGIN EC PRIVATE KEY-----\nMHc");
        for (role, mode, text, expected) in [
            (&HEADERS, 0o100_600, "authorization=s3cret", Fine),
            (&HEADERS, 0o100_640, "authorization=s3cret", Fine),
            (&HEADERS, 0o100_644, "authorization=s3cret", WorthALook),
            (&HEADERS, 0o100_660, "authorization=s3cret", WorthALook),
            (&HEADERS, 0o100_600, " \n", Broken),
            (&CA, 0o100_644, cert, Fine),
            (&CA, 0o100_666, cert, WorthALook),
            (&CA, 0o100_644, key, Broken),
            (&CLIENT_CERT, 0o100_644, "", Broken),
            (&CLIENT_KEY, 0o100_600, key, Fine),
            (&CLIENT_KEY, 0o100_604, key, WorthALook),
            (&CLIENT_KEY, 0o100_600, cert, Broken),
        ] {
            let finding = judge(role, "/etc/sortie/file", Ok(&Some(mode)), Ok(text));
            assert_eq!(finding.standing, expected, "{mode:o} {finding:?}");
            assert!(!finding.text.contains("s3cret"), "{finding:?}");
        }
    }

    #[test]
    fn what_is_missing_is_broken_and_what_is_not_for_this_user_is_not_seen() {
        let seen = |name: &str, unseen: Unseen| judge(&CA, name, Err(&unseen), Ok("")).standing;
        let (absent, forbidden) = (Unseen::Absent("x".to_owned()), Unseen::Forbidden("x".to_owned()));
        assert_eq!(seen("/etc/sortie/ca.pem", absent.clone()), Broken);
        assert_eq!(seen("/etc/sortie/ca.pem", forbidden), NotSeen);
        assert_eq!(seen("/run/credentials/sortie.service/ca", absent), NotSeen);
        assert_eq!(judge(&CA, "/dev/zero", Ok(&None), Ok("")).standing, Broken);
        assert_eq!(look_at(&CA, Path::new("/dev/zero")).standing, Broken);
        assert_eq!(look_at(&CA, Path::new("/nowhere/ca.pem")).standing, Broken);
    }
}
