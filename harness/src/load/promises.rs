//! What each promise came to over many walks.

use ropcheck_reports::record::{Because, Finding, Found, Share};

use crate::judge::{CameTo, found};
use crate::lint::EXAMPLES;
use crate::plan::Plan;

/// The findings of many walks of one journey, counted promise by promise.
#[derive(Debug)]
pub(super) struct Promises(Vec<Count>);

/// What one promise came to so far.
#[derive(Debug)]
struct Count {
    promise: Found,
    met: u64,
    /// How often it was met before the trial of a search that goes on.
    met_before: u64,
    broken: Side,
    unjudged: Side,
}

/// Findings that did not come out well, the first few of them kept as examples.
#[derive(Debug, Default)]
struct Side {
    count: u64,
    examples: Vec<Found>,
}

impl Promises {
    /// The promises of a plan, none of them looked at.
    pub(super) fn of(plan: &Plan) -> Self {
        let all = plan.steps.iter().flat_map(|step| &step.expect);
        Self(all.map(|promise| Count::new(found(plan, &[], promise, CameTo::met()))).collect())
    }

    /// What was left open before counts no more; a promise that was broken stays so.
    pub(super) fn begin_trial(&mut self) {
        for count in &mut self.0 {
            count.met_before += std::mem::take(&mut count.met);
            count.unjudged = Side::default();
        }
    }

    /// Adds what the promises of a walk came to. They are told in the same order every time, so one is known by its position.
    pub(super) fn add(&mut self, settled: Vec<Option<Found>>) {
        for (count, found) in self.0.iter_mut().zip(settled) {
            count.add(found);
        }
    }

    /// The exchanges that its findings will name.
    pub(super) fn examples(&self) -> impl Iterator<Item = &str> {
        let sides = self.0.iter().flat_map(|count| [&count.broken, &count.unjudged]);
        sides.flat_map(|side| &side.examples).flat_map(|example| &example.evidence).map(String::as_str)
    }

    /// What each promise came to, one finding each.
    pub(super) fn found(self) -> Vec<Found> {
        self.0.into_iter().map(Count::found).collect()
    }
}

impl Count {
    fn new(promise: Found) -> Self {
        Self { promise, met: 0, met_before: 0, broken: Side::default(), unjudged: Side::default() }
    }

    /// `None` stands for a promise that was met.
    fn add(&mut self, found: Option<Found>) {
        match found {
            None => self.met += 1,
            // A walk that the run itself cut off says nothing, and asks for nothing.
            Some(Found { finding: Finding::Unjudged { because: Because::Ended, .. }, .. }) => {}
            Some(found) if matches!(found.finding, Finding::Unjudged { .. }) => self.unjudged.add(found),
            Some(found) => self.broken.add(found),
        }
    }

    /// Broken where it was broken once; not judged where it was left open once: that many others met it proves neither.
    fn found(self) -> Found {
        let Self { promise, met, met_before, broken, unjudged } = self;
        let (judged, open) = (met + met_before + broken.count, unjudged.count);
        let (of, finding, evidence) = match (broken.first(), unjudged.first()) {
            (Some(finding), _) => (judged, finding, broken.evidence()),
            (None, Some(Finding::Unjudged { because, detail })) => {
                let is_much = because == Because::Throttled && open > met;
                let remedy = if is_much { "; ask for less, so that more of them are judged" } else { "" };
                let detail = format!("{detail} ({open} of {} walks{remedy})", met + open);
                (met, Finding::Unjudged { because, detail }, unjudged.evidence())
            }
            (None, Some(Finding::Met | Finding::Broken { .. }) | None) if judged > 0 => (judged, Finding::Met, vec![]),
            (None, _) => {
                let detail = "the load was over before anybody was answered".to_owned();
                (judged, Finding::Unjudged { because: Because::Ended, detail }, vec![])
            }
        };
        Found { finding, evidence, share: Some(Share { broken: broken.count, of, open }), ..promise }
    }
}

