//! What the provider's documents lead to for one machine: the standing of a port there, and what may be expected of it.
//!
//! ```text
//!   platform, environment ─▶ kind of resource ─┐
//!   type of subscription ──────────────────────┴─▶ cell of the policy ─▶ standing ─▶ expectation
//! ```

use crate::expect::Expectation;
use crate::knowledge::{self, PortRule, Procedure, Provider, Source, Standing, Subscription};
use crate::report::Cloud;
use crate::target::Port;

/// Kinds of resource in the policy of Azure.
const APP_IN_A_NETWORK: &str = "app-service-vnet";
const PLATFORM_SERVICE: &str = "paas";
const SOVEREIGN: &str = "sovereign";
/// The one cloud of Azure's that the policy speaks of.
const PUBLIC: &str = "AzurePublicCloud";

/// What is documented for a port of one machine.
#[derive(Clone, Copy, Debug)]
pub struct Documented {
    /// Whose documents.
    pub provider: &'static Provider,
    /// What they say.
    pub standing: Standing,
    procedure: Option<&'static str>,
}

impl Documented {
    /// How to have it lifted, or do without.
    pub fn procedure(&self) -> Option<&'static Procedure> {
        self.provider.procedure(self.procedure?)
    }

    /// Where the procedure stands.
    pub fn source(&self) -> Option<&'static Source> {
        self.provider.source(self.procedure()?.sources.first()?)
    }
}

/// What is documented for a port; `None` where no document speaks of it. Without a cloud the policy of Azure is the one that
/// a type of subscription belongs to.
pub fn documented(
    cloud: Option<&Cloud>,
    subscription: Option<Subscription>,
    port: Port,
) -> Option<Documented> {
    let provider = match cloud {
        // What it knows and does not host sends through somebody else's network.
        Some(cloud) if !cloud.is_host() => return None,
        Some(cloud) => of_cloud(cloud)?,
        None => knowledge::azure(),
    };
    if let Some(PortRule { state, procedure, .. }) = provider.port(port) {
        return Some(Documented { provider, standing: *state, procedure: *procedure });
    }
    if port != Port::SMTP {
        return None;
    }
    let cell = provider.cell(cloud.map_or(knowledge::VM, resource), subscription?)?;
    Some(Documented { provider, standing: cell.state, procedure: cell.procedure })
}

/// What may be expected of port 25, by documents and by what Azure says of the network interface.
///
/// An exemption that was granted is nowhere to be read but in the interface's flag. Where an exemption exists and nobody
/// can be asked whether it was granted, Azure's default holds and that of the others does not: their lists are said to
/// be long.
pub fn port_25(cloud: Option<&Cloud>, subscription: Option<Subscription>) -> Expectation {
    let Some(documented) = documented(cloud, subscription, Port::SMTP) else { return Expectation::Any };
    let is_azure = documented.provider.id == knowledge::azure().id;
    match (documented.standing, cloud.and_then(|cloud| cloud.allow_port_25_out)) {
        (Standing::Exemptible, Some(true)) => Expectation::Open,
        // The two contradict each other.
        (Standing::Blocked, Some(true)) => Expectation::Any,
        (Standing::Exemptible, _) if !is_azure => Expectation::Any,
        (standing, _) => standing.expectation(),
    }
}

/// Whether the policy has an exemption for port 25 of this machine.
pub fn is_exemptible(cloud: Option<&Cloud>, subscription: Option<Subscription>) -> bool {
    let documented = documented(cloud, subscription, Port::SMTP);
    documented.is_some_and(|documented| documented.standing == Standing::Exemptible)
}

fn of_cloud(cloud: &Cloud) -> Option<&'static Provider> {
    let id = match cloud.provider.as_str() {
        "oracle_cloud" => "oci",
        code => code,
    };
    knowledge::provider(id)
}

