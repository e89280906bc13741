//! Quantities as an author writes them: `250ms`, `500/s`, `1 %`.

use std::time::Duration;

use http::StatusCode;
use serde::de::{Deserialize, Deserializer, Error};

/// Nothing in a script takes longer.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A stretch of time where serde wants a type of its own for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(pub(super) Duration);

/// So many a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(f64);

/// A part of all, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share(pub(super) f64);

/// The standard deviation of a logarithm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sigma(pub(super) f64);

impl Rate {
    /// How long one takes.
    pub(super) fn interval(self) -> Duration {
        Duration::from_secs_f64(self.0.recip())
    }

    /// The same as a whole number, if it is one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate lies between 0.001 and a million"
    )]
    pub(super) fn whole(self) -> Option<u64> {
        (self.0.fract() == 0.0).then_some(self.0 as u64)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        span(from).map(Self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wanted = || D::Error::custom("a rate is wanted here, from 0.001/s to 1000000/s: `500/s`");
        let number = number(from, "/s")?.ok_or_else(wanted)?;
        if (0.001..=1e6).contains(&number) { Ok(Self(number)) } else { Err(wanted()) }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wanted = || D::Error::custom("a share is wanted here, from 0 % to 100 %: `1 %`");
        let number = number(from, "%")?.ok_or_else(wanted)?;
        if (0.0..=100.0).contains(&number) { Ok(Self(number / 100.0)) } else { Err(wanted()) }
    }
}

impl<'de> Deserialize<'de> for Sigma {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(from)?;
        if (0.0..=10.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(D::Error::custom("a number from 0 to 10 is wanted here: `0.5`"))
        }
    }
}

/// The number before a unit, if that is what stands there.
fn number<'de, D: Deserializer<'de>>(from: D, unit: &str) -> Result<Option<f64>, D::Error> {
    let text = String::deserialize(from)?;
    Ok(text.strip_suffix(unit).and_then(|number| number.trim_end().parse().ok()))
}

/// A stretch of time.
pub(super) fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    match humantime::parse_duration(&String::deserialize(from)?) {
        Ok(span) if span <= LONGEST => Ok(span),
        Ok(_) => Err(D::Error::custom("nothing here lasts longer than a day; write less than `24h`")),
        Err(why) => Err(D::Error::custom(format_args!("a time is wanted here: `250ms`, `2s` ({why})"))),
    }
}

/// A stretch of time that may be left out.
pub(super) fn some_span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    span(from).map(Some)
}

/// The status of an answer that is not the one hoped for.
pub(super) fn status<'de, D: Deserializer<'de>>(from: D) -> Result<StatusCode, D::Error> {
    let status = StatusCode::from_u16(u16::deserialize(from)?).ok();
    status
        .filter(|status| status.is_client_error() || status.is_server_error())
        .ok_or_else(|| D::Error::custom("a status from 400 to 599 is wanted here"))
}
