//! Where the provider takes such a case, in the words of its portal; from the knowledge base, never from memory.

use sortie_core::advice::AZURE_SMTP;
use sortie_core::knowledge::{self, Subscription};
use sortie_core::policy::{self, Documented};
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
    Some(cloud.map_or_else(elsewhere, |cloud| within(cloud, lead.port())))
}

fn within(cloud: &Cloud, port: Port) -> Recourse {
    let kind = cloud.subscription.as_ref().map(|subscription| subscription.kind);
    let subscription = Subscription::ALL.into_iter().find(|subscription| Some(subscription.code()) == kind);
    let azure = knowledge::azure();
    let is_smtp_of_azure = cloud.provider == azure.id && port == Port::SMTP;
    let category = is_smtp_of_azure.then_some(AZURE_CATEGORY);
    match policy::documented(Some(cloud), subscription, port) {
        Some(documented) => {
            let kind = subscription.filter(|_| is_smtp_of_azure).map(Subscription::code);
            let whose = kind.map(|kind| format!("For a subscription of type {kind}: ")).unwrap_or_default();
            told(documented, category, &whose, port)
        }
        None if is_smtp_of_azure => Recourse {
            provider: Some(azure.name),
            category,
            text: "What Azure offers depends on the type of the subscription, which is not known here: \
                   Enterprise Dev/Test is exempted on request, Enterprise Agreement and MCA-E are not blocked, \
                   all others are blocked and offered a relay."
                .to_owned(),
            steps: Vec::new(),
            url: Some(AZURE_SMTP),
        },
        None => Recourse {
            text: "The provider is not known to document anything about this port. Ask its support whether it is \
                   blocked for this account, and how that is lifted."
                .to_owned(),
            ..elsewhere()
        },
    }
}

fn told(documented: Documented, category: Option<&'static str>, whose: &str, port: Port) -> Recourse {
    let (provider, state) = (documented.provider.name, documented.standing.code());
    let procedure = documented.procedure();
    let what = procedure.map_or_else(
        || format!("{provider} documents port {port} as {state}"),
        |procedure| procedure.title.to_owned(),
    );
    Recourse {
        provider: Some(provider),
        category,
        text: format!("{whose}{what}."),
        steps: procedure.map(|procedure| procedure.steps.to_vec()).unwrap_or_default(),
        url: documented.source().map(|source| source.url),
    }
}

fn elsewhere() -> Recourse {
    Recourse {
        provider: None,
        category: None,
        text: "No cloud was recognised. Ask the support of whoever runs the network whether the port is blocked for \
               this account, and how that is lifted."
            .to_owned(),
        steps: Vec::new(),
        url: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_category_is_that_of_the_documented_procedure() {
        let category = AZURE_CATEGORY.rsplit(" > ").next().expect("it has an end");
        let exemption = knowledge::azure().procedure("exemption").expect("it is documented");
        assert!(exemption.steps[0].contains(category), "{}", exemption.steps[0]);
    }
}
