//! Points of metrics.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, HistogramDataPoint, NumberDataPoint,
};

use super::series::{labels_of_point, labels_of_resource};
use super::{Catalogue, Series, describe};

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// Values by series and moment, in milliseconds since 1970 as Prometheus keeps them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    by_series: BTreeMap<Series, BTreeMap<u64, f64>>,
}

impl Points {
    /// All points of these requests.
    pub fn of<'a>(
        requests: impl IntoIterator<Item = &'a ExportMetricsServiceRequest>,
        catalogue: &Catalogue,
    ) -> Result<Self> {
        let mut points = Self::default();
        for request in requests {
            points.take_in(request, catalogue)?;
        }
        Ok(points)
    }

    /// Adds the points of a request, as Prometheus translates them.
    ///
    /// # Errors
    /// A point that is already there with another value, a metric without a published name, and what Prometheus would
    /// not take: delta temporality, points without a value.
    pub fn take_in(&mut self, request: &ExportMetricsServiceRequest, catalogue: &Catalogue) -> Result<()> {
        for of_host in &request.resource_metrics {
            let shared = labels_of_resource(&of_host.resource.clone().unwrap_or_default());
            for metric in of_host.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
                let name = catalogue.prometheus_name(&metric.name)?;
                let with = |attributes| shared.clone().into_iter().chain(labels_of_point(attributes));
                match &metric.data {
                    Some(Data::Gauge(gauge)) => {
                        for point in &gauge.data_points {
                            let series = Series::new(name, with(&point.attributes).collect());
                            self.add(series, milliseconds(point.time_unix_nano), number(point)?)?;
                        }
                    }
                    Some(Data::Sum(sum)) => {
                        require_cumulative(&metric.name, sum.aggregation_temporality())?;
                        for point in &sum.data_points {
                            let series = Series::new(name, with(&point.attributes).collect());
                            self.add(series, milliseconds(point.time_unix_nano), number(point)?)?;
                        }
                    }
                    Some(Data::Histogram(histogram)) => {
                        require_cumulative(&metric.name, histogram.aggregation_temporality())?;
                        for point in &histogram.data_points {
                            let labels: BTreeMap<_, _> = with(&point.attributes).collect();
                            self.add_histogram(name, &labels, point)?;
                        }
                    }
                    other => bail!("{} is of a kind that nobody expects: {other:?}", metric.name),
                }
            }
        }
        Ok(())
    }

    /// Adds one point.
    ///
    /// # Errors
    /// When it is already there with another value.
    pub fn add(&mut self, series: Series, at: u64, value: f64) -> Result<()> {
        let points = self.by_series.entry(series).or_default();
        if let Some(told) = points.insert(at, value)
            && told.to_bits() != value.to_bits()
        {
            bail!("a point at {at} was told as {told} and as {value}");
        }
        Ok(())
    }

    pub fn series(&self) -> impl Iterator<Item = &Series> {
        self.by_series.keys()
    }

    /// How many points there are.
    pub fn count(&self) -> usize {
        self.by_series.values().map(BTreeMap::len).sum()
    }

    /// The points of all series of this name, moment by moment.
    pub fn of_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Series, u64, f64)> {
        let of_name = self.by_series.iter().filter(move |(series, _)| series.name() == name);
        of_name.flat_map(|(series, points)| points.iter().map(move |(&at, &value)| (series, at, value)))
    }

    /// Moments of exports, in order.
    pub fn moments(&self) -> Vec<u64> {
        let mut moments: Vec<_> = self.by_series.values().flat_map(BTreeMap::keys).copied().collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// Those of this moment and later.
    #[must_use]
    pub fn since(&self, from: u64) -> Self {
        let later =
            |points: &BTreeMap<u64, f64>| points.range(from..).map(|(at, value)| (*at, *value)).collect();
        let by_series = self.by_series.iter().map(|(series, points)| (series.clone(), later(points)));
        Self { by_series: by_series.filter(|(_, points): &(_, BTreeMap<_, _>)| !points.is_empty()).collect() }
    }

    /// The same without these labels, for whoever keeps fewer of them.
    ///
    /// # Errors
    /// When two series become one and their points do not.
    pub fn without(&self, labels: &[&str]) -> Result<Self> {
        let mut fewer = Self::default();
        for (series, points) in &self.by_series {
            let series = series.without(labels);
            for (&at, &value) in points {
                fewer.add(series.clone(), at, value)?;
            }
        }
        Ok(fewer)
    }

    /// Pauses between two exports that are longer than this, in milliseconds: the last one before and the first after.
    pub fn gaps(&self, longest: u64) -> Vec<(u64, u64)> {
        let moments = self.moments();
        let pairs = moments.iter().copied().zip(moments.iter().copied().skip(1));
        pairs.filter(|(before, after)| after - before > longest).collect()
    }

    /// Points that are here and not there, or there with another value, as lines.
    pub fn missing_in(&self, there: &Self) -> Vec<String> {
        let mut missing = Vec::new();
        for (series, points) in &self.by_series {
            let others = there.by_series.get(series);
            for (at, value) in points {
                match others.and_then(|others| others.get(at)) {
                    Some(other) if other.to_bits() == value.to_bits() => {}
                    Some(other) => missing.push(format!("{series} {value} at {at}, there {other}")),
                    None => missing.push(format!("{series} {value} at {at}")),
                }
            }
        }
        missing
    }

    /// Requires that all of these are there, too; the names say what both are.
    pub fn require_within(&self, there: &Self, names: [&str; 2]) -> Result<()> {
        let text = describe(&self.missing_in(there), &[], names[0], names[1]);
        ensure!(text.is_empty(), "{text}");
        Ok(())
    }

    /// Requires that both hold the same points; the names say what they are.
    pub fn require_same(&self, there: &Self, names: [&str; 2]) -> Result<()> {
        let text = describe(&self.missing_in(there), &there.missing_in(self), names[0], names[1]);
        ensure!(
            text.is_empty(),
            "{} points in {}, {} in {}: {text}",
            self.count(),
            names[0],
            there.count(),
            names[1]
        );
        Ok(())
    }

    /// A histogram is a counter for each bound, with all that is below it, and two more.
    fn add_histogram(
        &mut self,
        name: &str,
        labels: &BTreeMap<String, String>,
        point: &HistogramDataPoint,
    ) -> Result<()> {
        require_value(point.flags)?;
        let at = milliseconds(point.time_unix_nano);
        let bounds = point.explicit_bounds.iter().copied().chain([f64::INFINITY]);
        ensure!(
            point.bucket_counts.len() == point.explicit_bounds.len() + 1,
            "{name} has {} counts for {} bounds",
            point.bucket_counts.len(),
            point.explicit_bounds.len()
        );
        let mut below = 0;
        for (bound, count) in bounds.zip(&point.bucket_counts) {
            below += count;
            let mut labels = labels.clone();
            labels.insert("le".to_owned(), bound.to_string());
            self.add(Series::new(format!("{name}_bucket"), labels), at, below as f64)?;
        }
        self.add(Series::new(format!("{name}_count"), labels.clone()), at, point.count as f64)?;
        if let Some(sum) = point.sum {
            self.add(Series::new(format!("{name}_sum"), labels.clone()), at, sum)?;
        }
        Ok(())
    }
}

