//! Distances from TTLs.
//!
//! A sender starts at 32, 64, 128 or 255 and every router on the way takes one off, so the nearest of those above
//! an observed value gives the number of routers. A host's SYN-ACK and its RST may start at different values, hence
//! distances are compared, never TTLs.

/// Initial TTLs in use; 32 for the embedded stacks that remain.
const INITIAL: [u8; 4] = [32, 64, 128, 255];

/// More routers than any path on the internet has: a larger estimate is a rewritten TTL, not a distance.
const FARTHEST: u8 = 40;

/// Hops within which a device belongs to the cloud platform, unless the knowledge base says otherwise.
///
/// Counted like a TTL: the first router is hop 1.
pub const PLATFORM_HOPS: u8 = 3;

/// Hops by which two estimates of one host may differ when the TTLs of two kinds of packets are compared: paths
/// back may differ by load balancing. A walk compares exactly and does not need it.
pub const TOLERANCE: u8 = 3;

/// The hop at which the sender of a packet stands: 1 for the first router or an on-link host, `None` where the
/// TTL cannot be a distance.
pub fn hop(ttl_on_arrival: u8) -> Option<u8> {
    let initial = INITIAL.into_iter().find(|initial| *initial >= ttl_on_arrival)?;
    let routers = initial - ttl_on_arrival;
    (routers <= FARTHEST).then_some(routers + 1)
}

#[cfg(test)]
mod tests {
    use super::hop;

    #[test]
    fn the_nearest_initial_ttl_gives_the_hop() {
        for (ttl, expected) in [
            (64, Some(1)),
            (63, Some(2)),
            (58, Some(7)),
            (255, Some(1)),
            (250, Some(6)),
            (128, Some(1)),
            (116, Some(13)),
            (32, Some(1)),
            (70, None),
            (200, None),
        ] {
            assert_eq!(hop(ttl), expected, "ttl {ttl}");
        }
    }
}
