//! An `HdrHistogram` interval log of a load run, as the tools of that family read it.
//!
//! A line holds what one step measured in one second, in microseconds, with a tag that says of what: `login` is the service
//! time, `login:response` the response time, `login:held` what arrivals waited for a place
//! among those under way at once, `login:lag` the schedule lag and `login:connect` the opening of connections. A second of
//! which something came late has several lines, which add up.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use super::wording;
use crate::latency::decode;
use crate::record::{Event, RunStarted, Window};

/// Writes what an event adds to the log; most add nothing.
pub(super) fn line(event: &Event, out: &mut dyn Write) -> io::Result<()> {
    match event {
        Event::RunStarted(head) => begin(head, out),
        Event::Window(window) => measured(window, out),
        Event::Skipped(_)
        | Event::Exchange(_)
        | Event::Found(_)
        | Event::Pulse(_)
        | Event::Race(_)
        | Event::Trial(_)
        | Event::RunFinished(_) => Ok(()),
    }
}

/// Both times are told: readers differ in which of them they take seconds to count from.
fn begin(head: &RunStarted, mut out: &mut dyn Write) -> io::Result<()> {
    let about = format!("ropcheck {} against {}, in microseconds", head.ropcheck, head.target.name);
    let mut log = IntervalLogWriterBuilder::new();
    log.add_comment("[Histogram log format version 1.3]").add_comment(&wording::visible(&about));
    // A time that this machine can't name is left out.
    if let Some(started) = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(head.started_ms)) {
        log.with_start_time(started).with_base_time(started);
    }
    log.begin_log_with(&mut out, &mut V2DeflateSerializer::new())?;
    writeln!(out, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"")
}

fn measured(window: &Window, out: &mut dyn Write) -> io::Result<()> {
    for (text, of) in [
        (&window.latency_us, ""),
        (&window.response_us, ":response"),
        (&window.held_us, ":held"),
        (&window.lag_us, ":lag"),
        (&window.connect_us, ":connect"),
    ] {
        match decode(text) {
            Ok(histogram) => interval(window, of, &histogram, out)?,
            Err(_) if text.is_empty() => {}
            Err(why) => {
                let told = format!("{}{of} in second {} cannot be read: {why}", window.step, window.second);
                writeln!(out, "#{}", wording::visible(&told))?;
            }
        }
    }
    Ok(())
}

fn interval(window: &Window, of: &str, histogram: &Histogram<u64>, mut out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new().begin_log_with(&mut out, &mut serializer)?;
    let second = Duration::from_secs(window.second);
    let name = tag(&format!("{}{of}", window.step));
    log.write_histogram(histogram, second, Duration::from_secs(1), Tag::new(&name)).map_err(io::Error::other)
}

/// A tag ends at a comma, and holds no white space.
fn tag(name: &str) -> String {
    wording::visible(name).replace([',', ' '], "_")
}
