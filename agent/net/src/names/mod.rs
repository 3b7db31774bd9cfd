//! Names to addresses, with the time it took and the reason where there are none.
//!
//! Answers are not cached here: the caller decides how often names are asked for, and each pass tells the truth of
//! its moment. A failure of names is never a verdict about a port, so it stays apart from everything else.

mod bogus;
mod failure;
mod resolved;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use sortie_core::observation::DnsFailure;
use sortie_core::target::{Address, Family, Host, Roster};

use crate::settings::NameServers;
pub use resolved::{Lookup, Resolved};

/// How long one server gets for one question: as long as the system's resolver gives it.
const SERVER_TIMEOUT: Duration = Duration::from_secs(5);

/// A question without an answer is asked again after this time; the first answer counts, whichever it belongs to.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// How long one name gets, whatever the servers do.
const NAME_TIMEOUT: Duration = Duration::from_secs(7);

/// Most addresses of one name and family that are used: a hostile answer may list hundreds.
const ADDRESSES_MAX: usize = 4;

/// Most mail exchangers of one domain that are used, the most preferred ones.
const EXCHANGERS_MAX: usize = 2;

/// Resolves every target, control and global control of a roster side by side.
pub(crate) async fn resolve(servers: &NameServers, families: &[Family], roster: &Roster) -> Resolved {
    let targets = roster.targets().iter();
    let mut addresses: Vec<&Address> =
        targets.flat_map(|target| std::iter::once(target.address()).chain(target.control())).collect();
    addresses.extend(roster.globals());
    addresses.sort();
    addresses.dedup();
    let is_name = |address: &&Address| !matches!(address.host, Host::Literal(_));
    // Opening a resolver reads files and sets up a cache: more work than several handshakes.
    let resolver = if addresses.iter().any(is_name) { open(servers) } else { None };
    let lookups =
        addresses.into_iter().flat_map(|address| families.iter().map(move |family| (address, *family)));
    let lookups = lookups.filter(|(address, family)| match address.host {
        Host::Literal(ip) => Family::of(ip) == *family,
        Host::Name(_) | Host::Mx(_) => true,
    });
    let answers = join_all(lookups.map(async |(address, family)| {
        (address.clone(), family, look_up(resolver.as_ref(), &address.host, family).await)
    }));
    Resolved::new(roster.clone(), answers.await)
}

/// Looks one host up in these families, side by side. A literal has one family only.
pub(crate) async fn resolve_one(servers: &NameServers, families: &[Family], host: &Host) -> Vec<Lookup> {
    if let Host::Literal(_) = host {
        return vec![look_up(None, host, Family::Ipv4).await];
    }
    let resolver = open(servers);
    join_all(families.iter().map(|family| look_up(resolver.as_ref(), host, *family))).await
}

/// Two resolvers of the same servers.
struct Resolvers {
    /// Asks two servers at a time, so that a dead one costs nothing.
    side_by_side: TokioResolver,
    /// Asks one at a time. The library takes the second of two truncated answers for a failure of TCP.
    in_turn: TokioResolver,
}

/// Fresh resolvers; `None` where the system names no server and no hosts.
fn open(servers: &NameServers) -> Option<Resolvers> {
    Some(Resolvers { side_by_side: open_one(servers, 2)?, in_turn: open_one(servers, 1)? })
}

fn open_one(servers: &NameServers, at_a_time: usize) -> Option<TokioResolver> {
    let mut builder = match servers {
        NameServers::System => TokioResolver::builder_tokio().ok()?,
        NameServers::These(list) => {
            let servers = list.iter().copied().map(name_server).collect();
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.timeout = SERVER_TIMEOUT;
    options.cache_size = 0;
    options.num_concurrent_reqs = at_a_time;
    // One retry; `attempts` counts the tries after the first.
    options.attempts = 1;
    builder.build().ok()
}

fn name_server(at: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = at.port();
        connection
    });
    NameServerConfig::new(at.ip(), true, connections.to_vec())
}

async fn look_up(resolver: Option<&Resolvers>, host: &Host, family: Family) -> Lookup {
    if let Host::Literal(ip) = host {
        return Lookup { addresses: Ok(vec![*ip]), took: None };
    }
    let started = Instant::now();
    let question = async {
        let resolver = resolver.ok_or(DnsFailure::Broken)?;
        match host {
            Host::Literal(ip) => Ok(vec![*ip]),
            Host::Name(name) => addresses_of(resolver, name, family).await,
            Host::Mx(domain) => addresses_of_exchangers(resolver, domain, family).await,
        }
    };
    let found = tokio::time::timeout(NAME_TIMEOUT, question).await.unwrap_or(Err(DnsFailure::Timeout));
    Lookup { addresses: found.and_then(bogus::sift), took: Some(started.elapsed()) }
}

async fn addresses_of(resolver: &Resolvers, name: &str, family: Family) -> Result<Vec<IpAddr>, DnsFailure> {
    let record = match family {
        Family::Ipv4 => RecordType::A,
        Family::Ipv6 => RecordType::AAAA,
    };
    let found = ask(resolver, name, record).await?.into_iter().filter_map(|data| match data {
        RData::A(a) => Some(IpAddr::V4(a.0)),
        RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
        _ => None,
    });
    capped(found).ok_or(DnsFailure::NoData)
}

/// The first few different addresses, if there is any.
fn capped(found: impl IntoIterator<Item = IpAddr>) -> Option<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    for address in found {
        if addresses.len() < ADDRESSES_MAX && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    (!addresses.is_empty()).then_some(addresses)
}

async fn addresses_of_exchangers(
    resolver: &Resolvers,
    domain: &str,
    family: Family,
) -> Result<Vec<IpAddr>, DnsFailure> {
    let exchangers = match ask(resolver, domain, RecordType::MX).await {
        Ok(records) => records,
        // RFC 5321 §5.1: without MX records the domain itself is its only exchanger.
        Err(DnsFailure::NoData) => return addresses_of(resolver, domain, family).await,
        Err(failure) => return Err(failure),
    };
    let mut exchangers: Vec<_> = exchangers
        .into_iter()
        .filter_map(|data| match data {
            // RFC 7505: the root as exchanger says that the domain takes no mail.
            RData::MX(mx) if !mx.exchange.is_root() => Some((mx.preference, mx.exchange.to_ascii())),
            _ => None,
        })
        .collect();
    exchangers.sort();
    exchangers.truncate(EXCHANGERS_MAX);
    let found = join_all(exchangers.iter().map(|(_, name)| addresses_of(resolver, name, family))).await;
    let failure = found.iter().find_map(|exchanger| exchanger.as_ref().err().copied());
    capped(found.into_iter().flatten().flatten()).ok_or(failure.unwrap_or(DnsFailure::NoData))
}

async fn ask(resolver: &Resolvers, name: &str, record: RecordType) -> Result<Vec<RData>, DnsFailure> {
    // The final dot keeps search domains out: the configuration names hosts of the internet.
    let name = format!("{}.", name.trim_end_matches('.'));
    let again = async {
        tokio::time::sleep(ASK_AGAIN).await;
        resolver.side_by_side.lookup(name.clone(), record).await
    };
    // A failure that came at once is an answer too.
    let found = tokio::select! {
        found = resolver.side_by_side.lookup(name.clone(), record) => found,
        found = again => found,
    };
    let found = match found {
        Err(NetError::Truncated) => resolver.in_turn.lookup(name.clone(), record).await,
        found => found,
    };
    match found {
        Ok(lookup) => Ok(lookup.answers().iter().map(|record| record.data.clone()).collect()),
        Err(error) => Err(failure::of(&error)),
    }
}
