//! Texts that a server or an author brings, and records that no run of ours writes: they break no report.

use ropcheck_reports::format::FORMATS;
use ropcheck_reports::record::{Body, Ended, Event, Exchange, Finding, Found, Heard};

use crate::specimen::{ALL, CHECK, events, told};
use crate::xml::balanced;

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
    const HOSTILE: &str = "</pre><script>alert(1)</script>\"'`````|\u{1b}[2J\u{0}\u{fffe}\u{202e}]]>{{ 7 }}\n``<q>&`";
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
        for element in ["pre", "code"] {
            let [opened, closed] =
                [format!("<{element}"), format!("</{element}>")].map(|tag| html.matches(&tag).count());
            assert_eq!(opened, closed, "{element}");
        }
        assert!(html.contains("<code>&#60;q&#62;&#38;</code>"), "what stands between backticks in a sentence is code");
        balanced(&told("junit", &events));
    }
    let markdown = told("markdown", &poisoned(CHECK, HOSTILE));
    assert!(markdown.contains("\n``````text\n"), "the fence is longer than what it holds");
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
pub(crate) fn poisoned(record: &str, text: &str) -> Vec<Event> {
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
