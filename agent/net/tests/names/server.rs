//! A DNS server with a handful of names, each of them one situation.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, MX};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

/// Answers until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket");
        let address = socket.local_addr().expect("bound");
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 1500];
            while !seen.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                if let Some(reply) = answer(&buffer[..length]) {
                    let _ = socket.send_to(&reply, from);
                }
            }
        });
        Self { address, stop, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let mut message = Message::from_vec(question).ok()?;
    let query = message.queries.first()?.clone();
    let name = query.name().to_ascii().to_ascii_lowercase();
    let records = records(name.trim_end_matches('.'), query.query_type())?;
    message.metadata.message_type = MessageType::Response;
    message.additionals.clear();
    match records {
        Ok(data) => {
            let mut owner = query.name().clone();
            for data in data {
                let next = if let RData::CNAME(CNAME(target)) = &data { Some(target.clone()) } else { None };
                message.answers.push(Record::from_rdata(owner.clone(), 60, data));
                owner = next.unwrap_or(owner);
            }
        }
        Err(code) => message.metadata.response_code = code,
    }
    message.to_vec().ok()
}

/// The records of a name, the code that it is refused with, or silence.
fn records(name: &str, kind: RecordType) -> Option<Result<Vec<RData>, ResponseCode>> {
    let a = |text: &str| RData::A(A(text.parse().expect("an address")));
    let aaaa = |text: &str| RData::AAAA(AAAA(text.parse().expect("an address")));
    let mx = |preference, host: &str| RData::MX(MX::new(preference, Name::from_ascii(host).expect("a name")));
    let alias = || RData::CNAME(CNAME(Name::from_ascii("both.example.").expect("a name")));
    Some(Ok(match (name, kind) {
        ("silent.example", _) => return None,
        ("missing.example", _) => return Some(Err(ResponseCode::NXDomain)),
        ("broken.example", _) => return Some(Err(ResponseCode::ServFail)),
        ("forbidden.example", _) => return Some(Err(ResponseCode::Refused)),
        ("both.example" | "v4.example", RecordType::A) => vec![a("192.0.2.1")],
        ("both.example" | "v6.example", RecordType::AAAA) => vec![aaaa("2001:db8::1")],
        ("alias.example", RecordType::A) => vec![alias(), a("192.0.2.1")],
        ("alias.example", RecordType::AAAA) => vec![alias(), aaaa("2001:db8::1")],
        ("many.example", RecordType::A) => (1..=40).map(|n| a(&format!("192.0.2.{n}"))).collect(),
        ("lie.example", RecordType::A) => vec![a("127.0.0.1"), a("0.0.0.0")],
        ("lie.example", RecordType::AAAA) => vec![aaaa("::1")],
        ("halflie.example", RecordType::A) => vec![a("127.0.0.1"), a("192.0.2.1")],
        ("mail.example", RecordType::MX) => {
            vec![mx(30, "missing.example."), mx(10, "both.example."), mx(20, "many.example.")]
        }
        ("nomail.example", RecordType::MX) => vec![mx(0, ".")],
        _ => Vec::new(),
    }))
}
