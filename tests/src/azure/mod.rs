//! A faithful Azure: its instance metadata service and its Resource Manager, as far as anybody asks them about port 25.
//!
//! ```text
//!   vm ──▶ 169.254.169.254 at the first hop        who am I, a token please
//!    └───▶ Resource Manager at the end of the chain    what may I, with that token
//! ```
//!
//! It refuses what Azure refuses: no request without its header, its version and its token is answered. A trial changes what is
//! true ([`Azure::change`]) and how a question is met ([`Azure::meets`]) while somebody asks, and reads everything
//! that was asked ([`Azure::asked`]). Beside it stand hosts that nobody should ask ([`Service::Elsewhere`],
//! [`Service::Proxy`]): they take down whatever reaches them, and lie.

mod arm;
mod book;
pub mod cloud;
mod connection;
mod imds;
mod reply;
mod request;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::command::feed;
use crate::netns::Namespace;
use crate::plan::{Family, Link, Node};
use crate::stop::Helper;
use crate::topology::Chain;
use book::Book;
pub use cloud::Cloud;
pub use reply::Mood;
pub use request::{Asked, Question, Service};

/// Where the metadata service is, on every machine of Azure.
pub const IMDS_URL: &str = "http://169.254.169.254";
/// Where Resource Manager is in the laboratory.
pub const ARM_URL: &str = "http://192.0.2.80";
/// Where a stranger is, and where a proxy is.
const ELSEWHERE: &str = "192.0.2.81";
pub const PROXY_URL: &str = "http://192.0.2.82:3128";

const LINK_LOCAL: &str = "169.254.169.254";

/// A running Azure. Dropping it closes its ports.
#[derive(Debug)]
pub struct Azure {
    _helpers: Vec<Helper>,
    book: Arc<Book>,
}

impl Azure {
    /// Starts it around the machine at the inner end of a chain.
    pub fn start(chain: &Chain, cloud: Cloud) -> Result<Self> {
        let book = Arc::new(Book::new(cloud));
        let (vm, host, net) = (chain.node(Node::Vm)?, chain.node(Node::Router(1))?, chain.node(Node::Net)?);
        let gateway = Link(0).outer(Family::Ipv4);
        // The platform hands out this route with the address, whatever happens to the default one.
        ip(vm, &format!("route add {LINK_LOCAL}/32 via {gateway}\n"))?;
        ip(host, &format!("addr add {LINK_LOCAL}/32 dev lo\n"))?;
        ip(
            net,
            "addr add 192.0.2.80/32 dev lo\naddr add 192.0.2.81/32 dev lo\naddr add 192.0.2.82/32 dev lo\n",
        )?;
        let serve = |at: &Namespace, address: &str, service| {
            connection::serve(at, address.parse::<SocketAddr>()?, service, &book)
        };
        let helpers = vec![
            serve(host, "169.254.169.254:80", Service::Imds)?,
            serve(net, "192.0.2.80:80", Service::Arm)?,
            serve(net, "192.0.2.81:80", Service::Elsewhere)?,
            serve(net, "192.0.2.82:3128", Service::Proxy)?,
        ];
        Ok(Self { _helpers: helpers, book })
    }

    /// Changes what is true.
    pub fn change(&self, change: impl FnOnce(&mut Cloud)) {
        change(&mut self.book.lock().cloud);
    }

    /// What is true now.
    pub fn cloud(&self) -> Cloud {
        self.book.lock().cloud.clone()
    }

    /// How a question is met from now on.
    pub fn meets(&self, question: Question, mood: Mood) {
        self.book.lock().moods.insert(question, mood);
    }

    /// Makes every token worthless that was given so far.
    pub fn revoke_tokens(&self) {
        self.book.lock().tokens.revoke();
    }

    /// Everything that was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.book.lock().asked.clone()
    }

    /// How often one question was asked so far.
    pub fn times_asked(&self, question: Question) -> usize {
        self.asked().iter().filter(|asked| asked.question == Some(question)).count()
    }

    /// Every token that was given so far.
    pub fn tokens(&self) -> Vec<String> {
        self.book.lock().tokens.texts()
    }

    /// Waits until what was asked is as it should be, and returns it.
    pub fn wait(
        &self,
        what: &str,
        patience: Duration,
        enough: impl Fn(&[Asked]) -> bool,
    ) -> Result<Vec<Asked>> {
        self.book.wait(what, patience, enough)
    }
}

/// The same path where the stranger is.
fn elsewhere(path: &str) -> String {
    format!("http://{ELSEWHERE}{path}")
}

fn ip(at: &Namespace, script: &str) -> Result<()> {
    feed("ip", &["-n", at.name(), "-batch", "-"], script)
}
