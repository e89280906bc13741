//! Every format against a record that holds every kind of event and every verdict.

use std::collections::BTreeMap;

use ropcheck_reports::format::text::{self, Style};
use ropcheck_reports::format::{FORMATS, find};
use ropcheck_reports::read;
use ropcheck_reports::record::{Body, Ended, Event, Exchange, Finding, Found, Heard, RunFinished};
use ropcheck_reports::run::{Run, Verdict, fold};

const CHECK: &str = include_str!("specimen.ndjson");
const LOAD: &str = include_str!("specimen-load.ndjson");

#[test]
fn the_specimens_hold_every_kind_of_event_and_every_verdict() {
    for kind in ["run_started", "skipped", "exchange", "found", "window", "run_finished"] {
        let event = format!("\"event\":\"{kind}\"");
        assert!(CHECK.lines().chain(LOAD.lines()).any(|line| line.contains(&event)), "{kind}");
    }
    let run = run(CHECK);
    for verdict in Verdict::ALL {
        assert!(run.tally.of(verdict) > 0, "{}", verdict.name());
    }
}

#[test]
fn every_format_tells_the_specimens_as_it_did() {
    for format in FORMATS {
        for (name, record) in [("check", CHECK), ("load", LOAD)] {
            insta::assert_snapshot!(format!("{name}-{}", format.name), told(format.name, &run(record)));
        }
    }
}

#[test]
fn every_format_tells_odd_records_too() {
    for (what, record) in odd() {
        for format in FORMATS {
            let told = told(format.name, &fold_all(record.clone()));
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
    for format in FORMATS {
        let tell = |events: Vec<Event>| told(format.name, &fold_all(events));
        assert!(tell(interrupted.clone()).contains("interrupted"), "{}", format.name);
        assert!(tell(stopped.clone()).contains("stopped: the target is unreachable"), "{}", format.name);
        assert!(tell(unfinished.clone()).contains("unfinished"), "{}", format.name);
    }
}

#[test]
fn text_keeps_to_a_hundred_columns_and_colour_only_adds_to_it() {
    for record in [CHECK, LOAD] {
        let plain = told("text", &run(record));
        for line in plain.lines().filter(|line| !line.contains("curl ") && !line.contains("--data-raw")) {
            assert!(line.chars().count() <= 100, "{line}");
        }
        let mut coloured = Vec::new();
        text::write(&run(record), Style::Colour, &mut coloured).expect("a Vec takes every write");
        let coloured = String::from_utf8(coloured).expect("it is UTF-8");
        assert!(coloured.contains("\u{1b}[1;31mFAILED\u{1b}[0m"));
        assert_eq!(uncoloured(&coloured), plain);
    }
}

#[test]
fn text_ends_with_how_many_were_not_judged() {
    let text = told("text", &run(CHECK));
    let last = text.lines().last().expect("it has lines");
    assert_eq!(
        last,
        "13 cases: 3 passed, 4 failed, 1 warned, 1 noted, 3 not judged, 1 skipped in 0.42 s against staging"
    );
}

#[test]
fn html_fetches_nothing_and_runs_nothing() {
    for record in [CHECK, LOAD] {
        let html = told("html", &run(record));
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
    const HOSTILE: &str = "</pre><script>alert(1)</script>\"'`````|\u{1b}[2J\u{0}\u{fffe}\u{202e}]]>{{ 7 }}\n<b>&";
    let run = fold_all(poisoned(HOSTILE));
    for format in FORMATS {
        let told = told(format.name, &run);
        for steering in ['\u{1b}', '\u{0}', '\u{fffe}', '\u{202e}'] {
            assert!(!told.contains(steering), "{} lets {steering:?} through", format.name);
        }
    }
    let html = told("html", &run);
    assert!(!html.contains("<script") && !html.contains("<b>&"));
    assert_eq!(html.matches("<pre>").count(), html.matches("</pre>").count());
    balanced(&told("junit", &run));
    assert!(told("markdown", &run).contains("\n``````text\n"), "the fence is longer than what it holds");
}

#[test]
fn junit_counts_what_the_run_counts_and_is_well_formed() {
    for record in [CHECK, LOAD] {
        let run = run(record);
        let xml = told("junit", &run);
        let elements = balanced(&xml);
        let unended = usize::from(run.interrupted());
        assert_eq!(elements["testcase"], run.tally.total() + unended);
        assert_eq!(elements.get("failure").copied().unwrap_or(0), run.tally.failed);
        assert_eq!(elements.get("error").copied().unwrap_or(0), unended);
        assert_eq!(elements.get("skipped").copied().unwrap_or(0), run.tally.skipped + run.tally.unjudged);
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
    let markdown = told("markdown", &fold_all(record));
    assert!(markdown.len() < 60_000, "{} bytes", markdown.len());
    let last = markdown.lines().last().expect("it has lines");
    assert!(last.starts_with("_Cut to keep this page short: a failed case (×"), "{last}");

    let long = told("markdown", &fold_all(poisoned(&"|<`&".repeat(50_000))));
    assert!(long.len() < 60_000, "{} bytes", long.len());
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

fn told(format: &str, run: &Run) -> String {
    let mut out = Vec::new();
    let format = find(format).expect("it is in the roll call");
    (format.write)(run, &mut out).expect("a Vec takes every write");
    String::from_utf8(out).expect("every format writes UTF-8")
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
fn poisoned(text: &str) -> Vec<Event> {
    let poison = |place: &mut String| text.clone_into(place);
    let mut events = events(CHECK);
    for event in &mut events {
        match event {
            Event::RunStarted(head) => {
                poison(&mut head.target.name);
                poison(&mut head.target.token_endpoint);
                head.cases.iter_mut().for_each(|case| poison(&mut case.title));
                head.sentences.values_mut().for_each(|sentence| poison(&mut sentence.says));
            }
            Event::Skipped(skipped) => poison(&mut skipped.because),
            Event::Exchange(exchange) => poison_exchange(exchange, text),
            Event::Found(found) => poison_found(found, text),
            Event::Window(window) => poison(&mut window.step),
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
