//! The answers of one round of questions, as they arrive: each part is told at once, and the whole in one order whatever
//! came first.

use std::sync::{Mutex, PoisonError};

use super::told::Told;

/// Whose answer it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Subscription,
    Machine,
    Interface,
}

impl Part {
    const COUNT: usize = 3;
}

/// Everything that was heard, and whoever wants to know.
pub(super) struct Hearing<T> {
    parts: Mutex<[Told; Part::COUNT]>,
    tell: T,
}

impl<T: Fn(&Told)> Hearing<T> {
    pub(super) fn new(tell: T) -> Self {
        Self { parts: Mutex::default(), tell }
    }

    /// Takes what was heard of one part by now, and tells the whole.
    pub(super) fn put(&self, part: Part, told: Told) {
        let whole = {
            let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts[part as usize] = told;
            whole(&parts)
        };
        (self.tell)(&whole);
    }

    /// Everything together.
    pub(super) fn whole(self) -> Told {
        whole(&self.parts.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

fn whole([subscription, machine, interface]: &[Told; Part::COUNT]) -> Told {
    let sentences = |of: fn(&Told) -> &Vec<String>| {
        let mut all: Vec<String> = Vec::new();
        for sentence in [subscription, machine, interface].into_iter().flat_map(of) {
            if !all.contains(sentence) {
                all.push(sentence.clone());
            }
        }
        all
    };
    Told {
        subscription: subscription.subscription.clone(),
        allow_port_25_out: interface.allow_port_25_out,
        has_interface: interface.has_interface,
        way_out: interface.way_out.clone(),
        provisioned_at: machine.provisioned_at.clone(),
        power_state: machine.power_state.clone(),
        withheld: sentences(|told| &told.withheld),
        trouble: sentences(|told| &told.trouble),
    }
}