/// The kind of resource in the policy of Azure.
fn resource(cloud: &Cloud) -> &'static str {
    if cloud.environment.as_deref().is_some_and(|name| !name.eq_ignore_ascii_case(PUBLIC)) {
        return SOVEREIGN;
    }
    match cloud.platform.as_str() {
        _ if cloud.unsupported.is_some() => PLATFORM_SERVICE,
        "azure.app_service" | "azure.functions" => APP_IN_A_NETWORK,
        _ => knowledge::VM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn azure(platform: &str) -> Cloud {
        Cloud { provider: "azure".to_owned(), platform: platform.to_owned(), ..Cloud::default() }
    }

    #[test]
    fn every_cell_of_the_policy_of_azure_is_what_a_machine_there_may_expect() {
        use Expectation::{Any, Blocked, Open};
        use Subscription::{Ea, EaDevtest, McaE, Other, Unknown};
        let unsupported = |platform| Cloud { unsupported: Some("a sentence".to_owned()), ..azure(platform) };
        let sovereign = Cloud { environment: Some("AzureUSGovernmentCloud".to_owned()), ..azure("azure.vm") };
        let public = Cloud { environment: Some("AZUREPUBLICCLOUD".to_owned()), ..azure("azure.vm") };
        for (cloud, expected) in [
            (azure("azure.vm"), [Open, Open, Blocked, Blocked, Any]),
            (public, [Open, Open, Blocked, Blocked, Any]),
            (azure("azure.aks"), [Open, Open, Blocked, Blocked, Any]),
            (azure("azure.app_service"), [Open, Open, Blocked, Blocked, Any]),
            (azure("azure.functions"), [Open, Open, Blocked, Blocked, Any]),
            (unsupported("azure.app_service"), [Any; 5]),
            (unsupported("azure.container_apps"), [Any; 5]),
            (azure("azure.arc"), [Any; 5]),
            (sovereign, [Any; 5]),
        ] {
            let said = [Ea, McaE, EaDevtest, Other, Unknown].map(|kind| port_25(Some(&cloud), Some(kind)));
            assert_eq!(said, expected, "{cloud:?}");
            assert_eq!(port_25(Some(&cloud), None), Any, "{cloud:?}");
        }
    }

    #[test]
    fn the_flag_of_the_interface_tells_whether_an_exemption_was_granted() {
        use Expectation::{Any, Blocked, Open};
        use Subscription::{Ea, EaDevtest, Other, Unknown};
        for (subscription, flag, expected, has_an_exemption) in [
            (EaDevtest, Some(true), Open, true),
            (EaDevtest, Some(false), Blocked, true),
            (EaDevtest, None, Blocked, true),
            (Ea, Some(false), Open, false),
            (Ea, Some(true), Open, false),
            (Other, Some(true), Any, false),
            (Other, Some(false), Blocked, false),
            (Unknown, Some(true), Any, false),
            (Unknown, Some(false), Any, false),
        ] {
            let cloud = Cloud { allow_port_25_out: flag, ..azure("azure.vm") };
            let said =
                (port_25(Some(&cloud), Some(subscription)), is_exemptible(Some(&cloud), Some(subscription)));
            assert_eq!(said, (expected, has_an_exemption), "{subscription:?} {flag:?}");
        }
    }

    #[test]
    fn other_providers_are_taken_at_their_word_and_nothing_is_expected_where_they_make_exceptions() {
        use Expectation::{Any, Blocked};
        for (provider, expected) in [("aws", Any), ("gcp", Blocked), ("oracle_cloud", Any), ("nobody", Any)] {
            let cloud =
                Cloud { provider: provider.to_owned(), platform: "a.vm".to_owned(), ..Cloud::default() };
            assert_eq!(port_25(Some(&cloud), None), expected, "{provider}");
        }
        assert_eq!(port_25(None, Some(Subscription::Ea)), Expectation::Open);
        assert_eq!(port_25(None, None), Any);
    }

    #[test]
    fn what_is_documented_names_its_procedure_and_where_it_stands() {
        let cloud = azure("azure.vm");
        let documented = documented(Some(&cloud), Some(Subscription::EaDevtest), Port::SMTP).expect("a cell");
        assert!(documented.procedure().expect("an exemption").title.contains("exempts"));
        assert!(documented.source().expect("the article").url.contains("troubleshoot-outbound-smtp"));
        let submission = super::documented(Some(&cloud), None, Port::SUBMISSION).expect("a rule");
        assert_eq!(submission.standing, Standing::Open);
        assert!(super::documented(Some(&azure("azure.arc")), Some(Subscription::Ea), Port::SMTP).is_none());
    }
}
