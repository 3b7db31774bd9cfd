//! One polite conversation with a relay: as far as a mail program would go before it shows a password, and no further.
//!
//! ```text
//!   names ─▶ connect ─▶ 220 ─▶ EHLO ─▶ STARTTLS ─▶ handshake ─▶ certificate ─▶ EHLO ─▶ QUIT
//!                       └──────────── talk ─────┘  └ secure ─┘  └ identity ─┘  └─ talk ──┘
//! ```
//!
//! Never MAIL, never AUTH: nothing is sent that a stranger may not read, so the handshake is completed with whoever answers,
//! and who that is becomes part of what was seen. Each step and the whole have a deadline, each reply has a cap, and
//! whatever happens is a [`Step`] and no error.

mod connect;
mod identity;
mod secure;
mod talk;

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use sortie_core::observation::DnsFailure;
use sortie_core::relay::{Conversation, Seen, Stage, Step, TlsMode};
use sortie_core::smtp::{Capabilities, QUIT, Reply};
use sortie_core::target::{Address, Family};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

pub use self::identity::Roots;
use self::talk::Talk;
use crate::names;
use crate::settings::{NameServers, Settings, Source};

/// Names, and a handshake of TCP with one of their addresses: as long as a probe waits.
const REACH: Duration = Duration::from_secs(7);
/// Greet delays against spammers are six seconds long by default (Postfix `postscreen_greet_wait`).
const GREETING: Duration = Duration::from_secs(8);
/// One question and its answer; a handshake of TLS is two of them.
const ANSWER: Duration = Duration::from_secs(5);
/// The answer to QUIT: nobody is worse off without it.
const GOODBYE: Duration = Duration::from_millis(500);

/// RFC 3207 §4.
const STARTTLS: &[u8] = b"STARTTLS\r\n";

/// The reply that goes on after connecting and after STARTTLS (RFC 5321 §4.3.2, RFC 3207 §4).
const GREETS: u16 = 220;
/// The reply that goes on after EHLO.
const OFFERS: u16 = 250;
/// The reply to QUIT.
const GOES: u16 = 221;

/// A relay and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Where it is.
    pub address: Address,
    /// How TLS begins.
    pub tls: TlsMode,
}

/// Asks relays, from where and through whom the settings say.
#[derive(Clone, Debug)]
pub struct Caller {
    families: Vec<Family>,
    source: Option<Source>,
    names: NameServers,
}

impl Caller {
    /// Takes of the settings what has to do with conversations. Opens nothing.
    pub fn new(settings: &Settings) -> Self {
        let Settings { families, source, names, .. } = settings.clone();
        Self { families, source, names }
    }

    /// Holds one conversation, which is over after `most`.
    pub async fn converse(&self, relay: &Destination, roots: &Roots, most: Duration) -> Conversation {
        let Destination { address, tls } = relay;
        let mut minutes = Minutes { steps: Vec::new(), by: Instant::now() + most };
        // Whether it came to its end is what the last step says.
        let _ = self.hold(relay, roots, &mut minutes).await;
        Conversation { address: address.clone(), tls: *tls, steps: minutes.steps }
    }

    /// `None` where a step failed; the steps say which.
    async fn hold(&self, relay: &Destination, roots: &Roots, minutes: &mut Minutes) -> Option<()> {
        let Destination { address, tls } = relay;
        let addresses = minutes.step(Stage::Resolve, REACH, self.resolve(address)).await?;
        let connect = connect::first(&addresses, address.port, self.source.as_ref());
        let stream = minutes.step(Stage::Connect, REACH, connect).await?;
        let hello = hello(&stream);
        let stream = if *tls == TlsMode::Implicit {
            minutes.step(Stage::StartTls, ANSWER, secure::handshake(stream, address)).await?
        } else {
            let mut talk = Talk::new(stream);
            minutes.hear(&mut talk, Stage::Greeting, None).await?;
            let offers = minutes.hear(&mut talk, Stage::Ehlo, Some(&hello)).await?;
            if *tls == TlsMode::None {
                return minutes.hear(&mut talk, Stage::Quit, Some(QUIT)).await.map(drop);
            }
            if !Capabilities::of(&offers).starttls {
                minutes.note(Stage::StartTls, Duration::ZERO, Seen::NotOffered);
                talk.leave(GOODBYE).await;
                return None;
            }
            // Who refuses is still there to be said goodbye to.
            let mut talk = Some(talk);
            let secured = minutes.step(Stage::StartTls, ANSWER, starttls(&mut talk, address)).await;
            if let Some(mut talk) = talk {
                talk.leave(GOODBYE).await;
            }
            secured?
        };
        let began = Instant::now();
        let certificate = identity::look(&stream, address, roots);
        minutes.note(Stage::Certificate, began.elapsed(), Seen::Presented(certificate));
        let mut talk = Talk::new(stream);
        if *tls == TlsMode::Implicit {
            minutes.hear(&mut talk, Stage::Greeting, None).await?;
        }
        minutes.hear(&mut talk, Stage::EhloTls, Some(&hello)).await?;
        minutes.hear(&mut talk, Stage::Quit, Some(QUIT)).await.map(drop)
    }

