//! `ropcheck faults`: what the suite sees, and whether it is fair: the matrix of every fault and every variant.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use globset::GlobBuilder;
use indicatif::{ProgressBar, ProgressStyle};
use ropcheck::complaint::did_you_mean;
use ropcheck::detect::{Broken, Extent, FaultScore, Score, Servers, VariantScore, hold};
use ropcheck::library::Library;
use ropcheck::suite::Suite;
use ropcheck_reference_server::{FAULTS, FAULTS_IN_A_RACE, FAULTS_UNDER_LOAD, Fault, VARIANTS, Variant};

use super::embedded::under_load;
use super::page::{Ink, Page, count, some};
use super::stop::Stop;
use crate::cli::{Faults, one_glob};

/// Runs the suite on each server and gives the exit code of the score.
pub(crate) fn run(args: &Faults) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let suite = Suite::of(library);
    let (faults, variants) = chosen(one_glob(&args.only).map_err(Stop::bad_input)?)?;
    let extent = if faults.len() == FAULTS.len() { Extent::Whole } else { Extent::Part };
    let json = args.json.as_deref().map(|path| Ok::<_, Stop>((path, create(path)?))).transpose()?;
    let progress = progress(1 + faults.len() + variants.len());
    let servers = Servers { faults: &faults, variants: &variants, extent };
    let score = hold(&suite, servers, &|id| {
        progress.set_message(id.to_owned());
        progress.inc(1);
    });
    progress.finish_and_clear();
    let score = score.map_err(|why| Stop::harness(format!("could not run the servers: {why}")))?;
    if let Some((path, file)) = json {
        write(&score, file).map_err(|why| Stop::harness(format!("could not write {}: {why}", path.display())))?;
    }
    page(&score).print()?;
    Ok(score.exit_code())
}

/// The faults and variants whose id a glob matches; all of them without one.
fn chosen(glob: Option<&str>) -> Result<(Vec<&'static Fault>, Vec<&'static Variant>), Stop> {
    let Some(glob) = glob else { return Ok((FAULTS.iter().collect(), VARIANTS.iter().collect())) };
    let matcher = GlobBuilder::new(glob).build().map_err(|why| Stop::bad_input(why.to_string()))?.compile_matcher();
    let faults: Vec<_> = FAULTS.iter().filter(|fault| matcher.is_match(fault.id)).collect();
    let variants: Vec<_> = VARIANTS.iter().filter(|variant| matcher.is_match(variant.id)).collect();
    if faults.is_empty() && variants.is_empty() {
        let mut more = FAULTS_UNDER_LOAD.iter().chain(FAULTS_IN_A_RACE);
        if let Some(fault) = more.find(|fault| matcher.is_match(fault.id)) {
            return Err(Stop::bad_input(format!(
                "no single answer shows `{0}`: try `{1}`",
                fault.id,
                under_load(fault.id)
            )));
        }
        let ids = || FAULTS.iter().map(|fault| fault.id).chain(VARIANTS.iter().map(|variant| variant.id));
        let part = glob.trim_matches('*');
        let wider = if ids().any(|id| id.contains(part)) { format!(": try `*{part}*`") } else { String::new() };
        let near = did_you_mean(glob, ids());
        return Err(Stop::bad_input(format!("no fault and no variant matches `{glob}`{wider}{near}")));
    }
    Ok((faults, variants))
}

fn create(path: &Path) -> Result<File, Stop> {
    File::create(path).map_err(|why| Stop::bad_input(format!("could not write {}: {why}", path.display())))
}

fn write(score: &Score, file: File) -> std::io::Result<()> {
    let mut file = BufWriter::new(file);
    serde_json::to_writer_pretty(&mut file, score)?;
    file.write_all(b"\n")?;
    file.flush()
}

