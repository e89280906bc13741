//! The `load` block of a scenario: who asks, when, and what has to hold.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, de};
use serde_yaml::Spanned;

use super::reading::said;
use crate::lasting::lasting;

/// How a scenario's steps, or journeys that stand elsewhere, are put under load: one of `users`, `rate`,
/// `search` and `race`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// Closed loop: users that walk journey after journey: `20 in 10s, hold 60s, 100 in 30s`, or `4 for 3s`.
    #[serde(deserialize_with = "said")]
    #[schemars(with = "Option<String>")]
    pub users: Option<Ramp<Users>>,
    /// Open loop: arrivals a second, whatever becomes of those before: `100/s in 10s, hold 60s`, or `50/s for 10s`.
    #[serde(deserialize_with = "said")]
    #[schemars(with = "Option<String>")]
    pub rate: Option<Ramp<Rate>>,
    /// The highest rate that keeps every threshold.
    #[serde(deserialize_with = "said")]
    pub search: Option<Search>,
    /// Many uses of one refresh token at once, over and over: the last step is raced, those before it are walked first.
    #[serde(deserialize_with = "said")]
    pub race: Option<Race>,
    /// How arrivals are spread: as if nobody knew of the others, or evenly.
    #[serde(deserialize_with = "said")]
    pub arrivals: Option<Arrivals>,
    /// What is walked in place of steps.
    #[schemars(with = "Vec<Weighted>")]
    pub journeys: Vec<Spanned<Weighted>>,
    /// How long a user pauses between two requests: `200ms`, or `100ms to 2s`.
    #[serde(deserialize_with = "said")]
    #[schemars(with = "Option<String>")]
    pub think: Option<Think>,
    /// How many arrivals may be under way at once; others wait, and their latency counts.
    #[serde(deserialize_with = "said")]
    pub at_once: Option<u32>,
    /// Whether connections are kept, or each request has one of its own.
    pub connections: Connections,
    /// Which tokens are validated: `all`, `none`, or `{ one_of: 10 }`.
    pub validate: Validate,
    /// What has to hold: `p99(login) < 250 ms`, `errors < 0.1 %`, `rate(login) >= 400/s`, `findings = 0`; a time may be
    /// p50, p90, p95, p99, p99.9, max or mean.
    #[schemars(with = "Vec<String>")]
    pub thresholds: Vec<Spanned<String>>,
}

/// More than that no mix needs; the order is spread over so many places.
pub const MOST_WEIGHT: u32 = 10_000;

/// A journey that stands elsewhere, and how often it is walked.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weighted {
    /// The id of a scenario.
    pub walk: String,
    /// How often, beside the others.
    #[serde(default = "one")]
    pub weight: u32,
}

fn one() -> u32 {
    1
}

/// How arrivals are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// Each by itself, as the many users of a real server come: a Poisson process.
    #[default]
    Poisson,
    /// At equal distances.
    Even,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connections {
    /// It is kept and used again.
    #[default]
    Kept,
    /// It carries one request.
    New,
}

/// Which tokens are validated while the load goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Validate {
    /// Every one.
    #[default]
    All,
    /// One of so many.
    OneOf(std::num::NonZeroU32),
    /// None.
    None,
}

