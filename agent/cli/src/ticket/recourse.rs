//! Where the provider takes such a case, in the words of its portal; from the knowledge base, never from memory.

use sortie_core::knowledge::{self, Procedure, Provider, Subscription};
use sortie_core::report::{Cloud, Report};
use sortie_core::target::Port;

use super::document::Recourse;
use super::lead::Lead;

/// The category of the portal's diagnostic, word for word.
const AZURE_CATEGORY: &str =
    "Virtual Network > Diagnose and solve problems > Cannot send email (SMTP-Port 25)";

/// What the provider offers for this case; `None` where it is not for the provider.
pub(super) fn of(report: &Report, lead: &Lead<'_>) -> Option<Recourse> {
    if !matches!(lead.state(), "platform_blocked" | "throttled" | "inconclusive") {
        return None;
    }
    let cloud = report.cloud.as_ref().filter(|cloud| cloud.is_host());
    let provider = cloud.and_then(|cloud| knowledge::provider(id(&cloud.provider)));
    Some(match (cloud, provider) {
        (Some(cloud), Some(provider)) if provider == knowledge::azure() => azure(cloud, lead.port()),
        (_, Some(provider)) => other(provider, lead.port()),
        (_, None) => Recourse {
            provider: None,
            category: None,
            text: "No cloud was recognised. Ask the support of whoever runs the network whether the port is \
                   blocked for this account, and how that is lifted."
                .to_owned(),
            steps: Vec::new(),
            url: None,
        },
    })
}

/// The knowledge base's name of a provider, by that of the OpenTelemetry conventions.
fn id(cloud: &str) -> &str {
    match cloud {
        "oracle_cloud" => "oci",
        "alibaba_cloud" => "alibaba",
        "ibm_cloud" => "ibm",
        other => other,
    }
}

fn azure(cloud: &Cloud, port: Port) -> Recourse {
    let provider = knowledge::azure();
    if port != Port::SMTP {
        return other(provider, port);
    }
    // The policy of other resources is told by `unsupported`, or is that of the network that they are integrated into.
    let is_vm = matches!(cloud.platform.as_str(), "azure.vm" | "azure.aks");
    let kind = cloud.subscription.as_ref().filter(|_| is_vm).map(|subscription| subscription.kind);
    let named = Subscription::ALL.into_iter().find(|subscription| Some(subscription.code()) == kind);
    let cell = named.and_then(|subscription| provider.cell(knowledge::VM, subscription));
    match (named, cell.and_then(|cell| provider.procedure(cell.procedure?))) {
        (Some(subscription), Some(procedure)) => {
            let text = format!("For a subscription of type {}: {}.", subscription.code(), procedure.title);
            documented(provider, Some(AZURE_CATEGORY), procedure, text)
        }
        _ => Recourse {
            provider: Some(provider.name),
            category: Some(AZURE_CATEGORY),
            text: "What Azure offers depends on the type of the subscription, which is not known here: \
                   Enterprise Dev/Test is exempted on request, Enterprise Agreement and MCA-E are not blocked, \
                   all others are blocked and offered a relay."
                .to_owned(),
            steps: Vec::new(),
            url: provider.source("smtp").map(|source| source.url),
        },
    }
}

fn other(provider: &'static Provider, port: Port) -> Recourse {
    let rule = provider.port(port);
    match rule.and_then(|rule| provider.procedure(rule.procedure?)) {
        Some(procedure) => documented(provider, None, procedure, format!("{}.", procedure.title)),
        None => Recourse {
            provider: Some(provider.name),
            category: None,
            text: rule.map_or_else(
                || format!("{} documents nothing about port {port}.", provider.name),
                |rule| format!("{} documents port {port} as {}.", provider.name, rule.state.code()),
            ),
            steps: Vec::new(),
            url: rule.and_then(|rule| provider.source(rule.sources.first()?)).map(|source| source.url),
        },
    }
}

fn documented(
    provider: &'static Provider,
    category: Option<&'static str>,
    procedure: &'static Procedure,
    text: String,
) -> Recourse {
    Recourse {
        provider: Some(provider.name),
        category,
        text,
        steps: procedure.steps.to_vec(),
        url: procedure.sources.first().and_then(|id| provider.source(id)).map(|source| source.url),
    }
}

#[cfg(test)]
mod tests {
    use sortie_cloud::Provider as Clouds;

    use super::*;

    #[test]
    fn every_cloud_that_is_recognised_is_in_the_knowledge_base() {
        for cloud in Clouds::ALL {
            assert!(knowledge::provider(id(cloud.code())).is_some(), "{}", cloud.code());
        }
    }

    #[test]
    fn the_category_is_that_of_the_documented_procedure() {
        let category = AZURE_CATEGORY.rsplit(" > ").next().expect("it has an end");
        let exemption = knowledge::azure().procedure("exemption").expect("it is documented");
        assert!(exemption.steps[0].contains(category), "{}", exemption.steps[0]);
    }
}
