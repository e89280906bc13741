//! A day of the calendar (UTC), as a waiver names it.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A day, `YYYY-MM-DD`. Days stand in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(String);

/// How many characters `YYYY-MM-DD` has.
const LENGTH: usize = 10;

impl Day {
    /// The day of a moment in milliseconds since the Unix epoch; one beyond the year 9999 is its last day.
    pub fn of(unix_ms: u64) -> Self {
        let moment = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(unix_ms));
        let mut text = moment.and_then(written).unwrap_or_else(|| "9999-12-31".to_owned());
        text.truncate(LENGTH);
        Self(text)
    }
}

fn written(moment: SystemTime) -> Option<String> {
    use fmt::Write as _;
    let mut text = String::new();
    write!(text, "{}", humantime::format_rfc3339_seconds(moment)).ok()?;
    Some(text)
}

/// Why a text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD, for instance 2026-03-31")]
pub struct NoDay;

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let midnight = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).map_err(|_| NoDay)?;
        // A day that the calendar does not have, the 31st of June, comes out as another one.
        if text.len() == LENGTH && written(midnight).is_some_and(|moment| moment.starts_with(text)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoDay)
        }
    }
}

impl TryFrom<String> for Day {
    type Error = NoDay;

    fn try_from(text: String) -> Result<Self, NoDay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_read() {
        for day in ["2026-03-31", "2024-02-29", "1999-12-01"] {
            assert_eq!(day.parse::<Day>().map(|day| day.to_string()).as_deref(), Ok(day));
        }
        for wrong in ["2026-02-29", "2026-06-31", "2026-13-01", "26-01-01", "2026-1-1", "31.03.2026", "soon", ""] {
            assert_eq!(wrong.parse::<Day>(), Err(NoDay), "{wrong}");
        }
    }

    #[test]
    fn every_moment_has_a_day_and_days_stand_in_the_order_of_time() {
        let day = Day::of(1_760_000_000_000);
        assert_eq!(day.to_string(), "2025-10-09");
        assert!(day < Day::of(1_760_000_000_000 + 86_400_000) && day < Day::of(u64::MAX));
    }
}
