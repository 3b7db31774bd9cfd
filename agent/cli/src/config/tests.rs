//! The configuration as a specification: what is read, what is refused and where.

mod hostile;
mod otlp;

use std::path::Path;
use std::time::Duration;

use sortie_core::relay::TlsMode;
use sortie_core::target::{Family, MIN_OPERATORS, Port, Role};

use super::*;

/// The mistakes of a file as `line: title`.
fn mistakes(text: &str) -> Vec<String> {
    match parse(text, Base::Catalogue) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|p| format!("{}: {}", p.line(text), p.title)).collect(),
    }
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = defaults();
    assert_eq!(config.agent.interval, Duration::from_secs(60));
    assert_eq!(config.probe.families, Family::ALL);
    assert_eq!(config.probe.attempts, [0, 1, 3].map(Duration::from_secs));
    assert_eq!(config.expect.port_25, PortExpectation::Auto);
    assert_eq!(config.web.listen.map(|a| a.to_string()).as_deref(), Some("127.0.0.1:9525"));
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!(&config.roster, catalogue::roster());
}

#[test]
fn every_key_of_the_reference_is_read() {
    let text = include_str!("tests/every-key.toml");
    let config = parse(text, Base::Catalogue).expect("the reference is a good file");
    insta::assert_debug_snapshot!(config);
}

#[test]
fn the_catalogue_can_convict_and_is_dated() {
    let date = catalogue::date();
    assert!(date.len() == 10 && humantime::parse_rfc3339(&format!("{date}T00:00:00Z")).is_ok(), "{date:?}");
    let roster = catalogue::roster();
    assert!(roster.operators(Port::SMTP).len() >= 5);
    assert!(roster.operators(Port::SUBMISSION).len() >= MIN_OPERATORS);
    assert!(roster.targets().iter().all(|target| target.control().is_some()));
    assert!(roster.targets().iter().filter(|target| target.role() == Role::Anchor).count() >= 2);
    assert!(roster.globals().len() >= 2);
    let relay = &catalogue::relays()[0];
    assert!(roster.targets().iter().any(|target| *target.address() == relay.address));
}

#[test]
fn targets_of_the_file_replace_the_built_in_ones_with_the_relay_and_nothing_else() {
    let config = parse("[[target]]\naddress = 'a.example:25'\n", Base::Catalogue).expect("good");
    let targets: Vec<String> = config.roster.targets().iter().map(|t| t.address().to_string()).collect();
    assert_eq!(targets, ["a.example:25"]);
    assert_eq!(config.roster.globals(), catalogue::globals());
    assert_eq!(config.relays, []);
    assert_eq!(defaults().relays, catalogue::relays());
    assert_eq!(
        config.warnings,
        ["port 25 has 1 independent operator (a.example): with fewer than 3 nobody can be convicted"]
    );
}

#[test]
fn a_required_relay_of_the_file_is_a_subject_of_its_port() {
    let relay = |required| {
        let text = format!("[[relay]]\nname = 'own'\naddress = 'relay.example:465'\nrequired = {required}\n");
        parse(&text, Base::Catalogue).expect("good")
    };
    let own = relay(true);
    assert_eq!(own.roster.ports().into_iter().map(Port::number).collect::<Vec<_>>(), [25, 465, 587]);
    assert_eq!(own.relays[0].tls, TlsMode::Implicit);
    assert_eq!(own.relays.len(), 1);
    assert_eq!(&relay(false).roster, catalogue::roster());
}

#[test]
fn a_relay_that_is_a_target_already_is_not_added_again() {
    let config =
        parse("[[relay]]\nname = 'x'\naddress = 'smtp.azurecomm.net:587'\n", Base::Catalogue).expect("good");
    assert_eq!(&config.roster, catalogue::roster());
}

#[test]
fn the_page_can_be_off_and_its_hosts_are_normal_names() {
    let text = "[web]\nlisten = 'off'\nhosts = ['VM-1.Example.com.', '[2001:DB8::1]', '::1', '192.0.2.1']";
    let web = parse(text, Base::Catalogue).expect("good").web;
    assert_eq!(web.listen, None);
    assert_eq!(web.hosts, ["vm-1.example.com", "2001:db8::1", "::1", "192.0.2.1"]);
    let many = format!("[web]\nhosts = [{}]", "'a',".repeat(web::HOSTS_MAX + 1));
    assert_eq!(mistakes(&many), ["2: `web.hosts` has more than 64 entries"]);
}