/// Read by hand: the parser tells of `one_of` without its number at whatever stands next in the file.
impl<'de> Deserialize<'de> for Validate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct OneOf {
            one_of: std::num::NonZeroU32,
        }
        struct WordOrShare;
        impl<'de> de::Visitor<'de> for WordOrShare {
            type Value = Validate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all`, `none` or `{ one_of: 10 }`")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Validate, E> {
                match word {
                    "all" => Ok(Validate::All),
                    "none" => Ok(Validate::None),
                    _ => Err(E::custom(format!(
                        "`{word}` is no share of tokens: write `all`, `none` or `{{ one_of: 10 }}`"
                    ))),
                }
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Validate, A::Error> {
                let OneOf { one_of } = OneOf::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Validate::OneOf(one_of))
            }
        }
        from.deserialize_any(WordOrShare)
    }
}

/// A search for the highest rate that keeps every threshold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The first rate that is tried, `50/s`.
    #[serde(deserialize_with = "rate")]
    #[schemars(with = "String")]
    pub from: f64,
    /// The highest rate that is tried.
    #[serde(deserialize_with = "rate")]
    #[schemars(with = "String")]
    pub up_to: f64,
    /// How long each rate is held.
    #[serde(deserialize_with = "lasting")]
    #[schemars(with = "String")]
    pub hold: Duration,
    /// How long the rate that was found is held once more.
    #[serde(deserialize_with = "lasting")]
    #[schemars(with = "String")]
    pub confirm: Duration,
}

/// Many uses of one refresh token at once.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Race {
    /// How many uses are sent at once, 2 to 1000.
    pub at_once: u32,
    /// How often, each time with a token of its own.
    pub rounds: u32,
    /// How long a server may let a replaced token live: one that was granted late is tried again after that time, `30s`.
    #[serde(deserialize_with = "lasting")]
    #[schemars(with = "String")]
    pub grace: Duration,
}

/// How many uses may be sent at once: one is no race, and more than that no server ever sees.
pub const RACERS: RangeInclusive<u32> = 2..=1000;

/// A level over time, in stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Ramp<U> {
    /// As its author wrote it.
    pub text: String,
    /// The stages, one behind the other.
    pub stages: Vec<Stage>,
    unit: std::marker::PhantomData<U>,
}

/// A stretch of time in which a level moves evenly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// The level at its beginning.
    pub from: f64,
    /// The level at its end.
    pub to: f64,
    /// How long it is.
    pub lasts: Duration,
}

impl Stage {
    /// How many come in it where the level is a rate.
    pub fn arrivals(&self) -> f64 {
        self.from.midpoint(self.to) * self.lasts.as_secs_f64()
    }
}

/// What a level counts.
pub trait Unit {
    /// The number that a word says, or what to write.
    fn level(word: &str) -> Result<f64, String>;
    /// A ramp as an example.
    const EXAMPLE: &'static str;
}

/// Users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Users;

/// Arrivals a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate;

/// More users than any machine that this is meant for can drive.
const MOST_USERS: u32 = 100_000;

impl Unit for Users {
    fn level(word: &str) -> Result<f64, String> {
        let users = word.parse::<u32>().ok().filter(|users| *users <= MOST_USERS);
        users.map(f64::from).ok_or_else(|| format!("`{word}` is no number of users up to {MOST_USERS}"))
    }
    const EXAMPLE: &'static str = "20 in 10s, hold 60s";
}

impl Unit for Rate {
    fn level(word: &str) -> Result<f64, String> {
        read_rate(word)
    }
    const EXAMPLE: &'static str = "100/s in 10s, hold 60s";
}

/// Reads `50/s` or `300/min`.
fn read_rate(text: &str) -> Result<f64, String> {
    let number = |digits: &str| digits.trim().parse::<f64>().ok().filter(|rate| (0.0..=1e6).contains(rate));
    let rate = match text.split_once('/') {
        Some((digits, "s")) => number(digits),
        Some((digits, "min")) => number(digits).map(|rate| rate / 60.0),
        Some(_) | None => None,
    };
    rate.ok_or_else(|| format!("`{text}` is no rate up to 1000000/s: write `50/s` or `300/min`"))
}

fn rate<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let rate = read_rate(&String::deserialize(from)?).map_err(de::Error::custom)?;
    if rate > 0.0 { Ok(rate) } else { Err(de::Error::custom("a rate of 0 asks nothing: write `50/s`")) }
}

impl<U: Unit> Ramp<U> {
    /// Reads stages: `LEVEL in TIME` moves there evenly, `LEVEL for TIME` jumps there and stays, `hold TIME` stays.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut stages: Vec<Stage> = Vec::new();
        for stage in text.split(',').map(str::trim) {
            let odd = |why: String| format!("{why}: write a ramp like `{}`", U::EXAMPLE);
            let now = stages.last().map_or(0.0, |last| last.to);
            let mut words = stage.split_whitespace();
            let (level, word) = match (words.next(), words.next()) {
                (Some("hold"), Some(time)) => {
                    let time: Vec<&str> = [time].into_iter().chain(words).collect();
                    stages.push(Stage { from: now, to: now, lasts: time_of(&time.join(" ")).map_err(odd)? });
                    continue;
                }
                (Some(level), Some(word)) => (U::level(level).map_err(odd)?, word),
                (Some(level), None) => return Err(odd(format!("`{level}` says not for how long"))),
                (None, _) => return Err(odd("a stage is empty".to_owned())),
            };
            let lasts = time_of(&words.collect::<Vec<_>>().join(" ")).map_err(odd)?;
            match word {
                "in" => stages.push(Stage { from: now, to: level, lasts }),
                "for" => stages.push(Stage { from: level, to: level, lasts }),
                _ => return Err(odd(format!("`{word}` stands where `in` or `for` is due"))),
            }
        }
        if stages.iter().all(|stage| stage.from.max(stage.to) <= 0.0) {
            return Err(format!("nobody ever comes: write a ramp like `{}`", U::EXAMPLE));
        }
        Ok(Self { text: text.to_owned(), stages, unit: std::marker::PhantomData })
    }
}

impl Ramp<Rate> {
    /// How many come in all.
    pub fn arrivals(&self) -> f64 {
        self.stages.iter().map(Stage::arrivals).sum()
    }

    /// One rate for a time.
    pub fn flat(rate: f64, lasts: Duration) -> Self {
        let text = format!("{rate}/s for {}", humantime::format_duration(lasts));
        Self { text, stages: vec![Stage { from: rate, to: rate, lasts }], unit: std::marker::PhantomData }
    }
}

fn time_of(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|_| format!("`{text}` is no time"))?;
    if time.is_zero() { Err("a stage takes no time".to_owned()) } else { Ok(time) }
}

impl<'de, U: Unit> Deserialize<'de> for Ramp<U> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text<U>(std::marker::PhantomData<U>);
        impl<U: Unit> de::Visitor<'_> for Text<U> {
            type Value = Ramp<U>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a ramp like `{}`", U::EXAMPLE)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Ramp<U>, E> {
                Ramp::parse(text).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, level: u64) -> Result<Ramp<U>, E> {
                Ramp::parse(&level.to_string()).map_err(E::custom)
            }
        }
        from.deserialize_any(Text(std::marker::PhantomData))
    }
}

/// How long a user pauses: any time between two, as likely as any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Think {
    /// As its author wrote it.
    pub text: String,
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl Think {
    /// A pause.
    pub fn draw(&self) -> Duration {
        self.least + self.most.saturating_sub(self.least).mul_f64(fastrand::f64())
    }
}

impl<'de> Deserialize<'de> for Think {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let (least, most) = text.split_once(" to ").unwrap_or((&text, &text));
        let time = |text: &str| humantime::parse_duration(text.trim());
        match (time(least), time(most)) {
            (Ok(least), Ok(most)) if least <= most => Ok(Self { text: text.clone(), least, most }),
            _ => Err(de::Error::custom(format!("`{text}` is no pause: write `200ms`, or `100ms to 2s`"))),
        }
    }
}

impl JsonSchema for Think {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Think".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(text: &str) -> Vec<(f64, f64, u64)> {
        let ramp = Ramp::<Rate>::parse(text).unwrap_or_else(|why| panic!("{why}"));
        ramp.stages.iter().map(|stage| (stage.from, stage.to, stage.lasts.as_secs())).collect()
    }

    #[test]
    fn a_ramp_moves_jumps_and_holds() {
        assert_eq!(
            stages("100/s in 10s, hold 1m 30s, 300/min for 5s, 0/s in 2s"),
            [(0.0, 100.0, 10), (100.0, 100.0, 90), (5.0, 5.0, 5), (5.0, 0.0, 2)]
        );
    }

    #[test]
    fn what_is_no_ramp_is_told_with_an_example() {
        for (text, why) in [
            ("20", "`20` says not for how long"),
            ("twenty in 10s", "`twenty` is no number of users up to 100000"),
            ("20 over 10s", "`over` stands where `in` or `for` is due"),
            ("20 in 10s,", "a stage is empty"),
            ("20 in soon", "`soon` is no time"),
            ("20 for 0s", "a stage takes no time"),
            ("hold 10s", "nobody ever comes"),
        ] {
            let told = Ramp::<Users>::parse(text).expect_err(text);
            assert_eq!(told, format!("{why}: write a ramp like `20 in 10s, hold 60s`"));
        }
        let told = Ramp::<Rate>::parse("100 for 5s").expect_err("no unit");
        assert!(told.contains("write `50/s` or `300/min`"), "{told}");
    }
}
