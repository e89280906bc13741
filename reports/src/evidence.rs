//! The findings of a case, gathered round the exchanges that show them.

use crate::diff::{self, Difference};
use crate::record::Exchange;
use crate::run::{CaseOutcome, Judged, Run, Weight};

/// Findings that the same exchanges show; the exchanges need telling only once.
#[derive(Debug)]
pub struct Evidence<'r> {
    /// The findings, in the order of the record.
    pub judged: Vec<&'r Judged>,
    /// The exchanges that show them.
    pub shown: Vec<Shown<'r>>,
    /// Exchanges that the findings name and the record does not hold.
    pub missing: Vec<&'r str>,
}

/// An exchange next to its control.
#[derive(Debug)]
pub struct Shown<'r> {
    /// The exchange.
    pub exchange: &'r Exchange,
    /// Its control, where it has one.
    pub control: Option<Control<'r>>,
}

/// The control of an exchange: the same request without the change.
#[derive(Debug)]
pub enum Control<'r> {
    /// It is in the record.
    Kept {
        /// The control.
        exchange: &'r Exchange,
        /// What the request changes of it.
        differences: Vec<Difference<'r>>,
    },
    /// The record does not hold it; its id.
    Lost(&'r str),
}

/// Gathers the findings of a case whose weight is wanted, by the exchanges that they name.
pub fn of<'r>(run: &'r Run, case: &'r CaseOutcome, wanted: impl Fn(Weight) -> bool) -> Vec<Evidence<'r>> {
    let mut groups: Vec<(&[String], Vec<&Judged>)> = Vec::new();
    for judged in case.judged.iter().filter(|one| wanted(one.weight)) {
        let ids = judged.found.evidence.as_slice();
        match groups.iter_mut().find(|(known, _)| *known == ids) {
            Some((_, together)) => together.push(judged),
            None => groups.push((ids, vec![judged])),
        }
    }
    groups.into_iter().map(|(ids, judged)| gather(run, ids, judged)).collect()
}

fn gather<'r>(run: &'r Run, ids: &'r [String], judged: Vec<&'r Judged>) -> Evidence<'r> {
    let mut evidence = Evidence { judged, shown: Vec::new(), missing: Vec::new() };
    for id in ids {
        match run.exchanges.get(id) {
            Some(exchange) => evidence.shown.push(Shown { exchange, control: control(run, exchange) }),
            None => evidence.missing.push(id),
        }
    }
    evidence
}

fn control<'r>(run: &'r Run, exchange: &'r Exchange) -> Option<Control<'r>> {
    let id = exchange.control.as_deref()?;
    Some(match run.exchanges.get(id) {
        Some(twin) => Control::Kept { exchange: twin, differences: diff::between(&twin.request, &exchange.request) },
        None => Control::Lost(id),
    })
}