    async fn resolve(&self, address: &Address) -> Result<(Vec<IpAddr>, Seen), Seen> {
        let lookups = names::resolve_one(&self.names, &self.families, &address.host).await;
        let failure = lookups.iter().find_map(|lookup| lookup.addresses.as_ref().err().copied());
        let addresses: Vec<IpAddr> = lookups.into_iter().flat_map(|l| l.addresses).flatten().collect();
        if addresses.is_empty() {
            return Err(Seen::Unresolved(failure.unwrap_or(DnsFailure::NoData)));
        }
        Ok((addresses.clone(), Seen::Resolved(addresses)))
    }
}

/// The steps so far, and until when there may be more.
struct Minutes {
    steps: Vec<Step>,
    by: Instant,
}

impl Minutes {
    /// Waits for a step at most this long, and writes down what came of it; `None` where it failed.
    async fn step<T>(
        &mut self,
        stage: Stage,
        most: Duration,
        step: impl Future<Output = Result<(T, Seen), Seen>>,
    ) -> Option<T> {
        let began = Instant::now();
        let most = most.min(self.by.saturating_duration_since(began));
        let (done, seen) = match timeout(most, step).await.unwrap_or(Err(Seen::Silent)) {
            Ok((done, seen)) => (Some(done), seen),
            Err(seen) => (None, seen),
        };
        self.note(stage, began.elapsed(), seen);
        done
    }

    /// Says something, where there is something to say, and hears the reply. A server that does not go on is left.
    async fn hear<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        talk: &mut Talk<S>,
        stage: Stage,
        command: Option<&[u8]>,
    ) -> Option<Reply> {
        let (most, expected) = match stage {
            Stage::Greeting => (GREETING, GREETS),
            Stage::Quit => (GOODBYE, GOES),
            _ => (ANSWER, OFFERS),
        };
        let heard = async {
            let reply = talk.ask(command.unwrap_or_default()).await?;
            let seen = Seen::Replied(reply.clone());
            if reply.code == expected { Ok((reply, seen)) } else { Err(seen) }
        };
        let reply = self.step(stage, most, heard).await;
        if reply.is_none() && stage != Stage::Quit {
            talk.leave(GOODBYE).await;
        }
        reply
    }

    fn note(&mut self, stage: Stage, took: Duration, seen: Seen) {
        self.steps.push(Step { stage, took, seen });
    }
}

/// Asks for TLS and begins it. The conversation is taken only where the server consents.
async fn starttls(
    talk: &mut Option<Talk<TcpStream>>,
    address: &Address,
) -> Result<(TlsStream<TcpStream>, Seen), Seen> {
    let Some(mut plain) = talk.take() else { return Err(Seen::Closed) };
    let reply = plain.ask(STARTTLS).await?;
    if reply.code != GREETS {
        *talk = Some(plain);
        return Err(Seen::Replied(reply));
    }
    // RFC 3207 §6, CVE-2011-0411: what was said in the clear must not be taken for something said under TLS.
    let stream = plain.into_stream().map_err(Seen::Injected)?;
    secure::handshake(stream, address).await
}

/// Greets with this machine's address: a literal is valid wherever a name may not be (RFC 5321 §4.1.3), and says what the
/// server sees anyway. Exchange Online answers 501 to a name that is none.
fn hello(stream: &TcpStream) -> Vec<u8> {
    let own = stream.local_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |own| own.ip().to_canonical());
    let literal = match own {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    };
    format!("EHLO {literal}\r\n").into_bytes()
}
