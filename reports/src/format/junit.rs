//! XML as CI systems read it (`JUnit`): one test case a case.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::wording::load as words;
use super::{text, wording};
use crate::latency::QUANTILE_NAMES;
use crate::load::Held;
use crate::opinion::{self, Binding};
use crate::record::Finding;
use crate::record::load::CameTo;
use crate::run::{CaseOutcome, Run, Standing, Verdict, Weight};
use crate::waivers::Applied;

/// Writes the run as one test suite.
pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("ropcheck");
    report.set_time(Duration::from_micros(run.took_us()));
    report.add_test_suite(suite(run));
    report.serialize(out).map_err(io::Error::other)
}

fn suite(run: &Run) -> TestSuite {
    let mut suite = TestSuite::new(wording::visible(&run.started.target.name));
    suite.set_time(Duration::from_micros(run.took_us()));
    suite.extra.insert("timestamp".into(), wording::moment(run.started.started_ms).into());
    for (name, value) in properties(run) {
        suite.add_property(Property::new(wording::visible(&name), wording::visible(&value)));
    }
    suite.add_test_cases(run.cases.iter().map(|case| test_case(run, case)));
    suite.add_test_cases(run.outdated().map(outdated));
    suite.add_test_cases(run.load.thresholds.iter().map(threshold));
    suite.add_test_cases(unsound(run));
    suite.add_test_cases(judged_too_little(run));
    if let Some(why) = wording::ending(run) {
        suite.add_test_case(unended(why));
    }
    let told = wording::notices(run).into_iter().chain([wording::summary(run)]);
    suite.set_system_out(told.collect::<Vec<_>>().join("\n"));
    suite
}

/// Facts of the run, the second opinion (which fails no test case), then the conditions and figures of a load run.
fn properties(run: &Run) -> Vec<(String, String)> {
    let started = &run.started;
    let mut properties = vec![
        ("target".to_owned(), started.target.name.clone()),
        ("token_endpoint".to_owned(), started.target.token_endpoint.clone()),
        ("seed".to_owned(), started.seed.to_string()),
        ("ropcheck".to_owned(), started.ropcheck.clone()),
    ];
    properties.extend(started.only.iter().map(|glob| ("only".to_owned(), glob.clone())));
    properties.extend(wording::opinion(run).map(|told| ("second_opinion".to_owned(), told)));
    for row in &run.opinions.rows {
        let beside = match &row.binding {
            Some(Binding::Kept(cited)) => format!("; beside {}: {}", cited.id, cited.came_to.name()),
            Some(Binding::Lost(id)) => format!("; beside {id}"),
            None => String::new(),
        };
        let told = format!("{}{beside}", opinion::came_to(&row.advice));
        properties.push((format!("second_opinion.{}", row.advice.id), told));
    }
    if let Some(head) = &run.started.load {
        let told =
            words::conditions(&run.load, head).into_iter().chain([("in the run", words::generator(&run.load, head))]);
        properties.extend(told.map(|(name, text)| (format!("load.{}", name.replace(' ', "_")), text)));
    }
    properties.extend(run.load.search.iter().map(|search| ("load.search".to_owned(), words::found(search))));
    for race in &run.load.races {
        let told = format!("{}. {}", words::race(race), words::race_facts(race));
        properties.push((format!("load.race.{}", race.case), told));
    }
    for step in &run.load.steps {
        let facts = [
            ("requests", step.count.to_string()),
            ("answers_per_second", format!("{:.1}", step.rate)),
            ("errors", step.errors.to_string()),
        ];
        properties.extend(facts.map(|(name, value)| (format!("load.{}.{name}", step.step), value)));
        for (what, times) in [("", step.latency())].into_iter().chain(words::below(step)) {
            let what = if what.is_empty() { String::new() } else { format!("{what}.") };
            // Who reads numbers is given none where there is none.
            let latency = QUANTILE_NAMES.into_iter().zip(words::cells(times)).filter(|(_, ms)| ms != "-");
            properties.extend(latency.map(|(name, ms)| (format!("load.{}.{what}{name}_ms", step.step), ms)));
        }
    }
    properties
}

fn test_case(run: &Run, case: &CaseOutcome) -> TestCase {
    let (class, slug) = case.case.id.rsplit_once('/').unwrap_or(("", &case.case.id));
    let name = wording::visible(&format!("{slug}: {}", case.case.title));
    let mut test = TestCase::new(name, status(run, case));
    test.set_classname(wording::visible(class));
    test.set_time(Duration::from_micros(case.took_us));
    // What fails nothing changes no status, so that it is told beside it.
    let is_told = case.verdict == Verdict::Advised || (case.gravest().is_some() && case.verdict != Verdict::Failed);
    if is_told {
        test.set_system_out(text::of_case(run, case));
    }
    let borne = case.judged.iter().filter_map(|one| Some((one, one.waiver.as_ref()?)));
    for (judged, waiver) in borne {
        let name = format!("waived.{}", judged.found.requirement);
        test.add_property(Property::new(wording::visible(&name), wording::visible(&wording::borne(waiver))));
    }
    test
}

fn status(run: &Run, case: &CaseOutcome) -> TestCaseStatus {
    match case.verdict {
        Verdict::Failed => {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure
                .set_type(level_of_gravest(case))
                .set_message(message(case))
                .set_description(text::of_case(run, case));
            failure
        }
        Verdict::Unjudged => unjudged(case),
        Verdict::Waived => unsettled("waived", &format!("waived: {}", waived(case))),
        Verdict::Skipped => unsettled("skipped", &format!("skipped: {}", case.skipped.as_deref().unwrap_or_default())),
        Verdict::Warned | Verdict::Noted | Verdict::Advised | Verdict::Passed => TestCaseStatus::success(),
    }
}

