//! A run made ready: the server found, what it offers learned from its first good answers, every case planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use ropcheck_reference_server::Policy;
use ropcheck_reports::drawn::Value;
use ropcheck_reports::record::{self, Case, Event, RunStarted, Skipped};
use url::Url;

use crate::breaker::SILENCES;
use crate::comparison::pairs;
use crate::drawn::Drawn;
use crate::embedded::{Embedded, Room};
use crate::exchange::{Exchange, Sent};
use crate::judge::judge_together;
pub use crate::learn::NotReady;
use crate::learn::{LESSONS, Learned, discover, key_set, learn, refusal};
use crate::library::Library;
use crate::lint::{LINTS, Tally};
use crate::load::truths;
use crate::pace::Pace;
use crate::plan::{Plan, Skip, plan, plan_base};
use crate::property::{Attempt, Drawing, Effort, LetGo, Property};
use crate::recorder;
use crate::seal::Known;
use crate::target::Target;
use crate::walk::{Ground, Manner, Start, walk};
use crate::wire::{Time, Wire};
use crate::witness::{Keys, witness};

/// What is judged: the embedded reference server under a policy, or a configured target.
pub enum Subject {
    /// The reference server in this process.
    Embedded(Box<Policy>),
    /// A server that answers elsewhere.
    Target(Box<Target>),
}

/// A run made ready.
pub struct Session {
    library: Arc<Library>,
    place: Place,
    target: Target,
    keys: Arc<Keys>,
    learned: Learned,
    drawing: Drawing,
    wire: Wire,
}

/// Where cases are walked.
enum Place {
    /// One ground for all.
    Shared(Arc<Ground>),
    /// A workspace for each.
    Embedded(Box<Embedded>),
}

/// The case under which the first good requests are recorded.
const LEARN: &str = "control/learn";

impl Session {
    /// Makes a run ready. `cases` are those that will be run; the embedded server makes room for them.
    pub async fn open(
        subject: Subject,
        library: Arc<Library>,
        cases: &[String],
        drawing: impl Into<Drawing>,
    ) -> Result<Self, NotReady> {
        let (place, mut target, time) = match subject {
            Subject::Embedded(policy) => {
                let room = |id: &str| library.scenarios.get(id).map_or(Room::Usual, |one| Room::of(&one.wrote));
                let all = cases.iter().map(String::as_str).chain([LEARN]).map(|id| (id, room(id)));
                let embedded = Embedded::start(all, *policy).await?;
                let (target, clock) =
                    embedded.of(LEARN).ok_or_else(|| NotReady::NoLogin("no workspace to learn in".to_owned()))?;
                (Some(embedded), target, Time::Moved(clock))
            }
            Subject::Target(target) => (None, *target, Time::Real),
        };
        let wire = Wire::new(&target)?;
        let limits = target.limits();
        let mut pace = Arc::new(Pace::of(&limits));
        match discover(&mut target, &wire, &pace).await {
            // The addresses of the embedded server are known to be right: that its metadata name others is judged.
            Err(NotReady::Elsewhere { .. }) if place.is_some() => {}
            done => done?,
        }
        // The metadata may name another machine, where more care is due.
        if target.limits() != limits {
            pace = Arc::new(Pace::of(&target.limits()));
        }
        let keys = Arc::new(Keys::new(key_set(&target, &wire, &pace).await, Known::of(&target)));
        let ground = Arc::new(Ground::new(wire.clone(), &target, pace, time));
        let learned = learn(&library, &target, &keys, &ground).await?;
        let place = place.map_or_else(|| Place::Shared(ground), |embedded| Place::Embedded(Box::new(embedded)));
        Ok(Self { library, place, target, keys, learned, drawing: drawing.into(), wire })
    }

    /// The library that its cases come from.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The target as it was resolved.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The keys that tokens are held against.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The issuer that a case's tokens have to name, where it is known.
    pub fn issuer(&self, case: &str) -> Option<String> {
        match &self.place {
            Place::Shared(_) => self.target.endpoints.issuer.clone(),
            Place::Embedded(embedded) => embedded.of(case)?.0.endpoints.issuer,
        }
    }

    /// The client and the run's clock.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// What the first good answers told.
    pub fn learned(&self) -> &Learned {
        &self.learned
    }

    /// Whether cases may run side by side: each has a workspace of its own.
    pub fn is_embedded(&self) -> bool {
        matches!(self.place, Place::Embedded(_))
    }

