//! What a load run adds up to, as short tables.

use std::fmt::Write as _;

use super::{field, sentence};
use crate::format::wording::load as words;
use crate::latency::{QUANTILE_NAMES, Times};
use crate::record::load::{CameTo, Mode};
use crate::run::Run;

/// Each block with what it is, for a page that has no room for it.
pub(super) fn blocks(run: &Run) -> [(&'static str, String); 6] {
    [
        ("why the run is INVALID", invalid(run)),
        ("the thresholds", thresholds(run)),
        ("the search", search(run)),
        ("races", races(run)),
        ("the load table", steps(run)),
        ("the conditions of the load", conditions(run)),
    ]
}

fn invalid(run: &Run) -> String {
    let told = words::invalid(&run.load);
    told.iter().map(|(why, remedy)| format!("- **INVALID**: {}; {}\n", sentence(why), sentence(remedy))).collect()
}

fn thresholds(run: &Run) -> String {
    let rows = run.load.thresholds.iter().map(|held| {
        let word = words::word(held.came_to);
        let word = if held.came_to == CameTo::Kept { word.to_owned() } else { format!("**{word}**") };
        format!("| {} | {word} | {} |\n", field(&held.threshold.text), field(&held.outcome.actual))
    });
    titled("### Thresholds\n\n| threshold | | measured |\n|---|---|---:|\n", rows.collect())
}

fn search(run: &Run) -> String {
    let Some(search) = &run.load.search else { return String::new() };
    let rows = search.trials.iter().map(|trial| {
        let why = field(&trial.why.join("; "));
        format!("| {} | {} | {} | {why} |\n", words::rate(trial.rate), words::kind(trial), words::word(trial.came_to))
    });
    let head =
        format!("### Search: {}\n\n| rate | trial | | why |\n|---:|---|---|---|\n", field(&words::found(search)));
    titled(&head, rows.collect())
}

fn races(run: &Run) -> String {
    let told = run.load.races.iter();
    let told = told.map(|race| format!("- **{}** {}\n", field(&words::race(race)), sentence(&words::race_facts(race))));
    titled("### Races\n\n", told.collect())
}

fn steps(run: &Run) -> String {
    let load = &run.load;
    let names = QUANTILE_NAMES.join(" | ");
    let head =
        format!("### Load, {} in ms\n\n| step | requests | answers/s | errors | {names} |\n", words::measured(load));
    let head = format!("{head}|---|{}\n", "---:|".repeat(QUANTILE_NAMES.len() + 3));
    let cells = |times: &Times| words::cells(times).join(" | ");
    let mut rows = String::new();
    for step in &load.steps {
        let figures = format!("{} | {:.1} | {}", step.count, step.rate, step.errors);
        let _ = writeln!(rows, "| {} | {figures} | {} |", field(&step.step), cells(step.latency()));
        for (name, times) in words::below(step) {
            let _ = writeln!(rows, "| _{name}_ | {} | | | {} |", times.count(), cells(times));
        }
    }
    for step in &load.steps {
        let _ = write!(rows, "\n{}: {}.\n", field(&step.step), sentence(&words::answers(step)));
    }
    if run.started.load.as_ref().is_some_and(|head| head.mode == Mode::Users) {
        let _ = write!(rows, "\n{}\n", sentence(words::CLOSED));
    }
    titled(&head, rows)
}

fn conditions(run: &Run) -> String {
    let Some(head) = &run.started.load else { return String::new() };
    let told =
        words::conditions(&run.load, head).into_iter().chain([("in the run", words::generator(&run.load, head))]);
    let rows: String = told.map(|(name, text)| format!("| {name} | {} |\n", sentence(&text))).collect();
    titled("### Conditions\n\n| | |\n|---|---|\n", rows)
}

/// Nothing where there are no rows.
fn titled(head: &str, rows: String) -> String {
    if rows.is_empty() { rows } else { format!("{head}{rows}") }
}
