//! One self-contained page: no script, nothing fetched.

use std::io::{self, Write};

use askama::Template;

use self::case::CaseView;
use self::load::LoadView;
use super::wording;
use crate::coverage::{CameTo, Cited, Document, Section};
use crate::opinion::{self, Binding, Row};
use crate::record::Kind;
use crate::run::{CaseOutcome, Run, Standing, Verdict, Weight};
use crate::waivers::{Applied, State};

mod case;
mod load;
mod prose;

/// Writes the page.
pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(run).render().map_err(io::Error::other)?.as_bytes())
}

/// The page as its template reads it: words only, each of them [`wording::visible`], escaped by askama or as [`prose`].
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    facts: Vec<(&'static str, String)>,
    tone: &'static str,
    headline: &'static str,
    ending: Option<String>,
    notices: Vec<String>,
    tally: Vec<Count>,
    cases: String,
    load: Option<LoadView>,
    invalid: Vec<(String, &'static str)>,
    missed: Vec<String>,
    outdated: Vec<WaiverView>,
    failed: Vec<CaseView>,
    waived: Vec<CaseView>,
    remarked: Vec<CaseView>,
    quiet: Vec<CaseView>,
    unjudged: Vec<Reason>,
    skipped: Vec<Reason>,
    waivers: Vec<WaiverView>,
    opinion: Option<OpinionView>,
    came_to: Vec<&'static str>,
    coverage: Vec<SectionView>,
    rows: Vec<CaseRow>,
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
    title: String,
}

/// A section with what its sentences came to.
struct SectionView {
    name: String,
    counts: Vec<(&'static str, usize)>,
    sentences: Vec<SentenceView>,
}

struct SentenceView {
    id: String,
    level: &'static str,
    says: String,
    tone: &'static str,
    came_to: &'static str,
}

/// A waiver and what became of it.
struct WaiverView {
    tone: &'static str,
    state: &'static str,
    case: String,
    /// Where the case stands on this page, if it does.
    href: Option<String>,
    requirement: String,
    reason: String,
    owner: String,
    expires: String,
    /// What is to be done, where the waiver fails the run.
    told: String,
}

/// Today's advice beside what binds.
struct OpinionView {
    told: String,
    says: &'static str,
    rows: Vec<(Option<SentenceView>, SentenceView, &'static str)>,
}

/// A line of the table of all cases.
struct CaseRow {
    tone: &'static str,
    verdict: &'static str,
    id: String,
    href: String,
    title: String,
    took: String,
}

fn page(run: &Run) -> Page {
    let (mut failed, mut waived, mut remarked, mut quiet) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for case in run.cases.iter().filter(|case| case.verdict != Verdict::Skipped) {
        if case.verdict == Verdict::Failed {
            failed.push(case::view(run, case));
        } else if case.gravest() == Some(Weight::Waived) {
            waived.push(case::view(run, case));
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
            Standing::Failed | Standing::Outdated | Standing::Missed => "bad",
            Standing::Interrupted | Standing::Invalid | Standing::Inconclusive | Standing::Partial => "warn",
            Standing::Passed => "good",
        },
        headline: wording::headline(run),
        ending: wording::ending(run),
        notices: wording::notices(run),
        cases: wording::ran(run),
        summary: wording::summary(run),
        tally: Verdict::ALL
            .map(|verdict| Count { tone: tone(verdict), number: run.tally.of(verdict), name: verdict.name() })
            .into(),
        load: load::view(run),
        invalid: wording::load::invalid(&run.load),
        missed: wording::load::missed(&run.load),
        outdated: run.outdated().map(|applied| waiver(run, applied)).collect(),
        failed,
        waived,
        remarked,
        quiet,
        unjudged: unjudged(run),
        skipped: skipped(run),
        waivers: run.waivers.iter().map(|applied| waiver(run, applied)).collect(),
        opinion: second_opinion(run),
        came_to: CameTo::ALL.map(CameTo::name).into(),
        coverage: run.coverage.iter().flat_map(sections).collect(),
        rows: run.cases.iter().map(row).collect(),
    }
}

fn facts(run: &Run) -> Vec<(&'static str, String)> {
    let started = &run.started;
    let kind = match started.kind {
        Kind::Check => "check",
        Kind::Load => "load",
    };
    let mut facts = vec![
        ("token endpoint", wording::visible(&started.target.token_endpoint)),
        ("started", wording::moment(started.started_ms)),
        ("took", wording::seconds(run.took_us())),
        ("seed", started.seed.to_string()),
        ("written by", wording::visible(&format!("ropcheck {} {kind}", started.ropcheck))),
    ];
    facts.extend(started.only.as_deref().map(|glob| ("only", wording::visible(glob))));
    facts
}

fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Failed => "bad",
        Verdict::Unjudged | Verdict::Waived | Verdict::Warned => "warn",
        Verdict::Noted | Verdict::Advised => "note",
        Verdict::Passed => "good",
        Verdict::Skipped => "quiet",
    }
}

fn unjudged(run: &Run) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = run
        .unjudged()
        .into_iter()
        .map(|((because, detail), cases)| Reason {
            why: format!("{}: {}", because.name(), wording::visible(detail)),
            cases: cases.into_iter().map(reasoned).collect(),
        })
        .collect();
    let unreached: Vec<Reasoned> = run.unreached().into_iter().map(reasoned).collect();
    if !unreached.is_empty() {
        reasons.push(Reason { why: "not reached by the run".to_owned(), cases: unreached });
    }
    reasons
}

