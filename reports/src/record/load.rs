//! What the record keeps of a load run.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::Place;

/// What a load run sets out to do, and under which conditions: no figure means anything without them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadHead {
    /// Who asks.
    pub mode: Mode,
    /// How many users or arrivals when, as its author wrote it: `20 in 10s, hold 60s`; in a race
    /// `25 rounds of 8 uses`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shape: String,
    /// How long requests are begun, in microseconds; 0 where that is not known before.
    pub lasts_us: u64,
    /// What is walked, and how often beside the others.
    pub journeys: Vec<Journey>,
    /// What has to hold, each as its author wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
    /// The pause of a user between two requests, as its author wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think: Option<String>,
    /// Whether arrivals come at equal distances; else each comes by itself, as strangers do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub evenly: bool,
    /// How many walks may be under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u32>,
    /// How many requests a second the target file allows; whoever comes beyond that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rate: Option<f64>,
    /// Which tokens are validated.
    pub validated: Validated,
    /// What the figures were measured under.
    pub conditions: Conditions,
}

/// Who asks, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Closed loop: users that ask again once they were answered. Latency is counted from sending.
    Users,
    /// Open loop: arrivals at a rate, whatever became of those before. Latency is counted from the intended start.
    Rate,
    /// A search for the highest rate that keeps the thresholds; its arrivals are those of an open loop.
    Search,
    /// Many uses of one token at once.
    Race,
}

/// What is walked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Its name in the names of steps, thresholds and reports.
    pub name: String,
    /// The scenario that it is.
    pub case: String,
    /// How often it is walked beside the others.
    pub weight: u32,
    /// Users that it takes in turns; 0 where it logs nobody in.
    pub users: u32,
    /// Its steps in the order in which they are walked, each by the name that it has in windows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// What has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// As its author wrote it: `p99(login) < 250 ms`. [`crate::threshold`] reads it.
    pub text: String,
    /// Where.
    pub at: Place,
}

/// Which tokens are validated off the timing path: signature, issuer, audience, times, subject and scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validated {
    /// Every one.
    All,
    /// One of so many.
    OneOf(u32),
    /// None.
    None,
}

/// What figures were measured under.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The version of HTTP: `HTTP/1.1`.
    pub http: String,
    /// Whether connections were kept and used again; else each request had one of its own.
    pub keep_alive: bool,
    /// The version of TLS, where there was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<String>,
    /// The algorithm that signs access tokens, where they are JWTs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_alg: Option<String>,
    /// Whether the server runs in the generator's own process, and takes its time from it.
    pub server_in_process: bool,
    /// The generator's machine: `linux x86_64, AMD EPYC`.
    pub machine: String,
    /// Cores that the generator may use.
    pub cores: u32,
    /// Files and connections that it may have open; 0 where that is not known.
    #[serde(default)]
    pub open_files: u64,
}

/// What one step of a load run measured in one second. Histograms are HDR, 3 digits, in microseconds, V2 serialisation in
/// base64; an empty text stands for none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The second of the run, from 0, in which the requests were meant to start.
    pub second: u64,
    /// The step's name, behind its journey's where there are several: `session/refresh`.
    pub step: String,
    /// Answers by status; `0` stands for exchanges without an answer.
    #[serde(deserialize_with = "by_number")]
    pub statuses: BTreeMap<u16, u64>,
    /// Exchanges that were under way when the run was ended, and not waited for: they are in no status, and their times are what
    /// they had waited till then.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub cut_off: u64,
    /// Answers by error code, and exchanges without an answer by the reason: `invalid_grant`, `no answer in time`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, u64>,
    /// Findings that broke a promise, advice not followed among them.
    pub broken: u64,
    /// Those of them that broke a MUST; not told where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub musts: Option<u64>,
    /// Bytes of bodies heard.
    #[serde(default)]
    pub bytes: u64,
    /// Service time: from sending to the last byte of the body, the opening of a connection left out; of exchanges with an
    /// answer.
    pub latency_us: String,
    /// Response time: from the intended start to the last byte, the opening of a connection included. Only where arrivals
    /// have a schedule; a later step of a journey is meant to start when the one before it was answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response_us: String,
    /// Waiting for a place: from the intended start of an arrival to when fewer were under way than there may be at once; of
    /// arrivals that had to wait.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub held_us: String,
    /// Schedule lag: from the intended start of an arrival, or from when there was a place for it, to its sending. The
    /// generator's own fault.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lag_us: String,
    /// Opening of connections, TCP and TLS together, whether it came off or not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub connect_us: String,
}

