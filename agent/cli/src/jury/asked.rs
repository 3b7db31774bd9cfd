//! What a roster asks: which ports and families, and whether a destination is still one of it.

use sortie_core::observation::Observation;
use sortie_core::target::{Family, Host, Port, Roster, Target};

/// The ports and families that have a machine.
pub(super) fn pairs<'a>(
    roster: &'a Roster,
    families: &'a [Family],
) -> impl Iterator<Item = (Port, Family)> + 'a {
    let ports = roster.ports().into_iter();
    let all = ports.flat_map(move |port| families.iter().map(move |family| (port, *family)));
    all.filter(|(port, family)| reaches(roster, *port, *family))
}

/// Whether the roster still has the destination of an observation.
pub(super) fn is_asked(roster: &Roster, observation: &Observation) -> bool {
    let of_target = |target: &Target| {
        Some(target.operator()) == observation.operator.as_ref()
            && (*target.address() == observation.address || target.control() == Some(&observation.address))
    };
    roster.targets().iter().any(of_target) || roster.globals().contains(&observation.address)
}

/// Whether anything on this port could have an address in this family: a literal has but one.
fn reaches(roster: &Roster, port: Port, family: Family) -> bool {
    roster.targets().iter().filter(|target| target.address().port == port).any(|target| {
        match &target.address().host {
            Host::Literal(ip) => Family::of(*ip) == family,
            Host::Name(_) | Host::Mx(_) => true,
        }
    })
}
