//! What runs on many servers add up to.

use std::collections::{BTreeMap, BTreeSet};

use ropcheck_reference_server::{Fault, Variant};
use ropcheck_reports::run::Weight;
use serde::Serialize;

use super::{Broken, Extent, Shown};

/// What the suite came to on every server: everything by its id.
#[derive(Debug, Clone, Serialize)]
pub struct Score {
    /// What the strict server showed, which keeps every promise.
    pub strict: StrictScore,
    /// What each fault showed.
    pub faults: BTreeMap<String, FaultScore>,
    /// What each variant showed.
    pub variants: BTreeMap<String, VariantScore>,
    /// What each case is good for.
    pub cases: BTreeMap<String, CaseScore>,
    /// Cases that no fault turned red; `None` where not every fault was tried.
    pub idle: Option<Vec<String>>,
    /// Cases that the embedded server can't show, with the reason.
    pub beyond: BTreeMap<String, String>,
    /// Entries of that table that do not hold: the case turned red, or there is none of that id.
    pub stale: Vec<String>,
}

/// What the strict server showed.
#[derive(Debug, Clone, Serialize)]
pub struct StrictScore {
    /// What is red on it.
    pub broken: Vec<Broken>,
    /// Cases of which something was not judged.
    pub unjudged: Vec<String>,
    /// Why it could not be judged at all, where it could not.
    pub stopped: Option<String>,
}

/// What one fault showed.
#[derive(Debug, Clone, Serialize)]
pub struct FaultScore {
    /// The requirement that it breaks.
    pub breaks: String,
    /// Cases that found just that broken, in order, lints after them.
    pub caught_by: Vec<String>,
    /// Other requirements that turned red, with the cases that say so.
    pub collateral: BTreeMap<String, BTreeSet<String>>,
    /// Why the server could not be judged, where it could not.
    pub stopped: Option<String>,
}

/// What one variant showed.
#[derive(Debug, Clone, Serialize)]
pub struct VariantScore {
    /// The requirement that permits it.
    pub permitted_by: String,
    /// The one SHOULD that it departs from.
    pub departs_from: Option<String>,
    /// Whether that departure was found.
    pub departure_found: bool,
    /// Failures, and warnings of anything else.
    pub flagged: Vec<Broken>,
    /// Cases of which something was not judged.
    pub unjudged: Vec<String>,
    /// Why the server could not be judged, where it could not.
    pub stopped: Option<String>,
}

/// What one case is good for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaseScore {
    /// Faults that it catches.
    pub catches: Vec<String>,
    /// Of these, the ones that no other case catches.
    pub alone: Vec<String>,
    /// Faults under which it turns red, under whatever sentence.
    pub red_under: Vec<String>,
    /// Why the strict server could not show it, where it was skipped there.
    pub skipped: Option<String>,
}

impl StrictScore {
    /// Whether all was judged and met.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.unjudged.is_empty() && self.stopped.is_none()
    }
}

impl FaultScore {
    pub(super) fn of(fault: &Fault, shown: &Shown) -> Self {
        let mut collateral: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for one in shown.broken.iter().filter(|one| one.requirement != fault.breaks) {
            collateral.entry(one.requirement.clone()).or_default().insert(one.case.clone());
        }
        Self {
            breaks: fault.breaks.to_owned(),
            caught_by: shown.cases(|one| one.requirement == fault.breaks),
            collateral,
            stopped: shown.stopped.clone(),
        }
    }

    /// Whether a case found broken what it breaks.
    pub fn is_caught(&self) -> bool {
        !self.caught_by.is_empty()
    }
}

impl VariantScore {
    fn of(variant: &Variant, shown: Shown) -> Self {
        let departure = |one: &Broken| Some(one.requirement.as_str()) == variant.departs_from;
        let departure_found = shown.broken.iter().any(departure);
        let flagged = shown.broken.into_iter().filter(|one| match one.weight {
            Weight::Fails => true,
            Weight::Warns => !departure(one),
            Weight::Waived | Weight::Notes | Weight::Advises | Weight::Unjudged | Weight::Met => false,
        });
        Self {
            permitted_by: variant.permitted_by.to_owned(),
            departs_from: variant.departs_from.map(str::to_owned),
            departure_found,
            flagged: flagged.collect(),
            unjudged: shown.unjudged,
            stopped: shown.stopped,
        }
    }

    /// Whether it was taken for what it is: legal, and departing from that one SHOULD where it does.
    pub fn is_clean(&self) -> bool {
        self.flagged.is_empty() && self.stopped.is_none() && self.departure_found == self.departs_from.is_some()
    }
}

