//! A name server for `example`, honest or not.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::netns::Namespace;
use crate::plan::{Family, Host, resolver};
use crate::server::{listen, runtime};
use crate::stop::{Helper, POLL, StopFlag};

const PORT: u16 = 53;
const TIME_TO_LIVE: u32 = 60;

/// How names are resolved. Present in a scenario: `sortie` is given names instead of addresses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dns {
    #[serde(default)]
    pub answers: Answers,
    /// Only names of mail exchangers (`mx.`) are treated so; the rest is answered honestly.
    #[serde(default)]
    pub mail_only: bool,
    /// What these names lead to instead: addresses, or another name as a `CNAME`.
    #[serde(default)]
    pub records: BTreeMap<String, Vec<String>>,
    /// Every answer takes this long.
    #[serde(default)]
    pub delay_ms: u64,
    /// Over UDP every answer is truncated to nothing: the client must come back over TCP.
    #[serde(default)]
    pub truncate: bool,
    /// Targets are written `mx:DOMAIN:25`.
    #[serde(default)]
    pub by_mx: bool,
}

/// What the server answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    #[default]
    Honest,
    Nxdomain,
    Servfail,
    Refused,
    /// NOERROR without a record.
    Empty,
    /// No answer at all.
    Timeout,
    /// The first bytes of an answer, then nothing.
    Cut,
    /// These addresses for every name.
    Lie(Vec<IpAddr>),
}

/// Starts the server on its own addresses, UDP and TCP.
pub fn start(dns: Dns, namespace: &Namespace) -> Result<Helper> {
    namespace.spawn(
        || {
            let mut sockets = Vec::new();
            for family in Family::BOTH {
                let address = SocketAddr::new(resolver(family), PORT);
                let udp = UdpSocket::bind(address).with_context(|| format!("failed to bind {address}"))?;
                udp.set_nonblocking(true)?;
                sockets.push((udp, listen(address)?));
            }
            Ok((runtime()?, sockets))
        },
        move |(runtime, sockets), flag| runtime.block_on(serve(sockets, dns, flag)),
    )
}

async fn serve(sockets: Vec<(UdpSocket, std::net::TcpListener)>, dns: Dns, flag: &StopFlag) {
    for (udp, tcp) in sockets {
        tokio::spawn(serve_udp(udp, dns.clone()));
        tokio::spawn(serve_tcp(tcp, dns.clone()));
    }
    while !flag.is_set() {
        tokio::time::sleep(POLL).await;
    }
}

async fn serve_udp(socket: UdpSocket, dns: Dns) {
    let Ok(socket) = tokio::net::UdpSocket::from_std(socket).map(Arc::new) else { return };
    let dns = Arc::new(dns);
    let mut query = [0; 1500];
    while let Ok((length, client)) = socket.recv_from(&mut query).await {
        let (socket, dns, query) = (Arc::clone(&socket), Arc::clone(&dns), query[..length].to_vec());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(dns.delay_ms)).await;
            if let Some(answer) = answer(&query, &dns, dns.truncate) {
                let _ = socket.send_to(&answer, client).await;
            }
        });
    }
}

async fn serve_tcp(listener: std::net::TcpListener, dns: Dns) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve_stream(stream, dns.clone()));
    }
}

/// One client may ask many questions over one connection (RFC 7766).
async fn serve_stream(mut stream: tokio::net::TcpStream, dns: Dns) {
    while let Ok(length) = stream.read_u16().await {
        let mut query = vec![0; usize::from(length)];
        if stream.read_exact(&mut query).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(dns.delay_ms)).await;
        if let Some(answer) = answer(&query, &dns, false) {
            let _ = stream.write_u16(u16::try_from(answer.len()).unwrap_or(u16::MAX)).await;
            let _ = stream.write_all(&answer).await;
        }
    }
}

