//! What the formats tell of a load run.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use ropcheck_reports::record::Event;
use ropcheck_reports::record::load::{Kind, Mode};
use ropcheck_reports::run::Standing;

use crate::specimen::{LOAD, SEARCH, events, fold_all, run, told};
use crate::xml::balanced;

#[test]
fn a_run_whose_generator_was_late_is_invalid_and_misses_no_time() {
    let mut late = events(LOAD);
    for event in &mut late {
        if let Event::Window(window) = event
            && !window.lag_us.is_empty()
        {
            window.lag_us.clone_from(&window.response_us);
        }
    }
    let run = fold_all(late.clone());
    let missed: Vec<&str> = run.load.missed().map(|held| held.threshold.text.as_str()).collect();
    assert_eq!(missed, ["errors < 1 %"], "nobody fails for being asked late");
    assert_eq!((run.standing(), run.exit_code(false)), (Standing::Missed, 1));
    if let Some(Event::RunStarted(head)) = late.first_mut()
        && let Some(load) = &mut head.load
    {
        load.thresholds.retain(|threshold| threshold.text != "errors < 1 %");
    }
    let run = fold_all(late.clone());
    assert_eq!((run.standing(), run.exit_code(false), run.load.missed().count()), (Standing::Invalid, 3, 0));
    for format in ["html", "junit", "markdown", "text"] {
        let told = told(format, &late).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!told.contains("MISSED"), "{format}");
        for word in
            ["INVALID", "invalid", "the generator sent too late: p99 of the schedule lag is", "ask for a lower rate"]
        {
            assert!(told.contains(word), "{format} does not say `{word}`");
        }
    }
    assert!(told("text", &late).starts_with("INVALID  the generator sent too late"), "before all that may be misread");
    let elements = balanced(&told("junit", &late));
    assert_eq!((elements.get("failure"), elements["error"], elements["skipped"]), (None, 1, 1), "one error says why");
}

#[test]
fn a_missed_threshold_fails_and_is_told_with_what_was_measured() {
    assert_eq!((run(LOAD).standing(), run(LOAD).exit_code(false)), (Standing::Missed, 1));
    for format in ["html", "junit", "markdown", "text"] {
        let told = told(format, &events(LOAD)).split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["p99(login) ", " 250 ms", "580.61 ms", "2.16 % (82 of 3788)", "72.6 answers/s"] {
            assert!(told.contains(word), "{format} does not say `{word}`");
        }
    }
    let mut cut = events(LOAD);
    cut.pop();
    assert_eq!(fold_all(cut).standing(), Standing::Interrupted, "a run that was cut short is not the one it is about");
}

#[test]
fn a_search_is_told_with_its_rate_and_without_a_hold_as_inconclusive() {
    assert_eq!(run(SEARCH).exit_code(false), 0);
    let without: Vec<Event> = events(SEARCH)
        .into_iter()
        .filter(|event| !matches!(event, Event::Trial(trial) if trial.kind == Kind::Confirmation))
        .collect();
    assert_eq!(fold_all(without.clone()).exit_code(false), 3);
    for format in ["html", "junit", "markdown", "text"] {
        assert!(told(format, &without).contains("INCONCLUSIVE: no rate that was tried"), "{format}");
        if format != "junit" {
            assert!(
                told(format, &events(SEARCH)).contains(
                    "497.5 arrivals/s keep all thresholds (next tried: 519 arrivals/s, which missed p99(login)"
                ),
                "{format}"
            );
        }
    }
}

#[test]
fn a_run_that_nobody_answered_is_an_error_where_machines_read_it() {
    let mut silent = events(LOAD);
    for event in &mut silent {
        match event {
            Event::RunStarted(head) => head.load.iter_mut().for_each(|load| load.thresholds.clear()),
            Event::Window(window) => window.statuses = [(0, 1)].into(),
            _ => {}
        }
    }
    silent.retain(|event| !matches!(event, Event::Found(_) | Event::Pulse(_)));
    assert_eq!(fold_all(silent.clone()).standing(), Standing::Inconclusive);
    let elements = balanced(&told("junit", &silent));
    assert_eq!(elements.get("error"), Some(&1), "{elements:?}");
}

#[test]
fn what_is_cut_is_no_sentence_of_our_own() {
    let mut long = events(LOAD);
    if let Some(Event::RunStarted(head)) = long.first_mut()
        && let Some(load) = &mut head.load
    {
        load.conditions.machine = "m".repeat(300);
    }
    let told = told("markdown", &long);
    assert!(told.contains("2 cores, 1024 open files |"), "the sentence goes on behind it: {told}");
}

