//! What an answer means, exactly as the OTLP specification has it.
//!
//! An answer that nobody can read never makes the same data be sent again: the receiver has them.

mod grpc;
mod http;
mod status;

use opentelemetry_http::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message as _;
use reqwest::header::HeaderMap;

pub(super) use self::grpc::grpc;
pub(super) use self::http::http;
use super::ending::{Ending, cut, printable};

/// The body of an answer as far as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) trailers: Option<HeaderMap>,
    /// Why there is no more of it; `None` where it is whole.
    pub(super) failure: Option<Ending>,
}

/// What a receiver that took the request says about it.
///
/// "The client MUST NOT retry the request when it receives a partial success response where the `partial_success` is
/// populated" (OTLP specification, "Partial Success"). Its fields have the same numbers for every signal.
fn success(message: &[u8]) -> Ending {
    match ExportMetricsServiceResponse::decode(message) {
        Ok(ExportMetricsServiceResponse { partial_success: Some(partial) }) => partial_success(&partial),
        Ok(ExportMetricsServiceResponse { partial_success: None }) => Ending::Taken,
        Err(_) => Ending::Warned("the answer is not one of an OTLP receiver".to_owned()),
    }
}

fn partial_success(partial: &ExportMetricsPartialSuccess) -> Ending {
    let message = cut(&partial.error_message);
    match u64::try_from(partial.rejected_data_points) {
        Ok(count @ 1..) => Ending::PartlyRejected { count, message },
        // "Servers MAY also use the `partial_success` field to convey warnings/suggestions to clients even when it fully
        // accepts the request. In such cases, the `rejected_<signal>` field MUST have a value of `0`, and the
        // `error_message` field MUST be non-empty."
        _ if !message.is_empty() => Ending::Warned(format!("the receiver says: {}", printable(&message))),
        _ => Ending::Taken,
    }
}