/// The bytes to send back, or silence.
fn answer(query: &[u8], dns: &Dns, truncate: bool) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).ok()?;
    let question = query.queries.first()?.clone();
    let name = question.name().clone();
    let text = name.to_ascii().to_ascii_lowercase();
    let concerned = !dns.mail_only || text.starts_with("mx.");
    let answers = if concerned { &dns.answers } else { &Answers::Honest };

    let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
    reply.metadata.recursion_desired = query.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    reply.add_query(question.clone());
    if truncate {
        reply.metadata.truncation = true;
        return reply.to_vec().ok();
    }
    if let Some(chain) = configured(dns, &name, question.query_type()) {
        reply.add_answers(chain);
        return reply.to_vec().ok();
    }
    match answers {
        Answers::Timeout => return None,
        Answers::Nxdomain => reply.metadata.response_code = ResponseCode::NXDomain,
        Answers::Servfail => reply.metadata.response_code = ResponseCode::ServFail,
        Answers::Refused => reply.metadata.response_code = ResponseCode::Refused,
        Answers::Empty => {}
        Answers::Honest | Answers::Cut => match honest(&text, question.query_type()) {
            Some(data) => {
                reply.add_answers(data.into_iter().map(|data| record(&name, data)));
            }
            None => reply.metadata.response_code = ResponseCode::NXDomain,
        },
        Answers::Lie(addresses) => {
            let data = addresses.iter().filter_map(|&address| data_of(address, question.query_type()));
            reply.add_answers(data.map(|data| record(&name, data)));
        }
    }
    let mut bytes = reply.to_vec().ok()?;
    if matches!(answers, Answers::Cut) {
        bytes.truncate(bytes.len() - 7);
    }
    Some(bytes)
}

/// Aliases of a configured name, followed to addresses of the wanted type.
fn configured(dns: &Dns, name: &Name, kind: RecordType) -> Option<Vec<Record>> {
    let key = name.to_ascii().to_ascii_lowercase();
    let entries = dns.records.get(key.trim_end_matches('.'))?;
    let mut records = Vec::new();
    for entry in entries {
        if let Ok(address) = entry.parse() {
            records.extend(data_of(address, kind).map(|data| record(name, data)));
        } else {
            let alias = Name::from_ascii(format!("{entry}.")).ok()?;
            records.push(record(name, RData::CNAME(CNAME(alias.clone()))));
            let behind = configured(dns, &alias, kind).or_else(|| {
                let data = honest(&alias.to_ascii(), kind)?;
                Some(data.into_iter().map(|data| record(&alias, data)).collect())
            });
            records.extend(behind?);
        }
    }
    Some(records)
}

/// Records of a name that exists (perhaps none of this type), or `None` for one that does not.
fn honest(name: &str, kind: RecordType) -> Option<Vec<RData>> {
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    let host_named = |label: &str| Host::all().find(|host| host.name() == label);
    let addresses = |host: Host| {
        Family::BOTH.into_iter().filter_map(move |family| data_of(host.address(family), kind)).collect()
    };
    match labels[..] {
        ["mx" | "smtp" | "mail" | "www", label, "example"] => host_named(label).map(addresses),
        [label, "example"] => host_named(label).map(|host| {
            let exchanger = Name::from_ascii(format!("mx.{}.example.", host.name()));
            match (kind, exchanger) {
                (RecordType::MX, Ok(exchanger)) => vec![RData::MX(MX::new(10, exchanger))],
                _ => addresses(host),
            }
        }),
        _ => None,
    }
}

fn data_of(address: IpAddr, kind: RecordType) -> Option<RData> {
    match (address, kind) {
        (IpAddr::V4(address), RecordType::A) => Some(RData::A(A(address))),
        (IpAddr::V6(address), RecordType::AAAA) => Some(RData::AAAA(AAAA(address))),
        _ => None,
    }
}

fn record(name: &Name, data: RData) -> Record {
    Record::from_rdata(name.clone(), TIME_TO_LIVE, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchanger_and_its_addresses_are_known() {
        let mx = honest("alpha.example.", RecordType::MX).expect("exists");
        assert!(matches!(&mx[..], [RData::MX(mx)] if mx.exchange.to_ascii() == "mx.alpha.example."));
        let a = honest("mx.alpha.example.", RecordType::A).expect("exists");
        assert!(matches!(a[..], [RData::A(A(address))] if address.octets() == [192, 0, 2, 11]));
        assert!(honest("mx.foxtrot.example.", RecordType::A).is_none());
    }
}
