//! One look at the fleet: the questions are asked one after the other, all as of one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use super::census::{Answers, Census, Key, Row};
use super::observed::Observed;
use super::query::{Against, Scope, Source};
use super::since::{Past, Since, Span};
use super::vms::{PastOfVms, Vms};
use crate::exit::Standing;
use crate::prometheus::{AskError, Prometheus, Vector};

/// Hosts in one question: their ids have to fit into a URL, of which a proxy takes 8 KiB.
const HOSTS_MOST: usize = 100;
/// Ports, families and states of one VM.
const SERIES_OF_VM: u64 = 12;
/// A state that was left goes on as 0, so that there are more series than VMs.
const SERIES_OF_STATE: u64 = 2;

/// What was seen.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// By the clock of Prometheus, Unix time.
    pub(super) at: f64,
    pub(super) source: Source,
    pub(super) census: Census,
    /// `None` where nobody asked for them.
    pub(super) vms: Option<Vms>,
    pub(super) remarks: Remarks,
}

/// What there is to say about the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    /// Each says why not all may be in the answer.
    pub(super) incomplete: Vec<String>,
    /// Each is to be known beside a whole answer.
    pub(super) notes: Vec<String>,
}

/// Who asks, and what was learned earlier.
pub(super) struct Asker {
    prometheus: Prometheus,
    scope: Scope,
    vms: Option<u16>,
    /// Since when: asked again only of what changed.
    known: BTreeMap<Key, (Observed, Since)>,
    remarks: Remarks,
    /// The moment of all questions; `None` until the first answer has told it.
    at: Option<f64>,
}

impl Asker {
    pub(super) fn new(prometheus: Prometheus, scope: Scope, vms: Option<u16>) -> Self {
        Self { prometheus, scope, vms, known: BTreeMap::new(), remarks: Remarks::default(), at: None }
    }

    pub(super) async fn look(&mut self) -> Result<Look, AskError> {
        self.remarks = Remarks::default();
        self.at = None;
        let (source, answers) = self.answers().await?;
        let mut census = Census::of(&answers);
        if census.foreign > 0 {
            let note = format!("{} series have no port or no family that this version knows", census.foreign);
            self.remarks.notes.push(note);
        }
        let now = self.at.unwrap_or_else(unix_now);
        if census.subscriptions.is_empty() {
            self.explain_nothing().await?;
        } else {
            self.look_for_names().await?;
            self.look_back(source, &mut census, now).await;
        }
        let vms = match self.vms {
            Some(most) => Some(self.look_at_vms(most, now).await?),
            None => None,
        };
        let remarks = std::mem::take(&mut self.remarks);
        Ok(Look { at: now, source, census, vms, remarks })
    }

    async fn answers(&mut self) -> Result<(Source, Answers), AskError> {
        let scope = self.scope.clone();
        let mut source = Source::Recorded;
        let mut states = self.ask(&scope.states(source)).await?;
        if states.samples.is_empty() {
            source = Source::Raw;
            states = self.ask(&scope.states(source)).await?;
        }
        self.at = states.samples.first().map(|sample| sample.at);
        let mut answers = Answers {
            states,
            expected: self.sum(source, |source| scope.expected(source)).await?,
            against: None,
            agents: self.sum(source, |source| scope.agents(source)).await?,
            seen: self.sum(source, |source| scope.seen(source)).await?,
            types: self.ask(&scope.types()).await?,
        };
        let mut rows = Census::of(&answers);
        if rows.rows_mut().any(|(_, row)| row.tally.is_expected_to_differ()) {
            let blocked = self.ask(&scope.against(source, Against::Blocked)).await?;
            let open = self.ask(&scope.against(source, Against::Open)).await?;
            answers.against = Some((blocked, open));
        }
        Ok((source, answers))
    }

    /// Why nobody was found: whether there is nobody at all, or nobody who was asked for.
    async fn explain_nothing(&mut self) -> Result<(), AskError> {
        let is_empty = self.ask(&Scope::anything()).await?.samples.is_empty();
        let why = if is_empty {
            "this Prometheus has no sortie_port_status: see whether agents export to it, and whether this is the right tenant"
        } else {
            "agents report here, and none that was asked for: see the ids, the region and the port, and whether the backend promotes cloud.account.id and cloud.region to labels"
        };
        self.remarks.notes.push(why.to_owned());
        Ok(())
    }

    /// Machines that cannot be told apart would be taken for one.
    async fn look_for_names(&mut self) -> Result<(), AskError> {
        let nameless = self.ask(&self.scope.nameless()).await?;
        if let Some(sample) = nameless.samples.first() {
            self.remarks.incomplete.push(format!(
                "{} series have no host_id, so that VMs cannot be told apart: let the backend promote host.id to a label",
                sample.value
            ));
        }
        Ok(())
    }

