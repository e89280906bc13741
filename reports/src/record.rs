//! The record: what is kept of a run, one JSON line an event, versioned.
//!
//! This is the one published contract of the project. Every report is made from it, so a record made
//! elsewhere or last month can be read again. Nothing in it is secret: requests and answers carry
//! marks (`⟦alice.password⟧`) where a secret stood, and tokens are kept as [`TokenFacts`].

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::day::Day;
use crate::drawn::Value;

mod jwt_object;
pub mod load;
mod token;

pub use jwt_object::JwtObject;
pub use load::{LoadHead, Pulse, Race, Trial, Window};
pub use token::{Fingerprint, Flaw, JwtFacts, Part, Signature, TokenFacts};

/// The version of the record that this crate writes. A reader refuses a newer one.
pub const VERSION: u32 = 3;

/// One line of the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first line: what was run, against what, under which sentences.
    RunStarted(RunStarted),
    /// A scenario that was not run, and why.
    Skipped(Skipped),
    /// One request and what came back.
    Exchange(Exchange),
    /// What one promise came to.
    Found(Found),
    /// What one step of a load run measured in one second.
    Window(Window),
    /// How the generator of a load run fared in one second.
    Pulse(Pulse),
    /// What the many uses of one refresh token at once came to.
    Race(Race),
    /// One rate that a search tried.
    Trial(Trial),
    /// The last line; a record without it is of an unfinished run.
    RunFinished(RunFinished),
}

/// The first line of a record: enough for a reader to make sense of every later one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// The version of ropcheck that wrote it.
    pub ropcheck: String,
    /// What kind of run it is.
    pub kind: Kind,
    /// When it began: milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// What was judged.
    pub target: Target,
    /// The seed that every drawn value of the run comes from.
    pub seed: u64,
    /// The cases planned or skipped, in the order of their ids.
    pub cases: Vec<Case>,
    /// The sentences that findings cite, by requirement id.
    pub sentences: BTreeMap<String, Sentence>,
    /// The glob by which cases were chosen; none where all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// Broken promises that are known and borne for a time, in the order of their file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// What a load run sets out to do, and under which conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadHead>,
}

/// The two kinds of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Cases and properties, each judged once.
    Check,
    /// A scenario run by many users for a time.
    Load,
}

/// The server under test, as the reader of a report needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The name its target file gives it.
    pub name: String,
    /// Its token endpoint.
    pub token_endpoint: String,
}

/// A case by name: a scenario of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// `folder/section/slug`, never a position.
    pub id: String,
    /// The title, a sentence.
    pub title: String,
    /// Where its author wrote it.
    pub at: Place,
}

/// A broken promise of a case that is known and borne until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The case.
    pub case: String,
    /// The requirement that the case finds broken.
    pub requirement: String,
    /// Why it is borne.
    pub reason: String,
    /// Who sees to it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Day,
    /// Where its author wrote it.
    pub at: Place,
}

/// A place in a file that an author wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, as its reader would name it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The line's own text, trimmed; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// One sentence of a document, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// The section of its document, `5.2`.
    pub section: String,
    /// How binding it is.
    pub level: Level,
    /// The sentence.
    pub says: String,
    /// The requirement that it is a second opinion on, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
}

/// How binding a sentence is (RFC 2119), or `Practice` where no document asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Required.
    Must,
    /// Forbidden.
    MustNot,
    /// Recommended.
    Should,
    /// Not recommended.
    ShouldNot,
    /// Optional.
    May,
    /// Good practice that no document of the catalogue asks for.
    Practice,
}

impl Level {
    /// The level as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
            Self::Practice => "practice",
        }
    }
}

/// A scenario that was not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The case.
    pub case: String,
    /// What the target lacks, as a fragment: `no public client in the target file`.
    pub because: String,
}

/// One request and what came back, in marks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// `case#position`; findings name it as their evidence.
    pub id: String,
    /// The case whose walk sent it.
    pub case: String,
    /// The name of its step: `login`, or `control good-login`.
    pub step: String,
    /// The exchange that is its control twin: the same request without the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// What was said.
    pub request: Request,
    /// The same request for a shell, secrets as variables.
    pub curl: String,
    /// What was heard.
    pub answer: Heard,
    /// When it was sent: microseconds since the run began.
    pub sent_us: u64,
    /// From sending to the last byte of the body, in microseconds.
    pub took_us: u64,
}

/// A request as it was sent, in marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Headers in the order of sending.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// What came back: an answer, or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// An HTTP answer, whole or not.
    Answer(Answer),
    /// No answer: the reason, as a fragment.
    Nothing(String),
}

/// An HTTP answer, in marks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers as the client saw them, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body up to the limit that the harness reads.
    pub body: Body,
    /// Why the body is not whole, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
    /// What is known of the tokens that it carried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenFacts>,
}

