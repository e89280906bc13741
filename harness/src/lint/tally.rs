//! Lints counted over many answers.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use ropcheck_reports::record::{Finding, Found, Origin, Share, TokenFacts};

use super::{LINTS, Lint, Sees, make};
use crate::exchange::{Answer, Way};
use crate::plan::Plan;
use crate::scenario::Endpoint;
use crate::walk::Walked;

/// How many examples of a broken promise are kept where many exchanges are looked at.
pub(crate) const EXAMPLES: usize = 3;

/// How many answers without a fault are remembered.
const REMEMBERED: usize = 8;

/// Lints counted over many exchanges, in the order of the roll call.
#[derive(Debug, Clone)]
pub struct Tally {
    counts: [Count; LINTS.len()],
    /// The last answers that broke no lint but those of times, by whose likeness others are told to break none either.
    faultless: Vec<Faultless>,
}

#[derive(Debug, Clone, Default)]
struct Count {
    of: u64,
    broken: u64,
    /// What was broken, once something was: under load nearly nothing is.
    shown: Option<Box<Shown>>,
}

/// What the first answer that broke a lint came to, and a few that did.
#[derive(Debug, Clone)]
struct Shown {
    first: Finding,
    examples: Vec<String>,
}

/// The lints of each kind, by position: most answers meet those of times alone.
static OF_MAKE: LazyLock<Vec<usize>> = LazyLock::new(|| of(Sees::Make));
static OF_TIMES: LazyLock<Vec<usize>> = LazyLock::new(|| of(Sees::Times));

fn of(sees: Sees) -> Vec<usize> {
    (0..LINTS.len()).filter(|position| LINTS[*position].sees == sees).collect()
}

/// An answer that broke no lint but those of times. Its tokens are marks, so that the next one may well be the same.
#[derive(Debug, Clone)]
struct Faultless {
    endpoint: Endpoint,
    method: Method,
    way: Way,
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    tokens: Vec<TokenFacts>,
    /// The lints that spoke of it, by position.
    met: Vec<usize>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| Count::default()), faultless: vec![] }
    }
}

impl Tally {
    /// Holds every answer of a walk against every lint.
    pub fn walked(&mut self, plan: &Plan, walked: &Walked) {
        for (position, exchange) in walked.exchanges.iter().enumerate() {
            if let (Some(step), Ok(answer)) = (plan.sent(exchange.sent), &exchange.heard) {
                self.look((step.to, &step.template.method), answer, || walked.exchange_id(position));
            }
        }
    }

