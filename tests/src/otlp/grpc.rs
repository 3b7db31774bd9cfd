//! What gRPC lays around a message: a prefix of five bytes, and how a refusal says when to come again.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper::body::Bytes;
use prost::Message;

/// One byte that says whether the message is compressed, four with its length (gRPC over HTTP/2, "Requests").
const PREFIX: usize = 5;

/// A message as it is framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub compressed: bool,
    pub message: Bytes,
}

impl Frame {
    pub fn write(&self) -> Bytes {
        // No message of a test is longer than the four bytes can say.
        let length = u32::try_from(self.message.len()).unwrap_or(u32::MAX);
        let prefix = [&[u8::from(self.compressed)][..], &length.to_be_bytes()].concat();
        [&prefix[..], &self.message].concat().into()
    }

    /// The one message of a unary call.
    pub fn read(bytes: &Bytes) -> Result<Self, String> {
        let Some((&[flag, a, b, c, d], message)) = bytes.split_first_chunk::<PREFIX>() else {
            return Err(format!("{} bytes are no gRPC message", bytes.len()));
        };
        let length = u32::from_be_bytes([a, b, c, d]);
        if flag > 1 || length as usize != message.len() {
            return Err(format!("the prefix says {flag}, {length} bytes; there are {}", message.len()));
        }
        Ok(Self { compressed: flag == 1, message: bytes.slice(PREFIX..) })
    }
}

/// When a receiver that refuses wants to be asked again (`google.rpc.RetryInfo`).
#[derive(Clone, PartialEq, Message)]
pub struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Seconds>,
}

/// `google.protobuf.Duration`
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
struct Seconds {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, Eq, Hash, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, Eq, Hash, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// The value of `grpc-status-details-bin` that asks to be left alone for a while.
pub fn status_details(code: u8, retry_after: Duration) -> String {
    let seconds = i64::try_from(retry_after.as_secs()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(retry_after.subsec_nanos()).unwrap_or_default();
    let info = RetryInfo { retry_delay: Some(Seconds { seconds, nanos }) };
    let any =
        Any { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value: info.encode_to_vec() };
    let status = Status { code: code.into(), message: "the receiver is busy".to_owned(), details: vec![any] };
    STANDARD_NO_PAD.encode(status.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let frame = Frame { compressed: true, message: Bytes::from_static(b"abc") };
        assert_eq!(frame.write(), &b"\x01\0\0\0\x03abc"[..]);
        assert_eq!(Frame::read(&frame.write()), Ok(frame));
    }

    #[test]
    fn a_prefix_that_lies_is_refused() {
        for bytes in [&b"\0\0\0"[..], b"\x02\0\0\0\0", b"\0\0\0\0\x02a", b"\0\0\0\0\x01ab"] {
            assert!(Frame::read(&Bytes::from_static(bytes)).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_delay_is_told_as_grpc_tells_it() {
        let details = STANDARD_NO_PAD.decode(status_details(8, Duration::from_millis(2500))).expect("base64");
        let status = Status::decode(&details[..]).expect("a status");
        assert_eq!((status.code, status.details.len()), (8, 1));
        let info = RetryInfo::decode(&status.details[0].value[..]).expect("a delay");
        assert_eq!(info.retry_delay, Some(Seconds { seconds: 2, nanos: 500_000_000 }));
    }
}
