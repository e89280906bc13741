//! `ropcheck explain`: what a requirement, a scenario, a lint, a truth, a control, a fault or a variant is about.

mod listing;

use std::sync::Arc;

use globset::GlobBuilder;
use ropcheck::check::Check;
use ropcheck::complaint::did_you_mean;
use ropcheck::coverage::{Coverage, Standing, cites};
use ropcheck::detect::{Extent, Servers, hold};
use ropcheck::explain;
use ropcheck::library::{Authored, Library};
use ropcheck::lint::{LINTS, Lint};
use ropcheck::load::{Truth, truths};
use ropcheck::requirement::Requirement;
use ropcheck::scenario::{Base, Compare, Endpoint, Move, Scenario, Step};
use ropcheck::suite::Suite;
use ropcheck_reference_server::{FAULTS, Fault, VARIANTS, Variant, every_fault};

use super::embedded;
use super::page::{Ink, Page};
use super::stop::Stop;
use crate::cli::{Explain, List};

/// Prints what is known under an id.
pub(crate) fn run(args: &Explain) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    // Reports name exchanges of a case as `case#1` and `case~2#1`.
    let id = args.id.split(['~', '#']).next().unwrap_or_default();
    let mut page = Page::new();
    if id.contains(['*', '?', '{', '[']) {
        let glob = GlobBuilder::new(id).build().map_err(|why| Stop::bad_input(why.to_string()))?;
        listing::listing(&mut page, &glob.compile_matcher(), &library);
    }
    if let Some(known) = library.catalogue.get(id) {
        requirement(&mut page, id, known, &library);
    }
    if let Some(known) = library.scenarios.get(id) {
        scenario(&mut page, id, known, &library)?;
    }
    if let Some(known) = id.strip_prefix("control/").and_then(|name| library.bases.get(name)) {
        control(&mut page, id, known, &library);
    }
    for known in LINTS.iter().filter(|lint| id.strip_prefix("lint/") == Some(lint.name)) {
        lint(&mut page, id, known, &library);
    }
    for known in truths().filter(|truth| id.strip_prefix("across/") == Some(truth.name)) {
        truth(&mut page, id, &known, &library);
    }
    for known in every_fault().filter(|fault| fault.id == id) {
        fault(&mut page, known, &library);
    }
    for known in VARIANTS.iter().filter(|variant| variant.id == id) {
        variant(&mut page, known, &library);
    }
    if page.is_empty() {
        let lints: Vec<String> = LINTS.iter().map(|lint| format!("lint/{}", lint.name)).collect();
        let across: Vec<String> = truths().map(|truth| format!("across/{}", truth.name)).collect();
        let controls: Vec<String> = library.bases.keys().map(|base| format!("control/{base}")).collect();
        let ids = library
            .catalogue
            .ids()
            .chain(library.scenarios.keys().map(String::as_str))
            .chain(lints.iter().chain(&across).chain(&controls).map(String::as_str))
            .chain(every_fault().map(|fault| fault.id))
            .chain(VARIANTS.iter().map(|variant| variant.id));
        return Err(Stop::bad_input(format!("nothing is named `{id}`{}", did_you_mean(id, ids))));
    }
    page.print()?;
    Ok(0)
}

/// Says what lists ids: there is no command of that name alone.
pub(crate) fn list(args: &List) -> Result<u8, Stop> {
    let of = args.rest.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    let told = match of {
        "faults" | "variants" => "`ropcheck faults` runs and lists them",
        "sentences" | "requirements" => {
            "`ropcheck coverage` counts them, `ropcheck explain 'rfc6749/5.2/*'` lists them"
        }
        _ => "`ropcheck explain '*password*'` lists what a glob matches, `ropcheck explain '*'` everything",
    };
    Err(Stop::bad_input(format!("there is no command `list`: {told}")))
}