/// A case that came to nothing: never passed, and never without its reason.
fn unsettled(kind: &str, why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type(kind).set_message(wording::visible(why));
    status
}

/// Its type is the first kind of reason, so that a control that was refused, a silent server and a fault of the harness
/// stay apart for whoever filters by it.
fn unjudged(case: &CaseOutcome) -> TestCaseStatus {
    let mut kind = None;
    let mut reasons: Vec<String> = Vec::new();
    for judged in &case.judged {
        match &judged.found.finding {
            Finding::Unjudged { because, detail } => {
                kind.get_or_insert(because.name());
                reasons.push(format!("{}: {detail}", because.name()));
            }
            Finding::Met | Finding::Broken { .. } => {}
        }
    }
    reasons.dedup();
    match kind {
        Some(kind) => unsettled(kind, &format!("not judged: {}", reasons.join("; "))),
        None => unsettled("not reached", "not judged: not reached by the run"),
    }
}

fn waived(case: &CaseOutcome) -> String {
    let borne = case.judged.iter().filter_map(|one| Some((one, one.waiver.as_ref()?)));
    let mut told: Vec<String> =
        borne.map(|(one, waiver)| format!("{} {}", one.found.requirement, wording::borne(waiver))).collect();
    told.dedup();
    told.join("; ")
}

fn level_of_gravest(case: &CaseOutcome) -> &'static str {
    case.broken().min_by_key(|one| one.weight).map_or("", |one| one.sentence.level.name())
}

/// The broken MUSTs in one line, because that line is all that many CI systems show.
fn message(case: &CaseOutcome) -> String {
    let parts: Vec<String> = case
        .broken()
        .filter(|one| one.weight == Weight::Fails)
        .filter_map(|one| {
            let (expected, actual) = wording::pair(one)?;
            let values: Vec<String> = one.found.drawn.iter().flat_map(wording::drawn_values).collect();
            let with = if values.is_empty() { String::new() } else { format!(", with {}", values.join(", ")) };
            Some(format!("{}: expected {expected}, actual {actual}{with}", one.found.requirement))
        })
        .collect();
    wording::visible(&parts.join("; "))
}

/// A waiver that has to be looked at again fails the run, and so it fails here.
fn outdated(applied: &Applied) -> TestCase {
    let waiver = &applied.waiver;
    let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let message = wording::outdated(applied).unwrap_or_default();
    failure.set_type(format!("waiver {}", applied.state.name())).set_message(wording::visible(&message));
    let name = wording::visible(&format!("{}: {}", waiver.case, waiver.requirement));
    let mut test = TestCase::new(name, failure);
    test.set_classname("waivers");
    test
}

/// A threshold; where the generator was the limit it says nothing of the server.
fn threshold(held: &Held) -> TestCase {
    let told = wording::visible(&held.outcome.to_string());
    let status = match held.came_to {
        CameTo::Invalid | CameTo::Interrupted => unsettled("invalid", &format!("the generator was the limit: {told}")),
        CameTo::Kept => TestCaseStatus::success(),
        CameTo::Missed => {
            let place = wording::place(&held.threshold.at);
            let place = place.map_or_else(String::new, |place| format!("\nasked at: {place}"));
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure
                .set_type("threshold")
                .set_message(told.clone())
                .set_description(wording::visible_lines(&format!("{told}{place}")));
            failure
        }
    };
    let mut test = TestCase::new(wording::visible(&held.threshold.text), status);
    test.set_classname("thresholds");
    test.add_property(Property::new("actual", wording::visible(&held.outcome.actual)));
    test
}

/// A load run that says nothing of the server: INVALID, or a search without an answer.
fn unsound(run: &Run) -> Option<TestCase> {
    let invalid = words::invalid(&run.load);
    let why = if invalid.is_empty() {
        words::found(run.load.search.as_ref().filter(|_| run.load.is_inconclusive())?)
    } else {
        let told: Vec<String> = invalid.into_iter().map(|(why, remedy)| format!("{why}; {remedy}")).collect();
        format!("INVALID: {}", told.join("; "))
    };
    let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
    error.set_type("load").set_message(why);
    let mut test = TestCase::new("generator: the figures are the server's", error);
    test.set_classname("run");
    Some(test)
}

/// A run in which too little could be judged is an error of its own: its cases, each left out with its reason, would else look like
/// a run in which nothing is wrong.
fn judged_too_little(run: &Run) -> Option<TestCase> {
    let is_told = wording::ending(run).is_some() || run.load.is_inconclusive();
    if run.standing() != Standing::Inconclusive || is_told {
        return None;
    }
    let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
    error.set_type("run").set_message(format!("{}: {}", wording::headline(run), wording::summary(run)));
    let mut test = TestCase::new("judged: enough to conclude anything", error);
    test.set_classname("run");
    Some(test)
}

/// A run that did not come to its end is an error of its own: what it left out must not look skipped on purpose.
fn unended(why: String) -> TestCase {
    let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
    error.set_type("run").set_message(why);
    let mut test = TestCase::new("end: the run comes to its own end", error);
    test.set_classname("run");
    test
}
