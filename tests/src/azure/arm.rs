//! Azure Resource Manager: who may ask, in which version, and where each resource lies.

mod compute;
mod network;
mod subscription;

use std::time::SystemTime;

use hyper::Method;
use serde_json::Value;

use super::book::State;
use super::cloud::Cloud;
use super::imds::audience_of;
use super::reply::{Answer, Reply};
use super::request::{Question, Request};
use super::tokens::Refusal;

/// Where tokens of the public cloud come from.
const LOGIN: &str = "https://login.windows.net/00000000-0000-0000-0000-00000000000a";

/// What was asked, and what is answered.
pub(super) fn answer(state: &mut State, request: &Request, now: SystemTime) -> (Option<Question>, Reply) {
    let found = resource(&state.cloud, &request.path);
    let question = found.as_ref().map(|resource| resource.question);
    let reply = match refusal(state, found.as_ref(), request, now) {
        Some(refusal) => Reply::Whole(refusal),
        None => truth(state, found, request),
    };
    (question, reply)
}

/// What a stranger says who has got the same question: he asks for no token, and lies.
pub(super) fn lie(state: &State, request: &Request) -> (Option<Question>, Reply) {
    let question = resource(&state.cloud, &request.path).map(|resource| resource.question);
    let lie =
        question.map_or_else(|| subscription::get(&state.cloud.lie()), |it| told(&state.cloud.lie(), it));
    (question, Reply::Whole(Answer::ok(&lie)))
}

/// Something that can be asked for, and how.
struct Resource {
    question: Question,
    method: Method,
    /// Versions of its provider that have it.
    versions: &'static [&'static str],
}

/// The resource at a path; paths are the same in any case ("Azure resource IDs are case-insensitive").
fn resource(cloud: &Cloud, path: &str) -> Option<Resource> {
    let of_subscription = cloud.subscription_path();
    let machine = cloud.machine_id();
    let interface = cloud.primary_interface_id();
    let interfaces = network::versions(cloud);
    let operation = format!("{}/operationResults/", network::location(cloud));
    if path.len() > operation.len()
        && path.get(..operation.len()).is_some_and(|it| it.eq_ignore_ascii_case(&operation))
    {
        return Some(Resource {
            question: Question::Operation,
            method: Method::GET,
            versions: network::VERSIONS,
        });
    }
    let all = [
        (Question::Subscription, Method::GET, of_subscription, subscription::VERSIONS),
        (Question::Billing, Method::GET, subscription::billing_path(cloud), subscription::BILLING_VERSIONS),
        (Question::InstanceView, Method::GET, format!("{machine}/instanceView"), compute::VERSIONS),
        (Question::Machine, Method::GET, machine, compute::VERSIONS),
        (Question::Routes, Method::POST, format!("{interface}/effectiveRouteTable"), interfaces),
        (Question::Interface, Method::GET, interface, interfaces),
        (Question::OtherInterface, Method::GET, cloud.other_interface_id(), interfaces),
        (Question::Watchers, Method::GET, network::watchers_path(cloud), network::VERSIONS),
        (
            Question::Flow,
            Method::POST,
            format!("{}/ipFlowVerify", network::watcher_id(cloud)),
            network::VERSIONS,
        ),
    ];
    all.into_iter()
        .find(|(_, _, at, _)| at.eq_ignore_ascii_case(path))
        .map(|(question, method, _, versions)| Resource { question, method, versions })
}

fn refusal(state: &State, found: Option<&Resource>, request: &Request, now: SystemTime) -> Option<Answer> {
    // In a cloud that nobody knows the configured URL is all that there is to ask a token for.
    let audience = audience_of(&state.cloud.environment).unwrap_or(super::ARM_URL);
    let checked = state.tokens.check(request.bearer(), audience, now);
    if let Err(refusal) = checked.and(if state.cloud.trusts_tokens { Ok(()) } else { Err(Refusal::Foreign) })
    {
        return Some(unauthorized(refusal));
    }
    let Some(version) = request.parameter("api-version") else {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Some(Answer::error(400, "MissingApiVersionParameter", text));
    };
    let Some(found) = found else {
        let mine = state.cloud.subscription_path();
        let is_mine = request.path.get(..mine.len()).is_some_and(|it| it.eq_ignore_ascii_case(&mine));
        let code = if is_mine { "ResourceNotFound" } else { "SubscriptionNotFound" };
        return Some(Answer::error(404, code, &format!("'{}' could not be found.", request.path)));
    };
    if !found.versions.contains(&version) {
        let text = format!(
            "The api-version '{version}' is invalid. The supported versions are '{}'.",
            found.versions.join(",")
        );
        return Some(Answer::error(400, "InvalidApiVersionParameter", &text));
    }
    if request.method != found.method {
        let text = format!("The requested resource does not support http method '{}'.", request.method);
        return Some(Answer::error(405, "MethodNotAllowed", &text));
    }
    None
}

fn unauthorized(refusal: Refusal) -> Answer {
    let (code, text) = refusal.words();
    let challenge = format!(
        "Bearer authorization_uri=\"{LOGIN}\", error=\"invalid_token\", error_description=\"{text}\""
    );
    Answer::error(401, code, text).with("www-authenticate", challenge)
}

fn truth(state: &mut State, found: Option<Resource>, request: &Request) -> Reply {
    let question = found.map(|resource| resource.question);
    let answer = match question {
        Some(Question::Routes) => network::begin(state),
        Some(Question::Operation) => network::operation(state, &request.path),
        Some(Question::Flow) => network::flow(&state.cloud, &request.body),
        Some(Question::Billing) if state.cloud.subscription.billing.is_none() => Answer::error(
            403,
            "AuthorizationFailed",
            "The client does not have authorization to perform action 'Microsoft.Billing/billingProperty/read'.",
        ),
        Some(question) => Answer::ok(&told(&state.cloud, question)),
        None => Answer::error(404, "ResourceNotFound", "It could not be found."),
    };
    let lie = || question.map_or_else(|| answer.clone(), |it| Answer::ok(&told(&state.cloud.lie(), it)));
    answer.clone().in_mood(state.mood(question), lie, &super::elsewhere(&request.path))
}

/// A resource as it is in a cloud.
fn told(cloud: &Cloud, question: Question) -> Value {
    match question {
        Question::Billing => subscription::billing(cloud),
        Question::Machine => compute::machine(cloud),
        Question::InstanceView => compute::instance_view(cloud),
        Question::Interface => network::interface(cloud, true),
        Question::OtherInterface => network::interface(cloud, false),
        Question::Routes | Question::Operation => network::routes(cloud),
        Question::Watchers => network::watchers(cloud),
        Question::Flow => network::verified(cloud),
        Question::Subscription | Question::Versions | Question::Instance | Question::Token => {
            subscription::get(cloud)
        }
    }
}

#[cfg(test)]
mod tests;