fn requirement(page: &mut Page, id: &str, requirement: &Requirement, library: &Library) {
    let sentence = &requirement.sentence;
    page.head(Ink::Strong, &format!("{id} (section {}, {})", sentence.section, sentence.level.name()));
    page.blank();
    page.paragraph(2, &sentence.says);
    page.blank();
    page.paragraph(2, &format!("Why: {}", requirement.why));
    if let Some(first) = &sentence.beside {
        page.blank();
        page.paragraph(2, &format!("It is a second opinion on {first}, told beside that one."));
    }
    for (other, opinion) in library.catalogue.iter().filter(|(_, other)| other.sentence.beside.as_deref() == Some(id)) {
        page.blank();
        page.entry(
            2,
            &format!("Second opinion, {other} ({}): {}", opinion.sentence.level.name(), opinion.sentence.says),
        );
    }
    page.blank();
    let coverage = Coverage::of(library);
    match coverage.sentences.get(id).map(|covered| &covered.standing) {
        Some(Standing::Tested(cases)) => cases.iter().for_each(|case| probe(page, id, case, library)),
        Some(Standing::Untestable(because)) => page.paragraph(2, &format!("Not testable from outside: {because}")),
        Some(Standing::Untested) | None => page.entry(2, "No case probes it yet."),
    }
    for truth in truths().filter(|truth| truth.requirement == id) {
        page.entry(2, &format!("Probed under load by across/{}, on {}", truth.name, truth.at));
    }
    permissions(page, id, library);
    page.blank();
    for fault in every_fault().filter(|fault| fault.breaks == id) {
        page.entry(2, &format!("Broken by the seeded fault {}: {}", fault.id, fault.says));
    }
    for variant in VARIANTS.iter().filter(|variant| variant.permitted_by == id) {
        page.entry(2, &format!("Permits the variant {}: {}", variant.id, variant.says));
    }
    for variant in VARIANTS.iter().filter(|variant| variant.departs_from == Some(id)) {
        page.entry(2, &format!("Departed from by the variant {}: {}", variant.id, variant.says));
    }
}

/// A case under a sentence, with the answers that it allows.
fn probe(page: &mut Page, requirement: &str, case: &str, library: &Library) {
    let Some(scenario) = library.scenarios.get(case) else {
        return page.entry(2, &format!("Probed on every answer by {case}"));
    };
    page.entry(2, &format!("Probed by {case}: {}", scenario.wrote.title));
    let mut all: Vec<Vec<String>> = Vec::new();
    for (check, from) in checks(&scenario.wrote, library, |id| id == requirement) {
        let answers = answers(check, from);
        if !all.contains(&answers) {
            all.push(answers);
        }
    }
    for answers in &all {
        allowed(page, 4, "allows ", answers);
    }
}

/// The checks of a scenario under some of its sentences, each with the endpoint whose answer it looks at.
fn checks<'a>(
    scenario: &'a Scenario,
    library: &Library,
    wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&'a Check, Endpoint)> {
    let expect = scenario.all_steps().flat_map(move |step| {
        let from = explain::goes_to(&step.value.send, library);
        step.value.expect.0.iter().map(move |(id, checks)| (id, checks, from))
    });
    let wanted = expect.filter(move |(id, ..)| wanted(&id.value));
    wanted.flat_map(|(_, checks, from)| checks.iter().map(move |check| (&check.value, from)))
}

/// The answers that a check allows, in words: one, or the alternatives with the sentence that permits each.
fn answers(check: &Check, from: Endpoint) -> Vec<String> {
    match check {
        Check::AnyOf(alternatives) => explain::alternatives(alternatives, from).collect(),
        one => vec![explain::check(one, from)],
    }
}

fn allowed(page: &mut Page, indent: usize, how: &str, answers: &[String]) {
    if let [only] = answers {
        return page.entry(indent, &format!("{how}{only}"));
    }
    page.line(indent, Ink::Plain, &format!("{how}one of"));
    for one in answers {
        page.entry(indent + 2, &format!("- {one}"));
    }
}

/// The cases in which a sentence permits an answer among others, but for those that probe it.
fn permissions(page: &mut Page, id: &str, library: &Library) {
    for (case, scenario) in &library.scenarios {
        let mut all = Vec::new();
        for (check, from) in checks(&scenario.wrote, library, |requirement| requirement != id) {
            let Check::AnyOf(alternatives) = check else { continue };
            let permitted = alternatives.0.iter().filter(|(requirement, _)| requirement.value == id);
            all.extend(permitted.map(|(_, checks)| explain::checks(checks, from)));
        }
        all.dedup();
        for answer in all {
            page.entry(2, &format!("Permits in {case}: {answer}"));
        }
    }
}

