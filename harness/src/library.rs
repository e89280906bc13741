//! Every scenario, base and requirement that a run knows, read and held against each other.
//!
//! The project's own are inside the binary; a user's folder is read beside them and may use their bases and requirements.
//! Whatever dangles is a [`Complaint`] here, so that no later room meets a name that means nothing.

mod files;
mod fingerprint;
mod loads;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use ropcheck_reports::record::Place;
use serde_yaml::{Location, Spanned};

use crate::check::Check;
use crate::check::error_codes::{ERROR_CODES, OTHER_CODES};
use crate::complaint::{Complaint, Source, did_you_mean, nearest};
use crate::ordered::Ordered;
use crate::plan::MOVES;
use crate::requirement::Catalogue;
use crate::scenario::given::{Given, Kind, Strategy};
use crate::scenario::send::{Body, Send};
use crate::scenario::{Base, Compare, Move, Moves, PAIRS, Scenario, Step, Times};
use crate::target::{SCOPE_KINDS, client_roles, user_roles};
use crate::words::{ClientPart, Name, UserPart, Words};
use files::{File, FileKind};

/// Every scenario, base and requirement that a run knows.
#[derive(Debug, Default)]
pub struct Library {
    /// Scenarios by full id: `folder/section/slug`.
    pub scenarios: BTreeMap<String, Authored<Scenario>>,
    /// Good requests by name.
    pub bases: BTreeMap<String, Authored<Base>>,
    /// The sentences.
    pub catalogue: Catalogue,
}

/// Something an author wrote, with its file.
#[derive(Debug, Clone)]
pub struct Authored<T> {
    /// What was written.
    pub wrote: Arc<T>,
    /// Where.
    pub source: Arc<Source>,
}

impl<T> Authored<T> {
    /// A place in the author's file.
    pub fn place(&self, at: Location) -> Place {
        place(&self.source, at)
    }
}

/// A place in a file, with the text of its line.
fn place(source: &Source, at: Location) -> Place {
    let line = u32::try_from(at.line()).unwrap_or(u32::MAX);
    Place { file: source.file.clone(), line, text: source.line(at.line()).trim().to_owned() }
}

impl Library {
    /// The project's own scenarios, with those of a user's folder beside them.
    pub fn load(users: Option<&Path>) -> Result<Self, Complaint> {
        let mut all = files::own()?;
        if let Some(folder) = users {
            all.extend(files::of_folder(folder)?);
        }
        Self::read(&all)
    }

    /// Reads files; each has the path that its ids are made from.
    fn read(files: &[File]) -> Result<Self, Complaint> {
        let mut library = Self::default();
        for file in files {
            match file.kind() {
                FileKind::Catalogue => library.catalogue.add(&file.source)?,
                FileKind::Bases => {
                    for base in file.source.parse::<Vec<Base>>()? {
                        let (name, at) = (base.base.value.clone(), base.base.defined);
                        let authored = Authored { wrote: Arc::new(base), source: Arc::clone(&file.source) };
                        if library.bases.insert(name.clone(), authored).is_some() {
                            return Err(file.source.complain(
                                at,
                                format!("a base named `{name}` stands elsewhere already: choose another name"),
                            ));
                        }
                    }
                }
                FileKind::Scenarios => {
                    for scenario in file.source.parse::<Vec<Scenario>>()? {
                        let (id, at) = (file.id(&scenario.id)?, scenario.id.defined);
                        let authored = Authored { wrote: Arc::new(scenario), source: Arc::clone(&file.source) };
                        if library.scenarios.insert(id.clone(), authored).is_some() {
                            return Err(file.source.complain(
                                at,
                                format!("a scenario with the id `{id}` stands elsewhere already: choose another id"),
                            ));
                        }
                    }
                }
            }
        }
        library.cross_check()?;
        Ok(library)
    }

    /// Holds every name against what it names.
    fn cross_check(&self) -> Result<(), Complaint> {
        self.catalogue.cross_check()?;
        for (name, base) in &self.bases {
            if base.wrote.steps.is_empty() {
                return Err(base
                    .source
                    .complain(base.wrote.base.defined, "a base needs one step at least: the good request"));
            }
            if let Some(step) = base.wrote.steps.iter().find(|step| step.value.times != Times::default()) {
                return Err(base
                    .source
                    .complain(step.defined, "a step of a base is sent once: say `times` in the case"));
            }
            self.check_steps(&base.source, &base.wrote.steps, &Drawn::new(), &[])?;
            if self.runs_in_a_circle(name) {
                return Err(base.source.complain(
                    base.wrote.base.defined,
                    format!("the base `{name}` is `like` itself, by way of others: spell one of them out"),
                ));
            }
        }
        for scenario in self.scenarios.values() {
            let wrote = &scenario.wrote;
            self.check_load(&scenario.source, wrote)?;
            self.check_steps(&scenario.source, &wrote.steps, &wrote.given, &[])?;
            check_all_used(&scenario.source, wrote)?;
            if let Some(moves) = &wrote.moves {
                self.check_moves(scenario, moves)?;
            }
            self.check_compared(&scenario.source, wrote)?;
        }
        Ok(())
    }

