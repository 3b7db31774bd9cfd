//! Virtual time in an export. OpenTelemetry's SDK asks the real clock for the moment of a point and has no other; so the
//! moments of a finished export are written anew, and it is packed as it was.
//!
//! What an agent tells of its own process would be that of the simulator: it gets what an agent costs by our own figures.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use prost::Message as _;
use sortie_telemetry::Encoded;

use crate::otlp::{compress, decompress};

/// Resident memory of `sortie run`, in bytes: docs/benchmarks.md.
const MEMORY: i64 = 7 << 20;
/// Of one core, likewise.
const CPU: f64 = 0.0004;

/// When an export is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// By the agent's clock.
    pub(super) at: SystemTime,
    /// When the agent began, by the same.
    pub(super) began: SystemTime,
    /// How long it has run.
    pub(super) uptime: Duration,
}

/// The export as of this moment, and its message.
pub(super) fn moved(export: &Encoded, moment: Moment) -> Result<(Encoded, ExportMetricsServiceRequest)> {
    let message = decompress(&export.body).context("an export is gzip")?;
    let mut request = ExportMetricsServiceRequest::decode(&*message).context("an export is a message")?;
    let scopes = request.resource_metrics.iter_mut().flat_map(|of_host| &mut of_host.scope_metrics);
    for metric in scopes.flat_map(|scope| &mut scope.metrics) {
        move_points(metric, moment);
        own_process(metric, moment);
    }
    let body = compress(&request.encode_to_vec()).into();
    Ok((Encoded { signal: export.signal, records: export.records, body }, request))
}

/// Samples that Prometheus makes of an export: a histogram is one for each bucket, and its count and sum.
pub(super) fn samples(request: &ExportMetricsServiceRequest) -> usize {
    let scopes = request.resource_metrics.iter().flat_map(|of_host| &of_host.scope_metrics);
    let of_metric = |metric: &Metric| match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => {
            histogram.data_points.iter().map(|point| point.bucket_counts.len() + 2).sum()
        }
        _ => 0,
    };
    scopes.flat_map(|scope| &scope.metrics).map(of_metric).sum()
}

/// Requests by how they ended, as `sortie.agent.exports` counts them.
pub(super) fn endings(request: &ExportMetricsServiceRequest) -> Vec<(String, u64)> {
    let scopes = request.resource_metrics.iter().flat_map(|of_host| &of_host.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let exports = metrics.filter(|metric| metric.name == "sortie.agent.exports");
    let points = exports.filter_map(|metric| match &metric.data {
        Some(Data::Sum(sum)) => Some(&sum.data_points),
        _ => None,
    });
    let ending = |point: &NumberDataPoint| {
        let error = point.attributes.iter().find(|attribute| attribute.key == "error.type");
        let word = error.and_then(|attribute| match attribute.value.as_ref()?.value.as_ref()? {
            any_value::Value::StringValue(word) => Some(word.clone()),
            _ => None,
        });
        match point.value {
            Some(Value::AsInt(count)) => Some((word.unwrap_or_default(), count.unsigned_abs())),
            _ => None,
        }
    };
    points.flatten().filter_map(ending).collect()
}

fn move_points(metric: &mut Metric, moment: Moment) {
    let (at, began) = (nanoseconds(moment.at), nanoseconds(moment.began));
    let number = |point: &mut NumberDataPoint| {
        point.time_unix_nano = at;
        if point.start_time_unix_nano != 0 {
            point.start_time_unix_nano = began;
        }
    };
    match &mut metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.iter_mut().for_each(number),
        Some(Data::Sum(sum)) => sum.data_points.iter_mut().for_each(number),
        Some(Data::Histogram(histogram)) => {
            for point in &mut histogram.data_points {
                (point.time_unix_nano, point.start_time_unix_nano) = (at, began);
            }
        }
        _ => {}
    }
}

fn own_process(metric: &mut Metric, moment: Moment) {
    let seconds = moment.uptime.as_secs_f64().round();
    let value = match metric.name.as_str() {
        "process.uptime" => Value::AsDouble(seconds),
        "process.memory.usage" => Value::AsInt(MEMORY),
        // As much in the kernel as in the program.
        "process.cpu.time" => Value::AsDouble(seconds * CPU / 2.0),
        _ => return,
    };
    let points = match &mut metric.data {
        Some(Data::Gauge(gauge)) => &mut gauge.data_points,
        Some(Data::Sum(sum)) => &mut sum.data_points,
        _ => return,
    };
    for point in points {
        point.value = Some(value);
    }
}

fn nanoseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
