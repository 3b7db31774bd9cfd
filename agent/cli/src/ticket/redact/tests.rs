//! After redaction nothing that identifies is found, wherever it stood and however it was written.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;
use sortie_core::history::Sample;
use sortie_core::outcome::Outcome;
use sortie_core::report::{Cloud, Flow, NextStep, Relay, WayOut, WeightedSentence};
use sortie_core::target::{Family, Port, Role};
use sortie_core::verdict::State;

use super::*;
use crate::ticket::tests::{azure, blocked, machine};
use crate::ticket::{json, markdown, pack};

/// Who a machine is and whose.
#[derive(Clone, Debug)]
struct Secrets {
    subscription: String,
    tenant: String,
    group: String,
    vm: String,
    vm_id: String,
    set: String,
    host: String,
    domain: String,
    machine_id: String,
    mac: String,
    private: Ipv4Addr,
    public: Ipv4Addr,
    v6: String,
}

/// Names as people give them, and none that a report uses for something else.
fn name() -> impl Strategy<Value = String> {
    "zq[a-z]{1,8}(-[a-z0-9]{1,5}){0,2}[0-9]{0,2}"
}

fn secrets() -> impl Strategy<Value = Secrets> {
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    let ids = (uuid, uuid, uuid, "[0-9a-f]{32}", "02(:[0-9a-f]{2}){5}");
    let names = (name(), name(), name(), name(), "zq[a-z]{2,6}\\.example");
    let addresses = (any::<[u8; 3]>(), any::<u8>(), "fd00(:[1-9a-f][0-9a-f]{3}){7}");
    (ids, names, addresses).prop_map(|(ids, names, (private, public, v6))| {
        let (subscription, tenant, vm_id, machine_id, mac) = ids;
        let (group, vm, set, host, domain) = names;
        let [a, b, c] = private;
        let (private, public) = (Ipv4Addr::new(10, a, b, c), Ipv4Addr::new(198, 51, 100, public));
        let host = format!("{host}.{domain}");
        Secrets {
            subscription,
            tenant,
            group,
            vm,
            vm_id,
            set,
            host,
            domain,
            machine_id,
            mac,
            private,
            public,
            v6,
        }
    })
}

impl Secrets {
    fn resource_id(&self) -> String {
        let Self { subscription, group, vm, .. } = self;
        format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{vm}"
        )
    }

    fn all(&self) -> Vec<String> {
        let bare = |text: &str| text.replace(['-', ':'], "");
        let (private, public) = (self.private.to_string(), self.public.to_string());
        vec![
            self.subscription.clone(),
            bare(&self.subscription),
            self.tenant.clone(),
            self.group.clone(),
            self.vm.clone(),
            self.vm_id.clone(),
            self.set.clone(),
            self.host.clone(),
            self.domain.clone(),
            self.machine_id.clone(),
            self.mac.clone(),
            bare(&self.mac),
            private.replace('.', "-"),
            private,
            public.replace('.', "-"),
            public,
            self.v6.clone(),
            self.resource_id(),
        ]
    }

    /// Every one of them in every spelling, in one sentence.
    fn told(&self) -> String {
        let raw = self.all();
        let upper = raw.iter().map(|text| text.to_uppercase());
        let encoded = raw.iter().map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
        let embedded = raw.iter().map(|text| format!("https://x.example/?a={text}&b=({text})"));
        raw.iter().cloned().chain(upper).chain(encoded).chain(embedded).collect::<Vec<_>>().join(", ")
    }

    /// A blocked machine that tells all of it wherever it can.
    fn sources(&self) -> Sources {
        let mut sources = blocked();
        let told = self.told();
        let report = &mut sources.report;
        report.host.name = Some(self.host.clone());
        report.host.id = Some(self.machine_id.clone());
        report.unseen = vec![told.clone()];
        report.cloud = Some(Cloud {
            resource_id: Some(self.resource_id()),
            vm_id: Some(self.vm_id.clone()),
            account_id: Some(self.subscription.clone()),
            subscription_id: Some(self.subscription.clone()),
            scale_set: Some(self.set.clone()),
            way_out: Some(WayOut {
                next_hop: Some("VirtualAppliance".to_owned()),
                next_hop_address: Some(self.private.to_string()),
                flow: Some(Flow { allowed: false, rule: Some(self.resource_id() + "/securityRules/x") }),
            }),
            ..azure()
        });
        let verdict = &mut report.verdicts[0];
        verdict.summary.clone_from(&told);
        verdict.evidence.insert(0, WeightedSentence { weight: 1.0, text: told.clone() });
        let url = Some(format!("https://portal.example/#@{}{}", self.tenant, self.resource_id()));
        verdict.next_steps.insert(0, NextStep { text: told.clone(), url });
        let sighting = &mut report.observations[0];
        sighting.operator = Some(told.clone());
        sighting.address = format!("{}:25", self.private);
        sighting.peer = Some(self.private.to_string());
        sighting.detail.greeting = Some(told.clone());
        sighting.detail.offender = Some(self.v6.clone());
        sighting.attempts[0].seen.clone_from(&told);
        report.relays[0].stages[0].text.clone_from(&told);
        report.observations[1].address = format!("{}:25", self.host);
        let sample = Sample {
            operator: Some(told.clone()),
            role: Role::Subject,
            address: format!("[{}]:25", self.v6),
            port: Port::SMTP,
            family: Family::Ipv6,
            outcome: Outcome::Timeout,
            handshake_us: None,
        };
        sources.past.latest.push((sample, Duration::ZERO));
        sources.past.losses.push(told.clone());
        sources.past.changes.iter_mut().for_each(|change| change.summary.clone_from(&told));
        sources.machine.names = vec![self.host.clone()];
        sources.machine.id = Some(self.machine_id.clone());
        let interface = &mut sources.machine.interfaces[0];
        interface.mac = Some(self.mac.clone());
        interface.addresses = vec![self.private.to_string(), self.public.to_string(), self.v6.clone()];
        sources
    }
}

