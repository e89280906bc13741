//! The rounds of a race, counted.

use std::collections::BTreeSet;

use ropcheck_reports::record::load::{Late, Replay};
use ropcheck_reports::record::{self, Because, Event};

use super::round::{Came, Round, Use};
use super::truths::{ONE_WINS, TRUTHS, Truth};
use super::{JOURNEY, NotBegun};
use crate::check::unjudged;
use crate::load::Running;
use crate::load::ledger::{Ledger, Place};
use crate::plan::Plan;
use crate::recorder;
use crate::scenario::load::Race;

/// What the rounds came to so far.
pub(super) struct Tally {
    race: record::Race,
    ledger: Ledger,
    /// Rounds whose old token was granted late, and may be refused when grace is over.
    open: u64,
    /// The exchanges that were told.
    told: BTreeSet<String>,
}

impl Tally {
    pub(super) fn new(running: &Running, race: &Race) -> Self {
        let journey = &running.mix.journeys[JOURNEY];
        let raced = journey.rows.first().and_then(|row| row.plan.steps.last());
        let race = record::Race {
            case: journey.case.clone(),
            step: raced.map(|step| step.name.clone()).unwrap_or_default(),
            at_once: race.at_once,
            ..record::Race::default()
        };
        let ledger = Ledger::new("rounds", TRUTHS.iter().map(|truth| (truth.name, truth.requirement)));
        Self { race, ledger, open: 0, told: BTreeSet::new() }
    }

    /// Notes what a second use of a token comes to when nobody is beside it.
    pub(super) fn alone(&mut self, replay: &Result<Replay, NotBegun>) {
        self.race.replay = replay.as_ref().ok().copied();
    }

    /// Adds a round, and tells the exchanges that its findings will name.
    pub(super) fn add(&mut self, raced: &Plan, round: &Round, tell: &mut dyn FnMut(Event)) {
        let winners = u32::try_from(round.winners().count()).unwrap_or(u32::MAX);
        *self.race.winners.entry(winners).or_default() += 1;
        self.race.shared += u64::from(round.is_shared());
        for lost in round.losers() {
            self.race.failed += u64::from(lost.came == Came::Failed);
            *self.race.lost.entry(lost.counted()).or_default() += 1;
        }
        if let Some(lives) = round.lives() {
            *self.race.lives.entry(lives).or_default() += 1;
        }
        match round.late() {
            Some(late) => self.count_late(late),
            None => self.open += 1,
        }
        let Self { ledger, told, .. } = self;
        for (truth, Truth { look, .. }) in TRUTHS.iter().enumerate() {
            let Some((finding, shown)) = look(round) else { continue };
            ledger.add(truth, finding, || place(raced, &shown, told, tell));
        }
    }

    /// Notes a round that could not begin.
    pub(super) fn not_begun(&mut self, because: Because, why: &str) {
        if let Some(truth) = TRUTHS.iter().position(|truth| truth.name == ONE_WINS) {
            self.ledger.add(truth, unjudged(because, why), Place::default);
        }
    }

    /// Notes what the old token of a round came to when grace was over.
    pub(super) fn late(&mut self, late: Late) {
        self.open = self.open.saturating_sub(1);
        self.count_late(late);
    }

    fn count_late(&mut self, late: Late) {
        *self.race.late.entry(late).or_default() += 1;
    }

    /// Tells what it all came to.
    pub(super) fn finish(mut self, tell: &mut dyn FnMut(Event)) {
        if self.open > 0 {
            *self.race.late.entry(Late::Unknown).or_default() += self.open;
        }
        tell(Event::Race(self.race));
        self.ledger.found().into_iter().map(Event::Found).for_each(tell);
    }
}

/// Where a round broke a truth: the uses that show it, which the record keeps.
fn place(raced: &Plan, shown: &[&Use], told: &mut BTreeSet<String>, tell: &mut dyn FnMut(Event)) -> Place {
    for one in shown {
        recorder::exchanges(raced, &one.walked, &mut |exchange| {
            if told.insert(exchange.id.clone()) {
                tell(Event::Exchange(exchange));
            }
        });
    }
    let evidence: Vec<String> = shown.iter().map(|one| one.id()).collect();
    Place { at: evidence.join(" and "), evidence }
}
