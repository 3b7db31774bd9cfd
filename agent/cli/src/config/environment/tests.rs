//! Variables as a specification.

use super::*;
use crate::config::{Base, Config, defaults, parse};

fn environment(variables: &[(&str, &str)]) -> Result<Environment, String> {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    Environment::read(variables).map_err(|error| error.to_string())
}

fn read(text: &str) -> Config {
    parse(text, Base::Catalogue).expect("good")
}

#[test]
fn the_environment_beats_the_file_and_leaves_the_rest() {
    let environment = environment(&[
        (ENDPOINT, "http://gateway:4318"),
        (PROTOCOL, "grpc"),
        (HEADERS, "authorization=Basic%20eA%3D%3D, x-tenant = mail"),
        (INTERVAL, "30000"),
        ("PATH", "/bin"),
    ]);
    let otlp = defaults().within(&environment.expect("good")).expect("goes together").otlp;
    assert_eq!(otlp.endpoint.as_deref(), Some("http://gateway:4318"));
    assert_eq!((otlp.protocol, otlp.interval), (Protocol::Grpc, Duration::from_secs(30)));
    let headers: Vec<_> = otlp.headers.iter().collect();
    assert_eq!(headers, [("authorization", "Basic eA=="), ("x-tenant", "mail")]);
    assert_eq!(otlp.max_age, defaults().otlp.max_age);
}

#[test]
fn an_empty_variable_is_an_absent_one() {
    let none = environment(&[(ENDPOINT, ""), (PROTOCOL, ""), (HEADERS, ""), (INTERVAL, "")]);
    assert_eq!(none, Ok(Environment::default()));
}