fn require_cumulative(metric: &str, temporality: AggregationTemporality) -> Result<()> {
    ensure!(temporality == AggregationTemporality::Cumulative, "{metric} is {temporality:?}");
    Ok(())
}

fn require_value(flags: u32) -> Result<()> {
    ensure!(flags & DataPointFlags::NoRecordedValueMask as u32 == 0, "a point without a value");
    Ok(())
}

fn number(point: &NumberDataPoint) -> Result<f64> {
    require_value(point.flags)?;
    match point.value {
        Some(Value::AsDouble(number)) => Ok(number),
        Some(Value::AsInt(number)) => Ok(number as f64),
        None => bail!("a point without a value"),
    }
}

fn milliseconds(nanoseconds: u64) -> u64 {
    nanoseconds / NANOSECONDS_PER_MILLISECOND
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::otlp::Message;
    use crate::otlp::sample::Agent;

    fn points(turns: &[u32]) -> Result<Points> {
        let agent = Agent::new("vm", UNIX_EPOCH);
        let requests: Vec<_> = turns
            .iter()
            .map(|&turn| match agent.export(UNIX_EPOCH + Duration::from_secs(60), turn) {
                Message::Metrics(request) => request,
                Message::Events(_) => unreachable!("an export of metrics"),
            })
            .collect();
        Points::of(&requests, &Catalogue::load()?)
    }

    #[test]
    fn a_histogram_becomes_what_prometheus_makes_of_it() {
        let points = points(&[3]).expect("well-formed");
        let name = "sortie_probe_handshake_duration_seconds_bucket";
        let buckets: Vec<_> =
            points.of_name(name).map(|(series, _, value)| (series.label("le"), value)).collect();
        let expected = [("0.0025", 0.0), ("0.1", 3.0), ("1", 5.0), ("inf", 5.0)];
        assert_eq!(buckets, expected.map(|(bound, value)| (Some(bound), value)));
    }

    #[test]
    fn a_copy_changes_nothing_and_another_value_is_an_error() {
        let once = points(&[3]).expect("well-formed");
        assert_eq!(points(&[3, 3]).expect("a copy"), once);
        let error = points(&[3, 4]).expect_err("two values for one moment");
        assert!(error.to_string().contains("was told as 3 and as 4"), "{error}");
    }

    #[test]
    fn an_export_that_is_missing_is_a_gap() {
        let mut points = Points::default();
        for second in [60, 61, 62, 64, 65] {
            let series = Series::new("a", [].into());
            points.add(series, second * 1000, 1.0).expect("each once");
        }
        assert_eq!(points.gaps(1500), [(62_000, 64_000)]);
        assert_eq!(points.gaps(2000), []);
    }

    #[test]
    fn differences_are_told_from_both_sides() {
        let [there, other] = [points(&[3]), points(&[4])].map(|points| points.expect("well-formed"));
        assert!(there.require_same(&there.clone(), ["a", "b"]).is_ok());
        let text =
            there.require_same(&other, ["what was sent", "Prometheus"]).expect_err("they differ").to_string();
        assert!(text.contains("in what was sent and not in Prometheus"), "{text}");
        assert!(text.contains(" 3 at 60000, there 4"), "{text}");
    }
}
