//! What was said and heard: one exchange, its answer sealed so that no secret is in it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderMap;
use ropcheck_reports::record::{Because, TokenFacts};
use url::Url;

use crate::json::{Members, NotAnObject};
use crate::scenario::{Endpoint, Grant};
use crate::secret::Secret;
use crate::target::is_loopback;

/// One request and what came back.
#[derive(Debug)]
pub struct Exchange {
    /// Which request of the walk it is.
    pub sent: Sent,
    /// The answer, or why there is none.
    pub heard: Result<Answer, Silence>,
    /// When it was meant to be sent, since the run began. Later than that is the generator's own delay, but for `waited`.
    pub intended_at: Duration,
    /// How long it waited for its turn, by the rate that the target's owner allows.
    pub waited: Duration,
    /// When it was sent, since the run began.
    pub sent_at: Duration,
    /// From sending to the last byte of the body.
    pub took: Duration,
    /// How much of that went into opening a connection, where that was tried for it.
    pub opened: Option<Duration>,
}

/// Which request of a walk an exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// A step of the plan, by position.
    Step(usize),
    /// A step of the control twin of a step of the plan: the plan's step, then the control's own.
    Control {
        /// The step of the plan that is a refusal.
        of: usize,
        /// The position among the control's steps.
        step: usize,
    },
}

/// What to do where the other end does not speak TLS at all.
fn of_plain_http(why: &str) -> &'static str {
    // The first bytes that came are no TLS record (RFC 8446 section 5.1).
    let is_plain = why.contains("InvalidContentType");
    if is_plain {
        "; no TLS is spoken there: name the port that speaks it, or say http where that is meant"
    } else {
        ""
    }
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// No connection could be made: unreachable, refused, name not found.
    #[error("could not connect: {0}")]
    Unreachable(String),
    /// This machine has no port left to connect from.
    #[error("no free port is left to connect from")]
    NoPort,
    /// This process may not open one more file or connection.
    #[error("no more files or connections may be opened here")]
    NoFile,
    /// The TLS handshake failed.
    #[error("could not agree on TLS: {0}{remedy}", remedy = of_plain_http(.0))]
    Tls(String),
    /// The time ran out.
    #[error("no answer within {}", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// What came was no HTTP.
    #[error("the answer is not HTTP/1.1: {0}")]
    NotHttp(String),
    /// The connection ended before an answer.
    #[error("the connection ended before an answer: {0}")]
    Closed(String),
    /// The run was ended, and did not wait for it.
    #[error("no answer yet when the run was ended")]
    Unawaited,
}

impl Silence {
    /// The kind, as it is counted under load.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "no connection",
            Self::NoPort => "no free port",
            Self::NoFile => "no more open files",
            Self::Tls(_) => "no TLS",
            Self::TimedOut(_) => "no answer in time",
            Self::NotHttp(_) => "no HTTP",
            Self::Closed(_) => "connection ended",
            Self::Unawaited => "not waited for",
        }
    }

    /// Why a promise of the answer can't be judged.
    pub fn because(&self) -> Because {
        match self {
            Self::Unawaited => Because::Ended,
            Self::Unreachable(_)
            | Self::NoPort
            | Self::NoFile
            | Self::Tls(_)
            | Self::TimedOut(_)
            | Self::NotHttp(_)
            | Self::Closed(_) => Because::NoAnswer,
        }
    }
}

/// What nearly every answer is.
const JSON: &str = "application/json";

/// How an answer comes from an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    /// It never leaves this machine.
    #[default]
    Loopback,
    /// By TLS.
    Tls,
    /// From another machine, for everybody between to read.
    Clear,
}

impl Way {
    /// The way from an address. One of this machine by TLS is as good as any other by TLS.
    pub fn of(address: &Url) -> Self {
        match address.scheme() {
            "http" if is_loopback(address) => Self::Loopback,
            "http" => Self::Clear,
            _ => Self::Tls,
        }
    }
}

/// What a body reads as: answers of the same body share it.
pub(crate) type Read = OnceLock<Result<Members, NotAnObject>>;

/// An answer. Tokens and known secrets in it are marks; see [`crate::captures`].
#[derive(Debug)]
pub struct Answer {
    /// The kind of endpoint that it came from: what granting means there.
    pub from: Endpoint,
    /// How it came from there.
    pub way: Way,
    /// The status code.
    pub status: u16,
    /// The headers as the client saw them.
    pub headers: HeaderMap,
    /// The body up to the limit that is read.
    pub body: Bytes,
    /// Why the body is not whole, where it is not.
    pub cut: Option<String>,
    /// When it came, since the Unix epoch, by the clock that the server goes by.
    pub heard_at: Duration,
    /// Marks of known secrets that the server sent back, tokens aside.
    pub echoes: Vec<String>,
    /// Tokens that it carried and that no witness has seen yet.
    pub unwitnessed: Vec<(String, Secret)>,
    /// What is known of its tokens.
    pub tokens: Vec<TokenFacts>,
    /// What its body reads as, once it was asked.
    pub(crate) read: Arc<Read>,
}

impl Answer {
    /// A sealed answer.
    pub fn new(status: u16, headers: HeaderMap, body: Bytes, cut: Option<String>) -> Self {
        let (echoes, unwitnessed, tokens) = (Vec::new(), Vec::new(), Vec::new());
        let (from, way, heard_at) = (Endpoint::default(), Way::default(), Duration::ZERO);
        Self { from, way, status, headers, body, cut, heard_at, echoes, unwitnessed, tokens, read: Arc::default() }
    }

    /// The members of the JSON object that the body is.
    pub fn members(&self) -> Result<&Members, &NotAnObject> {
        self.read.get_or_init(|| Members::parse(&self.body)).as_ref()
    }

