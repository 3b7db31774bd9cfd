//! URLs of services: a scheme, a host, perhaps a port, and a path where one makes sense. Never a password, which would
//! be in every log.

use sortie_core::target::{Host, Port};

use super::section::Refusal;
use super::value::Read;

/// What a URL is for, and so what it may have.
pub(super) struct Service {
    schemes: &'static [(&'static str, u16)],
    other_scheme: &'static str,
    path: bool,
    example: &'static str,
    secrets: &'static str,
}

const WEB: &[(&str, u16)] = &[("http", 80), ("https", 443)];

/// Takes telemetry.
pub(super) const RECEIVER: Service = Service {
    schemes: WEB,
    other_scheme: "neither http nor https",
    path: true,
    example: "https://gateway:4318",
    secrets: "put secrets into the file that `otlp.headers_file` names",
};

/// Takes one signal, by this URL and no other.
pub(super) const SIGNAL: Service = Service { example: "https://gateway:4318/v1/metrics", ..RECEIVER };

/// Answers questions about this machine.
pub(super) const CLOUD: Service = Service {
    schemes: WEB,
    other_scheme: "neither http nor https",
    path: false,
    example: "http://169.254.169.254",
    secrets: "take the user and password out",
};

/// Passes telemetry on.
pub(super) const PROXY: Service = Service {
    schemes: &[("http", 80)],
    other_scheme: "not http, which is what a proxy is spoken to in",
    path: false,
    example: "http://proxy:3128",
    secrets: "leave the key out and set HTTPS_PROXY, which may have a password",
};

/// The URL as it was written.
pub(super) fn url(text: &str, service: &Service) -> Read<String> {
    let refused = |label: &str, hint: String| Refusal::new("must be a URL", label, hint);
    let wrong = |label: &str| refused(label, format!("write it like {}", service.example));
    let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("not a URL"))?;
    let known = service.schemes.iter().find(|(name, _)| *name == scheme);
    let (_, default_port) = known.ok_or_else(|| wrong(service.other_scheme))?;
    if rest.contains(['?', '#']) || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong("a URL without query and fragment is expected"));
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        let hint = format!("write it like {}: {}", service.example, service.secrets);
        return Err(refused("user and password do not belong here", hint));
    }
    if !path.is_empty() && !service.path {
        return Err(wrong("a URL without a path is expected"));
    }
    match crate::address::parse(authority, Port::new(*default_port)) {
        Ok(address) if !matches!(address.host, Host::Mx(_)) => Ok(text.to_owned()),
        _ => Err(wrong("no host, or no port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_refused_for_what_its_service_cannot_have() {
        for (service, text, label) in [
            (&RECEIVER, "https://gateway:4318/otlp", None),
            (&RECEIVER, "https://[2001:db8::1]:4318/@otlp", None),
            (&RECEIVER, "gateway:4318", Some("not a URL")),
            (&RECEIVER, "grpc://gateway:4317", Some("neither http nor https")),
            (&RECEIVER, "https://gateway?key=x", Some("a URL without query and fragment is expected")),
            (&RECEIVER, "https://me:s3cret@gateway", Some("user and password do not belong here")),
            (&RECEIVER, "https://", Some("no host, or no port")),
            (&RECEIVER, "https://gateway:0", Some("no host, or no port")),
            (&CLOUD, "http://169.254.169.254/", None),
            (&CLOUD, "http://169.254.169.254/metadata", Some("a URL without a path is expected")),
            (&PROXY, "http://proxy:3128", None),
            (&PROXY, "http://[2001:db8::1]:3128/", None),
            (&PROXY, "https://proxy:3128", Some("not http, which is what a proxy is spoken to in")),
            (&PROXY, "socks5://proxy:1080", Some("not http, which is what a proxy is spoken to in")),
            (&PROXY, "http://me:s3cret@proxy:3128", Some("user and password do not belong here")),
        ] {
            let refusal = url(text, service).err();
            assert_eq!(refusal.as_ref().map(|r| r.label.as_str()), label, "{text}");
            assert!(!format!("{refusal:?}").contains("s3cret"), "{refusal:?}");
        }
    }
}
