//! Proxies in the environment: handshakes never pass through one, exports do.

use super::finding::Finding;
use crate::config::{Otlp, Proxy, SignalEndpoint};

const CHECK: &str = "proxy";

/// The variables that name one, in either case.
const VARIABLES: [&str; 3] = ["https_proxy", "http_proxy", "all_proxy"];

pub(super) fn examine(otlp: &Otlp) -> Vec<Finding> {
    let exports = otlp.endpoint.is_some()
        || [&otlp.metrics_endpoint, &otlp.logs_endpoint].iter().any(|at| matches!(at, SignalEndpoint::At(_)));
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    vec![judge(variables, &otlp.proxy, exports)]
}

fn judge(variables: impl Iterator<Item = (String, String)>, proxy: &Proxy, exports: bool) -> Finding {
    let names = |(name, value): &(String, String)| {
        VARIABLES.contains(&name.to_ascii_lowercase().as_str()) && !value.is_empty()
    };
    let set: Vec<String> =
        variables.filter(names).map(|(name, value)| format!("{name}={}", without_secret(&value))).collect();
    let listed = set.join(", ");
    match proxy {
        Proxy::Url(_) | Proxy::Off if !exports => {
            Finding::fine(CHECK, "handshakes pass through none, nothing is exported")
        }
        Proxy::Url(_) => Finding::fine(CHECK, "exports go through [otlp] proxy, handshakes through none"),
        Proxy::Off => Finding::fine(CHECK, "none, as [otlp] proxy says"),
        Proxy::Environment if set.is_empty() => Finding::fine(CHECK, "none in this environment"),
        Proxy::Environment if exports => Finding::worth_a_look(
            CHECK,
            format!("exports go through a proxy of this environment ({listed}), handshakes through none"),
        )
        .todo("if that is not meant, set [otlp] proxy = \"off\"; a service has its own environment"),
        Proxy::Environment => {
            Finding::fine(CHECK, format!("{listed}: handshakes pass through none, nothing is exported"))
        }
    }
}

/// A URL without user and password.
fn without_secret(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        (None, Some((_, place))) => place.to_owned(),
        (_, None) => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Fine, WorthALook};
    use super::*;

    #[test]
    fn a_proxy_matters_to_exports_that_are_not_told_otherwise() {
        let other = || Proxy::Url("http://other:3128".to_owned());
        for (name, proxy, exports, expected) in [
            ("HTTPS_PROXY", Proxy::Environment, true, WorthALook),
            ("http_proxy", Proxy::Environment, true, WorthALook),
            ("HTTPS_PROXY", Proxy::Environment, false, Fine),
            ("HTTPS_PROXY", Proxy::Off, true, Fine),
            ("HTTPS_PROXY", other(), true, Fine),
            ("NO_PROXY", Proxy::Environment, true, Fine),
        ] {
            let variable = (name.to_owned(), "http://me:s3cret@proxy:3128".to_owned());
            let finding = judge([variable].into_iter(), &proxy, exports);
            assert_eq!(finding.standing, expected, "{name}: {finding:?}");
            assert!(!finding.text.contains("s3cret"), "{finding:?}");
        }
    }

    #[test]
    fn nobody_sees_a_password() {
        for (url, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://me:s3cret@proxy:3128", "http://proxy:3128"),
            ("me:s3c@ret@proxy:3128", "proxy:3128"),
        ] {
            assert_eq!(without_secret(url), shown);
        }
    }
}
