//! One self-contained page: no script, nothing fetched.

use std::io::{self, Write};

use askama::Template;

use self::case::CaseView;
use super::chart::{self, Chart};
use super::wording;
use crate::coverage::{CameTo, Section};
use crate::latency::QUANTILE_NAMES;
use crate::record::{Kind, Level};
use crate::run::{CaseOutcome, Run, Standing, Verdict};

mod case;

/// Writes the page.
pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(run).render().map_err(io::Error::other)?.as_bytes())
}

/// The page as its template reads it: words only, each of them [`wording::visible`], escaped by askama.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    facts: Vec<(&'static str, String)>,
    tone: &'static str,
    headline: &'static str,
    ending: Option<String>,
    tally: Vec<Count>,
    cases: String,
    load: Option<Load>,
    failed: Vec<CaseView>,
    remarked: Vec<CaseView>,
    quiet: Vec<CaseView>,
    unjudged: Vec<Reason>,
    skipped: Vec<Reason>,
    coverage: Vec<SectionView>,
    rows: Vec<Row>,
    summary: String,
}

/// Cases of one verdict.
struct Count {
    tone: &'static str,
    number: usize,
    name: &'static str,
}

/// Cases that share a reason.
struct Reason {
    why: String,
    cases: Vec<Reasoned>,
}

struct Reasoned {
    id: String,
    anchor: String,
    detail: String,
}

/// A section with what its sentences came to.
struct SectionView {
    name: String,
    counts: [usize; 4],
    sentences: Vec<SentenceView>,
}

struct SentenceView {
    id: String,
    level: &'static str,
    says: String,
    tone: &'static str,
    came_to: &'static str,
}

/// A line of the table of all cases.
struct Row {
    tone: &'static str,
    verdict: &'static str,
    id: String,
    href: String,
    title: String,
    took: String,
}

/// What a load run measured.
struct Load {
    names: [&'static str; QUANTILE_NAMES.len()],
    steps: Vec<StepView>,
    rate: Chart,
    latency: Chart,
}

struct StepView {
    step: String,
    count: u64,
    rate: String,
    latencies: [String; QUANTILE_NAMES.len()],
    errors: u64,
    broken: u64,
    statuses: String,
    unreadable: Option<String>,
}

fn page(run: &Run) -> Page {
    let (mut failed, mut remarked, mut quiet) = (Vec::new(), Vec::new(), Vec::new());
    for case in run.cases.iter().filter(|case| case.verdict != Verdict::Skipped) {
        if case.verdict == Verdict::Failed {
            failed.push(case::view(run, case));
        } else if case.gravest().is_some() {
            remarked.push(case::view(run, case));
        } else {
            quiet.push(case::view(run, case));
        }
    }
    Page {
        title: wording::visible(&run.started.target.name),
        facts: facts(run),
        tone: match run.standing() {
            Standing::Failed => "bad",
            Standing::Interrupted | Standing::Inconclusive | Standing::Partial => "warn",
            Standing::Passed => "good",
        },
        headline: wording::headline(run),
        ending: wording::ending(run),
        cases: wording::count(run.tally.total(), "case"),
        summary: wording::summary(run),
        tally: Verdict::ALL
            .map(|verdict| Count { tone: tone(verdict), number: run.tally.of(verdict), name: verdict.name() })
            .into(),
        load: load(run),
        failed,
        remarked,
        quiet,
        unjudged: unjudged(run),
        skipped: skipped(run),
        coverage: run.coverage.iter().map(section).collect(),
        rows: run.cases.iter().map(row).collect(),
    }
}

fn facts(run: &Run) -> Vec<(&'static str, String)> {
    let started = &run.started;
    let kind = match started.kind {
        Kind::Check => "check",
        Kind::Load => "load",
    };
    vec![
        ("token endpoint", wording::visible(&started.target.token_endpoint)),
        ("started", wording::moment(started.started_ms)),
        ("took", wording::seconds(run.took_us())),
        ("seed", started.seed.to_string()),
        ("written by", wording::visible(&format!("ropcheck {} {kind}", started.ropcheck))),
    ]
}

fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Failed => "bad",
        Verdict::Unjudged | Verdict::Warned => "warn",
        Verdict::Noted => "note",
        Verdict::Passed => "good",
        Verdict::Skipped => "quiet",
    }
}

fn unjudged(run: &Run) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = run
        .unjudged()
        .into_iter()
        .map(|(because, cases)| Reason {
            why: because.name().to_owned(),
            cases: cases.into_iter().map(|(case, detail)| reasoned(case, detail)).collect(),
        })
        .collect();
    let unreached: Vec<Reasoned> = run.unreached().into_iter().map(|case| reasoned(case, "")).collect();
    if !unreached.is_empty() {
        reasons.push(Reason { why: "not reached by the run".to_owned(), cases: unreached });
    }
    reasons
}

fn skipped(run: &Run) -> Vec<Reason> {
    run.skipped()
        .into_iter()
        .map(|(why, cases)| Reason {
            why: wording::visible(why),
            cases: cases.into_iter().map(|case| reasoned(case, &case.case.title)).collect(),
        })
        .collect()
}

fn reasoned(case: &CaseOutcome, detail: &str) -> Reasoned {
    Reasoned {
        id: wording::visible(&case.case.id),
        anchor: case::anchor(&case.case.id),
        detail: wording::visible(detail),
    }
}

fn section(section: &Section) -> SectionView {
    SectionView {
        name: wording::visible(&format!("{} {}", section.document, section.section)),
        counts: [section.met, section.broken, section.unjudged, section.silent],
        sentences: section
            .sentences
            .iter()
            .map(|one| SentenceView {
                id: wording::visible(&one.id),
                level: one.sentence.level.name(),
                says: wording::visible(&one.sentence.says),
                tone: match (one.came_to, one.sentence.level) {
                    (CameTo::Broken, Level::Must | Level::MustNot) => "bad",
                    (CameTo::Broken, Level::Should | Level::ShouldNot) | (CameTo::Unjudged, _) => "warn",
                    (CameTo::Broken, Level::May | Level::Practice) => "note",
                    (CameTo::Met, _) => "good",
                    (CameTo::Silent, _) => "quiet",
                },
                came_to: one.came_to.name(),
            })
            .collect(),
    }
}

fn row(case: &CaseOutcome) -> Row {
    Row {
        tone: tone(case.verdict),
        verdict: case.verdict.name(),
        id: wording::visible(&case.case.id),
        href: case::anchor(&case.case.id),
        title: wording::visible(&case.case.title),
        took: match case.took_us {
            0 => String::new(),
            us => wording::millis(us),
        },
    }
}

fn load(run: &Run) -> Option<Load> {
    let steps = run.load.iter().map(|step| StepView {
        step: wording::visible(&step.step),
        count: step.count,
        rate: format!("{:.1}", step.rate),
        latencies: wording::latencies(step),
        errors: step.errors,
        broken: step.broken,
        statuses: wording::statuses(step),
        unreadable: wording::unreadable(step),
    });
    (!run.load.is_empty()).then(|| Load {
        names: QUANTILE_NAMES,
        steps: steps.collect(),
        rate: chart::rate(&run.load),
        latency: chart::latency(&run.load),
    })
}
