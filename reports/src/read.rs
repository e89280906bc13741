//! A record read back, line by line.

use std::io::BufRead;

use crate::record::{Event, VERSION};

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("could not read line {line}: {why}")]
    Io {
        /// The line, from 1.
        line: usize,
        /// The reason.
        why: std::io::Error,
    },
    /// A line is not an event.
    #[error("line {line} is not an event of a ropcheck record: {why}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// The reason.
        why: serde_json::Error,
    },
    /// The record is of a newer version.
    #[error("the record has version {0}, this ropcheck reads up to {VERSION}: read it with a newer ropcheck")]
    Newer(u32),
    /// The record has no first line.
    #[error("the record does not begin with a `run_started` line: is it a ropcheck record?")]
    Headless,
}

/// Reads the events of a record, one by one; the first is its head.
///
/// A last line that was cut short (a run that was killed while writing) is left out; any other line
/// that is no event is an error.
pub fn each(mut from: impl BufRead, tell: &mut dyn FnMut(Event)) -> Result<(), ReadError> {
    let mut is_begun = false;
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        let read = from.read_line(&mut text).map_err(|why| ReadError::Io { line, why })?;
        if read == 0 {
            break;
        }
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Event>(&text) {
            Ok(Event::RunStarted(head)) if head.version > VERSION => return Err(ReadError::Newer(head.version)),
            Ok(event) if is_begun || matches!(event, Event::RunStarted(_)) => tell(event),
            Ok(_) => return Err(ReadError::Headless),
            Err(_) if !text.ends_with('\n') && is_begun => break,
            Err(why) if !is_begun && why.is_syntax() => return Err(ReadError::Headless),
            Err(why) => return Err(ReadError::Line { line, why }),
        }
        is_begun = true;
    }
    if is_begun { Ok(()) } else { Err(ReadError::Headless) }
}

/// Reads all events of a record at once.
pub fn events(from: impl BufRead) -> Result<Vec<Event>, ReadError> {
    let mut events = Vec::new();
    each(from, &mut |event| events.push(event))?;
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Window;

    const HEAD: &str = r#"{"event":"run_started","version":1,"ropcheck":"0.1.0","kind":"check","started_ms":0,"target":{"name":"t","token_endpoint":"http://127.0.0.1/"},"seed":1,"cases":[],"sentences":{}}"#;

    #[test]
    fn a_last_line_cut_short_is_left_out() {
        let record = format!("{HEAD}\n{{\"event\":\"skipped\",\"case\":\"a\",\"beca");
        assert_eq!(events(record.as_bytes()).expect("the whole lines are read").len(), 1);
    }

    #[test]
    fn a_broken_line_in_the_middle_is_named() {
        let record = format!("{HEAD}\nnot json\n{HEAD}\n");
        let error = events(record.as_bytes()).expect_err("line 2 is no event");
        assert!(error.to_string().starts_with("line 2 is not an event"), "{error}");
    }

    #[test]
    fn a_newer_record_and_a_headless_one_are_refused() {
        let newer = HEAD.replace("\"version\":1", "\"version\":99");
        assert!(matches!(events(newer.as_bytes()), Err(ReadError::Newer(99))));
        assert!(matches!(events(&b""[..]), Err(ReadError::Headless)));
    }

    #[test]
    fn a_head_without_waivers_and_one_with_them_are_read() {
        let waiver = r#"{"case":"a","requirement":"b","reason":"c","owner":"d","expires":"2026-01-31","at":{"file":"w","line":1}}"#;
        let with = |more: &str| HEAD.replace(r#""sentences":{}"#, &format!(r#""sentences":{{}}{more}"#));
        let waivers = |record: String| match events(record.as_bytes()).map(|mut events| events.remove(0)) {
            Ok(Event::RunStarted(head)) => Ok(head.waivers.len()),
            other => Err(format!("{other:?}")),
        };
        assert_eq!(waivers(format!("{HEAD}\n")), Ok(0));
        assert_eq!(waivers(with(&format!(r#","waivers":[{waiver}]"#)) + "\n"), Ok(1));
        let no_day = with(&format!(r#","waivers":[{}]"#, waiver.replace("01-31", "02-30")));
        assert!(waivers(no_day + "\n").is_err_and(|why| why.contains("YYYY-MM-DD")));
    }

    #[test]
    fn a_window_is_read_as_it_was_written() {
        let window = Event::Window(Window {
            second: 1,
            step: "login".into(),
            statuses: [(0, 1), (200, 2)].into(),
            broken: 0,
            errors: [("invalid_grant".to_owned(), 1)].into(),
            ..Window::default()
        });
        let line = serde_json::to_string(&window).expect("an event is JSON");
        let read = events(format!("{HEAD}\n{line}\n").as_bytes()).expect("both lines are events");
        assert_eq!(read[1], window);
    }
}
