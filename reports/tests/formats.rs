//! Every format against a record that holds every kind of event and every verdict.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use ropcheck_reports::folding::fold;
use ropcheck_reports::format::text::{self, Style};
use ropcheck_reports::format::{FORMATS, Tell, find};
use ropcheck_reports::read;
use ropcheck_reports::record::load::{Kind, Mode};
use ropcheck_reports::record::{Because, Body, Ended, Event, Exchange, Finding, Found, Heard, Origin, RunFinished};
use ropcheck_reports::run::{Run, Standing, Verdict};

const CHECK: &str = include_str!("specimen.ndjson");
/// An open loop with a stall, a race, thresholds kept and missed.
const LOAD: &str = include_str!("specimen-load.ndjson");
/// A search that finds a rate.
const SEARCH: &str = include_str!("specimen-search.ndjson");
/// A closed loop as version 1 of the record kept it.
const LOAD_1: &str = include_str!("specimen-load-1.ndjson");

const ALL: [(&str, &str); 4] = [("check", CHECK), ("load", LOAD), ("search", SEARCH), ("load-1", LOAD_1)];

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
fn every_format_tells_odd_records_too() {
    for (what, record) in odd() {
        for format in FORMATS {
            let told = told(format.name, &record);
            assert!(!told.is_empty(), "{what} as {}", format.name);
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
fn html_fetches_nothing_and_runs_nothing() {
    for (_, record) in ALL {
        let html = told("html", &events(record));
        for fetching in ["<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "href=\"http"] {
            assert!(!html.contains(fetching), "{fetching}");
        }
        for link in html.split("href=\"").skip(1) {
            let target =
                link.strip_prefix('#').and_then(|rest| rest.split('"').next()).expect("links stay on the page");
            assert!(html.contains(&format!("id=\"{target}\"")), "#{target} goes nowhere");
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    const HOSTILE: &str = "</pre><script>alert(1)</script>\"'`````|\u{1b}[2J\u{0}\u{fffe}\u{202e}]]>{{ 7 }}\n<q>&";
    for (_, record) in ALL {
        let events = poisoned(record, HOSTILE);
        for format in FORMATS {
            let told = told(format.name, &events);
            for steering in ['\u{1b}', '\u{0}', '\u{fffe}', '\u{202e}'] {
                assert!(!told.contains(steering), "{} lets {steering:?} through", format.name);
            }
        }
        let html = told("html", &events);
        let raw = ["<script", "<q>&"].into_iter().find_map(|raw| html.find(raw));
        assert_eq!(raw.map(|at| &html[at.saturating_sub(200)..at]), None, "a text stands as it came");
        assert_eq!(html.matches("<pre>").count(), html.matches("</pre>").count());
        balanced(&told("junit", &events));
    }
    let markdown = told("markdown", &poisoned(CHECK, HOSTILE));
    assert!(markdown.contains("\n``````text\n"), "the fence is longer than what it holds");
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

#[test]
fn a_run_whose_generator_was_the_limit_is_invalid_and_misses_no_threshold() {
    let mut late = events(LOAD);
    for event in &mut late {
        if let Event::Window(window) = event
            && !window.lag_us.is_empty()
        {
            window.lag_us.clone_from(&window.response_us);
        }
    }
    let run = fold_all(late.clone());
    assert_eq!((run.standing(), run.exit_code(false), run.load.missed().count()), (Standing::Invalid, 3, 2));
    for format in ["html", "junit", "markdown", "text"] {
        let told = told(format, &late).split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["INVALID", "the generator sent too late: p99 of the schedule lag is", "ask for a lower rate"] {
            assert!(told.contains(word), "{format} does not say `{word}`");
        }
    }
    assert!(told("text", &late).starts_with("INVALID  the generator sent too late"), "before all that may be misread");
    let elements = balanced(&told("junit", &late));
    assert_eq!((elements.get("failure"), elements["error"], elements["skipped"]), (None, 1, 5), "one error says why");
}

#[test]
fn a_missed_threshold_fails_and_is_told_with_what_was_measured() {
    assert_eq!((run(LOAD).standing(), run(LOAD).exit_code(false)), (Standing::Missed, 1));
    for format in ["html", "junit", "markdown", "text"] {
        let told = told(format, &events(LOAD)).split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["p99(login) ", " 250 ms", "580.61 ms", "2.16 % (82 of 3788)", "72.6/s"] {
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
                told(format, &events(SEARCH)).contains("497.5/s keeps all thresholds (next tried: 519/s"),
                "{format}"
            );
        }
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

/// Formats that tell what a run adds up to.
fn of_runs() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().filter(|format| matches!(format.tell, Tell::Run(_))).map(|format| format.name)
}

fn events(record: &str) -> Vec<Event> {
    read::events(record.as_bytes()).expect("the specimen is a record")
}

fn run(record: &str) -> Run {
    fold_all(events(record))
}

fn fold_all(events: Vec<Event>) -> Run {
    let mut events = events.into_iter();
    let Some(Event::RunStarted(head)) = events.next() else { panic!("a record begins with its head") };
    fold(head, events)
}

fn told(format: &str, events: &[Event]) -> String {
    let mut out = Vec::new();
    let written = match find(format).expect("it is in the roll call").tell {
        Tell::Run(tell) => tell(&fold_all(events.to_vec()), &mut out),
        Tell::Each(tell) => events.iter().try_for_each(|event| tell(event, &mut out)),
    };
    written.expect("a Vec takes every write");
    String::from_utf8(out).expect("every format writes UTF-8")
}

fn set(run: &Run, style: Style, width: Option<usize>) -> String {
    let mut out = Vec::new();
    text::write(run, style, width, &mut out).expect("a Vec takes every write");
    String::from_utf8(out).expect("it is UTF-8")
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

/// Records that no run of ours writes and somebody will bring.
fn odd() -> Vec<(&'static str, Vec<Event>)> {
    let specimen = events(CHECK);
    let without = |unwanted: fn(&Event) -> bool| -> Vec<Event> {
        specimen.iter().filter(|event| !unwanted(event)).cloned().collect()
    };
    let mut bare = specimen[..1].to_vec();
    if let Some(Event::RunStarted(head)) = bare.first_mut() {
        head.cases.clear();
        head.sentences.clear();
        head.target.name.clear();
        head.started_ms = u64::MAX;
    }
    let mut nameless = specimen.clone();
    if let Some(Event::RunStarted(head)) = nameless.first_mut() {
        head.sentences.clear();
    }
    let mut endless = specimen.clone();
    for event in &mut endless {
        if let Event::Exchange(exchange) = event {
            (exchange.sent_us, exchange.took_us) = (u64::MAX, u64::MAX);
            exchange.request.url.clear();
        }
    }
    vec![
        ("nothing but a head", bare),
        ("a head and its cases", specimen[..1].to_vec()),
        ("findings without their exchanges", without(|event| matches!(event, Event::Exchange(_)))),
        ("exchanges without findings", without(|event| matches!(event, Event::Found(_)))),
        ("findings without their sentences", nameless),
        ("times beyond counting", endless),
    ]
}

/// The specimen with that text wherever a server or an author has a say.
fn poisoned(record: &str, text: &str) -> Vec<Event> {
    let poison = |place: &mut String| text.clone_into(place);
    let mut events = events(record);
    for event in &mut events {
        match event {
            Event::RunStarted(head) => {
                if let Some(load) = &mut head.load {
                    poison(&mut load.shape);
                    poison(&mut load.conditions.machine);
                    load.journeys.iter_mut().for_each(|journey| poison(&mut journey.name));
                    load.thresholds.iter_mut().for_each(|threshold| poison(&mut threshold.text));
                }
                poison(&mut head.target.name);
                poison(&mut head.target.token_endpoint);
                head.cases.iter_mut().for_each(|case| poison(&mut case.title));
                head.sentences.values_mut().for_each(|sentence| poison(&mut sentence.says));
                for waiver in &mut head.waivers {
                    poison(&mut waiver.reason);
                    poison(&mut waiver.owner);
                    poison(&mut waiver.at.file);
                }
            }
            Event::Skipped(skipped) => poison(&mut skipped.because),
            Event::Exchange(exchange) => poison_exchange(exchange, text),
            Event::Found(found) => poison_found(found, text),
            Event::Window(window) => {
                poison(&mut window.step);
                window.errors.insert(text.to_owned(), 1);
            }
            Event::Pulse(_) => {}
            Event::Race(race) => {
                poison(&mut race.case);
                poison(&mut race.step);
            }
            Event::Trial(trial) => trial.why.iter_mut().for_each(poison),
            Event::RunFinished(finished) => finished.ended = Ended::Stopped(text.to_owned()),
        }
    }
    events
}

fn poison_exchange(exchange: &mut Exchange, text: &str) {
    text.clone_into(&mut exchange.step);
    text.clone_into(&mut exchange.curl);
    exchange.request.headers.push((text.to_owned(), text.to_owned()));
    match &mut exchange.answer {
        Heard::Answer(answer) => {
            answer.body = Body::Text(text.to_owned());
            answer.headers.push((text.to_owned(), text.to_owned()));
        }
        Heard::Nothing(why) => text.clone_into(why),
    }
}

fn poison_found(found: &mut Found, text: &str) {
    if let Some(at) = &mut found.at {
        text.clone_into(&mut at.file);
        text.clone_into(&mut at.text);
    }
    match &mut found.finding {
        Finding::Met => {}
        Finding::Broken { expected, actual } => {
            text.clone_into(expected);
            text.clone_into(actual);
        }
        Finding::Unjudged { detail, .. } => text.clone_into(detail),
    }
}

fn uncoloured(text: &str) -> String {
    let mut plain = String::new();
    for (position, piece) in text.split('\u{1b}').enumerate() {
        let piece = if position == 0 { piece } else { piece.split_once('m').expect("a colour ends with m").1 };
        plain.push_str(piece);
    }
    plain
}

/// Reads XML just far enough to see that every element is closed in turn and every reference is one of
/// the five, and counts the elements by name.
fn balanced(xml: &str) -> BTreeMap<String, usize> {
    let mut open: Vec<&str> = Vec::new();
    let mut elements = BTreeMap::new();
    let mut rest =
        xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("it begins with a declaration");
    while let Some(start) = rest.find('<') {
        references(&rest[..start]);
        let end = start + rest[start..].find('>').expect("every tag ends");
        let tag = &rest[start + 1..end];
        references(tag);
        assert!(!tag.contains('<') && tag.matches('"').count().is_multiple_of(2), "<{tag}>");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            let name = tag.split([' ', '/']).next().unwrap_or_default();
            *elements.entry(name.to_owned()).or_default() += 1;
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} left open");
    elements
}

fn references(text: &str) {
    for after in text.split('&').skip(1) {
        let name = after.split(';').next().unwrap_or_default();
        let known = ["amp", "lt", "gt", "quot", "apos"].contains(&name) || name.starts_with('#');
        assert!(known, "&{name}");
    }
}
