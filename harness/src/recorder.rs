//! What a walk did, as lines of the record: requests in marks, answers sealed.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use ropcheck_reports::folding::Folding;
use ropcheck_reports::record::{self, Body, Event, Heard};
use ropcheck_reports::run::Run;

use crate::captures::Captures;
use crate::curl::curl;
use crate::exchange::{Exchange, Sent};
use crate::plan::Plan;
use crate::request::{Ink, fill, shown_url};
use crate::walk::Walked;

/// Tells every exchange of a walk as the record keeps it.
pub fn exchanges(plan: &Plan, walked: &Walked, tell: &mut dyn FnMut(record::Exchange)) {
    wanted(plan, walked, |_, _| true, tell);
}

/// The same of those that are wanted, by position.
pub fn wanted(
    plan: &Plan,
    walked: &Walked,
    is_wanted: impl Fn(usize, &Exchange) -> bool,
    tell: &mut dyn FnMut(record::Exchange),
) {
    let all = walked.exchanges.iter().enumerate();
    for (position, exchange) in all.filter(|(position, exchange)| is_wanted(*position, exchange)) {
        let Some(step) = plan.sent(exchange.sent) else { continue };
        let Ok(request) = fill(&step.template, &walked.drawn, &Captures::default(), Ink::Marks) else { continue };
        let (name, control) = match exchange.sent {
            Sent::Step(index) => (step.name.clone(), walked.twins.get(index).cloned().flatten()),
            Sent::Control { of, .. } => {
                let key = plan
                    .steps
                    .get(of)
                    .and_then(|step| step.control.as_ref())
                    .map_or("control", |control| control.key.as_str());
                (key.to_owned(), None)
            }
        };
        tell(record::Exchange {
            id: walked.exchange_id(position),
            case: walked.case.clone(),
            step: name,
            control,
            request: record::Request {
                method: request.method().to_string(),
                url: shown_url(request.uri()),
                headers: headers(request.headers()),
                body: body(request.body()),
            },
            curl: curl(&step.template, &walked.drawn),
            answer: match &exchange.heard {
                Err(silence) => Heard::Nothing(silence.to_string()),
                Ok(answer) => Heard::Answer(record::Answer {
                    status: answer.status,
                    headers: headers(&answer.headers),
                    body: body(&answer.body),
                    cut: answer.cut.clone(),
                    tokens: answer.tokens.clone(),
                }),
            },
            sent_us: micros(exchange.sent_at),
            took_us: micros(exchange.took),
        });
    }
}

/// A duration in whole microseconds.
pub fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

fn body(bytes: &Bytes) -> Body {
    match std::str::from_utf8(bytes) {
        Ok(text) => Body::Text(text.to_owned()),
        Err(_) => Body::Base64(STANDARD.encode(bytes)),
    }
}

/// A file that is written as things happen.
pub struct Follower {
    /// What it is, for whoever is told that it could not be written.
    pub what: String,
    /// Writes an event.
    pub tell: fn(&Event, &mut dyn Write) -> io::Result<()>,
    /// Where to.
    pub out: Box<dyn Write + Send>,
}

/// The record's own way to write an event: one JSON line.
///
/// # Errors
/// It can't be written.
pub fn line(event: &Event, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(event)?)
}

/// Events added up as they happen, and written to the files that follow them.
#[derive(Default)]
pub struct Recorder {
    folding: Option<Folding>,
    followers: Vec<Follower>,
    failed: Option<(String, io::Error)>,
}

impl Recorder {
    /// A recorder with the files that follow it.
    pub fn new(followers: Vec<Follower>) -> Self {
        Self { followers, ..Self::default() }
    }

    /// Keeps an event. A file that can't be written any more is left alone, and the first of them told at the end.
    pub fn keep(&mut self, event: Event) {
        let Self { folding, followers, failed } = self;
        followers.retain_mut(|one| match (one.tell)(&event, &mut one.out).and_then(|()| one.out.flush()) {
            Ok(()) => true,
            Err(why) => {
                failed.get_or_insert_with(|| (std::mem::take(&mut one.what), why));
                false
            }
        });
        match (folding, event) {
            (Some(folding), event) => folding.add(event),
            (folding, Event::RunStarted(head)) => *folding = Some(Folding::begin(head)),
            (None, event) => unreachable!("a run begins with its head, not with {event:?}"),
        }
    }

    /// What the events add up to, and the file that could not be written to its end, with the reason.
    ///
    /// # Panics
    /// There was no event, which is a fault of ropcheck's own.
    pub fn finish(self) -> (Run, Option<(String, io::Error)>) {
        let folding = self.folding.unwrap_or_else(|| unreachable!("a run has a head"));
        (folding.finish(), self.failed)
    }
}