#[test]
fn few_seconds_and_a_small_share_are_drawn_as_what_they_are() {
    let page = told("html", &events(LOAD));
    let chart = |caption: &str| {
        let from = page.find(caption).unwrap_or_else(|| panic!("no chart of {caption}"));
        page[from..].split("</figure>").next().unwrap_or_default().to_owned()
    };
    assert!(chart("CPU of the generator").contains("100 %"), "15 % is little");
    assert!(!chart("of wrong-password/login").contains("p99"), "of twenty a second p99 is the longest");
}

#[test]
fn a_race_says_first_that_several_were_given_the_same_token() {
    let mut shared = events(LOAD);
    for event in &mut shared {
        if let Event::Race(race) = event {
            race.shared = 3;
        }
    }
    for format in ["html", "junit", "markdown", "text"] {
        let told = told(format, &shared);
        assert!(told.contains("several won for good, given the same token in 3 rounds"), "{format}");
    }
}

#[test]
fn a_closed_loop_says_what_it_hides() {
    let mut closed = events(LOAD);
    if let Some(Event::RunStarted(head)) = closed.first_mut()
        && let Some(load) = &mut head.load
    {
        load.mode = Mode::Users;
    }
    for event in &mut closed {
        if let Event::Window(window) = event {
            (window.response_us, window.lag_us) = (String::new(), String::new());
        }
    }
    for format in ["html", "markdown", "text"] {
        let told = told(format, &closed).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("Users ask again only when they were answered"), "{format}");
        assert!(told.contains("service time") && !told.contains("response time"), "{format}");
    }
}

#[test]
fn what_was_cut_off_and_what_no_signature_was_tried_of_is_told() {
    let mut events = events(SEARCH);
    for event in &mut events {
        if let Event::RunFinished(last) = event {
            last.validated = Some(0);
        }
    }
    let window =
        events.iter_mut().rev().find_map(|event| if let Event::Window(window) = event { Some(window) } else { None });
    window.expect("the specimen has windows").cut_off = 194;
    for format in ["html", "markdown", "text"] {
        let told = told(format, &events).split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["194 cut off", "194 requests were under way when the run was ended", "no signature tried"] {
            assert!(told.contains(words), "{format} does not say `{words}`: {told}");
        }
        assert!(!told.contains("each validated"), "{format}");
    }
}

/// Promises that were broken · MUSTs among them · what is told of both.
#[test]
fn what_fails_a_run_is_told_apart_from_what_does_not() {
    for (broken, musts, words) in [
        (4, Some(4), "200; a MUST broken 4 times"),
        (4, Some(1), "200; a MUST broken 1 time; a SHOULD, practice or advice not kept 3 times"),
        (4, Some(0), "200; no MUST broken; a SHOULD, practice or advice not kept 4 times"),
        (4, None, "200; 4 promises not kept, MUSTs and advice counted alike"),
    ] {
        let mut events = events(SEARCH);
        let window = events
            .iter_mut()
            .rev()
            .find_map(|event| if let Event::Window(window) = event { Some(window) } else { None });
        let window = window.expect("the specimen has windows");
        (window.broken, window.musts) = (broken, musts);
        for format in ["html", "markdown", "text"] {
            let told = told(format, &events).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains(words), "{format} does not say `{words}`: {told}");
        }
    }
}

#[test]
fn an_interval_log_is_read_back_with_what_was_measured() {
    let log = told("hlog", &events(LOAD));
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        let LogEntry::Interval(interval) = entry.unwrap_or_else(|why| panic!("a line cannot be read: {why:?}")) else {
            continue;
        };
        let bytes = BASE64_STANDARD.decode(interval.encoded_histogram()).expect("base64");
        let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
        let tag = interval.tag().expect("each has a tag").as_str().to_owned();
        *counts.entry(tag).or_default() += histogram.len();
        assert_eq!(interval.duration().as_secs(), 1);
    }
    let run = run(LOAD);
    for step in &run.load.steps {
        for (of, times) in [
            ("", &step.service),
            (":response", &step.response),
            (":held", &step.held),
            (":lag", &step.lag),
            (":connect", &step.connect),
        ] {
            let tag = format!("{}{of}", step.step);
            assert_eq!(counts.remove(&tag).unwrap_or_default(), times.count(), "{tag}");
        }
    }
    assert!(counts.is_empty(), "{counts:?}");
}
