//! `SELinux` and `AppArmor`: whether this process is confined, and what was denied to Sortie lately.

use super::finding::Finding;
use super::look::{self, Unseen};

const ENFORCE: &str = "/sys/fs/selinux/enforce";
const CONTEXT: &str = "/proc/self/attr/current";
const APPARMOR: &str = "/sys/module/apparmor/parameters/enabled";
const PROFILE: &str = "/proc/self/attr/apparmor/current";
const AUDIT: &str = "/var/log/audit/audit.log";

/// What the kernel calls this program, and every thread that has no name of its own.
const OURS: [&str; 2] = ["comm=\"sortie\"", "comm=736F72746965"];

pub(super) fn examine() -> Vec<Finding> {
    let context = look::read(CONTEXT);
    let selinux = selinux(&look::read(ENFORCE), &context);
    // Kernels before 5.8 have one file for whichever module is there.
    let profile = look::read(PROFILE).or(context);
    let apparmor = apparmor(&look::read(APPARMOR), &profile);
    let mut findings = vec![selinux, apparmor];
    if findings.iter().any(|finding| finding.advice.is_some()) {
        let log = look::read(AUDIT).or_else(|_| look::ask("dmesg", &[]));
        findings.push(denials(&log));
    }
    findings
}

fn selinux(enforce: &Result<String, Unseen>, context: &Result<String, Unseen>) -> Finding {
    const CHECK: &str = "selinux";
    let confined = || context.as_ref().map_or("a context that is not seen", |text| clean(text)).to_owned();
    match enforce.as_ref().map(|text| text.trim()) {
        Ok("1") => Finding::fine(CHECK, format!("enforcing; this process is {}", confined()))
            .todo("a service has a context of its own: `ps -Z -C sortie`"),
        Ok("0") => Finding::fine(CHECK, "permissive: it denies nothing"),
        Ok(_) => Finding::not_seen(CHECK, format!("not seen: {ENFORCE} says neither 0 nor 1")),
        Err(unseen) if unseen.is_absent() => Finding::fine(CHECK, "not in this kernel, or off"),
        Err(unseen) => Finding::not_seen(CHECK, format!("not seen: {unseen}")),
    }
}

fn apparmor(enabled: &Result<String, Unseen>, profile: &Result<String, Unseen>) -> Finding {
    const CHECK: &str = "apparmor";
    match enabled.as_ref().map(|text| text.trim()) {
        Ok("Y") => {}
        Ok(_) => return Finding::fine(CHECK, "off"),
        Err(unseen) if unseen.is_absent() => return Finding::fine(CHECK, "not in this kernel, or off"),
        Err(unseen) => return Finding::not_seen(CHECK, format!("not seen: {unseen}")),
    }
    match profile.as_ref().map(|text| clean(text)) {
        Ok("unconfined") => Finding::fine(CHECK, "on; this process is unconfined"),
        Ok(profile) => Finding::fine(CHECK, format!("on; this process has the profile {profile}"))
            .todo("the profile has to allow `network raw`, `network inet` and the state directory"),
        Err(unseen) => {
            Finding::not_seen(CHECK, format!("on; the profile of this process is not seen: {unseen}"))
        }
    }
}

fn denials(log: &Result<String, Unseen>) -> Finding {
    const CHECK: &str = "denials";
    let log = match log {
        Ok(log) => log,
        Err(unseen) => {
            return Finding::not_seen(CHECK, format!("recent denials not seen: {unseen}"))
                .todo("ask as root");
        }
    };
    let denied = |line: &&str| {
        (line.contains("avc:  denied") || line.contains("apparmor=\"DENIED\""))
            && OURS.iter().any(|name| line.contains(name))
    };
    let mut lines = log.lines().filter(denied);
    match (lines.next_back(), lines.count()) {
        (None, _) => Finding::fine(CHECK, "the log has none of this program"),
        (Some(last), before) => {
            Finding::worth_a_look(CHECK, format!("{} of this program, the last one: {last}", before + 1))
                .todo("allow it in the policy (`ausearch -m avc -c sortie`, `aa-logprof`)")
        }
    }
}

/// The kernel ends these texts with a zero byte.
fn clean(text: &str) -> &str {
    text.trim_matches(['\0', '\n', ' '])
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Fine, NotSeen, WorthALook};
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "what was seen stands beside what was not")]
    fn text(text: &str) -> Result<String, Unseen> {
        Ok(text.to_owned())
    }

    #[test]
    fn who_confines_this_process_is_told() {
        let absent = || Err(Unseen::Absent("x".to_owned()));
        let forbidden = || Err(Unseen::Forbidden("x".to_owned()));
        let context = "system_u:system_r:init_t:s0\0";
        for (finding, standing, says) in [
            (
                selinux(&text("1"), &text(context)),
                Fine,
                "enforcing; this process is system_u:system_r:init_t:s0",
            ),
            (selinux(&text("0"), &text(context)), Fine, "permissive"),
            (selinux(&absent(), &absent()), Fine, "not in this kernel"),
            (selinux(&forbidden(), &absent()), NotSeen, "not seen"),
            (selinux(&text(""), &absent()), NotSeen, "neither 0 nor 1"),
            (apparmor(&text("Y\n"), &text("unconfined\n")), Fine, "unconfined"),
            (apparmor(&text("Y\n"), &text("sortie (enforce)\n")), Fine, "the profile sortie (enforce)"),
            (apparmor(&text("N\n"), &absent()), Fine, "off"),
            (apparmor(&text("Y\n"), &forbidden()), NotSeen, "is not seen"),
        ] {
            assert!(finding.standing == standing && finding.text.contains(says), "{finding:?}");
        }
    }

    #[test]
    fn denials_of_this_program_are_told_apart_from_those_of_others() {
        let selinux = "type=AVC msg=audit(1764158400.1:7): avc:  denied  { create } for  pid=812 comm=\"sortie\" \
                       scontext=system_u:system_r:sortie_t:s0 tclass=rawip_socket permissive=0";
        let apparmor = "[  12.3] audit: type=1400 apparmor=\"DENIED\" operation=\"create\" profile=\"sortie\" comm=\"sortie\"";
        let other = selinux.replace("sortie\"", "postfix\"");
        for (log, expected) in
            [(selinux, WorthALook), (apparmor, WorthALook), (other.as_str(), Fine), ("", Fine)]
        {
            assert_eq!(denials(&text(log)).standing, expected, "{log}");
        }
        let both = denials(&text(&format!("{selinux}\n{other}\n{apparmor}\n")));
        assert!(both.text.starts_with("2 of this program, the last one: [  12.3] audit"), "{both:?}");
        assert_eq!(denials(&Err(Unseen::Forbidden(AUDIT.to_owned()))).standing, NotSeen);
    }
}
