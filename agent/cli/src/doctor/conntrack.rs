//! How full connection tracking is: a full table refuses every new connection, whatever its port.

use super::finding::Finding;
use super::look::{self, Unseen};

const CHECK: &str = "conntrack";
const COUNT: &str = "/proc/sys/net/netfilter/nf_conntrack_count";
const MAX: &str = "/proc/sys/net/netfilter/nf_conntrack_max";

/// Percent from which a burst may fill the rest.
const HIGH: u64 = 80;

pub(super) fn examine() -> Vec<Finding> {
    vec![judge(&look::read(COUNT), &look::read(MAX))]
}

fn judge(count: &Result<String, Unseen>, max: &Result<String, Unseen>) -> Finding {
    let (count, max) = match (count, max) {
        (Ok(count), Ok(max)) => (count, max),
        (Err(unseen), _) | (_, Err(unseen)) if unseen.is_absent() => {
            return Finding::fine(CHECK, "this kernel tracks no connections here");
        }
        (Err(unseen), _) | (_, Err(unseen)) => {
            return Finding::not_seen(CHECK, format!("not seen: {unseen}"));
        }
    };
    let (Ok(count), Ok(max)) = (count.trim().parse::<u64>(), max.trim().parse::<u64>()) else {
        return Finding::not_seen(CHECK, format!("not seen: {COUNT} and {MAX} are no numbers"));
    };
    let text = format!("{count} of {max} connections are tracked");
    let advice = "raise net.netfilter.nf_conntrack_max, or find what fills the table (`conntrack -S`)";
    // No limit is written as 0.
    match count.saturating_mul(100).checked_div(max) {
        Some(100..) => Finding::broken(CHECK, text + ": new ones are refused").todo(advice),
        Some(HIGH..) => Finding::worth_a_look(CHECK, text).todo(advice),
        Some(_) | None => Finding::fine(CHECK, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{self, Broken, Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn a_table_is_judged_by_what_is_left_of_it() {
        let standing = |count: &str, max: &str| -> Standing {
            judge(&Ok(count.to_owned()), &Ok(max.to_owned())).standing
        };
        for (count, max, expected) in [
            ("12\n", "65536\n", Fine),
            ("79\n", "100\n", Fine),
            ("80\n", "100\n", WorthALook),
            ("99\n", "100\n", WorthALook),
            ("100\n", "100\n", Broken),
            ("120\n", "100\n", Broken),
            ("5\n", "0\n", Fine),
            ("18446744073709551615", "1", Broken),
            ("x", "100", NotSeen),
            ("-1", "100", NotSeen),
        ] {
            assert_eq!(standing(count, max), expected, "{count:?} of {max:?}");
        }
    }

    #[test]
    fn no_tracking_is_fine_and_no_permission_is_not_seen() {
        let absent = Err(Unseen::Absent(COUNT.to_owned()));
        let forbidden = Err(Unseen::Forbidden(COUNT.to_owned()));
        assert_eq!(judge(&absent, &Ok("1".to_owned())).standing, Fine);
        assert_eq!(judge(&Ok("1".to_owned()), &forbidden).standing, NotSeen);
    }
}