    /// Holds a comparison against what can be compared, and what compares times against being in a comparison.
    fn check_compared(&self, source: &Source, wrote: &Scenario) -> Result<(), Complaint> {
        let checks = || wrote.steps.iter().flat_map(|step| &step.value.expect.0).flat_map(|(_, checks)| checks);
        let hidden = checks().find(|check| check.value.hides_same_time());
        let alone = || checks().find(|check| wrote.compare.is_none() && matches!(check.value, Check::SameTime(_)));
        if let Some(check) = hidden.or_else(alone) {
            let remedy = "let it stand by itself, in a scenario with `compare: { pairs: 400 }`";
            return Err(source.complain(check.defined, format!("`same_time` looks at many pairs of answers: {remedy}")));
        }
        let Some(Compare { pairs }) = wrote.compare else { return Ok(()) };
        if !PAIRS.contains(&pairs) {
            let at = source.find("pairs", wrote.id.defined);
            return Err(source.complain(at, "a comparison takes 11 to 1000 pairs: say `compare: { pairs: 400 }`"));
        }
        let several = |base: &str| self.bases.get(base).is_some_and(|base| base.wrote.steps.len() > 1);
        let odd = wrote.steps.iter().find(|step| {
            let Step { name: _, wait, times, send, expect: _, keep } = &step.value;
            wait.is_some()
                || *times != Times::default()
                || !keep.is_empty()
                || send.like.as_ref().is_some_and(|like| several(&like.value))
        });
        if let Some(odd) = odd {
            let remedy = "leave out wait, times and keep, and a base with steps before its request";
            return Err(source.complain(odd.defined, format!("the steps of a comparison are sent in turns: {remedy}")));
        }
        if wrote.steps.len() != 2 || wrote.load.is_some() || wrote.moves.is_some() {
            let remedy = "leave out `load`, `moves` and further steps";
            return Err(
                source.complain(wrote.id.defined, format!("a comparison is of two steps and nothing else: {remedy}"))
            );
        }
        Ok(())
    }

    /// Holds the moves of a scenario against its states, and what they send against what any of them may have kept.
    fn check_moves(&self, scenario: &Authored<Scenario>, moves: &Moves) -> Result<(), Complaint> {
        let Authored { wrote, source } = scenario;
        let complain = |at: Location, what| Err(source.complain(at, what));
        if moves.each.is_empty() {
            let at = wrote.id.defined;
            return complain(at, "there is no move to draw: name one at least under `each`".to_owned());
        }
        if wrote.given.contains_key(MOVES) {
            let at = wrote.id.defined;
            return complain(at, format!("`{MOVES}` is drawn already: give the value of `given` another name"));
        }
        let states: Vec<&str> = [moves.start.as_str()]
            .into_iter()
            .chain(moves.each.iter().filter_map(|one| one.value.to.as_deref()))
            .collect();
        let before: Vec<&Spanned<Step>> = wrote.all_steps().collect();
        for (position, one) in moves.each.iter().enumerate() {
            let Move { name, from, steps, .. } = &one.value;
            if moves.each[..position].iter().any(|other| other.value.name.value == name.value) {
                return complain(
                    name.defined,
                    format!("a move is named `{}` already: choose another name", name.value),
                );
            }
            if let Some(state) = from.iter().find(|state| !states.contains(&state.value.as_str())) {
                let hint = did_you_mean(&state.value, states.iter().copied());
                return complain(state.defined, format!("no move leads to the state `{}`{hint}", state.value));
            }
            self.check_steps(source, steps, &wrote.given, &before)?;
        }
        Ok(())
    }

