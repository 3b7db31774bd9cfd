//! `[otlp]` as a specification.

use super::*;

#[test]
fn mistakes_of_the_export_are_found_where_they_stand() {
    let cases: &[(&str, &[&str])] = &[
        ("[otlp]\nendpoint = 'gateway:4318'", &["2: `otlp.endpoint` must be a URL"]),
        ("[otlp]\nmax_bytes = 32", &["2: `otlp.max_bytes` must be a size"]),
        ("[otlp]\nmax_bytes = '1B'", &["2: `otlp.max_bytes` must be at least 1048576B"]),
        ("[otlp]\nmax_bytes = '99999999999GiB'", &["2: `otlp.max_bytes` must be a size"]),
        ("[otlp]\nmax_age = '59s'", &["2: `otlp.max_age` must be at least 1m"]),
        ("[otlp]\ninterval = '500ms'", &["2: `otlp.interval` must be at least 1s"]),
        ("[otlp]\nprotocol = 'http/json'", &["2: `otlp.protocol` must be one of http/protobuf, grpc"]),
        ("[otlp]\ncompression = 'zstd'", &["2: `otlp.compression` must be one of gzip, none"]),
        ("[otlp]\ncompression = false", &["2: `otlp.compression` must be a string"]),
        ("[otlp]\ntimeout = '10ms'", &["2: `otlp.timeout` must be at least 1s"]),
        ("[otlp]\ntimeout = 10", &["2: `otlp.timeout` must be a duration"]),
        ("[otlp]\ntimeout = '1h'", &["2: `otlp.timeout` must be at most 2m"]),
        ("[otlp]\nheaders_file = 'headers'", &["2: `otlp.headers_file` must be an absolute path"]),
        ("[otlp]\nca_file = 'credential:a/b'", &["2: `otlp.ca_file` must name a credential"]),
        ("[otlp]\nca_file = ['/a']", &["2: `otlp.ca_file` must be a string"]),
        ("[otlp]\nclient_cert = '/a'", &["2: `otlp.client_cert` is there and `otlp.client_key` is not"]),
        (
            "[otlp]\nclient_key = 'credential:key'",
            &["2: `otlp.client_key` is there and `otlp.client_cert` is not"],
        ),
        ("[otlp]\nclient_cert = '/a'\nclient_key = 'b'", &["3: `otlp.client_key` must be an absolute path"]),
        ("[otlp]\nproxy = 'https://proxy:3128'", &["2: `otlp.proxy` must be a URL, or off"]),
        ("[otlp]\nproxy = 'http://me:pa55@proxy:3128'", &["2: `otlp.proxy` must be a URL, or off"]),
        ("[otlp]\nproxy = 'of'", &["2: `otlp.proxy` must be a URL, or off"]),
        ("[otlp]\nlogs_endpoint = 'v1/logs'", &["2: `otlp.logs_endpoint` must be a URL, or off"]),
        (
            "[otlp]\nprotocol = 'grpc'\nmetrics_endpoint = 'http://a/v1/metrics'\nlogs_endpoint = 'off'",
            &["3: `otlp.metrics_endpoint` does not go with the protocol grpc"],
        ),
        ("[otlp]\nheaders = { authorization = 'x' }", &["2: unknown key `headers` in [otlp]"]),
    ];
    for (text, expected) in cases {
        assert_eq!(mistakes(text), *expected, "in {text:?}");
    }
}

#[test]
fn a_value_of_another_exporter_is_refused_with_the_one_that_was_meant() {
    for (text, hint) in [
        ("[otlp]\nprotocol = 'http/json'", "did you mean \"http/protobuf\"?"),
        ("[otlp]\nprotocol = 'GRPC'", "did you mean \"grpc\"?"),
        ("[otlp]\ncompression = 'zstd'", "allowed: gzip, none"),
        ("[otlp]\nlogs_endpoint = 'v1/logs'", "write it like https://gateway:4318/v1/metrics, or \"off\""),
        (
            "[otlp]\nca_file = 'ca.pem'",
            "write the whole path, for example \"/etc/sortie/ca.pem\", or \"credential:NAME\" for a credential of the service manager",
        ),
    ] {
        let problems = parse(text, Base::Catalogue).expect_err(text);
        assert_eq!(problems[0].hint.as_deref(), Some(hint), "{text}");
    }
}

#[test]
fn what_is_most_likely_not_meant_is_said() {
    let whole = "endpoint = 'https://a:4318'\nmetrics_endpoint = 'https://b/v1/metrics'\nca_file = '/ca'";
    for (text, sentences) in [
        (whole, &[][..]),
        (
            "logs_endpoint = 'https://b:4318/'",
            &[
                "otlp.logs_endpoint has no path and is used as it is: most receivers expect one that ends in v1/logs",
            ],
        ),
        (
            "endpoint = 'http://a:4318'\nca_file = '/ca'",
            &["otlp.ca_file is not used: no endpoint begins with https"],
        ),
        (
            "endpoint = 'https://a:4318'\nmetrics_endpoint = 'http://b/m'\nlogs_endpoint = 'off'\nclient_cert = '/c'\nclient_key = '/k'",
            &["otlp.client_cert is not used: no endpoint begins with https"],
        ),
        ("ca_file = '/ca'", &[]),
    ] {
        let config = parse(&format!("[otlp]\n{text}"), Base::Catalogue).expect(text);
        assert_eq!(config.unheeded(), sentences, "{text}");
    }
}
