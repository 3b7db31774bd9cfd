//! Who there is: virtual machines with names and ids, the same for every run with the same seed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sortie_telemetry::{CloudIdentity, Identity};
use uuid::Uuid;

use super::scenario::{Scenario, Subscription};

/// A size that exists.
pub(super) const SIZE: &str = "Standard_D2s_v5";

/// All machines, subscription by subscription.
#[derive(Clone, Debug)]
pub struct Population {
    pub vms: Vec<Vm>,
    /// Ids, in the order of the scenario.
    pub subscriptions: Vec<String>,
}

/// A machine, and where it stands.
#[derive(Clone, Debug)]
pub struct Vm {
    /// Place in the population.
    pub number: usize,
    /// Number of its subscription, and of the machine within it.
    pub subscription: usize,
    pub within: usize,
    pub region: String,
    pub vnet: usize,
    pub host_id: String,
    pub host_name: String,
    pub resource_id: String,
    seed: u64,
}

impl Population {
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut vms = Vec::with_capacity(scenario.vms());
        let id = |of: &str| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{seed} {of}").as_bytes()).to_string();
        let mut subscriptions = Vec::new();
        for (number, subscription) in scenario.subscription.iter().enumerate() {
            let account = id(&subscription.name);
            for within in 0..subscription.vms {
                let (region, vnet) = place(subscription, within);
                let host_name = format!("{}-{:05}", subscription.name, within);
                vms.push(Vm {
                    number: vms.len(),
                    subscription: number,
                    within,
                    region: region.to_owned(),
                    vnet,
                    host_id: id(&format!("{} {within}", subscription.name)),
                    resource_id: format!(
                        "/subscriptions/{account}/resourceGroups/mail-{vnet}/providers/Microsoft.Compute/virtualMachines/{host_name}"
                    ),
                    host_name,
                    seed,
                });
            }
            subscriptions.push(account);
        }
        Self { vms, subscriptions }
    }

    /// Who a machine is, as its agent tells it.
    pub fn identity(&self, vm: &Vm) -> Identity {
        let some = |text: &str| Some(text.to_owned());
        Identity {
            host_id: vm.host_id.clone(),
            host_name: vm.host_name.clone(),
            service_version: env!("CARGO_PKG_VERSION"),
            cloud: CloudIdentity {
                provider: some("azure"),
                platform: some("azure.vm"),
                account_id: some(&self.subscriptions[vm.subscription]),
                region: Some(vm.region.clone()),
                availability_zone: Some((1 + vm.within % 3).to_string()),
                resource_id: Some(vm.resource_id.clone()),
            },
        }
    }
}

impl Vm {
    /// From 0 to 1, another one for each purpose, the same for every run with the same seed.
    pub fn draw(&self, purpose: impl std::hash::Hash) -> f64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.number, purpose).hash(&mut hasher);
        // The upper half is as good as the whole, and a float holds it.
        (hasher.finish() >> 32) as f64 / f64::from(u32::MAX)
    }
}

/// Region by region in turn, network by network.
fn place(subscription: &Subscription, within: usize) -> (&str, usize) {
    let regions = subscription.regions.len();
    (&subscription.regions[within % regions], within / regions % subscription.vnets)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn population(seed: u64) -> Population {
        let text = "title = 'a'\nwhy = 'b'\nlength = '1m'\n\
                    [[subscription]]\nname = 'prod'\ntype = 'ea'\nvms = 60\nregions = ['a', 'b', 'c']\nvnets = 2\n\
                    [[subscription]]\nname = 'dev'\ntype = 'ea-devtest'\nvms = 7\n";
        Population::new(&Scenario::parse("x", text).expect("well-formed"), seed)
    }

    #[test]
    fn a_seed_is_a_fleet_and_another_seed_another() {
        let ids = |seed| population(seed).vms.into_iter().map(|vm| vm.host_id).collect::<Vec<_>>();
        assert_eq!(ids(1), ids(1));
        assert!(ids(1).iter().zip(ids(2)).all(|(one, other)| *one != other));
        assert_eq!(ids(1).into_iter().collect::<BTreeSet<_>>().len(), 67);
    }

    #[test]
    fn machines_are_spread_evenly_over_regions_and_networks() {
        let vms = population(1).vms;
        let here = |region, vnet| {
            vms.iter().filter(|vm| vm.subscription == 0 && vm.region == region && vm.vnet == vnet).count()
        };
        assert_eq!(["a", "b", "c"].map(|region| [here(region, 0), here(region, 1)]), [[10, 10]; 3]);
    }

    #[test]
    fn what_is_drawn_is_even_and_another_for_each_purpose() {
        let vms = population(1).vms;
        let mean = vms.iter().map(|vm| vm.draw("a")).sum::<f64>() / 67.0;
        assert!((0.35..0.65).contains(&mean), "{mean}");
        assert!(vms.iter().all(|vm| vm.draw("a").to_bits() != vm.draw("b").to_bits()));
    }
}