    /// Holds steps against what they name; `before` may have been walked earlier.
    fn check_steps(
        &self,
        source: &Source,
        steps: &[Spanned<Step>],
        given: &Drawn,
        before: &[&Spanned<Step>],
    ) -> Result<(), Complaint> {
        let mut earlier: Vec<&str> = before.iter().filter_map(|step| step.value.name.as_deref()).collect();
        let mut kept: Vec<&str> = before.iter().flat_map(|step| step.value.keep.keys()).map(String::as_str).collect();
        for step in steps {
            let Step { name, send, expect, keep, .. } = &step.value;
            self.check_send(source, step.defined, send)?;
            kept.extend(send.like.iter().flat_map(|like| self.kept_by(&like.value)));
            for name in send.words().flat_map(Words::names) {
                check_name(source, step.defined, name, &kept, given)?;
            }
            for (kind, Given(name)) in send.recipes() {
                check_given(source, step.defined, name, kind, given)?;
            }
            let mut expected: Vec<Check> =
                expect.0.iter().flat_map(|(_, checks)| checks).map(|check| check.value.clone()).collect();
            for name in expected.iter_mut().flat_map(Check::words).flat_map(|words| words.names()) {
                check_expected_name(source, step.defined, name)?;
            }
            kept.extend(keep.keys().map(String::as_str));
            for (requirement, checks) in &expect.0 {
                self.check_requirement(source, requirement)?;
                for check in checks {
                    self.check_check(source, check.defined, &check.value, &earlier)?;
                }
            }
            earlier.extend(name.as_deref());
        }
        Ok(())
    }

    /// What the steps before a base's request keep, its own base's included.
    fn kept_by(&self, base: &str) -> Vec<&str> {
        let steps = self.bases.get(base).map_or(&[][..], |base| base.wrote.steps.as_slice());
        let before = &steps[..steps.len().saturating_sub(1)];
        before.iter().flat_map(|step| step.value.keep.keys()).map(String::as_str).collect()
    }

    /// Whether following `like` from a base comes back to it.
    fn runs_in_a_circle(&self, start: &str) -> bool {
        let mut seen = vec![start];
        let mut at = 0;
        while let Some(name) = seen.get(at).copied() {
            at += 1;
            let steps = self.bases.get(name).map_or(&[][..], |base| base.wrote.steps.as_slice());
            for like in steps.iter().filter_map(|step| step.value.send.like.as_ref()) {
                if like.value == start {
                    return true;
                }
                if !seen.contains(&like.value.as_str()) {
                    seen.push(&like.value);
                }
            }
        }
        false
    }

    fn check_send(&self, source: &Source, at: Location, send: &Send) -> Result<(), Complaint> {
        if let Some(like) = &send.like {
            if !self.bases.contains_key(&like.value) {
                let names = self.bases.keys().map(String::as_str);
                let hint = did_you_mean(&like.value, names);
                return Err(source.complain(like.defined, format!("no base is named `{}`{hint}", like.value)));
            }
            if send.form.is_some()
                || send.auth.is_some()
                || send.method.is_some()
                || send.to.is_some()
                || send.at.is_some()
                || !send.headers.0.is_empty()
            {
                return Err(source.complain(like.defined, "a request `like` a base goes where the base goes and says what differs under `change`: move form, auth, method, at and headers there"));
            }
        } else if send.change.is_some() {
            return Err(source.complain(at, "`change` needs the base that it changes: say `like: good-login`"));
        }
        // The client sends neither length nor chunks of what is not there, and the record would show otherwise.
        if send.change.as_ref().is_some_and(|change| change.chunked && matches!(change.body, Some(Body::Empty))) {
            return Err(source
                .complain(source.find("chunked", at), "no body has no chunks: leave out `chunked`, or `body: empty`"));
        }
        let roles = |role: &Option<Spanned<String>>, known: Vec<&'static str>, what: &str| match role {
            Some(role) if !known.contains(&role.value.as_str()) => {
                let hint = did_you_mean(&role.value, known);
                Err(source
                    .complain(role.defined, format!("`{}` is no {what} that a case can ask for{hint}", role.value)))
            }
            Some(_) | None => Ok(()),
        };
        roles(&send.client, client_roles().collect(), "client")?;
        roles(&send.user, user_roles().collect(), "user")
    }

    fn check_requirement(&self, source: &Source, requirement: &Spanned<String>) -> Result<(), Complaint> {
        let id = &requirement.value;
        match self.catalogue.get(id) {
            Some(known) => match &known.untestable {
                None => Ok(()),
                Some(why) => Err(source
                    .complain(requirement.defined, format!("the catalogue says that `{id}` can't be tested: {why}"))),
            },
            None => {
                let hint = did_you_mean(id, self.catalogue.ids());
                Err(source.complain(requirement.defined, format!("no requirement is named `{id}`{hint}")))
            }
        }
    }

    fn check_check(&self, source: &Source, at: Location, check: &Check, earlier: &[&str]) -> Result<(), Complaint> {
        if let Check::AnyOf(Ordered(alternatives)) = check {
            for (requirement, checks) in alternatives {
                if self.catalogue.get(&requirement.value).is_none() {
                    self.check_requirement(source, requirement)?;
                }
                for check in checks {
                    self.check_check(source, at, check, earlier)?;
                }
            }
        }
        if let Check::Earlier(before) = check {
            for check in &before.shows {
                self.check_check(source, at, check, earlier)?;
            }
        }
        if let Check::Refused(codes) = check {
            // An extension may define codes of its own (section 8.5): only what looks like a slip is refused.
            let known = || ERROR_CODES.into_iter().chain(OTHER_CODES);
            let slip = codes
                .0
                .iter()
                .filter(|code| !known().any(|one| one == code.as_str()))
                .find_map(|code| Some((code, nearest(code, known())?)));
            if let Some((wrong, right)) = slip {
                return Err(source
                    .complain(at, format!("`{wrong}` is no error code that is known here; did you mean `{right}`?")));
            }
        }
        for step in check.looks_back() {
            if !earlier.contains(&step) {
                let hint = did_you_mean(step, earlier.iter().copied());
                return Err(source.complain(at, format!("no earlier step is named `{step}`{hint}")));
            }
        }
        Ok(())
    }
}