    /// Why no more is sent: the server has not answered for a while.
    pub fn silent(&self) -> Option<String> {
        match &self.place {
            Place::Shared(ground) if ground.breaker.is_broken() => {
                Some(format!("{SILENCES} requests in a row got no whole answer: the run was ended"))
            }
            Place::Shared(_) | Place::Embedded(_) => None,
        }
    }

    /// What whoever runs it has to know beside the findings. The accounts of the embedded server are nobody's.
    pub fn notices(&self) -> Vec<String> {
        match &self.place {
            Place::Shared(ground) => ground.notices(),
            Place::Embedded(_) => Vec::new(),
        }
    }

    /// One good login by each client that may make one, but for the first, which taught: the client, and what was answered
    /// where it was refused.
    pub async fn other_clients(&self) -> Vec<(String, Option<String>)> {
        let Place::Shared(ground) = &self.place else { return Vec::new() };
        let mut told = Vec::new();
        let first = self.target.client("default").map(|client| &client.name);
        for client in self.target.clients.iter().filter(|client| Some(&client.name) != first) {
            let alone = Target { clients: vec![client.clone()], ..self.target.clone() };
            let Ok(plan) = plan_base(LESSONS[0], &self.library, &alone, &self.learned.offers) else { continue };
            let walked = walk(&plan, &Drawn::none(), Start::Now, ground).await;
            let refused = refusal(&plan, &walked, &alone);
            told.push((client.name.clone(), refused));
        }
        told
    }

    /// Plans a case, and says where to walk it.
    pub fn plan(&self, id: &str) -> Result<(Plan, Arc<Ground>), Skip> {
        let scenario = self.library.scenarios.get(id).ok_or_else(|| Skip(format!("no scenario is named `{id}`")))?;
        match &self.place {
            Place::Shared(ground) => {
                let target = ground.spared(&self.target);
                Ok((plan(id, scenario, &self.library, &target, &self.learned.offers)?, Arc::clone(ground)))
            }
            Place::Embedded(embedded) => {
                let (target, clock) = embedded.of(id).ok_or_else(|| Skip("no workspace was made for it".to_owned()))?;
                let pace = Arc::new(Pace::of(&target.limits()));
                let ground = Ground::new(self.wire.clone(), &target, pace, Time::Moved(clock));
                Ok((plan(id, scenario, &self.library, &target, &self.learned.offers)?, Arc::new(ground)))
            }
        }
    }

    /// The requests a second that a load may ask for at the most, where the target file says.
    pub fn max_rate(&self) -> Option<f64> {
        self.target.load.as_ref().map(|load| load.max_rate)
    }

    /// The target that a load's journeys are planned for, and the ground to walk them on: a pace of its own, and any number
    /// of failed logins for those who may be locked out. `None` where no room was made for it.
    pub fn under_load(&self, id: &str, manner: Manner, keeps: bool) -> Option<(Target, Ground)> {
        let (mut target, time) = match &self.place {
            Place::Shared(_) => (self.target.clone(), Time::Real),
            Place::Embedded(embedded) => embedded.of(id).map(|(target, clock)| (target, Time::Moved(clock)))?,
        };
        target.allowed_failed_logins = u32::MAX;
        // Wrong passwords under load are those of sacrificial users: as many as are asked for, unless the target file bounds them.
        target.limits.failed_logins.get_or_insert(u32::MAX);
        let rate = self.max_rate();
        let wire = self.wire.clone().apart();
        let wire = if keeps { wire } else { wire.unkept() };
        let ground = Ground::new(wire, &target, Arc::new(Pace::at(rate)), time).in_manner(manner);
        Some((target, ground))
    }

