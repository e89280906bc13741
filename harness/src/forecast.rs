//! What a run would send, told without sending anything.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use url::Url;

use crate::budget::{Budget, Refused};
use crate::learn::{CAPABILITIES, LESSONS};
use crate::library::Library;
use crate::lock_out::Whose;
use crate::plan::{Control, Login, Offers, Plan, Planned, Skip, plan, plan_base};
use crate::session::effort;
use crate::suite::Suite;
use crate::target::{Endpoints, Target};

/// A run that was thought through to its end: on a server that offers all that the target file does not deny, and that
/// answers each request as is hoped. What a failure costs in addition, to make it small, nobody can tell before.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// Each user of the target file, in its order.
    pub accounts: Vec<Attempts>,
    /// Requests in all.
    pub requests: u64,
    /// Time that cases let pass.
    pub waits: Duration,
    /// Cases that would be run.
    pub run: usize,
    /// Cases that the target file lacks something for.
    pub skipped: usize,
    /// Failing logins by names that are none of the target's users': drawn ones, and ones that nobody bears.
    pub of_nobody: u64,
    /// Cases about many failed logins that would be skipped, each with its reason.
    pub closed: Vec<(String, String)>,
    /// Cases that would be left unjudged, by the reason.
    pub unjudged: BTreeMap<String, Vec<String>>,
}

/// What one account would see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// The user's name in the target file.
    pub user: String,
    /// Logins with the right password.
    pub good: u64,
    /// Logins with another one, or with the right one of an account that is disabled.
    pub failing: u64,
    /// The most failing ones between two good ones.
    pub in_a_row: u64,
}

impl Forecast {
    /// Thinks a suite through.
    pub fn of(suite: &Suite, target: &Target) -> Self {
        let (library, target) = (suite.library(), assumed(target));
        let offers = hoped_for(&target);
        let mut dry = DryRun::on(&target, suite.drawing.cases);
        dry.learn(library, &target);
        for id in suite.in_order() {
            let Some(scenario) = library.scenarios.get(id) else { continue };
            let planned = {
                let target = target.sparing(|whose| dry.locked.contains_key(whose));
                plan(id, scenario, library, &target, &offers)
            };
            match planned {
                Ok(plan) => dry.case(&plan, &target),
                Err(Skip(why)) => {
                    dry.forecast.skipped += 1;
                    if scenario.wrote.throttles() || scenario.wrote.measures() {
                        dry.forecast.closed.push((id.clone(), why));
                    }
                }
            }
        }
        dry.forecast
    }

    /// The time that a rate takes for it, the server's own time not counted.
    pub fn lasts(&self, interval: Duration) -> Duration {
        let requests = u32::try_from(self.requests).unwrap_or(u32::MAX);
        interval.saturating_mul(requests).saturating_add(self.waits)
    }
}

/// All that the target file does not deny.
pub(crate) fn hoped_for(target: &Target) -> Offers {
    CAPABILITIES.into_iter().filter(|capability| target.offers.get(capability).copied().unwrap_or(true)).collect()
}

/// A target whose metadata are taken to name every endpoint.
pub(crate) fn assumed(target: &Target) -> Target {
    let mut target = target.clone();
    for endpoints in [Some(&mut target.endpoints), target.neighbour.as_mut()].into_iter().flatten() {
        let Some(told) = endpoints.known_by().filter(|_| has_metadata(endpoints)).cloned() else { continue };
        let Endpoints { token, jwks, introspection, revocation, userinfo, .. } = endpoints;
        for place in [token, jwks, introspection, revocation, userinfo] {
            place.get_or_insert_with(|| told.clone());
        }
    }
    target
}

fn has_metadata(endpoints: &Endpoints) -> bool {
    endpoints.metadata.is_some() || endpoints.openid_metadata.is_some()
}

/// Why a case goes no further.
struct Spent;

const SPENT: &str =
    "the failed-login budget is spent by then: raise `limits` in the target file if the accounts can bear it";

struct DryRun {
    forecast: Forecast,
    budget: Budget,
    /// Controls that were granted, with the guesses at their client's secret since.
    controls: HashMap<String, u32>,
    /// Accounts that a case set out to have shut, with that case.
    locked: HashMap<Whose, String>,
    /// Failing logins of each account since the last good one.
    since: Vec<u64>,
    /// Guesses that a control bears.
    guesses: u32,
    /// Sets of values tried for each property, where somebody named a number.
    cases: Option<u32>,
}