/// A base under the id that its own request has in reports.
fn control(page: &mut Page, id: &str, base: &Authored<Base>, library: &Library) {
    let Base { base: name, title, needs, steps } = &*base.wrote;
    let at = base.place(name.defined);
    page.head(Ink::Strong, &format!("{id} (a good request)"));
    page.line(0, Ink::Plain, &format!("{}:{}", at.file, at.line));
    page.blank();
    page.paragraph(2, title);
    page.blank();
    page.paragraph(
        2,
        "It is the control of every request that is made from it by a change: a refusal of that one proves something only if \
         this one was granted before it in the same run, by the same client and user. It is sent once for these and shared, and \
         again whenever failed logins have to be made good. A run begins with some of the good requests, and learns from their \
         answers what the server offers.",
    );
    page.blank();
    for need in needs {
        page.entry(2, &format!("Needs {}", explain::capability(*need)));
    }
    for (position, step) in steps.iter().enumerate() {
        page.blank();
        self::step(page, position + 1, &step.value, library);
    }
}

fn scenario(page: &mut Page, id: &str, scenario: &Authored<Scenario>, library: &Arc<Library>) -> Result<(), Stop> {
    let wrote = &scenario.wrote;
    let at = scenario.place(wrote.id.defined);
    page.head(Ink::Strong, id);
    page.line(0, Ink::Plain, &format!("{}:{}", at.file, at.line));
    page.blank();
    page.paragraph(2, &wrote.title);
    page.blank();
    for need in &wrote.needs {
        page.entry(2, &format!("Needs {}", explain::capability(*need)));
    }
    for (name, strategy) in &wrote.given {
        page.entry(2, &format!("Draws {name}: {}", explain::strategy(strategy)));
    }
    if let Some(Compare { pairs }) = &wrote.compare {
        page.entry(
            2,
            &format!("Compares its two steps in {pairs} pairs at the most, each of them first in half of these"),
        );
    }
    if let Some(load) = &wrote.load {
        page.entry(2, &explain::load(load));
    }
    for (position, step) in wrote.steps.iter().enumerate() {
        page.blank();
        self::step(page, position + 1, &step.value, library);
    }
    for one in wrote.moves.iter().flat_map(|moves| &moves.each) {
        let Move { name, from, to, steps } = &one.value;
        let from: Vec<&str> = from.iter().map(|state| state.value.as_str()).collect();
        let to = to.as_ref().map(|to| format!(", to {to}")).unwrap_or_default();
        page.blank();
        page.entry(2, &format!("Move {} from {}{to}:", name.value, from.join(" or ")));
        for (position, step) in steps.iter().enumerate() {
            self::step(page, position + 1, &step.value, library);
        }
    }
    let proves = cites(wrote);
    if !proves.is_empty() {
        page.blank();
        page.line(2, Ink::Plain, "It proves:");
    }
    for requirement in &proves {
        let says = library.catalogue.get(requirement).map(|known| known.sentence.says.as_str());
        page.line(4, Ink::Plain, &format!("- {requirement}"));
        page.paragraph(6, says.unwrap_or_default());
    }
    // A load run is none of the suite, and a comparison of times is too long for a page.
    if wrote.load.is_none() && !wrote.measures() {
        return catches(page, id, &proves, library);
    }
    faults_of(page, &proves);
    Ok(())
}

/// The seeded faults that the case catches, found out by running it against each that could be.
fn catches(page: &mut Page, id: &str, proves: &[&str], library: &Arc<Library>) -> Result<(), Stop> {
    let faults: Vec<&'static Fault> = FAULTS.iter().filter(|fault| proves.contains(&fault.breaks)).collect();
    let suite = Suite::of(Arc::clone(library)).only(id).map_err(Stop::bad_input)?;
    let servers = Servers { faults: &faults, variants: &[], extent: Extent::Part };
    let score =
        hold(&suite, servers, &|_| {}).map_err(|why| Stop::harness(format!("could not run the faults: {why}")))?;
    let is_caught =
        |fault: &&&Fault| score.faults.get(fault.id).is_some_and(|score| score.caught_by.iter().any(|by| by == id));
    let caught: Vec<&&Fault> = faults.iter().filter(is_caught).collect();
    page.blank();
    if caught.is_empty() {
        page.line(2, Ink::Plain, "It catches none of the seeded faults.");
        return Ok(());
    }
    page.line(2, Ink::Plain, "Seeded faults that it catches:");
    for fault in caught {
        page.entry(4, &format!("- {}: {}", fault.id, fault.says));
    }
    Ok(())
}