    /// Runs one case, a property included: its events in order, and what the lints counted.
    pub async fn run(&self, id: &str) -> (Vec<Event>, Tally) {
        let mut tally = Tally::default();
        let (plan, ground) = match self.plan(id) {
            Ok(ready) => ready,
            Err(Skip(because)) => return (vec![Event::Skipped(Skipped { case: id.to_owned(), because })], tally),
        };
        let plan = Arc::new(plan);
        let mut events = Vec::new();
        if let Some(compare) = plan.compare {
            let mut walks = pairs(&plan, compare, self.drawing.seed, &ground).await;
            for walked in &mut walks {
                witness(&plan, walked, &self.keys);
                tally.walked(&plan, walked);
                recorder::exchanges(&plan, walked, &mut |exchange| events.push(Event::Exchange(exchange)));
            }
            judge_together(&plan, &walks, &mut |one| events.push(Event::Found(one)));
            return (events, tally);
        }
        let property = self.property(id, &plan, &ground);
        let mut kept = if plan.draws() {
            // Of hundreds of walks the record keeps what a finding or a lint points at: controls, and examples.
            let let_go: &mut LetGo<'_> = &mut |attempt| {
                tally.walked(&attempt.plan, &attempt.walked);
                let examples = tally.examples();
                let is_wanted = |position: usize, exchange: &Exchange| {
                    matches!(exchange.sent, Sent::Control { .. })
                        || !examples.is_empty() && examples.contains(&attempt.walked.exchange_id(position).as_str())
                };
                recorder::wanted(&attempt.plan, &attempt.walked, is_wanted, &mut |exchange| {
                    events.push(Event::Exchange(exchange));
                });
            };
            property.run(let_go).await
        } else {
            property.again(Drawn::none()).await
        };
        let asked = || self.library.fingerprint(id).unwrap_or_default();
        kept.found.iter_mut().filter_map(|one| one.drawn.as_mut()).for_each(|drawn| drawn.asked = asked());
        tally.walked(&kept.plan, &kept.walked);
        recorder::exchanges(&kept.plan, &kept.walked, &mut |exchange| events.push(Event::Exchange(exchange)));
        events.extend(kept.found.into_iter().map(Event::Found));
        (events, tally)
    }

    /// Runs one property once, with values that were drawn earlier.
    ///
    /// # Errors
    /// [`Skip`] where the target lacks what it needs.
    pub async fn replay(&self, id: &str, values: BTreeMap<String, Value>) -> Result<Attempt, Skip> {
        let (plan, ground) = self.plan(id)?;
        let plan = Arc::new(plan);
        Ok(self.property(id, &plan, &ground).again(Drawn::of(1, values)).await)
    }

    fn property<'a>(&'a self, id: &str, plan: &'a Arc<Plan>, on: &'a Ground) -> Property<'a> {
        let regressions = self.drawing.regressions.of(id);
        Property {
            plan,
            seed: self.drawing.seed,
            regressions,
            effort: effort(plan, &self.target, self.drawing.cases),
            on,
            keys: &self.keys,
        }
    }

    /// The first line of the record of a run over these cases.
    pub fn head(&self, kind: record::Kind, cases: &[String], started_ms: u64) -> RunStarted {
        head(&self.library, as_recorded(&self.target), kind, cases, self.drawing.seed, started_ms)
    }
}

/// How much a property asks of a target; so many sets of values, where somebody named a number.
pub fn effort(plan: &Plan, target: &Target, cases: Option<u32>) -> Effort {
    let effort = if plan.spends_logins() && !target.is_loopback() {
        Effort::CAREFUL
    } else {
        Effort { cases: cases.unwrap_or(Effort::USUAL.cases), ..Effort::USUAL }
    };
    Effort { cases: plan.ways().map_or(effort.cases, |ways| effort.cases.min(ways)), ..effort }
}

/// A target as the record names it.
pub fn as_recorded(target: &Target) -> record::Target {
    let endpoint = target.endpoints.known_by();
    record::Target { name: target.name.clone(), token_endpoint: endpoint.map(Url::to_string).unwrap_or_default() }
}

/// The first line of a record: the cases, and every sentence that they or a lint cite.
pub fn head(
    library: &Library,
    target: record::Target,
    kind: record::Kind,
    cases: &[String],
    seed: u64,
    started_ms: u64,
) -> RunStarted {
    let scenarios = || cases.iter().filter_map(|id| Some((id, library.scenarios.get(id)?)));
    let steps = scenarios().flat_map(|(_, scenario)| scenario.wrote.all_steps());
    let cited = steps.flat_map(|step| &step.value.expect.0).map(|(id, _)| id.value.as_str());
    let cited = cited.chain(LINTS.iter().map(|lint| lint.requirement));
    let cited = cited.chain(truths().filter(|_| kind == record::Kind::Load).map(|truth| truth.requirement));
    let sentence = |id: &str| Some((id.to_owned(), library.catalogue.get(id)?.sentence.clone()));
    // What a second opinion is beside is read together with it.
    let sentences = cited.filter_map(sentence).flat_map(|one| {
        let first = one.1.beside.as_deref().and_then(sentence);
        [one].into_iter().chain(first)
    });
    let cases = scenarios().map(|(id, scenario)| Case {
        id: id.clone(),
        title: scenario.wrote.title.clone(),
        at: scenario.place(scenario.wrote.id.defined),
    });
    RunStarted {
        version: record::VERSION,
        ropcheck: env!("CARGO_PKG_VERSION").to_owned(),
        kind,
        started_ms,
        target,
        seed,
        sentences: sentences.collect(),
        cases: cases.collect(),
        only: None,
        waivers: Vec::new(),
        load: None,
    }
}
