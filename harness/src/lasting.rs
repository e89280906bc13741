//! How long something lasts, as authors write it: `5s`, `1h 30m`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// A length of time.
pub(crate) fn lasting<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text)
        .map_err(|_| de::Error::custom(format!("`{text}` is no length of time: write `500ms`, `5s` or `1h 30m`")))
}

/// One where another is usual.
pub(crate) fn lasting_or_usual<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    lasting(from).map(Some)
}