/// A body: text where it is UTF-8, base64 where it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// UTF-8 text.
    Text(String),
    /// Other bytes, in base64.
    Base64(String),
}

/// What one promise came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The case, or `lint/…` for a check that runs on every exchange.
    pub case: String,
    /// The one requirement that it speaks of.
    pub requirement: String,
    /// Who looked.
    pub origin: Origin,
    /// The author's own line, where a line asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    /// What it came to.
    pub finding: Finding,
    /// The exchanges that show it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// How many exchanges were looked at and how many broke it, where it was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// The drawn values that it holds for, where they were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Drawn>,
}

/// Who looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A line of a scenario.
    Line,
    /// A check that runs on every exchange.
    Lint,
    /// A truth across many exchanges.
    Across,
}

/// Met, broken, or not judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The promise was kept.
    Met,
    /// The promise was broken.
    Broken {
        /// What it asks for: `status 400`.
        expected: String,
        /// What came: `status 401`.
        actual: String,
    },
    /// It could not be told.
    Unjudged {
        /// The kind of reason.
        because: Because,
        /// The reason in words.
        detail: String,
    },
}

/// Why a promise could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The control, the same request without the change, was not granted.
    Control,
    /// An earlier step of the case did not give what this one needs.
    Setup,
    /// No answer came.
    NoAnswer,
    /// The server said that it was asked too often.
    Throttled,
    /// The budget of failed logins or of time was spent.
    Budget,
    /// The server shut the account after failed logins of the run.
    LockedOut,
    /// What was measured varied too much to tell.
    Noise,
    /// The run was over first.
    Ended,
    /// The record does not hold what the check reads.
    NotRecorded,
    /// ropcheck itself can't judge it.
    Harness,
}

impl Because {
    /// The kind as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control refused",
            Self::Setup => "setup failed",
            Self::NoAnswer => "no answer",
            Self::Throttled => "throttled",
            Self::Budget => "budget spent",
            Self::LockedOut => "account locked out",
            Self::Noise => "too noisy",
            Self::Ended => "the run was over",
            Self::NotRecorded => "not in the record",
            Self::Harness => "beyond the harness",
        }
    }
}

/// Of how many exchanges, how many broke a promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Exchanges that broke it.
    pub broken: u64,
    /// Exchanges looked at.
    pub of: u64,
    /// Walks of a load beside them that came to no verdict.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open: u64,
}

/// The values of a property's failing case, after shrinking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Each name of `given` with its value; what is made from a secret is a recipe.
    #[serde(deserialize_with = "values")]
    pub values: BTreeMap<String, Value>,
    /// Sets of values tried before the failure, itself included.
    pub tried: u32,
    /// Walks spent on making it smaller.
    pub shrinks: u32,
    /// Whether shrinking came to its end; else the values are the smallest so far.
    pub minimal: bool,
    /// Whether it failed again when it was tried once more, its control sent anew; not known where no more could be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<bool>,
    /// The seed that the values were drawn from, in hex, for files of regressions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seed: String,
    /// A fingerprint of what the scenario asked, so that a replay can tell whether it still asks the same; empty in a record
    /// that does not tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub asked: String,
}

/// Values of version 1 are texts without more ado.
fn values<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Value>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Known {
        First(String),
        Now(Value),
    }
    let values = BTreeMap::<String, Known>::deserialize(from)?;
    let now = |value| match value {
        Known::First(text) => Value::Text(text),
        Known::Now(value) => value,
    };
    Ok(values.into_iter().map(|(name, value)| (name, now(value))).collect())
}

/// The last line of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFinished {
    /// Whether the run came to its own end.
    pub ended: Ended,
    /// From start to end, in microseconds.
    pub took_us: u64,
    /// How long a load asked, in microseconds: as long as it was to, or until it was ended before that. Not told where it has
    /// no length of its own, as a search or a race.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_us: Option<u64>,
    /// When the server of a load had answered for the last time, in microseconds since somebody asked, where it answered nothing
    /// any more to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_us: Option<u64>,
    /// Tokens of a load whose signature was tried; not told where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validated: Option<u64>,
    /// What whoever ran it has to know beside the findings: an account that is locked out now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

impl RunFinished {
    /// A run that ended so after so many microseconds, with nothing more to tell.
    pub fn after(took_us: u64, ended: Ended) -> Self {
        Self { ended, took_us, asked_us: None, gone_us: None, validated: None, notices: vec![] }
    }
}

/// What a record leaves out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It ran all that it planned.
    Complete,
    /// It was interrupted.
    Interrupted,
    /// It could not go on: the reason.
    Stopped(String),
}
