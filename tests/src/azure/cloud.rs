//! What is true in this Azure: a machine, its subscription, and the network's opinion of port 25. A trial changes it
//! while it runs, as a portal would.

use std::time::SystemTime;

/// All of it. Values are invented, and every id is one that Azure would accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// `azEnvironment` as the metadata service spells it.
    pub environment: String,
    pub subscription: Subscription,
    pub machine: Machine,
    /// Client ids of the managed identities that the machine has.
    pub identities: Vec<String>,
    /// `allowPort25Out` of the primary interface; `None` where Azure leaves it out.
    pub allow_port_25_out: Option<bool>,
    /// An appliance that a user-defined route sends everything to.
    pub appliance: Option<String>,
    /// The security rule that denies port 25.
    pub denied_by: Option<String>,
    /// Polls of an operation that are answered "not yet".
    pub polls: u32,
    /// How long a token is valid, in seconds.
    pub token_lifetime: u64,
    /// Whether Resource Manager believes tokens of this machine: one of another tenant does not.
    pub trusts_tokens: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    pub quota_id: String,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled`, `Deleted`
    pub state: String,
    /// `On`, `Off`, `CurrentPeriodOff`
    pub spending_limit: String,
    /// `None` where a reader may not know.
    pub billing: Option<Billing>,
}

/// Of the billing property ("Billing Property - Get", 2024-04-01).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billing {
    /// `EnterpriseAgreement`, `MicrosoftCustomerAgreement`, …
    pub agreement: String,
    /// `Enterprise`, `Individual`, …
    pub account: String,
    pub sku: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub name: String,
    pub group: String,
    pub vm_id: String,
    pub region: String,
    pub zone: String,
    pub size: String,
    pub scale_set: ScaleSet,
    /// When Azure last finished something with the machine: a start after a deallocation gives a new one.
    pub provisioned: SystemTime,
    pub tags: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScaleSet {
    None,
    /// The machine is a numbered instance of it.
    Uniform {
        name: String,
        instance: u32,
    },
    /// The machine is one of its own, and tells where it belongs.
    Flexible {
        name: String,
    },
}

impl Default for Cloud {
    /// A machine of an Enterprise Agreement, open, straight to the internet, with an identity of its own.
    fn default() -> Self {
        Self {
            environment: "AzurePublicCloud".to_owned(),
            subscription: Subscription::of_enterprise(),
            machine: Machine::default(),
            identities: vec!["7f3f2a51-0c52-4b8f-9a3e-2d9f5f0e6c11".to_owned()],
            allow_port_25_out: Some(true),
            appliance: None,
            denied_by: None,
            polls: 1,
            token_lifetime: 86_399,
            trusts_tokens: true,
        }
    }
}

impl Cloud {
    /// The name by which Azure knows the machine, whole.
    pub fn machine_id(&self) -> String {
        let Machine { name, scale_set, .. } = &self.machine;
        let compute = format!("{}/providers/Microsoft.Compute", self.group_id());
        match scale_set {
            ScaleSet::Uniform { name, instance } => {
                format!("{compute}/virtualMachineScaleSets/{name}/virtualMachines/{instance}")
            }
            ScaleSet::None | ScaleSet::Flexible { .. } => format!("{compute}/virtualMachines/{name}"),
        }
    }

    pub fn subscription_path(&self) -> String {
        format!("/subscriptions/{}", self.subscription.id)
    }

    pub(super) fn group_id(&self) -> String {
        format!("{}/resourceGroups/{}", self.subscription_path(), self.machine.group)
    }

    /// The interface that counts.
    pub fn primary_interface_id(&self) -> String {
        self.interface_id("nic-mail")
    }

    /// One for administration, whose flag is the contrary of the one that counts.
    pub fn other_interface_id(&self) -> String {
        self.interface_id("nic-admin")
    }

    fn interface_id(&self, name: &str) -> String {
        match self.machine.scale_set {
            ScaleSet::Uniform { .. } => format!("{}/networkInterfaces/{name}", self.machine_id()),
            ScaleSet::None | ScaleSet::Flexible { .. } => {
                format!("{}/providers/Microsoft.Network/networkInterfaces/{name}", self.group_id())
            }
        }
    }

    /// Where everything is the other way round: what is read here must have been believed of a stranger.
    pub(super) fn lie(&self) -> Self {
        let mut lie = self.clone();
        let is_enterprise = self.subscription.quota_id.starts_with("Enterprise");
        let quota_id = if is_enterprise { "PayAsYouGo_2014-09-01" } else { "EnterpriseAgreement_2014-09-01" };
        quota_id.clone_into(&mut lie.subscription.quota_id);
        lie.allow_port_25_out = Some(self.allow_port_25_out != Some(true));
        "liar".clone_into(&mut lie.machine.region);
        lie
    }
}

impl Subscription {
    /// Of an Enterprise Agreement, readable to its end.
    pub fn of_enterprise() -> Self {
        Self::with(
            "EnterpriseAgreement_2014-09-01",
            "EnterpriseAgreement",
            "Enterprise",
            "Microsoft Azure Enterprise",
        )
    }

    /// Enterprise Dev/Test: port 25 is blocked, and may be exempted.
    pub fn of_devtest() -> Self {
        Self::with(
            "MSDNDevTest_2014-09-01",
            "EnterpriseAgreement",
            "Enterprise",
            "Microsoft Azure Enterprise Dev/Test",
        )
    }

    pub fn pay_as_you_go() -> Self {
        Self::with(
            "PayAsYouGo_2014-09-01",
            "MicrosoftOnlineServicesProgram",
            "Individual",
            "Microsoft Azure Plan",
        )
    }

    /// The same under another id.
    #[must_use]
    pub fn named(self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self }
    }

    fn with(quota_id: &str, agreement: &str, account: &str, sku: &str) -> Self {
        Self {
            id: "00000000-0000-0000-0000-000000000001".to_owned(),
            quota_id: quota_id.to_owned(),
            state: "Enabled".to_owned(),
            spending_limit: "Off".to_owned(),
            billing: Some(Billing {
                agreement: agreement.to_owned(),
                account: account.to_owned(),
                sku: sku.to_owned(),
            }),
        }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            name: "mx-relay-01".to_owned(),
            group: "rg-mail".to_owned(),
            vm_id: "02aab8a4-74ef-476e-8182-f6d2ba4166a6".to_owned(),
            region: "westeurope".to_owned(),
            zone: "1".to_owned(),
            size: "Standard_D2s_v5".to_owned(),
            scale_set: ScaleSet::None,
            provisioned: SystemTime::UNIX_EPOCH,
            tags: vec![("env".to_owned(), "prod".to_owned()), ("team".to_owned(), "mail".to_owned())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_of_a_uniform_scale_set_has_its_interfaces_below_it() {
        let mut cloud = Cloud::default();
        cloud.machine.scale_set = ScaleSet::Uniform { name: "mail".to_owned(), instance: 7 };
        let machine = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/\
            Microsoft.Compute/virtualMachineScaleSets/mail/virtualMachines/7";
        assert_eq!(cloud.machine_id(), machine);
        assert_eq!(cloud.primary_interface_id(), format!("{machine}/networkInterfaces/nic-mail"));
    }

    #[test]
    fn a_lie_is_told_from_the_truth() {
        for allowed in [Some(true), Some(false), None] {
            for subscription in [Subscription::of_enterprise(), Subscription::of_devtest()] {
                let truth = Cloud { allow_port_25_out: allowed, subscription, ..Cloud::default() };
                let lie = truth.lie();
                assert_ne!(lie.subscription.quota_id, truth.subscription.quota_id);
                assert_ne!(lie.allow_port_25_out, truth.allow_port_25_out);
            }
        }
    }
}