fn skipped(run: &Run) -> Vec<Reason> {
    run.skipped()
        .into_iter()
        .map(|(why, cases)| Reason { why: wording::visible(why), cases: cases.into_iter().map(reasoned).collect() })
        .collect()
}

fn reasoned(case: &CaseOutcome) -> Reasoned {
    Reasoned {
        id: wording::visible(&case.case.id),
        anchor: case::anchor(&case.case.id),
        title: wording::visible(&case.case.title),
    }
}

fn waiver(run: &Run, applied: &Applied) -> WaiverView {
    let Applied { waiver, state } = applied;
    let is_here = run.cases.iter().any(|case| case.case.id == waiver.case);
    WaiverView {
        tone: match state {
            State::Bears => "warn",
            State::Expired | State::Unneeded => "bad",
            State::Untried => "quiet",
        },
        state: state.name(),
        case: wording::visible(&waiver.case),
        href: is_here.then(|| case::anchor(&waiver.case)),
        requirement: wording::visible(&waiver.requirement),
        reason: wording::visible(&waiver.reason),
        owner: wording::visible(&waiver.owner),
        expires: waiver.expires.to_string(),
        told: wording::visible(&wording::outdated(applied).unwrap_or_default()),
    }
}

fn second_opinion(run: &Run) -> Option<OpinionView> {
    let rows = run.opinions.rows.iter().map(|Row { binding, document, advice }| {
        let left = binding.as_ref().map(|binding| match binding {
            Binding::Kept(cited) => sentence(cited),
            Binding::Lost(id) => SentenceView {
                id: wording::visible(id),
                level: "",
                says: String::new(),
                tone: "quiet",
                came_to: "not in the record",
            },
        });
        let right = SentenceView { came_to: opinion::came_to(advice), ..sentence(advice) };
        (left, right, *document)
    });
    Some(OpinionView { told: wording::opinion(run)?, says: wording::OPINION, rows: rows.collect() })
}

fn sections(document: &Document) -> impl Iterator<Item = SectionView> {
    document.sections.iter().map(|one| section(&document.name, one))
}

fn section(document: &str, section: &Section) -> SectionView {
    SectionView {
        name: wording::visible(&format!("{document} {}", section.number)),
        counts: CameTo::ALL.map(|came_to| (came_to.name(), section.counts.of(came_to))).into(),
        sentences: section.sentences.iter().map(sentence).collect(),
    }
}

fn sentence(one: &Cited) -> SentenceView {
    SentenceView {
        id: wording::visible(&one.id),
        level: one.sentence.level.name(),
        says: wording::visible(&one.sentence.says),
        tone: match (one.came_to, one.sentence.level) {
            (CameTo::Broken, _) if opinion::is_second(&one.id) => "note",
            (CameTo::Broken, _) => "bad",
            (CameTo::Warned | CameTo::Waived | CameTo::Unjudged, _) => "warn",
            (CameTo::Noted, _) => "note",
            (CameTo::Met, _) => "good",
            (CameTo::Silent, _) => "quiet",
        },
        came_to: one.came_to.name(),
    }
}

fn row(case: &CaseOutcome) -> CaseRow {
    CaseRow {
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