fn step(page: &mut Page, number: usize, step: &Step, library: &Library) {
    let Step { name, wait, times, send, expect, keep } = step;
    let named = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let waits = wait.map(|wait| format!("waits {}, then ", humantime::format_duration(wait))).unwrap_or_default();
    let (whole, changes) = explain::send(send);
    let times = explain::times(*times).map(|times| format!(", {times}")).unwrap_or_default();
    let but = if changes.is_empty() { "" } else { ", but" };
    page.entry(2, &format!("Step {number}{named}: {waits}sends {whole}{times}{but}"));
    for change in &changes {
        page.entry(4, &format!("- {change}"));
    }
    if let Some(base) = send.like.as_ref().and_then(|like| Some((&like.value, library.bases.get(&like.value)?))) {
        page.entry(4, &format!("The base {}: {}", base.0, base.1.wrote.title));
    }
    if send.change.is_some() {
        page.entry(4, "The same without the change is its control, and has to be granted.");
    }
    let from = explain::goes_to(send, library);
    for (requirement, checks) in &expect.0 {
        page.line(4, Ink::Plain, &format!("expected under {}", requirement.value));
        for check in checks {
            allowed(page, 6, "", &answers(&check.value, from));
        }
    }
    for (name, member) in keep {
        page.entry(4, &format!("keeps {member} as {name}"));
    }
}

/// The seeded faults that break one of these. Which of them are caught by what is measured by `ropcheck faults`.
fn faults_of(page: &mut Page, requirements: &[&str]) {
    let mut faults = every_fault().filter(|fault| requirements.contains(&fault.breaks)).peekable();
    if faults.peek().is_none() {
        return;
    }
    page.blank();
    page.line(2, Ink::Plain, "Seeded faults of these sentences (what catches one: ropcheck explain ID):");
    for fault in faults {
        page.entry(4, &format!("- {}: {}", fault.id, fault.says));
    }
}

fn lint(page: &mut Page, id: &str, lint: &Lint, library: &Library) {
    page.head(Ink::Strong, &format!("{id} (a check of every answer)"));
    page.blank();
    page.entry(2, &format!("It looks at: {}", lint.at.iter().map(|at| at.name()).collect::<Vec<_>>().join(", ")));
    sentence(page, "It holds answers against", lint.requirement, library);
    faults_of(page, &[lint.requirement]);
}

fn truth(page: &mut Page, id: &str, truth: &Truth, library: &Library) {
    page.head(Ink::Strong, &format!("{id} (a truth across the answers of a load run)"));
    page.blank();
    page.entry(2, &format!("It looks at: {}", truth.at));
    sentence(page, "It holds them against", truth.requirement, library);
    faults_of(page, &[truth.requirement]);
}

fn fault(page: &mut Page, fault: &Fault, library: &Library) {
    page.head(Ink::Strong, &format!("{} (a seeded fault)", fault.id));
    page.blank();
    page.paragraph(2, fault.says);
    page.blank();
    sentence(page, "It breaks", fault.breaks, library);
    probes(page, fault.breaks, library);
    page.blank();
    if embedded::shows_in_an_answer(fault) {
        page.line(2, Ink::Plain, &format!("See it with: ropcheck check --fault {}", fault.id));
        page.line(2, Ink::Plain, &format!("See what catches it with: ropcheck faults --only {}", fault.id));
    } else {
        page.line(2, Ink::Plain, "No single answer shows it.");
        page.line(2, Ink::Plain, &format!("See it with: {}", embedded::under_load(fault.id)));
    }
}

fn variant(page: &mut Page, variant: &Variant, library: &Library) {
    page.head(Ink::Strong, &format!("{} (a legal variant)", variant.id));
    page.blank();
    page.paragraph(2, variant.says);
    page.blank();
    sentence(page, "It is permitted by", variant.permitted_by, library);
    if let Some(should) = variant.departs_from {
        page.blank();
        sentence(page, "It departs from, and is rightly warned of,", should, library);
    }
    page.blank();
    page.line(2, Ink::Plain, &format!("See it with: ropcheck check --variant {}", variant.id));
}

fn sentence(page: &mut Page, how: &str, id: &str, library: &Library) {
    let Some(known) = library.catalogue.get(id) else { return page.entry(2, &format!("{how} {id}")) };
    page.entry(2, &format!("{how} {id} ({})", known.sentence.level.name()));
    page.paragraph(4, &known.sentence.says);
}

fn probes(page: &mut Page, requirement: &str, library: &Library) {
    let coverage = Coverage::of(library);
    let Some(Standing::Tested(cases)) = coverage.sentences.get(requirement).map(|covered| &covered.standing) else {
        return;
    };
    page.blank();
    page.line(2, Ink::Plain, "Cases under that sentence:");
    for case in cases {
        let title = library.scenarios.get(case).map(|scenario| format!(": {}", scenario.wrote.title));
        page.entry(4, &format!("- {case}{}", title.unwrap_or_default()));
    }
}