/// JSON keys are text, and serde's buffer for a tagged enum keeps them so: they are read as numbers here.
fn by_number<'de, D: Deserializer<'de>, N: std::str::FromStr<Err: std::fmt::Display> + Ord>(
    from: D,
) -> Result<BTreeMap<N, u64>, D::Error> {
    let by_text = BTreeMap::<String, u64>::deserialize(from)?;
    by_text.into_iter().map(|(status, count)| Ok((status.parse().map_err(de::Error::custom)?, count))).collect()
}

/// How the generator fared in one second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pulse {
    /// The second of the run, from 0.
    pub second: u64,
    /// How much of it there was, in microseconds, where it was no whole one: the run ended in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasted_us: Option<u64>,
    /// Processor time that it took, in microseconds, over all cores.
    pub cpu_us: u64,
    /// Files and connections that it had open at the end; 0 where that is not known.
    #[serde(default)]
    pub open_files: u64,
    /// The most walks that were under way at once in it.
    pub under_way: u64,
    /// Arrivals whose time had come and that were not begun by the end.
    #[serde(default)]
    pub waiting: u64,
    /// Tokens that waited to be validated at the end.
    #[serde(default)]
    pub unvalidated: u64,
}

impl Pulse {
    /// How long it was, in microseconds.
    pub fn length_us(&self) -> u64 {
        self.lasted_us.unwrap_or(1_000_000)
    }

    /// The processor time that it would have taken in a whole second, in microseconds.
    pub fn cpu_in_a_second(&self) -> u64 {
        self.cpu_us.saturating_mul(1_000_000) / self.length_us().max(1)
    }
}

/// What the many uses of one refresh token at once came to, over all rounds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Race {
    /// The case.
    pub case: String,
    /// The step that was raced.
    pub step: String,
    /// Uses at once.
    pub at_once: u32,
    /// What a second use of a token comes to when nobody is beside it; not told where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// Rounds by how many of their uses won.
    #[serde(deserialize_with = "by_number")]
    pub winners: BTreeMap<u32, u64>,
    /// Rounds by what a later use of the old token came to.
    pub late: BTreeMap<Late, u64>,
    /// Rounds by what lived afterwards.
    pub lives: BTreeMap<Lives, u64>,
    /// Rounds in which the same token was given to several.
    #[serde(default)]
    pub shared: u64,
    /// Uses that the server failed: a status of 500 and above, or no answer.
    #[serde(default)]
    pub failed: u64,
    /// Uses that lost, by status and error: `400 invalid_grant`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lost: BTreeMap<String, u64>,
}

/// What using a token a second time comes to, one use behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// The first use did not replace it: it is good for many.
    NotReplaced,
    /// It is granted, too.
    Granted,
    /// It is refused, and no more.
    Refused,
    /// The token that replaced it is no longer good.
    EndsFamily,
}

/// What using the old token once more came to, when the race was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// It was refused at once.
    Refused,
    /// It was granted at first and refused later: a window of grace.
    Grace,
    /// It was granted for good: the token does not rotate.
    Granted,
    /// It was not tried, or could not be told.
    Unknown,
}

/// What lives when a race is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lives {
    /// The one winner's new token.
    Winner,
    /// One of several winners' new tokens.
    OneOfThem,
    /// Several winners' new tokens: the family has forked.
    Several,
    /// The old token alone.
    Old,
    /// Nothing: the user has to log in again.
    Nothing,
}

/// One rate that a search tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The first second of the run that belongs to it.
    pub from: u64,
    /// The first second behind it.
    pub until: u64,
    /// Arrivals a second.
    pub rate: f64,
    /// How long somebody was to arrive, in microseconds; not told where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_us: Option<u64>,
    /// What it was.
    pub kind: Kind,
    /// What it came to.
    pub came_to: CameTo,
    /// Why, in words: the thresholds that were missed, or what the generator lacked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

/// What a trial was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A step of the way up.
    Step,
    /// A step between a rate that kept the thresholds and one that did not.
    Bisection,
    /// A longer hold at what was found.
    Confirmation,
}

/// What a trial came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameTo {
    /// Every threshold was kept.
    Kept,
    /// One was missed.
    Missed,
    /// The generator was the limit.
    Invalid,
    /// The run was interrupted in it.
    Interrupted,
}