#[test]
fn mistakes_are_found_where_they_stand() {
    let cases: &[(&str, &[&str])] = &[
        ("[agent]\nintervall = '60s'", &["2: unknown key `intervall` in [agent]"]),
        ("[agnet]\n", &["1: unknown key `agnet` at the top level"]),
        ("agent = 1", &["1: `agent` must be a table"]),
        ("[agent]\ninterval = 60", &["2: `agent.interval` must be a duration"]),
        ("[agent]\ninterval = '60'", &["2: `agent.interval` must be a duration"]),
        ("[agent]\ninterval = '100ms'", &["2: `agent.interval` must be at least 1s"]),
        ("[agent]\ninterval = '400days'", &["2: `agent.interval` must be at most 1day"]),
        ("[agent]\ninterval = '99999999999999999999years'", &["2: `agent.interval` must be a duration"]),
        ("[agent]\ninterval = '5s'", &["2: an interval of 5s is too short for a window of 7s"]),
        ("[probe]\nwindow = '60s'", &["2: an interval of 1m is too short for a window of 1m"]),
        ("[agent]\nstate_dir = 'relative'", &["2: `agent.state_dir` must be an absolute path"]),
        ("[agent]\nhost_id = ''", &["2: `agent.host_id` must be 1 to 255 visible ASCII characters"]),
        ("[probe]\nengine = 'rwa'", &["2: `probe.engine` must be one of auto, raw, connect"]),
        ("[probe]\nfamilies = []", &["2: `probe.families` leaves nothing to probe"]),
        ("[probe]\nfamilies = ['ipv4', 'ipv4']", &["2: `probe.families` names IPv4 twice"]),
        ("[probe]\nfamilies = ['ipv5']", &["2: `probe.families` must be one of ipv4, ipv6"]),
        ("[probe]\nfamilies = 'ipv4'", &["2: `probe.families` must be a list"]),
        ("[probe]\nattempts = []", &["2: `probe.attempts` sends nothing"]),
        ("[probe]\nattempts = ['1s']", &["2: the first of `probe.attempts` must be \"0s\""]),
        ("[probe]\nattempts = ['0s', '3s', '1s']", &["2: `probe.attempts` must ascend: 1s follows 3s"]),
        ("[probe]\nattempts = ['0s', '1ms']", &["2: two of `probe.attempts` are less than 100ms apart"]),
        ("[probe]\nattempts = ['0s', '8s']", &["2: the window of 7s closes before the last attempt at 8s"]),
        ("[probe]\nwindow = '2s'", &["2: the window of 2s closes before the last attempt at 3s"]),
        ("[probe]\nsource = 'eth0/1'", &["2: `probe.source` must be an interface or an address"]),
        (
            "[probe]\nsource = '192.0.2.1'\nfamilies = ['ipv6']",
            &["2: `probe.source` is an IPv4 address, which `probe.families` leaves out"],
        ),
        ("[[target]]\noperator = 'x'", &["1: a [[target]] entry has no `address`"]),
        ("[target]\naddress = 'a:25'", &["1: `target` must be a list of tables"]),
        ("target = []", &["1: there is no target to probe"]),
        ("[[target]]\naddress = 'a.example'", &["2: `target.address` must be an address with a port"]),
        ("[[target]]\naddress = '0.0.0.0:25'", &["2: `target.address` must be an address with a port"]),
        (
            "[[target]]\naddress = 'a.example:25'\ncontrol = 'b.example:25'",
            &[
                "3: the control b.example:25 of a.example:25 is on the port under test: a block would stop both",
            ],
        ),
        (
            "[[target]]\naddress = 'a.example:25'\ncontrol = 'a.example:25'",
            &[
                "3: the control of a.example:25 is the subject itself: a control is another port of the same operator",
            ],
        ),
        (
            "[[target]]\noperator = 'a'\naddress = 'x.example:25'\n[[target]]\noperator = 'b'\naddress = 'X.example.:25'",
            &["6: x.example:25 is listed for two operators, a and b"],
        ),
        (
            "[[target]]\naddress = 'x.example:25'\n[[target]]\naddress = 'x.example:25'",
            &["4: x.example:25 is listed twice"],
        ),
        (
            "[[target]]\naddress = 'x.example:25'\n[controls]\nglobal = ['x.example:25']",
            &["4: x.example:25 is a target and a global control"],
        ),
        ("[expect]\nport_25 = 'closed'", &["2: `expect.port_25` must be one of auto, open, blocked, any"]),
        ("[expect]\nport_25 = true", &["2: `expect.port_25` must be a string"]),
        ("[cloud]\nimds = 'http://169.254.169.254/metadata'", &["2: `cloud.imds` must be a URL"]),
        ("[cloud]\narm = 'on'", &["2: `cloud.arm` must be \"auto\", \"off\" or a URL"]),
        (
            "[[relay]]\nname = 'a'\naddress = 'r.example:587'\n[[relay]]\nname = 'a'\naddress = 's.example:587'",
            &["5: two relays are called `a`"],
        ),
        ("[web]\nlisten = 'localhost'", &["2: `web.listen` must be an address with a port, or off"]),
        ("[web]\nlisten = 'of'", &["2: `web.listen` must be an address with a port, or off"]),
        ("[web]\nlisten = false", &["2: `web.listen` must be a string"]),
        ("[web]\nhosts = 'vm-1'", &["2: `web.hosts` must be a list"]),
        (
            "[web]\nhosts = ['vm-1:9525', 'https://vm-1', '*.example.com', '', 'mx:example.com', '[::1']",
            &["2: `web.hosts` must be a host name"; 6],
        ),
        (
            "[agent]\ninterval = 1\nhost = 'x'\n[probe]\nengine = 3",
            &[
                "2: `agent.interval` must be a duration",
                "3: unknown key `host` in [agent]",
                "5: `probe.engine` must be a string",
            ],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(mistakes(text), *expected, "in {text:?}");
    }
}

#[test]
fn broken_toml_is_refused_with_every_place() {
    let text = "[agent\ninterval = \n[probe]\nengine = raw\n";
    assert!(mistakes(text).len() >= 2, "{:?}", mistakes(text));
}

#[test]
fn a_mistake_looks_like_one_of_rustc() {
    let text = include_str!("tests/mistakes.toml");
    let problems = parse(text, Base::Catalogue).expect_err("every line is wrong");
    insta::assert_snapshot!(diagnose::render(Path::new("sortie.toml"), text, &problems, false));
}

#[test]
fn flags_beat_the_file() {
    let file =
        parse("[probe]\nengine = 'raw'\nfamilies = ['ipv4']\n[expect]\nport_25 = 'open'", Base::Catalogue);
    let flags = Overrides {
        engine: Some(EngineChoice::Connect),
        families: vec![Family::Ipv6],
        interval: Some(Duration::from_secs(30)),
        listen: Some(None),
        port_25: Some(PortExpectation::Blocked),
        demonstration: true,
    };
    let config = file.expect("good").with(&flags).expect("fits");
    assert_eq!(config.probe.engine, EngineChoice::Connect);
    assert_eq!(config.probe.families, [Family::Ipv6]);
    assert_eq!(config.agent.interval, Duration::from_secs(30));
    assert_eq!(config.expect.port_25, PortExpectation::Blocked);
    assert_eq!(config.web.listen, None);
    assert_eq!(config.pace, Pace::DEMONSTRATION);
}

#[test]
fn flags_that_do_not_fit_the_file_are_refused() {
    let interval = |seconds| {
        let interval = Some(Duration::from_secs(seconds));
        defaults().with(&Overrides { interval, ..Overrides::default() })
    };
    assert!(matches!(interval(0), Err(OverrideError::IntervalBounds(_))));
    assert!(matches!(interval(7), Err(OverrideError::IntervalWindow { .. })));
    assert!(interval(8).is_ok());
    let bound = parse("[probe]\nsource = '192.0.2.1'", Base::Catalogue).expect("good");
    let flags = Overrides { families: vec![Family::Ipv6], ..Overrides::default() };
    assert!(matches!(bound.with(&flags), Err(OverrideError::SourceFamily { .. })));
}

#[test]
fn what_is_not_acted_on_is_said() {
    assert!(defaults().unheeded().is_empty());
    for (imds, sentences) in [("auto", 0), ("http://169.254.169.254", 0), ("off", 1)] {
        let text = format!("[cloud]\narm = 'auto'\nimds = '{imds}'");
        assert_eq!(parse(&text, Base::Catalogue).expect("good").unheeded().len(), sentences, "{imds}");
    }
}