#[test]
fn nonsense_is_refused_by_name_and_never_repeated() {
    for (variable, value, problem) in [
        (ENDPOINT, "gateway:4318", "must be a URL"),
        (ENDPOINT, "https://user:s3cret@gateway:4318", "user and password do not belong here"),
        (PROTOCOL, "http/json", "must be one of http/protobuf, grpc"),
        (METRICS_ENDPOINT, "off", "must be a URL"),
        (LOGS_ENDPOINT, "https://user:s3cret@gateway/v1/logs", "user and password do not belong here"),
        (COMPRESSION, "zstd", "must be one of gzip, none"),
        (TIMEOUT, "10", "must be at least 1000 ms"),
        (TIMEOUT, "0", "must be at least 1000 ms"),
        (TIMEOUT, "10s", "must be a number of milliseconds"),
        (CERTIFICATE, "ca.pem", "must be an absolute path"),
        (CLIENT_KEY, "credential:", "must name a credential"),
        (CREDENTIALS, "run", "must be an absolute path"),
        (INTERVAL, "60s", "must be a number of milliseconds"),
        (INTERVAL, "-1", "must be a number of milliseconds"),
        (INTERVAL, "10", "must be at least 1000 ms"),
        (INTERVAL, "99999999999", "must be at most 3600000 ms"),
        (HEADERS, "s3cret", "must be a list of headers"),
        (HEADERS, "bad name=s3cret", "must be a list of headers"),
        (HEADERS, "x=s3cret%0d%0ay: z", "must be a list of headers"),
    ] {
        let error = environment(&[(variable, value)]).expect_err(value);
        assert!(error.starts_with(&format!("the environment variable {variable} ")), "{error}");
        assert!(error.contains(problem) && error.contains("\n\nhint: "), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn every_variable_has_its_setting() {
    let environment = environment(&[
        (METRICS_ENDPOINT, "http://metrics:4318/v1/metrics"),
        (LOGS_EXPORTER, "none"),
        (COMPRESSION, " NONE"),
        (TIMEOUT, "5000"),
        (CERTIFICATE, "/ca.pem"),
        (CLIENT_CERTIFICATE, "credential:cert"),
        (CLIENT_KEY, "credential:key"),
        (CREDENTIALS, "/run/credentials/x.service"),
    ]);
    let config = defaults().within(&environment.expect("good")).expect("goes together");
    let otlp = config.otlp;
    assert_eq!(otlp.metrics_endpoint, SignalEndpoint::At("http://metrics:4318/v1/metrics".to_owned()));
    assert_eq!((otlp.logs_endpoint, otlp.compression), (SignalEndpoint::Off, Compression::None));
    assert_eq!(otlp.timeout, Duration::from_secs(5));
    let pair = otlp.client_cert.expect("both are given");
    let paths = [otlp.ca_file.expect("it is given"), pair.certificate, pair.key];
    let expected = ["/ca.pem", "/run/credentials/x.service/cert", "/run/credentials/x.service/key"];
    assert_eq!(paths.each_ref().map(|file| file.path().to_str().expect("text")), expected);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn a_disabled_sdk_exports_nothing() {
    let file = "[otlp]\nendpoint = 'http://a:4318'\nlogs_endpoint = 'http://b:4318/v1/logs'";
    for (value, off) in [("true", true), ("True", true), ("false", false), ("1", false), ("", false)] {
        let environment = environment(&[(SDK_DISABLED, value), (METRICS_ENDPOINT, "http://c/v1/metrics")]);
        let environment = environment.expect("good");
        let otlp = read(file).within(&environment).expect("goes together").otlp;
        assert_eq!(otlp.endpoint.is_none(), off, "{value}");
        let signals = [otlp.metrics_endpoint, otlp.logs_endpoint];
        assert_eq!(signals.iter().all(|signal| *signal == SignalEndpoint::Off), off, "{value}");
        assert_eq!(environment.unheeded().count(), usize::from(value == "1"), "{value}");
    }
}

#[test]
fn an_exporter_that_sortie_has_not_changes_nothing_and_is_said() {
    for (value, off, said) in [("none", true, 0), ("otlp", false, 0), ("prometheus", false, 1)] {
        let environment = environment(&[(METRICS_EXPORTER, value)]).expect("good");
        assert_eq!((environment.metrics_off, environment.unheeded().count()), (off, said), "{value}");
    }
}

#[test]
fn what_does_not_go_together_is_refused_whoever_says_it() {
    let pair = "[otlp]\nclient_cert = '/c'\nclient_key = '/k'";
    let own = "[otlp]\nmetrics_endpoint = 'http://a/v1/metrics'";
    let grpc = "[otlp]\nprotocol = 'grpc'";
    for (file, variables, expected) in [
        (pair, &[(CLIENT_KEY, "/other")][..], None),
        (
            "",
            &[(CLIENT_KEY, "/k")],
            Some("OTEL_EXPORTER_OTLP_CLIENT_KEY is set and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is not"),
        ),
        (
            "",
            &[(CLIENT_CERTIFICATE, "/c")],
            Some("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is set and OTEL_EXPORTER_OTLP_CLIENT_KEY is not"),
        ),
        (
            own,
            &[(PROTOCOL, "grpc")],
            Some("OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which does not go with `otlp.metrics_endpoint`"),
        ),
        (own, &[(PROTOCOL, "grpc"), (METRICS_EXPORTER, "none")], None),
        (own, &[(PROTOCOL, "grpc"), (SDK_DISABLED, "true")], None),
        (
            grpc,
            &[(LOGS_ENDPOINT, "http://a/v1/logs")],
            Some("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT does not go with the protocol grpc"),
        ),
        (grpc, &[(LOGS_ENDPOINT, "http://a/v1/logs"), (PROTOCOL, "http/protobuf")], None),
    ] {
        let environment = environment(variables).expect("each is good by itself");
        let error = read(file).within(&environment).err().map(|error| error.to_string());
        let begins = expected.map(|text| format!("the environment variable {text}: "));
        assert_eq!(error.is_some(), begins.is_some(), "{error:?}");
        assert!(
            error.iter().zip(&begins).all(|(e, b)| e.starts_with(b) && e.contains("\n\nhint: ")),
            "{error:?}"
        );
    }
}

#[test]
fn a_credential_without_a_service_manager_is_said() {
    let config = read("[otlp]\nheaders_file = 'credential:token'\nca_file = '/ca.pem'");
    let config = config.within(&Environment::default()).expect("goes together");
    assert_eq!(
        config.warnings,
        [
            "otlp.headers_file is a credential and CREDENTIALS_DIRECTORY is not set: /run/credentials/sortie.service/token is taken for it"
        ]
    );
}

#[test]
fn a_variable_that_is_not_read_is_named_unless_it_is_about_traces() {
    for (variable, sentence) in [
        (
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
            Some(
                "OTEL_EXPORTER_OTLP_METRICS_HEADERS is set, but not read: OTEL_EXPORTER_OTLP_HEADERS holds for metrics and events",
            ),
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
            Some(
                "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL is set, but not read: OTEL_EXPORTER_OTLP_PROTOCOL holds for metrics and events",
            ),
        ),
        (
            "OTEL_EXPORTER_OTLP_INSECURE",
            Some("OTEL_EXPORTER_OTLP_INSECURE is set, but not read: sortie has no such setting"),
        ),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", None),
        ("OTEL_TRACES_EXPORTER", None),
        ("OTEL_SERVICE_NAME", None),
    ] {
        let sentences: Vec<_> = environment(&[(variable, "s3cret")]).expect("good").unheeded().collect();
        assert_eq!(sentences, sentence.as_slice(), "{variable}");
    }
}