impl DryRun {
    fn on(target: &Target, cases: Option<u32>) -> Self {
        let account =
            |user: &crate::target::User| Attempts { user: user.name.clone(), good: 0, failing: 0, in_a_row: 0 };
        let accounts: Vec<Attempts> = target.users.iter().map(account).collect();
        let since = vec![0; accounts.len()];
        let forecast = Forecast {
            accounts,
            requests: 0,
            waits: Duration::ZERO,
            run: 0,
            skipped: 0,
            of_nobody: 0,
            closed: Vec::new(),
            unjudged: BTreeMap::new(),
        };
        Self {
            forecast,
            budget: Budget::of(target),
            controls: HashMap::new(),
            locked: HashMap::new(),
            since,
            guesses: target.limits().failed_logins,
            cases,
        }
    }

    /// The metadata, the key set, and the first good requests.
    fn learn(&mut self, library: &Library, target: &Target) {
        let metadata = |endpoints: &Endpoints| {
            [&endpoints.metadata, &endpoints.openid_metadata].into_iter().flatten().collect::<Vec<&Url>>().len()
        };
        let documents = metadata(&target.endpoints) + target.neighbour.as_ref().map_or(0, metadata);
        self.forecast.requests += (documents + usize::from(target.endpoints.jwks.is_some())) as u64;
        let all = CAPABILITIES.into_iter().collect();
        for lesson in LESSONS {
            if let Ok(plan) = plan_base(lesson, library, target, &all) {
                plan.steps.iter().for_each(|step| self.send(step));
            }
        }
    }

    fn case(&mut self, plan: &Plan, target: &Target) {
        self.forecast.run += 1;
        let id = &plan.case.id;
        let provoked: Vec<Whose> = plan.steps.iter().filter_map(Planned::provoked).collect();
        if let Some((whose, by)) = provoked.iter().find_map(|whose| Some((whose, self.locked.get(whose)?))) {
            let remedy = whose.remedy();
            let why = format!(
                "{by} has {whose} locked out by then: {remedy}, or it is run if that is over within `patience`"
            );
            return self.left_open(why, id);
        }
        let times = if plan.draws() { effort(plan, target, self.cases).cases } else { 1 };
        for _ in 0..times {
            if plan.steps.iter().try_for_each(|step| self.step(step, plan.provokes())).is_err() {
                return self.left_open(SPENT.to_owned(), id);
            }
        }
        self.locked.extend(provoked.into_iter().map(|whose| (whose, id.clone())));
    }

    fn left_open(&mut self, why: String, case: &str) {
        self.forecast.unjudged.entry(why).or_default().push(case.to_owned());
    }

    fn step(&mut self, step: &Planned, provokes: bool) -> Result<(), Spent> {
        if let Some(control) = &step.control {
            self.control(control);
        }
        self.forecast.waits += step.wait.unwrap_or_default();
        for left in (1..=step.times).rev() {
            if let Some(control) = step.control.as_ref().filter(|_| step.guesses && !provokes) {
                self.guessed(control);
            }
            if let Some(login) = &step.login {
                let together = if step.in_a_row { left } else { 1 };
                let spend = |budget: &Budget| budget.spend(login, together, provokes, Duration::ZERO);
                if let Err(refused) = spend(&self.budget) {
                    let (Refused::User, Some(control)) = (refused, &step.control) else { return Err(Spent) };
                    self.controls.remove(&control.key);
                    self.control(control);
                    spend(&self.budget).map_err(|_| Spent)?;
                }
            }
            self.send(step);
        }
        Ok(())
    }

    /// Sends a control again when there were as many guesses at its client's secret as it bears.
    fn guessed(&mut self, control: &Control) {
        let guesses = self.controls.entry(control.key.clone()).or_default();
        *guesses += 1;
        if *guesses > self.guesses {
            self.controls.remove(&control.key);
            self.control(control);
            self.controls.insert(control.key.clone(), 1);
        }
    }

    /// Sends a control, unless it was sent before.
    fn control(&mut self, control: &Control) {
        if !self.controls.contains_key(&control.key) {
            self.controls.insert(control.key.clone(), 0);
            control.steps.iter().for_each(|step| self.send(step));
        }
    }

    fn send(&mut self, step: &Planned) {
        self.forecast.requests += 1;
        self.forecast.of_nobody += u64::from(step.of_nobody);
        let Some(login) = &step.login else { return };
        if step.is_hoped_for() {
            self.budget.granted(login);
        }
        let (Login::Good(user) | Login::Failing(user)) = login;
        let accounts = self.forecast.accounts.iter_mut().zip(&mut self.since);
        for (account, since) in accounts.filter(|(account, _)| account.user == *user) {
            match login {
                Login::Good(_) => {
                    account.good += 1;
                    *since = 0;
                }
                Login::Failing(_) => {
                    account.failing += 1;
                    *since += 1;
                    account.in_a_row = account.in_a_row.max(*since);
                }
            }
        }
    }
}