impl Score {
    /// Adds up what the runs showed. `cases` are those of the suite, `beyond` those that the embedded server can't show.
    pub fn of(
        cases: impl IntoIterator<Item = String>,
        strict: Shown,
        faults: impl IntoIterator<Item = (&'static Fault, Shown)>,
        variants: impl IntoIterator<Item = (&'static Variant, Shown)>,
        extent: Extent,
        beyond: &[(&str, &str)],
    ) -> Self {
        let mut by_case: BTreeMap<String, CaseScore> = cases
            .into_iter()
            .map(|id| (id.clone(), CaseScore { skipped: strict.skipped.get(&id).cloned(), ..CaseScore::default() }))
            .collect();
        let known: BTreeSet<String> = by_case.keys().cloned().collect();
        let mut by_fault = BTreeMap::new();
        for (fault, shown) in faults {
            let score = FaultScore::of(fault, &shown);
            for case in shown.cases(|_| true) {
                by_case.entry(case).or_default().red_under.push(fault.id.to_owned());
            }
            for case in &score.caught_by {
                let of_case = by_case.entry(case.clone()).or_default();
                of_case.catches.push(fault.id.to_owned());
                if score.caught_by.len() == 1 {
                    of_case.alone.push(fault.id.to_owned());
                }
            }
            by_fault.insert(fault.id.to_owned(), score);
        }
        let by_variant =
            variants.into_iter().map(|(variant, shown)| (variant.id.to_owned(), VariantScore::of(variant, shown)));
        let red = |id: &str| by_case.get(id).is_some_and(|case| !case.red_under.is_empty());
        let stale = beyond.iter().filter(|(id, _)| red(id) || !known.contains(*id));
        let excused: BTreeMap<String, String> =
            beyond.iter().map(|(id, because)| ((*id).to_owned(), (*because).to_owned())).collect();
        let idle = known.iter().filter(|id| !red(id) && !excused.contains_key(*id));
        Self {
            idle: (extent == Extent::Whole).then(|| idle.cloned().collect()),
            stale: stale.map(|(id, _)| (*id).to_owned()).collect(),
            strict: StrictScore { broken: strict.broken, unjudged: strict.unjudged, stopped: strict.stopped },
            faults: by_fault,
            variants: by_variant.collect(),
            cases: by_case,
            beyond: excused,
        }
    }

    /// Faults that no case caught.
    pub fn missed(&self) -> impl Iterator<Item = (&str, &FaultScore)> {
        self.faults.iter().filter(|(_, fault)| !fault.is_caught()).map(|(id, fault)| (id.as_str(), fault))
    }

    /// Variants that are not clean.
    pub fn flagged(&self) -> impl Iterator<Item = (&str, &VariantScore)> {
        self.variants.iter().filter(|(_, variant)| !variant.is_clean()).map(|(id, variant)| (id.as_str(), variant))
    }

    /// Cases that alone catch something.
    pub fn alone(&self) -> impl Iterator<Item = (&str, &CaseScore)> {
        self.cases.iter().filter(|(_, case)| !case.alone.is_empty()).map(|(id, case)| (id.as_str(), case))
    }

    /// 0 where all is as it should be, else 1.
    pub fn exit_code(&self) -> u8 {
        let idle = self.idle.as_ref().is_some_and(|idle| !idle.is_empty());
        let wrong = self.missed().next().is_some() || self.flagged().next().is_some();
        u8::from(wrong || idle || !self.stale.is_empty() || !self.strict.is_clean())
    }

    /// The last line.
    pub fn summary(&self) -> String {
        let (faults, variants) = (self.faults.len(), self.variants.len());
        let (caught, clean) = (faults - self.missed().count(), variants - self.flagged().count());
        let idle = self.idle.as_ref().map_or_else(|| "not counted".to_owned(), |idle| idle.len().to_string());
        let mut line =
            format!("faults: {caught}/{faults} caught, variants: {clean}/{variants} clean, idle cases: {idle}");
        if !self.stale.is_empty() {
            line += &format!(", stale excuses: {}", self.stale.len());
        }
        if !self.strict.is_clean() {
            line += ", strict server: not clean";
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ropcheck_reports::folding::fold;
    use ropcheck_reports::record::{
        self, Because, Case, Ended, Event, Finding, Found, Kind, Origin, Place, RunFinished, RunStarted, Sentence,
        Skipped,
    };

    use super::*;

    static FAULT: Fault = Fault { id: "fault", breaks: "doc/1/must", says: "It is wrong.", how: |_| {} };
    static OTHER: Fault = Fault { id: "other", breaks: "doc/1/other", says: "It is wrong too.", how: |_| {} };
    static VARIANT: Variant =
        Variant { id: "variant", permitted_by: "doc/1/may", departs_from: None, says: "It may.", how: |_| {} };
    static DEPARTING: Variant = Variant { id: "departing", departs_from: Some("doc/1/should"), ..VARIANT };

    const CASES: [&str; 3] = ["case/a", "case/b", "case/c"];

    fn head() -> RunStarted {
        let sentence = |id: &str| -> Sentence {
            let level = if id.ends_with("should") { "should" } else { "must" };
            let sentence = serde_json::json!({ "section": "1", "level": level, "says": id });
            serde_json::from_value(sentence).expect("a sentence")
        };
        let at = Place { file: "a.yaml".into(), line: 1, text: String::new() };
        let sentences = ["doc/1/must", "doc/1/other", "doc/1/should"];
        RunStarted {
            version: record::VERSION,
            ropcheck: "0.0.0".into(),
            kind: Kind::Check,
            started_ms: 0,
            target: record::Target { name: "t".into(), token_endpoint: String::new() },
            seed: 0,
            cases: CASES.map(|id| Case { id: id.into(), title: id.into(), at: at.clone() }).into(),
            sentences: sentences.map(|id| (id.to_owned(), sentence(id))).into(),
            only: None,
            waivers: vec![],
            load: None,
        }
    }

    fn found(case: &str, requirement: &str, finding: Finding) -> Event {
        Event::Found(Found {
            case: case.into(),
            requirement: requirement.into(),
            origin: Origin::Line,
            at: None,
            finding,
            evidence: vec![],
            share: None,
            drawn: None,
        })
    }

    /// A run of the three cases in which these found these broken; every other finding is met.
    fn run(broken: &[(&str, &str)]) -> Shown {
        let met = CASES.map(|case| found(case, "doc/1/must", Finding::Met));
        let broken = broken.iter().map(|(case, requirement)| {
            found(case, requirement, Finding::Broken { expected: "this".into(), actual: "that".into() })
        });
        let done = Event::RunFinished(RunFinished::after(1, Ended::Complete));
        Shown::of(&fold(head(), met.into_iter().chain(broken).chain([done])))
    }

    /// The score of a perfect suite but for what a test changes.
    struct Runs {
        strict: Shown,
        faults: Vec<(&'static Fault, Shown)>,
        variants: Vec<(&'static Variant, Shown)>,
        extent: Extent,
        beyond: &'static [(&'static str, &'static str)],
    }

    impl Runs {
        fn perfect() -> Self {
            let fault = run(&[("case/a", "doc/1/must"), ("case/b", "doc/1/must"), ("case/b", "doc/1/other")]);
            Self {
                strict: run(&[]),
                faults: vec![(&FAULT, fault), (&OTHER, run(&[("case/c", "doc/1/other")]))],
                variants: vec![(&VARIANT, run(&[])), (&DEPARTING, run(&[("case/a", "doc/1/should")]))],
                extent: Extent::Whole,
                beyond: &[],
            }
        }

        fn score(self) -> Score {
            let Self { strict, faults, variants, extent, beyond } = self;
            Score::of(CASES.map(str::to_owned), strict, faults, variants, extent, beyond)
        }

        fn comes_to(self, code: u8, last_line: &str) -> Score {
            let score = self.score();
            assert_eq!((score.exit_code(), score.summary().as_str()), (code, last_line));
            score
        }
    }

    #[test]
    fn a_perfect_suite_exits_with_zero() {
        let score = Runs::perfect().comes_to(0, "faults: 2/2 caught, variants: 2/2 clean, idle cases: 0");
        assert_eq!(score.faults["fault"].caught_by, ["case/a", "case/b"]);
        assert_eq!(
            score.faults["fault"].collateral,
            BTreeMap::from([("doc/1/other".into(), ["case/b".into()].into())])
        );
        assert_eq!(
            score.alone().map(|(id, case)| (id, case.alone.clone())).collect::<Vec<_>>(),
            [("case/c", vec!["other".to_owned()])]
        );
    }

    #[test]
    fn a_fault_is_missed_where_only_other_sentences_turn_red() {
        let mut runs = Runs::perfect();
        runs.faults[1].1 = run(&[("case/c", "doc/1/must")]);
        let score = runs.comes_to(1, "faults: 1/2 caught, variants: 2/2 clean, idle cases: 0");
        assert_eq!(score.missed().map(|(id, _)| id).collect::<Vec<_>>(), ["other"]);
        assert_eq!(score.cases["case/c"].red_under, ["other"]);
    }

    #[test]
    fn a_fault_that_stops_the_run_is_missed() {
        let mut runs = Runs::perfect();
        runs.faults[1].1 = Shown { stopped: Some("the good login was refused".into()), ..Shown::default() };
        runs.beyond = &[("case/c", "nothing shows it")];
        let score = runs.comes_to(1, "faults: 1/2 caught, variants: 2/2 clean, idle cases: 0");
        assert!(score.faults["other"].stopped.is_some());
    }

    #[test]
    fn a_case_that_no_fault_turns_red_is_idle_unless_it_is_excused() {
        let mut runs = Runs::perfect();
        runs.faults.pop();
        let score = runs.comes_to(1, "faults: 1/1 caught, variants: 2/2 clean, idle cases: 1");
        assert_eq!(score.idle, Some(vec!["case/c".to_owned()]));

        let mut runs = Runs::perfect();
        runs.faults.pop();
        runs.beyond = &[("case/c", "it needs a real host")];
        runs.comes_to(0, "faults: 1/1 caught, variants: 2/2 clean, idle cases: 0");

        let mut runs = Runs::perfect();
        runs.faults.pop();
        runs.extent = Extent::Part;
        runs.comes_to(0, "faults: 1/1 caught, variants: 2/2 clean, idle cases: not counted");
    }

    #[test]
    fn an_excuse_that_does_not_hold_is_told() {
        let mut runs = Runs::perfect();
        runs.beyond = &[("case/a", "it turns red"), ("case/gone", "there is none")];
        let score = runs.comes_to(1, "faults: 2/2 caught, variants: 2/2 clean, idle cases: 0, stale excuses: 2");
        assert_eq!(score.stale, ["case/a", "case/gone"]);
    }

    #[test]
    fn a_variant_is_flagged_for_failures_for_other_warnings_and_for_a_departure_that_nobody_sees() {
        let flagged = |at: usize, shown: Shown| {
            let mut runs = Runs::perfect();
            runs.variants[at].1 = shown;
            let score = runs.comes_to(1, "faults: 2/2 caught, variants: 1/2 clean, idle cases: 0");
            score.flagged().map(|(_, variant)| variant.flagged.len()).collect::<Vec<_>>()
        };
        assert_eq!(flagged(0, run(&[("case/a", "doc/1/must")])), [1]);
        assert_eq!(flagged(0, run(&[("case/a", "doc/1/should")])), [1]);
        assert_eq!(flagged(1, run(&[("case/a", "doc/1/should"), ("case/b", "doc/1/other")])), [1]);
        assert_eq!(flagged(1, run(&[])), [0]);
        assert_eq!(flagged(0, Shown { stopped: Some("refused".into()), ..Shown::default() }), [0]);
    }

    #[test]
    fn a_strict_server_that_is_red_spoils_the_score() {
        let mut runs = Runs::perfect();
        runs.strict = run(&[("case/a", "doc/1/should")]);
        runs.comes_to(1, "faults: 2/2 caught, variants: 2/2 clean, idle cases: 0, strict server: not clean");
    }

    #[test]
    fn what_is_not_judged_and_what_is_skipped_is_told_apart_from_what_is_broken() {
        let unjudged = Finding::Unjudged { because: Because::Control, detail: "refused".into() };
        let skipped = Skipped { case: "case/b".into(), because: "no public client".into() };
        let done = Event::RunFinished(RunFinished::after(1, Ended::Stopped("silence".into())));
        let events = [found("case/a", "doc/1/must", unjudged), Event::Skipped(skipped), done];
        let shown = Shown::of(&fold(head(), events));
        assert!(shown.broken.is_empty());
        assert_eq!(shown.unjudged, ["case/a", "case/c"], "a case that was not reached is not judged");
        assert_eq!(shown.stopped.as_deref(), Some("silence"));
        let score = Runs { strict: shown, ..Runs::perfect() }
            .comes_to(1, "faults: 2/2 caught, variants: 2/2 clean, idle cases: 0, strict server: not clean");
        assert_eq!(score.cases["case/b"].skipped.as_deref(), Some("no public client"));
    }
}
