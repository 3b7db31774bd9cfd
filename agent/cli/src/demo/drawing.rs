//! The chain of places as one line, solid as far as packets get and dotted beyond.

use super::plan::Place;

/// Between two places; of the same width whether packets pass or not.
const PASSES: &str = " ─── ";
const STOPPED: &str = " ╌╌╌ ";

/// The chain, for packets that get as far as `stop`, or everywhere.
pub(super) fn chain(stop: Option<Place>) -> String {
    Place::ALL.into_iter().fold(String::new(), |mut line, place| {
        if place != Place::Vm {
            let reached = stop.is_none_or(|stop| place <= stop);
            line.push_str(if reached { PASSES } else { STOPPED });
        }
        line + label(place)
    })
}

/// Where a place begins in the chain.
pub(super) fn column(place: Place) -> usize {
    let before = Place::ALL.into_iter().take_while(|other| *other != place);
    before.map(|other| label(other).chars().count() + PASSES.chars().count()).sum()
}

/// A line below the chain that says whose the first hops are.
pub(super) fn platform() -> String {
    let (start, end) = (column(Place::Gateway), column(Place::Fabric) + label(Place::Fabric).len());
    format!("{:start$}╰{:─^width$}╯", "", " the platform ", width = end - start - 2)
}

fn label(place: Place) -> &'static str {
    if place == Place::Net { "five operators" } else { place.name() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_get_as_far_as_they_are_stopped() {
        assert_eq!(chain(None), "vm ─── gateway ─── fabric ─── transit ─── isp ─── five operators");
        assert_eq!(
            chain(Some(Place::Fabric)),
            "vm ─── gateway ─── fabric ╌╌╌ transit ╌╌╌ isp ╌╌╌ five operators"
        );
        assert_eq!(platform(), "       ╰─ the platform ─╯");
    }

    #[test]
    fn marks_stand_under_their_places() {
        for place in Place::ALL {
            let drawn: String = chain(Some(place)).chars().skip(column(place)).collect();
            assert!(drawn.starts_with(label(place)), "{place}: {drawn}");
        }
    }
}
