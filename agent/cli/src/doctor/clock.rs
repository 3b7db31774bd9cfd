//! The wall clock: it decides no verdict, but every moment in a report, an event and a metric is its word.
//!
//! Whoever keeps it in time says so: systemd-timesyncd by a file, chrony when it is asked on this machine.

use super::finding::Finding;
use super::look::{self, Unseen};

const CHECK: &str = "clock";
/// Touched by systemd-timesyncd at each adjustment (systemd-timesyncd.service(8)).
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";
/// Columns of `chronyc -c tracking`: seconds that the clock is off, and whether it follows anybody.
const OFFSET: usize = 4;
const LEAP: usize = 13;
/// Beyond it backends refuse samples from the future, and logs of two machines do not fit together.
const OFF_MOST_SECONDS: f64 = 1.0;

pub(super) fn examine() -> Vec<Finding> {
    if std::path::Path::new(SYNCHRONIZED).exists() {
        return vec![Finding::fine(CHECK, "systemd-timesyncd keeps it in time")];
    }
    // Numbers only: no name is looked up.
    vec![judge(&look::ask("chronyc", &["-n", "-c", "tracking"]))]
}

fn judge(tracking: &Result<String, Unseen>) -> Finding {
    let advice = "see `timedatectl`; a clock that is off makes wrong moments of everything that is told";
    let line = match tracking {
        Ok(line) => line.trim(),
        Err(unseen) => {
            let text =
                format!("whether it is in time is not seen: {SYNCHRONIZED} is not there, and {unseen}");
            return Finding::not_seen(CHECK, text).todo(advice);
        }
    };
    let columns: Vec<&str> = line.split(',').collect();
    let offset = columns.get(OFFSET).and_then(|text| text.parse::<f64>().ok());
    let (Some(offset), Some(leap)) = (offset, columns.get(LEAP)) else {
        return Finding::not_seen(
            CHECK,
            "whether it is in time is not seen: chronyc answers otherwise than known",
        );
    };
    if *leap == "Not synchronised" {
        Finding::worth_a_look(CHECK, "chrony follows nobody").todo(advice)
    } else if offset.abs() > OFF_MOST_SECONDS {
        Finding::worth_a_look(CHECK, format!("chrony says that it is off by {offset:.1} s")).todo(advice)
    } else {
        Finding::fine(CHECK, "chrony keeps it in time")
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing::{Fine, NotSeen, WorthALook};
    use super::*;

    #[test]
    fn chrony_says_whether_the_clock_follows_anybody() {
        for (line, expected) in [
            (
                "50484330,PHC0,3,1764158400.1,0.000001254,-0.000001,0.000004,-8.3,0.0,0.003,0.00002,0.00001,16.1,Normal\n",
                Fine,
            ),
            (
                "50484330,PHC0,3,1764158400.1,-7.5,-0.000001,0.000004,-8.3,0.0,0.003,0.00002,0.00001,16.1,Normal\n",
                WorthALook,
            ),
            ("7F7F0101,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n", WorthALook),
            ("506 Cannot talk to daemon\n", NotSeen),
            ("", NotSeen),
        ] {
            assert_eq!(judge(&Ok(line.to_owned())).standing, expected, "{line:?}");
        }
        assert_eq!(judge(&Err(Unseen::Absent("chronyc".to_owned()))).standing, NotSeen);
    }
}