    /// Whether it carries a token under that name.
    pub fn carries(&self, member: &str) -> bool {
        self.tokens.iter().any(|token| token.member == member)
            || self.unwitnessed.iter().any(|(name, _)| name == member)
    }

    /// Whether it grants what was asked for; whether it is faultless is another matter.
    pub fn grants(&self) -> bool {
        match self.from.grant() {
            Grant::AccessToken => self.carries("access_token"),
            Grant::Active => self.status == 200 && self.raw("active") == Some("true"),
            Grant::Status => self.status == 200,
        }
    }

    /// What a faultless answer that grants is, as a fragment.
    pub fn granting(&self) -> &'static str {
        match self.from.grant() {
            Grant::AccessToken => "status 200 and an access token",
            Grant::Active => "status 200 and `active` true",
            Grant::Status => "status 200",
        }
    }

    /// What an answer that does not grant is, as a fragment.
    pub fn not_granting(&self) -> &'static str {
        match self.from.grant() {
            Grant::AccessToken => "no access token",
            Grant::Active => "no `active` true",
            Grant::Status => "another status than 200",
        }
    }

    fn raw(&self, member: &str) -> Option<&str> {
        self.members().ok()?.raw(member)
    }

    /// What is known of the token under that name.
    pub fn token(&self, member: &str) -> Option<&TokenFacts> {
        self.tokens.iter().find(|token| token.member == member)
    }

    /// A header's value as text, repeated fields joined as RFC 9110 section 5.3 allows.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let first = values.next()?;
        Some(values.fold(first, |joined, value| joined + ", " + value))
    }

    /// The media type in lower case, parameters aside (RFC 9110 section 8.3.1).
    pub fn media_type(&self) -> Option<Cow<'_, str>> {
        let essence = |value: &str| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match self.header("content-type")? {
            Cow::Borrowed(JSON) => Cow::Borrowed(JSON),
            value => Cow::Owned(essence(&value)),
        })
    }

    /// The `error` member, where it is a text.
    pub fn error(&self) -> Option<String> {
        self.members().ok()?.text("error")
    }

    /// Whether the server says that it was asked too often (RFC 6585 section 4), or that it can't answer now and when it will
    /// (RFC 9110 section 15.6.4).
    pub fn is_throttled(&self) -> bool {
        self.status == 429 || (self.status == 503 && self.retry_after().is_some())
    }

    /// How long it asks to wait (RFC 9110 section 10.2.3): in seconds, or until a date by the server's own clock, where it
    /// tells the time.
    pub fn retry_after(&self) -> Option<Duration> {
        // Longer than anybody waits, and short enough to count with.
        const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        let told = self.header("retry-after")?;
        if !told.is_empty() && told.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(told.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST));
        }
        let date = |text: &str| httpdate::parse_http_date(text).ok();
        let now = self.header("date").and_then(|text| date(&text)).unwrap_or(UNIX_EPOCH + self.heard_at);
        Some(date(&told)?.duration_since(now).unwrap_or_default().min(LONGEST))
    }

    /// The answer in few words: `status 400, error invalid_grant`.
    pub fn in_few_words(&self) -> String {
        let status = self.status;
        let what = if self.carries("access_token") {
            "an access token".to_owned()
        } else if let Some(error) = self.error() {
            format!("error `{}`", shortened(&error))
        } else if let Some(active) = self.raw("active") {
            format!("`active` {}", shortened(active))
        } else if self.body.is_empty() {
            "an empty body".to_owned()
        } else {
            match self.members() {
                Ok(_) => "JSON without `error` or `access_token`".to_owned(),
                Err(_) => {
                    format!("{} that is no JSON object", self.media_type().unwrap_or("a body".into()))
                }
            }
        };
        format!("status {status}, {what}")
    }
}

/// A text of the server's, short enough to stand in a sentence.
pub fn shortened(text: &str) -> String {
    const LIMIT: usize = 80;
    match text.char_indices().nth(LIMIT) {
        Some((at, _)) => format!("{}… ({} characters)", &text[..at], text.chars().count()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status · the headers · whether it is throttled, and the seconds to wait.
    #[test]
    fn a_server_may_ask_for_a_rest_in_seconds_or_until_a_date() {
        let late = "Wed, 21 Oct 2015 07:28:30 GMT";
        for (status, headers, throttled, wait) in [
            (429, &[("retry-after", "120")][..], true, Some(120)),
            (429, &[], true, None),
            (429, &[("retry-after", "soon")], true, None),
            (429, &[("retry-after", "-1")], true, None),
            (429, &[("retry-after", "99999999999999999999999")], true, Some(31_536_000)),
            (503, &[("retry-after", "0")], true, Some(0)),
            (503, &[], false, None),
            (400, &[("retry-after", "7")], false, Some(7)),
            (503, &[("retry-after", late), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")], true, Some(30)),
            (503, &[("retry-after", late)], true, Some(1_445_412_510 - 1_445_412_000)),
            (503, &[("retry-after", "Wednesday, 21-Oct-15 07:28:30 GMT")], true, Some(510)),
            (503, &[("retry-after", late), ("date", "Wed, 21 Oct 2015 09:00:00 GMT")], true, Some(0)),
        ] {
            let name = |name: &'static str| http::HeaderName::from_static(name);
            let headers = headers.iter().map(|(field, value)| (name(field), http::HeaderValue::from_static(value)));
            let mut answer = Answer::new(status, headers.collect(), Bytes::new(), None);
            answer.heard_at = Duration::from_secs(1_445_412_000);
            let told = (answer.is_throttled(), answer.retry_after().map(|wait| wait.as_secs()));
            assert_eq!(told, (throttled, wait), "{status} {:?}", answer.headers);
        }
    }
}
