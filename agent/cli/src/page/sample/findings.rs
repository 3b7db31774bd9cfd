//! Findings as the rules make them.

use sortie_core::evidence::{CERTAIN, Evidence};
use sortie_core::verdict::{Attribution, Finding, Signature, State};

pub(super) fn is_open() -> Finding {
    let greeted = ["google", "microsoft", "yahoo", "apple", "fastmail", "zoho", "gmx"];
    Finding {
        state: State::Open,
        signature: None,
        attribution: None,
        confidence: 0.998,
        rule: "open",
        because: "is open: mail servers of 7 operators answered".to_owned(),
        evidence: greeted.map(|name| Evidence::new(2.0, format!("{name}: a mail server greeted"))).to_vec(),
        settled: true,
    }
}

pub(crate) fn is_dropped() -> Finding {
    let silent = ["google", "microsoft", "yahoo", "apple", "fastmail", "zoho", "gmx"];
    let prior = Evidence::new(-3.0, "the state before this episode");
    let walk =
        Evidence::new(2.0, "google, yahoo, apple: SYNs are last seen at hop 1, the control's travel on");
    let lines =
        silent.map(|name| Evidence::new(1.69, format!("{name}: no answer in 2 rounds, control answered")));
    Finding {
        state: State::PlatformBlocked,
        signature: Some(Signature::SilentDrop),
        attribution: Some(Attribution::PlatformOrSecurityGroup),
        confidence: 0.9999,
        rule: "silent_all",
        because: "is blocked by the network provider: 7 operators did not answer in 2 rounds while their controls answered".to_owned(),
        evidence: [prior, walk].into_iter().chain(lines).collect(),
        settled: true,
    }
}

pub(super) fn is_routeless() -> Finding {
    let nowhere = ["google", "microsoft", "yahoo"];
    Finding {
        state: State::NoEgress,
        signature: Some(Signature::NoRoute),
        confidence: 0.99,
        rule: "host_no_route",
        because: "cannot leave: this machine has no route, or its gateway does not answer".to_owned(),
        evidence: nowhere
            .map(|name| Evidence::new(CERTAIN, format!("{name}: this machine has no route for it")))
            .to_vec(),
        ..is_open()
    }
}