fn assert_hidden(secrets: &Secrets, text: &str) {
    let text = text.to_lowercase();
    let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
    for (text, secret) in
        [&text, &decoded].into_iter().flat_map(|text| secrets.all().into_iter().map(move |s| (text, s)))
    {
        let found = text.find(&secret).map(|at| text.get(at.saturating_sub(80)..at + 80));
        assert!(found.is_none(), "{secret} of {secrets:?} in {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 64, ..ProptestConfig::default() })]
    #[test]
    fn nothing_that_identifies_is_found(secrets in secrets()) {
        let with_observations = secrets.sources();
        let mut without = with_observations.clone();
        without.report.observations.clear();
        for sources in [with_observations, without] {
            let ticket = pack(redacted(sources).expect("plain data"));
            assert_hidden(&secrets, &markdown(&ticket).expect("plain data"));
            assert_hidden(&secrets, &json(&ticket).expect("plain data"));
        }
    }
}

#[test]
fn the_same_identifier_has_one_placeholder_wherever_it_stands() {
    let ticket = pack(redacted(blocked()).expect("plain data"));
    let cloud = ticket.report.cloud.as_ref().expect("it is Azure");
    let id = "/subscriptions/subscription-1/resourceGroups/resource-group-1/providers/Microsoft.Compute/virtualMachines/vm-1";
    assert_eq!(cloud.resource_id.as_deref(), Some(id));
    assert_eq!(cloud.subscription_id.as_deref(), Some("subscription-1"));
    assert_eq!(cloud.account_id, cloud.subscription_id);
    // The machine is called as its resource is, and its id is the cloud's.
    assert_eq!(ticket.report.host.name.as_deref(), Some("vm-1"));
    assert_eq!(ticket.report.host.id, cloud.vm_id);
    assert!(ticket.commands.iter().any(|command| command.line == format!("VM={id}")));
}

#[test]
fn the_evidence_is_what_it_was() {
    let (before, after) = (blocked(), redacted(blocked()).expect("plain data"));
    assert_eq!(after.report.observations, before.report.observations);
    assert_eq!(after.report.verdicts, before.report.verdicts);
    assert_eq!(after.report.generated_at, before.report.generated_at);
    assert_eq!(after.past.rounds, before.past.rounds);
    assert!(after.redacted && !before.redacted);
}

#[test]
fn a_machine_that_is_called_as_a_word_of_the_program_is_hidden_and_the_word_is_not() {
    let words = State::ALL.map(State::code).into_iter();
    for word in words.chain([
        "mail",
        "google",
        "timeout",
        "azure",
        "ipv4",
        "silent",
        "vm",
        "a",
        "usable",
        "ea-devtest",
        "raw",
    ]) {
        let mut sources = blocked();
        sources.report.host.name = Some(word.to_owned());
        sources.report.cloud.iter_mut().for_each(|cloud| cloud.resource_id = None);
        sources.machine = Machine { names: vec![word.to_owned()], ..machine() };
        let before = sources.report.clone();
        let after = redacted(sources).expect("plain data").report;
        assert_eq!(after.host.name.as_deref(), Some("host-1"), "{word}");
        assert_eq!((after.verdicts, after.observations), (before.verdicts, before.observations), "{word}");
        let words = |relays: &[Relay]| -> Vec<_> {
            relays.iter().map(|relay| (relay.result, relay.failed_stage)).collect()
        };
        assert_eq!(words(&after.relays), words(&before.relays), "{word}");
        let kind = |cloud: Option<Cloud>| cloud.and_then(|cloud| Some(cloud.subscription?.kind));
        assert_eq!(kind(after.cloud), kind(before.cloud), "{word}");
    }
}

#[test]
fn what_is_hidden_is_hidden_of_other_clouds_too() {
    let mut sources = blocked();
    sources.report.cloud = Some(Cloud {
        provider: "oracle_cloud".to_owned(),
        platform: "oracle_cloud.compute".to_owned(),
        resource_id: Some("ocid1.instance.oc1.phx.abuw4ljr".to_owned()),
        vm_id: Some("ocid1.instance.oc1.phx.abuw4ljr".to_owned()),
        account_id: Some("ocid1.tenancy.oc1..aaaa".to_owned()),
        ..Cloud::default()
    });
    let cloud = redacted(sources).expect("plain data").report.cloud.expect("it is Oracle's");
    assert_eq!(cloud.resource_id, cloud.vm_id);
    assert_eq!(cloud.vm_id.as_deref(), Some("vm-1"));
    assert_eq!(cloud.account_id.as_deref(), Some("account-1"));
    assert_eq!(cloud.provider, "oracle_cloud");
}

#[test]
fn addresses_of_operators_are_no_secret_even_where_somebody_rents_them() {
    let peers = |sources: &Sources| -> Vec<IpAddr> {
        let peers = sources.report.observations.iter().filter_map(|sighting| sighting.peer.as_ref());
        peers.map(|peer| peer.parse().expect("an address")).collect()
    };
    assert_eq!(peers(&redacted(blocked()).expect("plain data")), peers(&blocked()));
}