/// A progress line on stderr; indicatif hides it where stderr is no terminal.
fn progress(servers: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{pos}/{len} servers {wide_msg}");
    ProgressBar::new(servers as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What is well comes first, so that the end of the text, which a terminal shows, is what is left to do.
fn page(score: &Score) -> Page {
    let mut page = Page::new();
    caught(&mut page, score);
    clean(&mut page, score);
    alone(&mut page, score);
    beyond(&mut page, score);
    not_tried(&mut page, score);
    idle(&mut page, score);
    strict(&mut page, score);
    flagged(&mut page, score);
    missed(&mut page, score);
    page.blank();
    let ink = if score.exit_code() == 0 { Ink::Good } else { Ink::Bad };
    page.line(0, ink, &score.summary());
    page
}

fn caught(page: &mut Page, score: &Score) {
    let caught: Vec<_> = score.faults.iter().filter(|(_, fault)| fault.is_caught()).collect();
    if caught.is_empty() {
        return;
    }
    page.head(Ink::Strong, "Faults that are caught");
    for (id, fault) in caught {
        page.line(2, Ink::Strong, id);
        let by = some(fault.caught_by.iter().map(String::as_str), 1);
        page.entry(4, &format!("breaks {}, caught by {by}", fault.breaks));
        collateral(page, fault);
    }
}

/// Collateral requirements that are named, the others being counted.
const NAMED: usize = 2;

fn collateral(page: &mut Page, fault: &FaultScore) {
    if fault.collateral.is_empty() {
        return;
    }
    let cases: BTreeSet<&String> = fault.collateral.values().flatten().collect();
    let mut most: Vec<_> = fault.collateral.iter().collect();
    most.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    let named = some(most.into_iter().map(|(requirement, _)| requirement.as_str()), NAMED);
    page.entry(4, &format!("collateral: {named}, in {}", count(cases.len(), "case")));
}

fn clean(page: &mut Page, score: &Score) {
    let clean: Vec<_> = score.variants.iter().filter(|(_, variant)| variant.is_clean()).collect();
    if clean.is_empty() {
        return;
    }
    page.head(Ink::Strong, "Variants that are clean");
    for (id, variant) in clean {
        page.line(2, Ink::Strong, id);
        let departs = variant.departs_from.as_ref().map(|should| format!(", warned of {should} as is right"));
        page.entry(4, &format!("permitted by {}{}", variant.permitted_by, departs.unwrap_or_default()));
        unjudged(page, &variant.unjudged);
    }
}

fn unjudged(page: &mut Page, cases: &[String]) {
    if !cases.is_empty() {
        page.entry(4, &format!("not judged: {}", some(cases.iter().map(String::as_str), NAMED)));
    }
}

fn alone(page: &mut Page, score: &Score) {
    let (mut cases, mut faults) = (0, 0);
    for (_, case) in score.alone() {
        cases += 1;
        faults += case.alone.len();
    }
    if cases == 0 {
        return;
    }
    page.head(
        Ink::Strong,
        &format!("Caught by one case alone: {} by {}", count(faults, "fault"), count(cases, "case")),
    );
    for (id, case) in score.alone() {
        page.entry(2, &format!("{id}: {}", case.alone.join(", ")));
    }
}

fn beyond(page: &mut Page, score: &Score) {
    // Of some faults nobody asks which cases stay green.
    if score.idle.is_some() && !score.beyond.is_empty() {
        page.head(Ink::Strong, "Cases that the embedded server can't show");
        for (id, because) in &score.beyond {
            page.entry(2, &format!("{id}: {because}"));
        }
    }
    if !score.stale.is_empty() {
        page.head(Ink::Bad, "Of these, no longer so: the case turns red, or is gone");
    }
    for id in &score.stale {
        page.line(2, Ink::Plain, id);
    }
}

/// Faults that no case can catch, as no single answer shows them.
fn not_tried(page: &mut Page, score: &Score) {
    if score.idle.is_none() {
        return;
    }
    page.head(Ink::Strong, "Faults that show under load or in a race alone, and are not tried here");
    for fault in FAULTS_UNDER_LOAD.iter().chain(FAULTS_IN_A_RACE) {
        page.entry(2, &format!("{}: {}", fault.id, fault.says));
    }
}

fn idle(page: &mut Page, score: &Score) {
    let Some(idle) = score.idle.as_ref().filter(|idle| !idle.is_empty()) else { return };
    page.head(Ink::Warn, "IDLE: no fault turns these cases red");
    for id in idle {
        let skipped = score.cases.get(id).and_then(|case| case.skipped.as_ref());
        let skipped = skipped.map(|because| format!(" (skipped: {because})")).unwrap_or_default();
        page.entry(2, &format!("{id}{skipped}"));
    }
}

fn strict(page: &mut Page, score: &Score) {
    if score.strict.is_clean() {
        return;
    }
    page.head(Ink::Bad, "NOT CLEAN: the strict server, which keeps every promise");
    stopped(page, score.strict.stopped.as_ref());
    pairs(page, &score.strict.broken);
    unjudged(page, &score.strict.unjudged);
}

fn flagged(page: &mut Page, score: &Score) {
    if score.flagged().next().is_some() {
        page.head(Ink::Bad, "FLAGGED: legal variants that the suite complains of");
    }
    for (id, variant) in score.flagged() {
        page.line(2, Ink::Strong, id);
        page.entry(4, &format!("permitted by {}", variant.permitted_by));
        stopped(page, variant.stopped.as_ref());
        departure(page, variant);
        pairs(page, &variant.flagged);
        unjudged(page, &variant.unjudged);
    }
}

fn departure(page: &mut Page, variant: &VariantScore) {
    if let Some(should) = variant.departs_from.as_ref().filter(|_| !variant.departure_found) {
        page.entry(4, &format!("departs from {should}, and no case says so"));
    }
}

fn stopped(page: &mut Page, why: Option<&String>) {
    if let Some(why) = why {
        page.entry(4, &format!("could not be judged: {why}"));
    }
}

fn pairs(page: &mut Page, broken: &[Broken]) {
    for one in broken {
        page.entry(4, &format!("{} {} in {}", one.level.name(), one.requirement, one.case));
        page.entry(6, &format!("expected: {}", one.expected));
        page.entry(6, &format!("actual:   {}", one.actual));
    }
}

fn missed(page: &mut Page, score: &Score) {
    if score.missed().next().is_some() {
        page.head(Ink::Bad, "MISSED: no case finds broken what these faults break");
    }
    for (id, fault) in score.missed() {
        page.line(2, Ink::Strong, id);
        page.entry(4, &format!("breaks {}", fault.breaks));
        stopped(page, fault.stopped.as_ref());
        collateral(page, fault);
    }
}
