//! A resolver library's errors in our words.

use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use sortie_core::observation::DnsFailure;

/// Why there was no answer.
pub(super) fn of(error: &NetError) -> DnsFailure {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => of_code(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => of_code(*code),
        // A server that cannot be reached is as silent as one that does not answer.
        NetError::Timeout | NetError::NoConnections | NetError::Io(_) => DnsFailure::Timeout,
        _ => DnsFailure::Broken,
    }
}

fn of_code(code: ResponseCode) -> DnsFailure {
    match code {
        ResponseCode::NoError => DnsFailure::NoData,
        ResponseCode::NXDomain => DnsFailure::NxDomain,
        ResponseCode::ServFail => DnsFailure::ServFail,
        ResponseCode::Refused => DnsFailure::Refused,
        _ => DnsFailure::Broken,
    }
}
