//! OpenTelemetry names as Prometheus writes them.
//!
//! The rules are those of the specification "Prometheus and `OpenMetrics` compatibility": dots become underscores, the
//! unit is spelled out behind the name, counters end in `_total`. A backend that receives OTLP applies the same, so
//! that a dashboard works however the numbers came.

/// The name of a metric.
pub(crate) fn metric(name: &str, unit: &str, is_counter: bool) -> String {
    let mut text: String = name.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
    // An annotation in braces counts things and is dropped. No other unit is in the registry.
    let unit = match unit {
        "s" => "_seconds",
        "By" => "_bytes",
        _ => "",
    };
    text.push_str(unit);
    if is_counter {
        text.push_str("_total");
    }
    text
}

/// The name of a label. One that begins with an underscore would be Prometheus' own (`__name__`), one that begins with
/// a digit is none: both get a prefix, as the specification has it.
pub(crate) fn label(key: &str) -> String {
    let text: String = key.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
    match text.chars().next() {
        Some('0'..='9') => format!("key_{text}"),
        Some('_') | None => format!("key{text}"),
        Some(_) => text,
    }
}

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_carry_their_unit_and_counters_say_so() {
        for (name, unit, is_counter, expected) in [
            ("sortie.port.status", "{port}", false, "sortie_port_status"),
            ("sortie.probe.attempts", "{attempt}", true, "sortie_probe_attempts_total"),
            ("sortie.probe.handshake.duration", "s", false, "sortie_probe_handshake_duration_seconds"),
            ("sortie.spool.usage", "By", false, "sortie_spool_usage_bytes"),
            ("sortie.busy", "s", true, "sortie_busy_seconds_total"),
        ] {
            assert_eq!(metric(name, unit, is_counter), expected, "{name}");
        }
    }

    #[test]
    fn labels_are_legal_whatever_the_key_is() {
        for (key, expected) in [
            ("server.port", "server_port"),
            ("k8s/zone-a", "k8s_zone_a"),
            ("1st", "key_1st"),
            ("__name__", "key__name__"),
            ("größe", "gr__e"),
            ("", "key"),
        ] {
            assert_eq!(label(key), expected, "{key}");
        }
    }
}
