//! The check that two answers can't be told apart by what a client looks at.

use ropcheck_reports::record::Finding;

use super::{Around, before, pair};
use crate::exchange::{Answer, shortened};

/// The members of a refusal (RFC 6749 section 5.2).
const MEMBERS: [&str; 3] = ["error", "error_description", "error_uri"];

/// Whether an answer is the one of an earlier step: status, media type, names of its headers, members of a refusal.
pub(super) fn judge(answer: &Answer, step: &str, around: &dyn Around) -> Finding {
    // Where both were throttled, that is what they have in common.
    let throttled = || around.earlier(step).filter(|earlier| earlier.status == 429 && answer.status == 429);
    let before = match before(around, step) {
        Ok(before) => before,
        Err(untold) => match throttled() {
            Some(before) => before,
            None => return untold,
        },
    };
    for look in LOOKS {
        let (now, then) = (look(answer), look(before));
        if now != then {
            return pair(false, || format!("{then} as in {step}"), || now);
        }
    }
    Finding::Met
}

/// What is looked at, each in words that differ where it differs.
const LOOKS: [fn(&Answer) -> String; 4] = [
    |answer| format!("status {}", answer.status),
    |answer| format!("media type {}", answer.media_type().unwrap_or("none".into())),
    |answer| {
        let mut names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        format!("headers {}", names.join(", "))
    },
    |answer| {
        let raw = |name| answer.members().ok()?.raw(name);
        let told = MEMBERS.iter().filter_map(|name| Some(format!("`{name}` {}", shortened(raw(name)?))));
        let told: Vec<String> = told.collect();
        if told.is_empty() { "no error".to_owned() } else { told.join(", ") }
    },
];