    /// Since when. A past that cannot be had takes nothing from the present. Where every VM has to be counted anew for each
    /// moment of it, only that of rows is asked for that are not as expected.
    async fn look_back(&mut self, source: Source, census: &mut Census, now: f64) {
        let mut missing: BTreeMap<Key, (Observed, u64)> = BTreeMap::new();
        for (key, row) in census.rows_mut().filter(|(_, row)| row.counts) {
            let observed = row.tally.observed();
            match self.known.get(&key) {
                Some((known, since)) if *known == observed => row.since = Some(*since),
                _ if source == Source::Raw && row.standing() == Standing::Fine => {}
                _ => drop(missing.insert(key, (observed, series(source, row)))),
            }
        }
        self.known.retain(|key, _| !missing.contains_key(key));
        if missing.is_empty() {
            return;
        }
        match self.past(source, &missing, now).await {
            Ok(found) => {
                let fill = |(key, row): (Key, &mut Row)| {
                    if let Some(since) = found.get(&key) {
                        row.since = Some(*since);
                        self.known.insert(key, (row.tally.observed(), *since));
                    }
                };
                census.rows_mut().for_each(fill);
            }
            Err(error) => self.remarks.notes.push(format!("since when is not known: {error}")),
        }
    }

    async fn past(
        &mut self,
        source: Source,
        missing: &BTreeMap<Key, (Observed, u64)>,
        now: f64,
    ) -> Result<BTreeMap<Key, Since>, AskError> {
        let series = missing.values().map(|(_, series)| series).sum();
        let (recent, whole) = (Span::recent(series), Span::whole(series));
        let scope = self.scope.narrowed(missing.keys());
        let first = [
            by_row(&self.ask(&scope.first(source, recent)).await?),
            by_row(&self.ask(&scope.first(source, whole)).await?),
        ];
        let kinds: BTreeSet<Observed> = missing.values().map(|(observed, _)| *observed).collect();
        let mut found = BTreeMap::new();
        for kind in kinds {
            let fine = by_row(&self.ask(&scope.otherwise(source, kind, recent)).await?);
            let coarse = by_row(&self.ask(&scope.otherwise(source, kind, whole)).await?);
            for (key, _) in missing.iter().filter(|(_, (observed, _))| *observed == kind) {
                let at = |answer: &BTreeMap<Key, f64>| answer.get(key).copied();
                let first = first.iter().filter_map(at).reduce(f64::min);
                let past = Past { recent: at(&fine), whole: at(&coarse), first };
                if let Some(since) = past.since(now, recent, whole) {
                    found.insert(key.clone(), since);
                }
            }
        }
        Ok(found)
    }

    async fn look_at_vms(&mut self, most: u16, now: f64) -> Result<Vms, AskError> {
        let listed = self.ask(&self.scope.wrong(most)).await?;
        let is_all = listed.samples.len() < usize::from(most);
        let count = if is_all { None } else { Some(self.ask(&self.scope.wrong_count()).await?) };
        let mut vms = Vms::of(&listed, count.as_ref());
        let spans = {
            let series = (vms.listed.len() as u64).min(HOSTS_MOST as u64) * SERIES_OF_VM;
            (Span::recent(series), Span::whole(series))
        };
        let mut past = PastOfVms::default();
        for hosts in vms.hosts(false).chunks(HOSTS_MOST) {
            let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
            past.recent.push(self.ask(&Scope::held(&hosts, spans.0)).await?);
            past.whole.push(self.ask(&Scope::held(&hosts, spans.1)).await?);
            past.first.push(self.ask(&Scope::held_first(&hosts, spans.1)).await?);
        }
        vms.hear_states(now, &past, spans);
        let span = Span::silence(self.scope.window);
        let mut heard = Vec::new();
        for hosts in vms.hosts(true).chunks(HOSTS_MOST) {
            let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
            heard.push(self.ask(&Scope::heard(&hosts, span)).await?);
        }
        vms.hear_silence(&heard, span);
        Ok(vms)
    }

    /// A sum; where one group of the rules is loaded and another is not, what is missing is counted.
    async fn sum(&mut self, source: Source, of: impl Fn(Source) -> String) -> Result<Vector, AskError> {
        let sum = self.ask(&of(source)).await?;
        if sum.samples.is_empty() && source == Source::Recorded {
            return self.ask(&of(Source::Raw)).await;
        }
        Ok(sum)
    }

    async fn ask(&mut self, query: &str) -> Result<Vector, AskError> {
        let vector = self.prometheus.ask_at(query, self.at).await?;
        for warning in &vector.warnings {
            note(&mut self.remarks.incomplete, format!("the Prometheus API warns: {warning}"));
        }
        for info in &vector.infos {
            note(&mut self.remarks.notes, format!("the Prometheus API remarks: {info}"));
        }
        Ok(vector)
    }
}

/// Each once, and not without end: every question may have the same to say.
fn note(notes: &mut Vec<String>, text: String) {
    /// Who has read this many knows that something is wrong.
    const MOST: usize = 5;
    if notes.len() < MOST && !notes.contains(&text) {
        notes.push(text);
    }
}

/// How many series a question about the past of this row has to read.
fn series(source: Source, row: &Row) -> u64 {
    let series = match source {
        Source::Recorded => row.tally.states.len() as u64,
        Source::Raw => row.tally.vms(),
    };
    series * SERIES_OF_STATE
}

fn by_row(vector: &Vector) -> BTreeMap<Key, f64> {
    vector.samples.iter().filter_map(|sample| Some((super::census::key(sample)?, sample.value))).collect()
}

fn unix_now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
