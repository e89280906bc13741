//! What a walk did, as lines of the record: requests in marks, answers sealed.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use ropcheck_reports::record::{self, Body, Event, Heard};

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

/// Events kept for the reports of this run, and written to a record file as they happen where one is wanted.
pub struct Recorder {
    file: Option<Box<dyn Write + Send>>,
    events: Vec<Event>,
    failed: Option<std::io::Error>,
}

impl Recorder {
    /// A recorder, with a file or without.
    pub fn new(file: Option<Box<dyn Write + Send>>) -> Self {
        Self { file, events: Vec::new(), failed: None }
    }

    /// Keeps an event. A file that can't be written any more is told once, at the end.
    pub fn keep(&mut self, event: Event) {
        if let Some(file) = &mut self.file {
            let line = serde_json::to_string(&event).map_err(std::io::Error::from);
            let written = line.and_then(|line| writeln!(file, "{line}").and_then(|()| file.flush()));
            if let Err(why) = written {
                self.failed = Some(why);
                self.file = None;
            }
        }
        self.events.push(event);
    }

    /// Every event.
    ///
    /// # Errors
    /// The record file could not be written to its end.
    pub fn into_events(self) -> Result<Vec<Event>, (Vec<Event>, std::io::Error)> {
        match self.failed {
            None => Ok(self.events),
            Some(why) => Err((self.events, why)),
        }
    }
}