/// What a scenario draws, by name.
type Drawn = IndexMap<String, Strategy>;

/// Holds a name of `given` against what is drawn for it, and that against the place where the name stands.
fn check_given(source: &Source, step: Location, name: &str, place: Kind, given: &Drawn) -> Result<(), Complaint> {
    let complain = |what: String| Err(source.complain(source.find(&format!("given.{name}"), step), what));
    match given.get(name).map(Strategy::kind) {
        None => {
            let hint = did_you_mean(name, given.keys().map(String::as_str));
            complain(format!("`given` draws no `{name}`{hint}"))
        }
        Some(kind) if kind != place => complain(format!("`{name}` draws {}", kind.stands())),
        Some(_) => Ok(()),
    }
}

/// Holds what is drawn against the steps: a value that none of them uses would make many walks of one and the same.
fn check_all_used(source: &Source, wrote: &Scenario) -> Result<(), Complaint> {
    let sends = || wrote.all_steps().map(|step| &step.value.send);
    let is_used = |name: &str| {
        let in_a_text = |used: &Name| matches!(used, Name::Given(used) if used == name);
        sends().flat_map(Send::words).flat_map(Words::names).any(in_a_text)
            || sends().flat_map(Send::recipes).any(|(_, Given(used))| used == name)
    };
    let Some((name, strategy)) = wrote.given.iter().find(|(name, _)| !is_used(name)) else { return Ok(()) };
    let at = source.find_key(name, source.find_key("given", wrote.id.defined));
    let stands = strategy.kind().stands();
    Err(source.complain(at, format!("no step uses `{name}`: leave it out, or use it. It draws {stands}")))
}

/// Holds a name of a request against what it can name.
fn check_name(source: &Source, step: Location, name: &Name, kept: &[&str], given: &Drawn) -> Result<(), Complaint> {
    let dangles = |what: String, wrong: &str, right: Vec<&str>| {
        let hint = did_you_mean(wrong, right);
        let place = source.find(&name.to_string(), step);
        Err(source.complain(place, format!("{what}{hint}")))
    };
    match name {
        Name::Kept(wrong) if !kept.contains(&wrong.as_str()) => {
            dangles(format!("no earlier step keeps `{wrong}`"), wrong, kept.to_vec())
        }
        Name::Given(name) => check_given(source, step, name, Kind::Text, given),
        Name::Scope(wrong) if !SCOPE_KINDS.contains(&wrong.as_str()) => {
            dangles(format!("no kind of scope is named `{wrong}`"), wrong, SCOPE_KINDS.to_vec())
        }
        Name::Client(Some(wrong), _) if !client_roles().any(|role| role == wrong) => {
            dangles(format!("`{wrong}` is no client that a case can ask for"), wrong, client_roles().collect())
        }
        Name::User(Some(wrong), _) if !user_roles().any(|role| role == wrong) => {
            dangles(format!("`{wrong}` is no user that a case can ask for"), wrong, user_roles().collect())
        }
        Name::Kept(_) | Name::Scope(_) | Name::Client(..) | Name::User(..) | Name::Target(_) | Name::Attempt => Ok(()),
    }
}

/// An expectation is printed when it is broken, so it names nothing that is secret or known only during the walk.
fn check_expected_name(source: &Source, step: Location, name: &Name) -> Result<(), Complaint> {
    match name {
        Name::Client(_, ClientPart::Secret)
        | Name::User(_, UserPart::Password)
        | Name::Kept(_)
        | Name::Given(_)
        | Name::Attempt => {
            let place = source.find(&name.to_string(), step);
            Err(source.complain(
                place,
                format!(
                    "an expectation can't name `{name}`: compare with an earlier answer by same_as or differs_from"
                ),
            ))
        }
        Name::Client(..) | Name::User(..) | Name::Scope(_) | Name::Target(_) => {
            check_name(source, step, name, &[], &Drawn::new())
        }
    }
}
