//! Every format against a record that holds every kind of event and every verdict.

#[path = "formats/hostile.rs"]
mod hostile;
#[path = "formats/load.rs"]
mod load;
#[path = "formats/specimen.rs"]
mod specimen;
#[path = "formats/xml.rs"]
mod xml;

use std::collections::BTreeSet;

use ropcheck_reports::format::text::{self, Style};
use ropcheck_reports::format::{FORMATS, Tell};
use ropcheck_reports::record::{Because, Ended, Event, Finding, Origin, RunFinished};
use ropcheck_reports::run::{Run, Verdict};

use crate::hostile::poisoned;
use crate::specimen::{ALL, CHECK, LOAD_1, events, run, told};
use crate::xml::balanced;

#[test]
fn the_specimens_hold_every_kind_of_event_and_every_verdict() {
    for kind in ["run_started", "skipped", "exchange", "found", "window", "pulse", "race", "trial", "run_finished"] {
        let event = format!("\"event\":\"{kind}\"");
        assert!(ALL.iter().any(|(_, record)| record.contains(&event)), "{kind}");
    }
    let run = run(CHECK);
    for verdict in Verdict::ALL {
        assert!(run.tally.of(verdict) > 0, "{}", verdict.name());
    }
}

#[test]
fn every_format_tells_the_specimens_as_it_did() {
    for format in FORMATS {
        for (name, record) in ALL {
            insta::assert_snapshot!(format!("{name}-{}", format.name), told(format.name, &events(record)));
        }
    }
}

#[test]
fn a_run_without_an_end_is_told_so_by_every_format() {
    let ended = |ended| move |finished: &mut RunFinished| finished.ended = ended;
    let interrupted = edited(ended(Ended::Interrupted));
    let stopped = edited(ended(Ended::Stopped("the target is unreachable".into())));
    let mut unfinished = events(CHECK);
    unfinished.pop();
    for format in of_runs() {
        assert!(told(format, &interrupted).contains("interrupted"), "{format}");
        assert!(told(format, &stopped).contains("stopped: the target is unreachable"), "{format}");
        assert!(told(format, &unfinished).contains("unfinished"), "{format}");
    }
}

/// A throttling that left many cases open is one event, however many they are.
#[test]
fn what_left_many_cases_open_is_told_once() {
    let why = "the server asked for a rest of 59s";
    let mut all = events(CHECK);
    let mut cases = BTreeSet::new();
    for event in &mut all {
        if let Event::Found(one) = event
            && one.origin == Origin::Line
        {
            cases.insert(one.case.clone());
            one.finding = Finding::Unjudged { because: Because::Throttled, detail: why.to_owned() };
        }
    }
    for (format, times) in [("text", 3), ("markdown", 2)] {
        let told = told(format, &all).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(told.matches(why).count(), times, "{format}: at the top, at the end, above the cases: {told}");
        assert!(told.contains(&format!("cut short by throttling: {} cases not judged", cases.len())), "{told}");
    }
    let text = told("text", &all);
    assert!(cases.iter().all(|case| text.contains(case.as_str())), "{text}");
    assert!(text.trim_end().ends_with(&format!("; cut short: {} cases not judged", cases.len())), "{text}");
}

#[test]
fn text_keeps_to_its_columns_and_colour_only_adds_to_it() {
    for width in [80, 100, 120] {
        for (_, record) in ALL {
            let told = set(&run(record), Style::Plain, Some(width));
            for line in told.lines().filter(|line| !line.contains("curl ") && !line.contains("--data-raw")) {
                assert!(line.chars().count() <= width, "{line}");
            }
        }
    }
    let whole = set(&run(CHECK), Style::Plain, None);
    let last = whole.lines().last().expect("it has lines");
    assert!(last.contains(" not judged, "), "without a terminal the tally stays one line: {last}");
    assert!(whole.contains("&scope=profile&password=⟦alice.password⟧\n"), "and no body is broken: {whole}");
    for record in [CHECK, LOAD_1] {
        let plain = told("text", &events(record));
        let coloured = set(&run(record), Style::Colour, None);
        assert!(coloured.contains("\u{1b}[1;31mFAILED\u{1b}[0m"));
        assert_eq!(uncoloured(&coloured), plain);
    }
}