impl Side {
    fn add(&mut self, found: Found) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(found);
        }
    }

    fn first(&self) -> Option<Finding> {
        self.examples.first().map(|example| example.finding.clone())
    }

    /// Every exchange that an example names, once: they share their control.
    fn evidence(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for id in self.examples.iter().flat_map(|example| &example.evidence) {
            if !all.contains(id) {
                all.push(id.clone());
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use ropcheck_reports::record::Origin;

    use super::*;

    fn found(walk: u32, finding: Finding) -> Found {
        Found {
            case: "load/a/b".into(),
            requirement: "rfc6749/4.3.3/granted".into(),
            origin: Origin::Line,
            at: None,
            finding,
            evidence: vec![format!("load/a/b~{walk}#1"), "load/a/b#1".into()],
            share: None,
            drawn: None,
        }
    }

    fn broken() -> Finding {
        Finding::Broken { expected: "an access token".into(), actual: "status 503".into() }
    }

    fn open() -> Finding {
        Finding::Unjudged { because: Because::NoAnswer, detail: "no answer within 10s".into() }
    }

    fn came_to(findings: impl IntoIterator<Item = Finding>) -> Found {
        let mut promises = Promises(vec![Count::new(found(0, Finding::Met))]);
        for (walk, finding) in (1..).zip(findings) {
            promises.add(vec![Some(found(walk, finding)).filter(|one| one.finding != Finding::Met)]);
        }
        promises.found().remove(0)
    }

    #[test]
    fn a_promise_that_was_broken_once_is_broken_with_its_share_and_few_examples() {
        let all = came_to((0..1000).map(|walk| if walk % 100 == 0 { broken() } else { Finding::Met }).chain([open()]));
        assert_eq!((all.finding, all.share), (broken(), Some(Share { broken: 10, of: 1000, open: 1 })));
        assert_eq!(all.evidence, ["load/a/b~1#1", "load/a/b#1", "load/a/b~101#1", "load/a/b~201#1"]);
    }

    #[test]
    fn what_was_left_open_once_is_not_met() {
        let all = came_to([Finding::Met, open(), Finding::Met]);
        let detail = "no answer within 10s (1 of 3 walks)".to_owned();
        assert_eq!(all.finding, Finding::Unjudged { because: Because::NoAnswer, detail });
        assert_eq!((all.share, all.evidence.len()), (Some(Share { broken: 0, of: 2, open: 1 }), 2));
    }

    #[test]
    fn where_most_were_turned_away_it_is_told_what_to_do() {
        let throttled = || Finding::Unjudged { because: Because::Throttled, detail: "status 429".into() };
        for (met, told) in [
            (1, "status 429 (2 of 3 walks; ask for less, so that more of them are judged)"),
            (2, "status 429 (2 of 4 walks)"),
        ] {
            let all = came_to((0..met).map(|_| Finding::Met).chain([throttled(), throttled()]));
            assert_eq!(all.finding, Finding::Unjudged { because: Because::Throttled, detail: told.to_owned() });
        }
    }

    #[test]
    fn what_nobody_asked_for_is_not_met() {
        let detail = "the load was over before anybody was answered".to_owned();
        assert_eq!(came_to([]).finding, Finding::Unjudged { because: Because::Ended, detail });
    }

    #[test]
    fn what_the_run_itself_cut_off_leaves_nothing_open() {
        let cut = || Finding::Unjudged { because: Because::Ended, detail: "the run was over".into() };
        let all = came_to([Finding::Met, cut(), cut()]);
        assert_eq!((all.finding, all.share), (Finding::Met, Some(Share { broken: 0, of: 1, open: 0 })));
    }

    #[test]
    fn of_a_search_the_last_trial_tells_what_is_open_and_every_one_what_was_broken() {
        for (before, now, told, share) in [
            (open(), Finding::Met, Finding::Met, Share { broken: 0, of: 2, open: 0 }),
            (broken(), Finding::Met, broken(), Share { broken: 1, of: 3, open: 0 }),
            (Finding::Met, open(), open(), Share { broken: 0, of: 0, open: 1 }),
        ] {
            let mut promises = Promises(vec![Count::new(found(0, Finding::Met))]);
            let add = |promises: &mut Promises, finding| {
                promises.add(vec![Some(found(1, finding)).filter(|one| one.finding != Finding::Met)]);
            };
            add(&mut promises, Finding::Met);
            add(&mut promises, before);
            promises.begin_trial();
            add(&mut promises, now);
            let found = promises.found().remove(0);
            assert_eq!(found.share, Some(share), "{:?}", found.finding);
            let kind = std::mem::discriminant::<Finding>;
            assert_eq!(kind(&found.finding), kind(&told));
        }
    }

    #[test]
    fn what_was_always_met_names_no_exchange() {
        let all = came_to([Finding::Met, Finding::Met]);
        assert_eq!(
            (all.finding, all.share, all.evidence),
            (Finding::Met, Some(Share { broken: 0, of: 2, open: 0 }), vec![])
        );
    }
}
