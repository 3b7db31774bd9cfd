//! `/metadata/identity/oauth2/token`: a token for whom it is asked for, if the machine has an identity.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::super::book::State;
use super::super::reply::Answer;
use super::super::request::Request;

/// For whom a token of this cloud's Resource Manager has to be; `None` for a cloud that nobody knows.
pub(in crate::azure) fn audience_of(environment: &str) -> Option<&'static str> {
    Some(match environment.to_ascii_lowercase().as_str() {
        "azurepubliccloud" => "https://management.azure.com",
        "azureusgovernmentcloud" => "https://management.usgovcloudapi.net",
        "azurechinacloud" => "https://management.chinacloudapi.cn",
        "azuregermancloud" => "https://management.microsoftazure.de",
        _ => return None,
    })
}

pub(super) fn token(state: &mut State, request: &Request, now: SystemTime) -> Answer {
    let refuse =
        |code: &str, text: &str| Answer::new(400, &json!({"error": code, "error_description": text}));
    let Some(resource) = request.parameter("resource") else {
        return refuse("invalid_request", "Required query variable 'resource' is missing");
    };
    let client = match (request.parameter("client_id"), state.cloud.identities.as_slice()) {
        (None, [only]) => only.clone(),
        (Some(wanted), there) if there.iter().any(|id| id == wanted) => wanted.to_owned(),
        (None, [_, _, ..]) => {
            let text = "Multiple user assigned identities exist, please specify the clientId / resourceId of the \
                identity in the token request";
            return refuse("invalid_request", text);
        }
        _ => return refuse("invalid_request", "Identity not found"),
    };
    let is_known = audience_of(&state.cloud.environment)
        .is_none_or(|audience| audience == resource.trim_end_matches('/'));
    if !is_known {
        let text =
            format!("AADSTS500011: The resource principal named {resource} was not found in the tenant");
        return refuse("invalid_resource", &text);
    }
    let lifetime = state.cloud.token_lifetime;
    let text = state.tokens.give(resource, now, Duration::from_secs(lifetime));
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Answer::ok(&json!({
        "access_token": text,
        "client_id": client,
        "expires_in": lifetime.to_string(),
        "expires_on": (seconds + lifetime).to_string(),
        "ext_expires_in": lifetime.to_string(),
        "not_before": seconds.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;
    use hyper::{HeaderMap, Method};

    use super::super::super::request::query;
    use super::*;

    const ARM: &str = "https://management.azure.com/";

    fn asked(state: &mut State, parameters: &str) -> Answer {
        let request = Request {
            method: Method::GET,
            path: "/metadata/identity/oauth2/token".to_owned(),
            query: query(parameters),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        token(state, &request, UNIX_EPOCH)
    }

    #[test]
    fn a_token_is_given_to_an_identity_that_is_there_for_a_resource_that_is_there() {
        for (identities, environment, parameters, expected) in [
            (&["a"][..], "AzurePublicCloud", "resource=https://management.azure.com/", 200),
            (&["a"], "AZUREPUBLICCLOUD", "resource=https://management.azure.com", 200),
            (&["a"], "AzurePublicCloud", "resource=https://management.chinacloudapi.cn/", 400),
            (&["a"], "AzureChinaCloud", "resource=https://management.chinacloudapi.cn/", 200),
            (&["a"], "AzurePublicCloud", "", 400),
            (&[], "AzurePublicCloud", "resource=https://management.azure.com/", 400),
            (&["a", "b"], "AzurePublicCloud", "resource=https://management.azure.com/", 400),
            (&["a", "b"], "AzurePublicCloud", "resource=https://management.azure.com/&client_id=b", 200),
            (&["a", "b"], "AzurePublicCloud", "resource=https://management.azure.com/&client_id=c", 400),
        ] {
            let mut state = State::default();
            state.cloud.identities = identities.iter().map(ToString::to_string).collect();
            environment.clone_into(&mut state.cloud.environment);
            let answer = asked(&mut state, parameters);
            assert_eq!(answer.status, expected, "{identities:?} {environment} {parameters}");
            assert_eq!(state.tokens.texts().len(), usize::from(expected == 200));
        }
    }

    #[test]
    fn every_token_is_another_one() {
        let mut state = State::default();
        let parameters = format!("resource={ARM}");
        let (first, second) = (asked(&mut state, &parameters), asked(&mut state, &parameters));
        assert_ne!(first.body, second.body);
        assert_eq!(state.tokens.check(Some(&state.tokens.texts()[0]), ARM, UNIX_EPOCH), Ok(()));
    }
}
