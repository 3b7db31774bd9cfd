//! What the engines need of the kernel, tried on sockets that send nothing. Sandboxes and old kernels lack some of it.

use std::io;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use sortie_core::target::Family;

use super::finding::Finding;

const CHECK: &str = "kernel";

/// `BPF_RET | BPF_K` with no bytes to keep: the shortest filter there is.
const DROP_ALL: SockFilter = SockFilter::new(0x06, 0, 0, 0);

/// A thing that is needed, what is lost without it, and whether it is there.
type Feature = (&'static str, &'static str, io::Result<()>);

pub(super) fn examine(families: &[Family]) -> Vec<Finding> {
    families.iter().flat_map(|family| judge(*family, features(*family))).collect()
}

fn features(family: Family) -> io::Result<Vec<Feature>> {
    let domain = if family == Family::Ipv4 { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    let errors = match family {
        Family::Ipv4 => setsockopt(&socket, sockopt::Ipv4RecvErr, &true),
        Family::Ipv6 => setsockopt(&socket, sockopt::Ipv6RecvErr, &true),
    };
    Ok(vec![
        ("IP_RECVERR", "who rejects a packet is not told by the kernel", errors.map_err(io::Error::from)),
        (
            "SO_TIMESTAMPNS",
            "times are less exact",
            setsockopt(&socket, sockopt::ReceiveTimestampns, &true).map_err(io::Error::from),
        ),
        (
            "SO_ATTACH_FILTER",
            "the raw engine cannot leave foreign packets to the kernel",
            socket.attach_filter(&[DROP_ALL]),
        ),
    ])
}

fn judge(family: Family, features: io::Result<Vec<Feature>>) -> Vec<Finding> {
    let features = match features {
        Ok(features) => features,
        // The machine has no such family: routes say what that means.
        Err(error) => {
            return vec![Finding::not_seen(CHECK, format!("{family}: no socket can be opened: {error}"))];
        }
    };
    let there: Vec<&str> =
        features.iter().filter(|(.., tried)| tried.is_ok()).map(|(name, ..)| *name).collect();
    let missing = features.iter().filter_map(|(name, loss, tried)| {
        let error = tried.as_ref().err()?;
        Some(
            Finding::worth_a_look(CHECK, format!("{family}: {name} is refused ({error}): {loss}"))
                .todo("look for a sandbox (seccomp, gVisor) around this process"),
        )
    });
    let mut findings: Vec<Finding> = missing.collect();
    if findings.is_empty() {
        findings.push(Finding::fine(CHECK, format!("{family}: {} are there", there.join(", "))));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn this_kernel_has_what_the_engines_need() {
        let findings = judge(Family::Ipv4, features(Family::Ipv4));
        assert_eq!(findings[0].text, "IPv4: IP_RECVERR, SO_TIMESTAMPNS, SO_ATTACH_FILTER are there");
    }

    #[test]
    fn each_thing_that_is_refused_is_told_with_what_is_lost() {
        let refused = || io::Error::from_raw_os_error(92);
        let features =
            vec![("A", "less", Ok(())), ("B", "no more", Err(refused())), ("C", "nothing", Err(refused()))];
        let findings = judge(Family::Ipv6, Ok(features));
        assert!(findings.iter().all(|finding| finding.standing == WorthALook), "{findings:?}");
        assert!(
            findings[0].text.starts_with("IPv6: B is refused") && findings[0].text.ends_with(": no more")
        );
        assert_eq!(findings.len(), 2);
        assert_eq!(judge(Family::Ipv6, Err(refused()))[0].standing, NotSeen);
        assert_eq!(judge(Family::Ipv6, Ok(vec![("A", "less", Ok(()))]))[0].standing, Fine);
    }
}
