//! Without `CAP_NET_RAW`: connect is used, says so once, and still sees and walks.

use std::process::Command;

use sortie_core::localise::Pair;
use sortie_core::observation::{EngineKind, Seen};
use sortie_core::target::{Operator, Port};
use sortie_core::walk::Reach;
use sortie_net::{Choice, OpenError, Prober, Settings};

use crate::lab::{At, Lab, plan, roster};
use crate::server::Service;

/// Where the server is, told to the process without capabilities.
const SERVER: &str = "SORTIE_TEST_SERVER";

#[test]
fn without_the_capability_connect_does_the_work_and_says_so() {
    let Some(mut lab) = Lab::new(1) else { return };
    lab.serve(25, Service::Greet("220 mx.lab ESMTP\r\n"));
    let me = std::env::current_exe().expect("a path");
    let inside = ["netns", "exec", &lab.name(At::Agent)].map(str::to_owned);
    let child = Command::new("ip")
        .args(inside)
        .args(["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--"])
        .arg(me)
        .args(["--exact", "unprivileged::child", "--ignored"])
        .env(SERVER, lab.server(false))
        .output()
        .expect("setpriv");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}

#[test]
#[ignore = "runs in a process without capabilities, started by the test above"]
fn child() {
    let server = std::env::var(SERVER).expect("told by the parent");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let raw = Prober::open(Settings { engine: Choice::Raw, ..Settings::default() });
        assert!(matches!(raw, Err(OpenError::Raw(reason)) if reason.contains("CAP_NET_RAW")));

        let prober = Prober::open(Settings::default()).expect("connect needs nothing");
        assert_eq!(prober.engine(), EngineKind::Connect);
        assert_eq!(prober.limits().iter().filter(|limit| limit.contains("CAP_NET_RAW")).count(), 1);

        let roster = roster(&[format!("{server}:25")]);
        let resolved = prober.resolve(&roster).await;
        let round = prober.round(&resolved, &plan(1, true), &|_| {}).await;
        assert!(matches!(round.observations[0].attempts[0].answers[0].seen, Seen::SynAck(_)));

        let ip = server.parse().expect("an address");
        let pair = Pair {
            operator: Operator::new("operator").expect("valid"),
            subject: (ip, Port::SMTP),
            control: None,
        };
        let walks = prober.walk(&[pair], 1..=2, 1).await;
        assert!(matches!(walks[0].steps[0].subject[..], [Reach::TimeExceeded(_)]));
        assert_eq!(walks[0].steps[1].subject, [Reach::SynAck]);
    });
}