#[test]
fn text_ends_with_how_many_were_not_judged() {
    let text = told("text", &events(CHECK));
    let last = text.lines().last().expect("it has lines");
    assert_eq!(
        last,
        "14 cases and 3 checks of every answer: 3 passed, 4 failed, 1 warned, 1 noted, 5 not judged, 1 waived, \
         1 advised, 1 skipped, 2 waivers outdated (second opinion: 1 of 3 followed, 1 not reached) in 0.42 s against staging"
    );
}

/// What went wrong · how every report calls it · the case of the specimen · the type of its test case in `JUnit`.
const APART: [(&str, &str, &str, &str); 4] = [
    ("a failing setup step", "setup failed", "refresh-twice", "setup failed"),
    ("a fault of the harness", "beyond the harness", "signature", "beyond the harness"),
    ("a missing capability", "no public client in the target file", "public-client", "skipped"),
    ("a silent server", "no answer", "get", "no answer"),
];

#[test]
fn a_failing_setup_a_silent_server_a_missing_capability_and_a_fault_of_the_harness_stay_apart() {
    let run = run(CHECK);
    for (what, word, slug, kind) in APART {
        for format in ["html", "junit", "markdown", "text"] {
            assert!(told(format, &events(CHECK)).contains(word), "{format} does not name {what}");
        }
        let junit = told("junit", &events(CHECK));
        let case = junit.split("<testcase ").find(|case| case.starts_with(&format!("name=\"{slug}: ")));
        let case = case.unwrap_or_else(|| panic!("{slug} is a test case"));
        assert!(case.contains("<skipped ") && case.contains(&format!("type=\"{kind}\"")), "{what}: {case}");
        let outcome = run.cases.iter().find(|case| case.case.id.ends_with(&format!("/{slug}"))).expect("it is there");
        assert!(matches!(outcome.verdict, Verdict::Unjudged | Verdict::Skipped), "{what} is no pass");
    }
}

#[test]
fn a_waived_promise_is_told_with_its_reason_owner_and_day_and_is_neither_a_failure_nor_a_pass() {
    let run = run(CHECK);
    let waived = run.cases.iter().find(|case| case.verdict == Verdict::Waived).expect("the specimen has one");
    assert_eq!((waived.case.id.as_str(), run.tally.waived), ("rfc6749/5.2/unsupported-grant", 1));
    for format in ["html", "junit", "markdown", "text"] {
        let told = told(format, &events(CHECK)).split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["The proxy turns every refusal into a 422; its next release does not.", "login team", "2025-12-31"]
        {
            assert!(told.contains(word), "{format} does not say `{word}`");
        }
        for place in ["waivers.yaml:6", "waivers.yaml:11"] {
            assert!(told.contains(place), "{format} does not name the outdated waiver at {place}");
        }
        assert!(!told.contains("waivers.yaml:16"), "{format}: a waiver whose case was skipped is not outdated");
    }
    let junit = told("junit", &events(CHECK));
    let case = junit.split("<testcase ").find(|case| case.starts_with("name=\"unsupported-grant: "));
    assert!(case.is_some_and(|case| case.contains("<skipped ") && case.contains("type=\"waived\"")), "{case:?}");
}

#[test]
fn a_second_opinion_stands_beside_what_binds_and_fails_nothing() {
    let run = run(CHECK);
    let advised = run.cases.iter().find(|case| case.verdict == Verdict::Advised).expect("the specimen has one");
    assert_eq!((advised.case.id.as_str(), advised.gravest()), ("rfc9700/2.4/password-grant", None));
    for format in ["html", "markdown", "text"] {
        let told = told(format, &events(CHECK));
        let table = ["<section id=\"opinion\">", "### Second opinion", "SECOND OPINION"]
            .iter()
            .find_map(|head| told.find(head));
        let row = &told[table.unwrap_or_else(|| panic!("{format} has a table"))..];
        let [binds, came_to, advice] =
            ["rfc6749/5.1/access-token", "not followed", "rfc9700/2.4/no-password-grant"].map(|word| row.find(word));
        assert!(binds.is_some() && advice.is_some() && came_to.is_some(), "{format}: {row}");
    }
    let text = told("text", &events(CHECK));
    let row = text.split("rfc9700/2.4/no-password-grant").nth(1).expect("it is told");
    for word in ["case:     rfc9700/2.4/password-grant", "expected: ", "actual:   status 200"] {
        assert!(row.contains(word), "what goes against advice can be traced by `{word}`: {text}");
    }
    assert!(
        !text.contains("oauth-v2-1/2.4/no-secret-in-body"),
        "what is followed or not reached is counted alone: {text}"
    );
    let junit = told("junit", &events(CHECK));
    for property in [
        "name=\"second_opinion\" value=\"1 of 3 followed, 1 not reached\"",
        "name=\"second_opinion.rfc9700/2.4/no-password-grant\" value=\"not followed; beside rfc6749/5.1/access-token: met\"",
    ] {
        assert!(junit.contains(property), "{property}");
    }
}