    /// Holds an answer to a method at an endpoint against every lint; `id` names its exchange. Returns the
    /// sentences that were broken.
    pub fn look(
        &mut self,
        (endpoint, method): (Endpoint, &Method),
        answer: &Answer,
        id: impl Fn() -> String,
    ) -> Vec<&'static str> {
        let mut times = self.hold(Sees::Times, endpoint, answer, method, &id).broken;
        if let Some(like) = self.faultless.iter().find(|like| like.is(endpoint, method, answer)) {
            for lint in &like.met {
                self.counts[*lint].of += 1;
            }
            return times;
        }
        let Held { broken, met } = self.hold(Sees::Make, endpoint, answer, method, &id);
        if broken.is_empty() && answer.cut.is_none() && answer.echoes.is_empty() {
            if self.faultless.len() == REMEMBERED {
                self.faultless.remove(0);
            }
            self.faultless.push(Faultless {
                endpoint,
                method: method.clone(),
                way: answer.way,
                status: answer.status,
                headers: answer.headers.clone(),
                body: answer.body.clone(),
                tokens: answer.tokens.clone(),
                met,
            });
        }
        times.extend(broken);
        times
    }

    /// Holds an answer against the lints of one kind.
    fn hold(
        &mut self,
        sees: Sees,
        endpoint: Endpoint,
        answer: &Answer,
        method: &Method,
        id: &impl Fn() -> String,
    ) -> Held {
        let mut held = Held { broken: vec![], met: vec![] };
        let positions = match sees {
            Sees::Make => &*OF_MAKE,
            Sees::Times => &*OF_TIMES,
        };
        for position in positions.iter().copied() {
            let (lint, count) = (&LINTS[position], &mut self.counts[position]);
            if !lint.at.contains(&endpoint) {
                continue;
            }
            let Some(finding) = (lint.look)(answer, method) else { continue };
            count.of += 1;
            if finding == Finding::Met {
                held.met.push(position);
                continue;
            }
            held.broken.push(lint.requirement);
            count.broken += 1;
            let shown = count.shown.get_or_insert_with(|| Box::new(Shown { first: finding, examples: vec![] }));
            if shown.examples.len() < EXAMPLES {
                shown.examples.push(id());
            }
        }
        held
    }

    /// The exchanges that it would show as examples, by id.
    pub fn examples(&self) -> Vec<&str> {
        let shown = self.counts.iter().filter_map(|count| count.shown.as_ref());
        shown.flat_map(|shown| &shown.examples).map(String::as_str).collect()
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            count.of += more.of;
            count.broken += more.broken;
            match (&mut count.shown, more.shown) {
                (Some(shown), Some(more)) => {
                    shown.examples.extend(more.examples);
                    shown.examples.truncate(EXAMPLES);
                }
                (shown, more) => *shown = shown.take().or(more),
            }
        }
    }

    /// What each lint came to, one finding each. A lint that met no answer of its kind tells nothing.
    pub fn found(self) -> Vec<Found> {
        let met = LINTS.iter().zip(self.counts).filter(|(_, count)| count.of > 0);
        met.map(|(lint, count)| lint.found(count)).collect()
    }
}

/// What the lints of one kind came to.
struct Held {
    broken: Vec<&'static str>,
    met: Vec<usize>,
}

impl Faultless {
    /// Whether an answer has the same text, the date aside, and tokens of the same make.
    fn is(&self, endpoint: Endpoint, method: &Method, answer: &Answer) -> bool {
        (self.endpoint, self.way, self.status) == (endpoint, answer.way, answer.status)
            && self.method == method
            && self.body == answer.body
            && make::alike(&self.tokens, &answer.tokens)
            && answer.cut.is_none()
            && answer.echoes.is_empty()
            // Where there are two dates a lint sees that.
            && answer.headers.get_all(header::DATE).iter().nth(1).is_none()
            && undated(&self.headers).eq(undated(&answer.headers))
    }
}

/// The headers without the date.
fn undated(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    headers.iter().filter(|(name, _)| *name != header::DATE)
}

