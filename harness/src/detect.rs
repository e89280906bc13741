//! The suite held against every seeded fault and every legal variant: what it sees, and whether it is fair.
//!
//! A fault counts as caught only by a finding under the very requirement that it breaks. A variant is legal: nothing of it
//! fails, and no warning comes but of the SHOULD that it departs from. A case that no fault turns red shows nothing.

mod score;
mod shown;

use std::io;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, scope};

use ropcheck_reference_server::{Fault, Policy, Variant};
use tokio::runtime;

pub use self::score::{CaseScore, FaultScore, Score, StrictScore, VariantScore};
pub use self::shown::{Broken, Shown};
use crate::coverage::cites;
use crate::lint::LINTS;
use crate::scenario::Scenario;
use crate::session::Subject;
use crate::suite::Suite;

/// Cases that no fault of the embedded server can turn red, each with the reason. One that turns red after all, and one that
/// is no longer there, has to leave this table.
pub const BEYOND: &[(&str, &str)] = &[
    ("advice/password-grant/offered", "every server here is asked for the grant, and offers it"),
    ("lint/date", "the HTTP library of the embedded server puts a Date into every answer"),
    ("lint/introspection-tls", "the embedded server is on loopback, which is exempt"),
    ("lint/revocation-tls", "the embedded server is on loopback, which is exempt"),
    ("lint/tls", "the embedded server is on loopback, which is exempt"),
];

/// Faults and variants to hold a suite against.
#[derive(Debug, Clone, Copy)]
pub struct Servers<'a> {
    /// The faults.
    pub faults: &'a [&'static Fault],
    /// The variants.
    pub variants: &'a [&'static Variant],
    /// Whether these are all.
    pub extent: Extent,
}

/// How much of the tables was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every fault: a case that stays green is idle.
    Whole,
    /// Some of them, which says nothing about idle cases.
    Part,
}

/// A server to run the suite on.
#[derive(Clone, Copy)]
enum Server {
    Strict,
    Fault(&'static Fault),
    Variant(&'static Variant),
}

impl Server {
    fn id(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Fault(fault) => fault.id,
            Self::Variant(variant) => variant.id,
        }
    }

    /// Whether a dear case is run on it, after what the others have shown: where all has to be clean, and where a fault has
    /// not been caught. A fault that is caught for nothing need not be caught again for hundreds of requests. A comparison of
    /// times, the dearest, shows one thing alone.
    fn is_worth(self, scenario: &Scenario, usual: &Shown) -> bool {
        match self {
            Self::Strict => true,
            Self::Variant(_) => !scenario.measures(),
            Self::Fault(fault) => {
                let may_show = !scenario.measures() || cites(scenario).contains(&fault.breaks);
                may_show && !FaultScore::of(fault, usual).is_caught()
            }
        }
    }

    fn policy(self) -> Policy {
        match self {
            Self::Strict => Policy::strict(),
            Self::Fault(fault) => fault.policy(),
            Self::Variant(variant) => variant.policy(),
        }
    }
}

/// How often a server is tried again where something was too noisy to tell while it shared the machine with another one.
const TRIED_AGAIN: usize = 3;

/// Runs a suite on the strict server and on all of these, one server a core at a time, and adds up what they showed.
/// `tell` hears the id of each server as it is done.
///
/// # Errors
/// The machine refuses what a runtime takes.
pub fn hold(suite: &Suite, servers: Servers<'_>, tell: &(dyn Fn(&str) + Sync)) -> io::Result<Score> {
    let faults = servers.faults.iter().copied().map(Server::Fault);
    let variants = servers.variants.iter().copied().map(Server::Variant);
    let all: Vec<Server> = [Server::Strict].into_iter().chain(faults).chain(variants).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(server) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((*server, shown(suite, *server)?));
            tell(server.id());
        }
        io::Result::Ok(done)
    };
    let workers = available_parallelism().map_or(1, NonZero::get).min(all.len());
    let done: io::Result<Vec<Vec<(Server, Shown)>>> = scope(|threads| {
        let workers: Vec<_> = (0..workers).map(|_| threads.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let (mut strict, mut of_faults, mut of_variants) = (Shown::default(), Vec::new(), Vec::new());
    for (server, mut showed) in done?.into_iter().flatten() {
        for _ in 0..TRIED_AGAIN {
            if showed.noisy {
                showed = shown(suite, server)?;
            }
        }
        match server {
            Server::Strict => strict = showed,
            Server::Fault(fault) => of_faults.push((fault, showed)),
            Server::Variant(variant) => of_variants.push((variant, showed)),
        }
    }
    of_faults.sort_by_key(|(fault, _)| fault.id);
    let lints = LINTS.iter().map(|lint| format!("lint/{}", lint.name));
    let cases = suite.cases().iter().cloned().chain(lints);
    Ok(Score::of(cases, strict, of_faults, of_variants, servers.extent, BEYOND))
}

/// What a suite shows of one server. What asks once comes first; what asks hundreds of times is run where that can still
/// show something new.
fn shown(suite: &Suite, server: Server) -> io::Result<Shown> {
    let usual = run(&suite.clone().retain(|scenario| !is_dear(scenario)), server.policy())?;
    let dear = suite.clone().retain(|scenario| is_dear(scenario) && server.is_worth(scenario, &usual));
    if dear.cases().is_empty() { Ok(usual) } else { Ok(usual.and(run(&dear, server.policy())?)) }
}

/// Whether a case sends its requests over and over: a property does, and a comparison of times.
fn is_dear(scenario: &Scenario) -> bool {
    !scenario.given.is_empty() || scenario.moves.is_some() || scenario.measures()
}

/// Runs a suite on one server, on a runtime of its own: with it the server ends, and gives back its memory and its port.
fn run(suite: &Suite, policy: Policy) -> io::Result<Shown> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(match runtime.block_on(suite.run(Subject::Embedded(Box::new(policy)))) {
        Ok(run) => Shown::of(&run),
        Err(why) => Shown { stopped: Some(why.to_string()), ..Shown::default() },
    })
}