#[test]
fn a_refusal_that_failed_is_told_with_the_difference_from_its_control() {
    for format in ["html", "junit", "markdown", "text"] {
        let told = told(format, &events(CHECK));
        let case = told.find("wrong-password#1").expect("its exchange is named");
        for word in ["gainst its control", "form parameter password", "⟦alice.password, last character dropped⟧"] {
            assert!(told[case..].contains(word), "{format} does not say `{word}`");
        }
    }
}

#[test]
fn a_proposed_waiver_file_holds_each_failure_once_and_no_text_of_a_server_leaves_its_comment() {
    let file = told("waivers", &events(CHECK));
    let entries: Vec<&str> = file.lines().filter(|line| line.starts_with("- case: ")).collect();
    assert_eq!(entries.len(), 5, "{file}");
    let hostile = told("waivers", &poisoned(CHECK, "x\n- case: y\r: \u{85}- \""));
    let known = |line: &str| {
        line.is_empty()
            || ["# ", "- case: ", "  requirement: ", "  reason: TODO", "  owner: TODO", "  expires: 2026-01-07"]
                .iter()
                .any(|start| line.starts_with(start))
    };
    assert!(hostile.lines().all(known) && hostile.matches("\n- case: ").count() == 5, "{hostile}");
}

#[test]
fn junit_counts_what_the_run_counts_and_is_well_formed() {
    for (_, record) in ALL {
        let run = run(record);
        let xml = told("junit", &events(record));
        let elements = balanced(&xml);
        let unended = usize::from(run.interrupted());
        let others = run.outdated().count() + run.load.thresholds.len() + unended;
        assert_eq!(elements["testcase"], run.tally.total() + others);
        let failed = run.tally.failed + run.outdated().count() + run.load.missed().count();
        assert_eq!(elements.get("failure").copied().unwrap_or(0), failed);
        assert_eq!(elements.get("error").copied().unwrap_or(0), unended);
        let unsettled = run.tally.skipped + run.tally.unjudged + run.tally.waived;
        assert_eq!(elements.get("skipped").copied().unwrap_or(0), unsettled);
    }
}

#[test]
fn markdown_stays_short_whatever_the_run_holds() {
    let mut record = events(CHECK);
    let failed: Vec<Event> = record.iter().filter(|event| matches!(event, Event::Found(_))).cloned().collect();
    for copy in 0..300 {
        for mut event in failed.clone() {
            if let Event::Found(found) = &mut event {
                found.case = format!("copy-{copy}/{}", found.case);
            }
            record.push(event);
        }
    }
    let markdown = told("markdown", &record);
    assert!(markdown.len() < 60_000, "{} bytes", markdown.len());
    let last = markdown.lines().last().expect("it has lines");
    assert!(last.starts_with("_Cut to keep this page short: a failed case (×"), "{last}");

    for (_, record) in ALL {
        let long = told("markdown", &poisoned(record, &"|<`&".repeat(50_000)));
        assert!(long.len() < 60_000, "{} bytes", long.len());
    }
}

/// Formats that tell what a run adds up to.
fn of_runs() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().filter(|format| matches!(format.tell, Tell::Run(_))).map(|format| format.name)
}

/// The specimen with another end.
fn edited(edit: impl FnOnce(&mut RunFinished)) -> Vec<Event> {
    let mut events = events(CHECK);
    match events.last_mut() {
        Some(Event::RunFinished(finished)) => edit(finished),
        other => panic!("a record ends with its end, not {other:?}"),
    }
    events
}

fn set(run: &Run, style: Style, width: Option<usize>) -> String {
    let mut out = Vec::new();
    text::write(run, style, width, &mut out).expect("a Vec takes every write");
    String::from_utf8(out).expect("it is UTF-8")
}

fn uncoloured(text: &str) -> String {
    let mut plain = String::new();
    for (position, piece) in text.split('\u{1b}').enumerate() {
        let piece = if position == 0 { piece } else { piece.split_once('m').expect("a colour ends with m").1 };
        plain.push_str(piece);
    }
    plain
}