impl Lint {
    fn found(&self, Count { of, broken, shown }: Count) -> Found {
        let (finding, evidence) = shown.map_or((Finding::Met, vec![]), |shown| (shown.first, shown.examples));
        Found {
            case: format!("lint/{}", self.name),
            requirement: self.requirement.to_owned(),
            origin: Origin::Lint,
            at: None,
            finding,
            evidence,
            share: Some(Share { broken, of, open: 0 }),
            drawn: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use ropcheck_reports::record::{Fingerprint, JwtFacts, Signature};
    use serde_json::{Value, json};

    use super::*;

    const AT: (Endpoint, &Method) = (Endpoint::Token, &Method::POST);

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &Value) -> Answer {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)));
        Answer::new(status, headers.collect(), Bytes::from(body.to_string()), None)
    }

    fn good() -> Answer {
        let body = json!({ "access_token": "⟦access_token⟧", "id_token": "⟦id_token⟧", "token_type": "Bearer", "expires_in": 300 });
        let headers = [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("pragma", "no-cache"),
            ("date", "Mon, 23 Nov 2026 06:00:00 GMT"),
        ];
        let mut answer = answer(200, &headers, &body);
        answer.tokens = tokens(&json!({ "sub": "alice", "iat": 1, "exp": 2 }));
        answer
    }

    fn tokens(claims: &Value) -> Vec<TokenFacts> {
        let object = |value: &Value| value.as_object().expect("an object").clone().into();
        let jwt = JwtFacts {
            header: object(&json!({ "alg": "EdDSA", "typ": "at+jwt" })),
            claims: object(claims),
            signature: Signature::NotTried("not asked for".to_owned()),
            flaws: vec![],
        };
        let facts = |member: &str| TokenFacts {
            member: member.to_owned(),
            fingerprint: Fingerprint([0; 8]),
            length: 3,
            visible_ascii: true,
            alphabet: 64,
            unchanged: None,
            jwt: Some(jwt.clone()),
        };
        ["access_token", "id_token", "refresh_token"].map(facts).into()
    }

    /// The same answer, its body aside.
    fn copy(answer: &Answer) -> Answer {
        let mut copy = Answer::new(answer.status, answer.headers.clone(), Bytes::new(), None);
        copy.tokens.clone_from(&answer.tokens);
        copy
    }

    fn broken(tally: Tally) -> Vec<(String, u64, u64)> {
        let counted = tally.found().into_iter().map(|found| (found.case, found.share.expect("a share")));
        counted.filter(|(_, share)| share.broken > 0).map(|(case, share)| (case, share.broken, share.of)).collect()
    }

    /// What [`Sees::Make`] promises of each lint that it stands beside; what it promises of tokens is tried where a make is told.
    #[test]
    fn a_lint_that_sees_the_make_sees_no_times() {
        let [mut dated, mut undated, mut long_lived] = [good(), good(), good()];
        dated.headers.insert("date", HeaderValue::from_static("yesterday"));
        undated.headers.remove("date");
        long_lived.tokens = tokens(&json!({ "sub": "alice", "iat": 1, "exp": 1_000_000 }));
        let with = |mut answer: Answer, body: &Bytes| {
            answer.body = body.clone();
            answer
        };
        let bodies = [good().body, Bytes::from_static(br#"{"access_token":"\u27e6access_token\u27e7"}"#)];
        let mut differ = Vec::new();
        for lint in &LINTS {
            let of = |answer: Answer| (lint.look)(&answer, &Method::POST);
            let same = bodies.iter().all(|body| {
                let others = [&dated, &undated, &long_lived];
                others.into_iter().all(|other| of(with(good(), body)) == of(with(copy(other), body)))
            });
            assert!(same || lint.sees == Sees::Times, "{} sees times", lint.name);
            differ.extend((!same).then_some(lint.name));
        }
        assert_eq!(differ, ["date", "date-form", "short-lived"]);
    }

    #[test]
    fn answers_of_the_same_make_are_counted_and_others_are_looked_at() {
        let mut tally = Tally::default();
        for _ in 0..5 {
            assert_eq!(tally.look(AT, &good(), String::new), [""; 0]);
        }
        let mut stored = good();
        stored.headers.insert("cache-control", HeaderValue::from_static("private"));
        assert_eq!(tally.look(AT, &stored, String::new), ["rfc6749/5.1/no-store"]);
        let mut dated = good();
        dated.headers.insert("date", HeaderValue::from_static("yesterday"));
        assert_eq!(tally.look(AT, &dated, String::new).len(), 1);
        let mut dated_twice = good();
        dated_twice.headers.append("date", HeaderValue::from_static("Mon, 23 Nov 2026 06:00:01 GMT"));
        assert_eq!(tally.look(AT, &dated_twice, String::new).len(), 1);
        let mut typed = good();
        typed.body = Bytes::from(String::from_utf8_lossy(&good().body).replace("Bearer", ""));
        assert!(!tally.look(AT, &typed, String::new).is_empty());
        let mut late = good();
        late.tokens = tokens(&json!({ "sub": "alice", "iat": 1, "exp": "soon" }));
        assert_eq!(tally.look(AT, &late, String::new).len(), 1);
        let mut in_the_open = good();
        in_the_open.way = Way::Clear;
        assert_eq!(tally.look(AT, &in_the_open, String::new).len(), 1);
        for (case, broken, of) in broken(tally) {
            assert_eq!((broken, of), (1, if case == "lint/tls" { 1 } else { 11 }), "{case}");
        }
    }
}
