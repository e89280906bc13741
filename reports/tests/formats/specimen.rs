//! The records that formats are held against, and what a format makes of one.

use ropcheck_reports::folding::fold;
use ropcheck_reports::format::{Tell, find};
use ropcheck_reports::read;
use ropcheck_reports::record::Event;
use ropcheck_reports::run::Run;

pub(crate) const CHECK: &str = include_str!("../specimen.ndjson");
/// An open loop with a stall, a race, thresholds kept and missed.
pub(crate) const LOAD: &str = include_str!("../specimen-load.ndjson");
/// A search that finds a rate.
pub(crate) const SEARCH: &str = include_str!("../specimen-search.ndjson");
/// A closed loop as version 1 of the record kept it.
pub(crate) const LOAD_1: &str = include_str!("../specimen-load-1.ndjson");

pub(crate) const ALL: [(&str, &str); 4] = [("check", CHECK), ("load", LOAD), ("search", SEARCH), ("load-1", LOAD_1)];

pub(crate) fn events(record: &str) -> Vec<Event> {
    read::events(record.as_bytes()).expect("the specimen is a record")
}

pub(crate) fn run(record: &str) -> Run {
    fold_all(events(record))
}

pub(crate) fn fold_all(events: Vec<Event>) -> Run {
    let mut events = events.into_iter();
    let Some(Event::RunStarted(head)) = events.next() else { panic!("a record begins with its head") };
    fold(head, events)
}

pub(crate) fn told(format: &str, events: &[Event]) -> String {
    let mut out = Vec::new();
    let written = match find(format).expect("it is in the roll call").tell {
        Tell::Run(tell) => tell(&fold_all(events.to_vec()), &mut out),
        Tell::Each(tell) => events.iter().try_for_each(|event| tell(event, &mut out)),
    };
    written.expect("a Vec takes every write");
    String::from_utf8(out).expect("every format writes UTF-8")
}
