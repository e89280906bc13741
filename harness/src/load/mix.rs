//! What is walked under load: journeys, the users that take turns in them, and which comes next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ropcheck_reports::record::load;

use super::NotLoaded;
use crate::plan::{Login, Plan, Planned, Skip, plan};
use crate::scenario::load::{Load, Weighted};
use crate::session::Session;
use crate::target::{Target, User};

/// The journeys of a load.
#[derive(Debug)]
pub(super) struct Mix {
    pub(super) journeys: Vec<Journey>,
    /// Positions of journeys, each as often as its weight says and as evenly spread as it gets.
    order: Vec<usize>,
    /// The name of every step, by journey and then by step.
    pub(super) labels: Vec<String>,
}

/// A journey: a scenario, ready for each of the users that take turns in it.
#[derive(Debug)]
pub(super) struct Journey {
    pub(super) name: String,
    pub(super) case: String,
    weight: u32,
    pub(super) rows: Vec<Row>,
    /// The position of its first step's label.
    pub(super) first_label: usize,
    taken: AtomicU32,
}

/// A journey as one user walks it.
#[derive(Debug)]
pub(super) struct Row {
    /// The user's name in the target file; `None` where nobody logs in.
    pub(super) user: Option<Arc<str>>,
    /// The identifier of the client that asks first.
    pub(super) client: Arc<str>,
    pub(super) plan: Arc<Plan>,
}

impl Mix {
    /// The journeys of a scenario, planned for a target.
    pub(super) fn of(session: &Session, id: &str, load: &Load, target: &Target) -> Result<Self, NotLoaded> {
        let own = [Weighted { walk: id.to_owned(), weight: 1 }];
        let elsewhere = load.journeys.iter().map(|journey| &journey.value);
        let wanted: Vec<&Weighted> = if load.journeys.is_empty() { own.iter().collect() } else { elsewhere.collect() };
        let mut labels = Vec::new();
        let mut journeys = Vec::new();
        for Weighted { walk, weight } in wanted.iter().copied() {
            let rows = rows(session, walk, target)?;
            let slug = |walk: &str| walk.rsplit('/').next().unwrap_or(walk).to_owned();
            let is_one_of = wanted.iter().filter(|other| slug(&other.walk) == slug(walk)).count();
            let name = if is_one_of > 1 { walk.clone() } else { slug(walk) };
            let first_label = labels.len();
            let steps = rows.first().into_iter().flat_map(|row| &row.plan.steps);
            labels.extend(steps.map(|step| match wanted.len() {
                1 => label(&step.name),
                _ => format!("{name}/{}", label(&step.name)),
            }));
            let case = walk.clone();
            journeys.push(Journey { name, case, weight: *weight, rows, first_label, taken: AtomicU32::new(0) });
        }
        let weights: Vec<u32> = journeys.iter().map(|journey| journey.weight).collect();
        Ok(Self { order: spread(&weights), journeys, labels })
    }

    /// The journey of the walk of that number.
    pub(super) fn pick(&self, number: u32) -> usize {
        self.order[number as usize % self.order.len()]
    }

    /// The step that any walk of the first journey begins with.
    pub(super) fn first_step(&self) -> Option<&Planned> {
        self.journeys.first()?.rows.first()?.plan.steps.first()
    }

    /// How many users take turns, over all journeys at the most.
    pub(super) fn as_recorded(&self) -> Vec<load::Journey> {
        let journeys = self.journeys.iter().map(|journey| load::Journey {
            name: journey.name.clone(),
            case: journey.case.clone(),
            weight: journey.weight,
            users: u32::try_from(journey.rows.iter().filter(|row| row.user.is_some()).count()).unwrap_or(u32::MAX),
            steps: self.labels[journey.first_label..][..journey.rows.first().map_or(0, |row| row.plan.steps.len())]
                .to_vec(),
        });
        journeys.collect()
    }

    /// The cases that it walks.
    pub(super) fn cases(&self) -> Vec<String> {
        self.journeys.iter().map(|journey| journey.case.clone()).collect()
    }
}

