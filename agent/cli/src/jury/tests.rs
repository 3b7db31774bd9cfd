use super::*;
use crate::config::{self, EngineChoice};
use crate::engine;

fn jury() -> Jury {
    let mut config = config::defaults();
    config.probe.engine = EngineChoice::Connect;
    engine::jury(&config, config.roster.clone()).expect("connect needs nothing")
}

#[tokio::test]
async fn another_jury_shows_what_the_former_one_did_and_hears_everybody_again() {
    let (mut former, mut next) = (jury(), jury());
    let blocked = Finding { state: State::PlatformBlocked, rule: "silent_all", ..Finding::unfinished() };
    let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    let (port, family) = (former.machines[0].port(), former.machines[0].family());
    former.machines[0] = Machine::resumed(port, family, Pace::DEFAULT, blocked.clone());
    former.since.insert((port, family), since);
    next.take_over(&former);
    let machine = &next.machines[0];
    assert_eq!(machine.shown(), Some(&blocked));
    assert_eq!(next.since(machine), Some(since));
    assert!(next.machines.iter().all(Machine::is_doubting), "the jury is due");
    assert!(next.machines[1..].iter().all(|machine| machine.shown().is_none()));
}
