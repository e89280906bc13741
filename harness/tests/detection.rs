//! The suite held against every seeded fault and every legal variant of the reference server.
//!
//! It is the score that `ropcheck faults` prints.

use std::sync::{Arc, OnceLock};

use ropcheck::detect::{Extent, Score, Servers, hold};
use ropcheck::library::Library;
use ropcheck::suite::Suite;
use ropcheck_reference_server::{FAULTS, VARIANTS};

/// The score of the project's own suite, made once for all tests of this file.
fn score() -> &'static Score {
    static SCORE: OnceLock<Score> = OnceLock::new();
    SCORE.get_or_init(|| {
        let suite = Suite::of(Arc::new(Library::load(None).expect("the project's own scenarios can be read")));
        let (faults, variants): (Vec<_>, Vec<_>) = (FAULTS.iter().collect(), VARIANTS.iter().collect());
        let servers = Servers { faults: &faults, variants: &variants, extent: Extent::Whole };
        hold(&suite, servers, &|_| {}).expect("the machine has a runtime for each server")
    })
}

#[test]
fn the_strict_server_meets_everything() {
    let score = score();
    assert!(score.strict.is_clean(), "{:#?}", score.strict);
    let skipped: Vec<_> = score.cases.iter().filter(|(_, case)| case.skipped.is_some()).collect();
    assert!(skipped.is_empty(), "it offers all that a case can need: {skipped:#?}");
}

#[test]
fn every_seeded_fault_is_caught_under_the_requirement_that_it_breaks() {
    let missed: Vec<_> = score().missed().collect();
    assert!(missed.is_empty(), "of {} faults these are missed: {missed:#?}", FAULTS.len());
}

#[test]
fn no_legal_variant_fails_and_none_warns_but_of_the_should_that_it_departs_from() {
    let flagged: Vec<_> = score().flagged().collect();
    assert!(flagged.is_empty(), "of {} variants these are flagged: {flagged:#?}", VARIANTS.len());
}

#[test]
fn no_case_is_idle_and_none_is_excused_without_need() {
    let score = score();
    let idle = score.idle.as_ref().expect("every fault was tried");
    assert!(idle.is_empty(), "{} cases are idle: {idle:#?}", idle.len());
    assert!(score.stale.is_empty(), "these excuses do not hold: {:#?}", score.stale);
}