/// A step that its author did not name has its number for a name, which tells little among figures.
fn label(name: &str) -> String {
    if name.parse::<u32>().is_ok() { format!("step {name}") } else { name.to_owned() }
}

impl Journey {
    /// The row of whoever comes next.
    pub(super) fn next_row(&self) -> &Row {
        self.row(self.taken.fetch_add(1, Ordering::Relaxed))
    }

    /// The row of a user by number.
    pub(super) fn row(&self, user: u32) -> &Row {
        &self.rows[user as usize % self.rows.len()]
    }
}

/// The journey for each user that may walk it.
fn rows(session: &Session, id: &str, target: &Target) -> Result<Vec<Row>, NotLoaded> {
    let (library, offers) = (session.library(), &session.learned().offers);
    let unknown = || NotLoaded::Unknown { id: id.to_owned(), hint: String::new() };
    let scenario = library.scenarios.get(id).ok_or_else(unknown)?;
    let planned = |target: &Target| {
        plan(id, scenario, library, target, offers)
            .map_err(|Skip(because)| NotLoaded::Skipped { id: id.to_owned(), because })
    };
    let first = planned(target)?;
    // Who may be locked out takes the failures, and nobody else.
    let may_walk = |user: &&User| !user.disabled && user.sacrificial == first.spends_logins();
    let mut rows: Vec<Row> = Vec::new();
    for user in target.users.iter().filter(may_walk) {
        let mut own = target.clone();
        own.users.sort_by_key(|other| other.name != user.name);
        rows.extend(Some(Row::of(planned(&own)?)).filter(|row| rows.iter().all(|known| known.user != row.user)));
    }
    if rows.is_empty() {
        rows.push(Row::of(first));
    }
    let fails = |row: &Row| row.plan.steps.iter().find_map(|step| step.login.as_ref().and_then(failing));
    let sacrificial = |name: &str| target.users.iter().any(|user| user.name == name && user.sacrificial);
    match rows.iter().find_map(fails).filter(|user| !sacrificial(user)) {
        Some(user) => Err(NotLoaded::NotSacrificial { id: id.to_owned(), user }),
        None => Ok(rows),
    }
}

fn failing(login: &Login) -> Option<String> {
    match login {
        Login::Good(_) => None,
        Login::Failing(user) => Some(user.clone()),
    }
}

impl Row {
    fn of(plan: Plan) -> Self {
        let user = plan.steps.iter().find_map(|step| step.login.as_ref()).map(|login| {
            let (Login::Good(user) | Login::Failing(user)) = login;
            user.as_str().into()
        });
        let client = plan.steps.iter().find_map(|step| step.template.client_id()).unwrap_or_default().into();
        Self { user, client, plan: Arc::new(plan) }
    }
}

/// The positions of some weights, each as often as it weighs: whoever is furthest behind its share comes next.
fn spread(weights: &[u32]) -> Vec<usize> {
    let shared = weights.iter().copied().fold(0, greatest_common_divisor).max(1);
    let weights: Vec<i64> = weights.iter().map(|weight| i64::from(weight / shared)).collect();
    let total: i64 = weights.iter().sum();
    let mut behind = vec![0_i64; weights.len()];
    (0..total)
        .map(|_| {
            behind.iter_mut().zip(&weights).for_each(|(behind, weight)| *behind += weight);
            let next = (0..weights.len()).max_by_key(|at| (behind[*at], std::cmp::Reverse(*at))).unwrap_or_default();
            behind[next] -= total;
            next
        })
        .collect()
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_journey_comes_as_often_as_it_weighs_and_evenly() {
        assert_eq!(spread(&[1]), [0]);
        assert_eq!(spread(&[3, 1]), [0, 0, 1, 0]);
        let order = spread(&[500, 300, 200]);
        for so_far in 1..=order.len() {
            for (at, tenths) in [5, 3, 2].into_iter().enumerate() {
                let came = order[..so_far].iter().filter(|one| **one == at).count();
                assert!((10 * came).abs_diff(tenths * so_far) < 10, "{at} came {came} times in {so_far}: {order:?}");
            }
        }
    }
}
