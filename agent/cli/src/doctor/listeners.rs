//! Other mail software of this machine: who listens on the ports of mail, and where a configured one sends.
//!
//! None of it is wrong by itself. It says whose mail a verdict is about, and why a test from here may be answered by
//! this machine.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use sortie_core::target::Port;

use super::finding::Finding;
use super::look::{self, Unseen};
use super::sockets;

const CHECK: &str = "mail_software";
/// Processes that are asked for their descriptors, and descriptors of each; beyond them a name stays unknown.
const PROCESSES_MOST: usize = 4096;
const DESCRIPTORS_MOST: usize = 4096;
/// Listeners that are told one by one.
const LINES_MOST: usize = 8;

/// What an installed mail server is known by, and what its file says about where it sends.
const CONFIGURED: [(&str, &str); 5] = [
    ("Postfix", "/etc/postfix/main.cf"),
    ("Exim", "/etc/exim4/update-exim4.conf.conf"),
    ("Sendmail", "/etc/mail/sendmail.cf"),
    ("OpenSMTPD", "/etc/smtpd.conf"),
    ("msmtp", "/etc/msmtprc"),
];

pub(super) fn examine(ports: &[Port]) -> Vec<Finding> {
    let mut findings = match sockets::tcp() {
        Err(unseen) => vec![Finding::not_seen(CHECK, format!("listeners not seen: {unseen}"))],
        Ok(sockets) => {
            let mail = |socket: &sockets::Socket| {
                socket.listens && ports.iter().any(|port| port.number() == socket.local.port())
            };
            let listeners: Vec<_> = sockets.into_iter().filter(mail).map(|s| (s.local, s.inode)).collect();
            let owners = if listeners.is_empty() { BTreeMap::new() } else { owners(&listeners) };
            listening(&listeners, &owners)
        }
    };
    findings.extend(CONFIGURED.iter().filter_map(|(name, path)| configured(name, path, look::read(path))));
    if findings.is_empty() {
        findings.push(Finding::fine(CHECK, "none listens on these ports, and none is configured"));
    }
    findings
}

fn listening(listeners: &[(SocketAddr, u64)], owners: &BTreeMap<u64, String>) -> Vec<Finding> {
    let line = |(local, inode): &(SocketAddr, u64)| {
        let who = owners.get(inode).map_or("somebody (ask as root to see who)", String::as_str);
        Finding::fine(CHECK, format!("{who} listens on {local}"))
    };
    let surplus = listeners.len().saturating_sub(LINES_MOST);
    let more = (surplus > 0).then(|| Finding::fine(CHECK, format!("and {surplus} more listeners")));
    listeners.iter().take(LINES_MOST).map(line).chain(more).collect()
}

fn configured(name: &str, path: &str, text: Result<String, Unseen>) -> Option<Finding> {
    match text {
        Ok(text) => {
            let relay = relay(name, &text).map(|relay| format!(": it sends through {relay}"));
            let relay = relay.unwrap_or_default();
            Some(Finding::fine(CHECK, format!("{name} is configured ({path}){relay}")))
        }
        Err(unseen) if unseen.is_absent() => None,
        Err(unseen) => Some(Finding::not_seen(CHECK, format!("{name}: not seen: {unseen}"))),
    }
}

/// The host that takes all mail, where the file names one; the last of several lines counts.
fn relay<'t>(name: &str, text: &'t str) -> Option<&'t str> {
    let (key, separator) = match name {
        "Postfix" => ("relayhost", '='),
        "Exim" => ("dc_smarthost", '='),
        _ => return None,
    };
    let value = |line: &'t str| {
        let (found, value) = line.split_once(separator)?;
        (found.trim() == key).then(|| value.trim().trim_matches(['\'', '"']))
    };
    text.lines().filter_map(value).next_back().filter(|value| !value.is_empty())
}

/// `name (process 812)` for each of these sockets whose process may be looked at.
fn owners(listeners: &[(SocketAddr, u64)]) -> BTreeMap<u64, String> {
    let links: BTreeMap<String, u64> =
        listeners.iter().map(|(_, inode)| (format!("socket:[{inode}]"), *inode)).collect();
    let mut found = BTreeMap::new();
    let Ok(processes) = fs::read_dir("/proc") else { return found };
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    for pid in processes.filter_map(Result::ok).filter_map(pid).take(PROCESSES_MOST) {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for descriptor in descriptors.filter_map(Result::ok).take(DESCRIPTORS_MOST) {
            let target = fs::read_link(descriptor.path());
            let inode = target.ok().and_then(|target| links.get(target.to_str()?).copied());
            if let Some(inode) = inode {
                let name = look::read(format!("/proc/{pid}/comm")).unwrap_or_default();
                found
                    .entry(inode)
                    .or_insert_with(|| format!("{} (process {pid})", name.trim_end_matches('\n')));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn a_listener_is_told_with_its_process_where_that_is_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let link = fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).expect("it is open");
        let inode =
            link.to_string_lossy().trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number");
        let local = listener.local_addr().expect("it is bound");
        let socket = sockets::tcp().expect("/proc").into_iter().find(|socket| socket.inode == inode);
        assert_eq!(socket.map(|socket| (socket.local, socket.listens)), Some((local, true)));
        let owners = owners(&[(local, inode)]);
        let text = &listening(&[(local, inode)], &owners)[0].text;
        assert!(text.contains(&format!("(process {})", std::process::id())), "{text}");
    }

    #[test]
    fn names_of_processes_are_harmless_and_many_are_counted() {
        let local = "[::]:25".parse().expect("an address");
        let owners = BTreeMap::from([(1, "\u{1b}[2Jevil (process 7)".to_owned())]);
        let findings = listening(&[(local, 1); 10], &owners);
        assert_eq!(findings[0].text, "\\u{1b}[2Jevil (process 7) listens on [::]:25");
        assert_eq!(findings.last().map(|finding| finding.text.as_str()), Some("and 2 more listeners"));
        assert!(listening(&[(local, 2)], &owners)[0].text.starts_with("somebody (ask as root"));
    }

    #[test]
    fn where_a_configured_server_sends_is_told() {
        for (name, text, sends) in [
            (
                "Postfix",
                "# relayhost = no\nrelayhost =\nmyhostname = a\nrelayhost = [smtp.example.com]:587\n",
                Some("[smtp.example.com]:587"),
            ),
            ("Postfix", "relayhost = \n", None),
            ("Exim", "dc_smarthost='smtp.example.com::587'\n", Some("smtp.example.com::587")),
            ("Sendmail", "DSsmtp.example.com\n", None),
        ] {
            assert_eq!(relay(name, text), sends, "{text:?}");
        }
        assert_eq!(configured("msmtp", "/etc/msmtprc", Err(Unseen::Absent(String::new()))), None);
    }
}
