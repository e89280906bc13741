//! What HTTP, JSON and plain care ask of an answer, whoever gives it.

use http::{HeaderName, HeaderValue, header};
use ropcheck_reports::record::Finding;
use url::Url;

use super::{json, oauth};
use crate::check::challenge::{Challenge, challenges};
use crate::check::{grammar, pair};
use crate::exchange::{Answer, Way, shortened};
use crate::json::{self, Repeated};
use crate::scenario::Endpoint;

/// A 405 says that its own method is none of those that are allowed (RFC 9110 section 15.5.6).
pub(super) fn allow(answer: &Answer, method: &http::Method) -> Option<Finding> {
    let value = answer.header("allow");
    let names_it = || value.iter().flat_map(|value| value.split(',')).any(|one| one.trim() == method.as_str());
    let finding = with_status(answer, 405, "allow")?;
    // A 405 to OPTIONS that names OPTIONS contradicts itself and harms nobody.
    if finding != Finding::Met || method == http::Method::OPTIONS || !names_it() {
        return Some(finding);
    }
    let expected = format!("an allow header with the methods that are allowed, and not {method}");
    Some(pair(false, || expected, || format!("status 405, allow: {}", value.as_deref().unwrap_or_default())))
}

/// A header that an answer of that status has to carry.
pub(super) fn with_status(answer: &Answer, status: u16, name: &str) -> Option<Finding> {
    let there = answer.headers.contains_key(name);
    (answer.status == status)
        .then(|| pair(there, || format!("a {name} header"), || format!("status {status} without one")))
}

pub(super) fn no_echo(answer: &Answer) -> Finding {
    pair(
        answer.echoes.is_empty(),
        || "no password, client secret or earlier token in the answer",
        || format!("the answer holds {}", answer.echoes.join(", ")),
    )
}

pub(super) fn no_server_error(answer: &Answer) -> Finding {
    pair(
        answer.status < 500 || answer.status == 503,
        || "no 5xx: a good request is answered, any other is refused with a 4xx",
        || answer.in_few_words(),
    )
}

/// The names of any object in a JSON answer, but for those that [`oauth::not_repeated`] looks at.
pub(super) fn unique_names(answer: &Answer) -> Option<Finding> {
    let elsewhere = |one: &Repeated| answer.from != Endpoint::Token || one.depth > 0 || !oauth::is_defined(&one.name);
    let repeated = json::repeated(&json(answer)?.body).into_iter().find(elsewhere);
    Some(pair(
        repeated.is_none(),
        || "each name of an object once",
        || format!("`{}` comes more than once in one object", repeated.map(|one| one.name).unwrap_or_default()),
    ))
}

/// A 429 explains itself (RFC 6585 section 4).
pub(super) fn too_many_requests_explained(answer: &Answer) -> Option<Finding> {
    (answer.status == 429).then(|| pair(!answer.body.is_empty(), || "a body that explains", || "no body".to_owned()))
}

pub(super) fn content_type_sent(answer: &Answer) -> Option<Finding> {
    let there = answer.headers.contains_key("content-type");
    (!answer.body.is_empty()).then(|| pair(there, || "a content-type", || "a body without one".to_owned()))
}

/// Who can count a token's lifetime has a clock, so that only a server's own failure may come without a date. A method that
/// HTTP does not know may be refused by whatever reads HTTP, before there is a server to speak of.
pub(super) fn date(answer: &Answer, method: &http::Method) -> Option<Finding> {
    let there = answer.headers.contains_key(header::DATE);
    let status = answer.status;
    let is_known = matches!(*method, http::Method::GET | http::Method::HEAD | http::Method::POST);
    (is_known && (200..500).contains(&status))
        .then(|| pair(there, || "a date header", || format!("status {status} without one")))
}

pub(super) fn date_form(answer: &Answer) -> Option<Finding> {
    // An Expires that is no date at all, such as 0, is an old way to say "over" (RFC 9111 section 5.3).
    let is_date = |value: &HeaderValue| value.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let told =
        DATES.iter().filter(|(name, always)| answer.headers.get(name).is_some_and(|value| *always || is_date(value)));
    let mut told = told.map(|(name, _)| name).peekable();
    told.peek()?;
    // Of a field that comes twice each value is looked at; that it does is another sentence's matter.
    let wrong = told.find(|name| {
        answer.headers.get_all(*name).iter().any(|value| !value.to_str().is_ok_and(grammar::is_imf_fixdate))
    });
    let shown = |name: &HeaderName| format!("{name}: {}", shortened(&answer.header(name.as_str()).unwrap_or_default()));
    Some(pair(wrong.is_none(), || "dates like Sun, 06 Nov 1994 08:49:37 GMT", || wrong.map(shown).unwrap_or_default()))
}

/// Fields that hold a date, and whether they hold nothing else.
static DATES: [(HeaderName, bool); 4] =
    [(header::DATE, true), (header::LAST_MODIFIED, true), (header::EXPIRES, false), (header::RETRY_AFTER, false)];

pub(super) fn retry_after_form(answer: &Answer) -> Option<Finding> {
    let value = answer.header("retry-after")?;
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    Some(pair(
        digits || grammar::is_imf_fixdate(&value),
        || "retry-after in whole seconds, or a date",
        || format!("retry-after: {}", shortened(&value)),
    ))
}

/// Fields that hold one value and no list (RFC 9110 and RFC 9111).
const SINGLE: [&str; 10] = [
    "age",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "location",
    "retry-after",
];

pub(super) fn field_once(answer: &Answer) -> Finding {
    let twice = SINGLE.into_iter().find(|name| answer.headers.get_all(*name).iter().nth(1).is_some());
    pair(
        twice.is_none(),
        || "each field once that is no list",
        || format!("{} comes more than once", twice.unwrap_or_default()),
    )
}

/// Whether an answer came by TLS. One from this machine is exempt: what never leaves it needs none.
pub(super) fn with_tls(answer: &Answer) -> Option<Finding> {
    let finding = |holds| Some(pair(holds, || "an https address", || "an http address of another machine".to_owned()));
    match answer.way {
        Way::Loopback => None,
        Way::Tls => finding(true),
        Way::Clear => finding(false),
    }
}

/// The addresses of an authorization server in its metadata (RFC 8414 section 2). Where one is of this machine and exempt,
/// that all the others have TLS proves nothing.
pub(super) fn addresses_with_tls(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let is_address = |name: &str| name == "issuer" || name.ends_with("_endpoint") || name.ends_with("_uri");
    let way = |name: &str| Some(Way::of(&Url::parse(&members.text(name)?).ok()?));
    let ways = || members.names().filter(|name| is_address(name)).filter_map(|name| Some((name, way(name)?)));
    let wrong = ways().find(|(_, way)| *way == Way::Clear).map(|(name, _)| name);
    (wrong.is_some() || !ways().any(|(_, way)| way == Way::Loopback)).then(|| {
        pair(
            wrong.is_none(),
            || "https in every address",
            || format!("`{}` is an http address", wrong.unwrap_or_default()),
        )
    })
}

/// 308 keeps method and body just as 307 does (RFC 9110 section 15.4.9).
pub(super) fn no_307(answer: &Answer) -> Finding {
    let status = answer.status;
    pair(!matches!(status, 307 | 308), || "no redirection that repeats the request", || format!("status {status}"))
}

pub(super) fn includes(answer: &Answer, name: &str, item: &str) -> Finding {
    let value = answer.header(name);
    let holds = value.as_deref().is_some_and(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(item)));
    pair(
        holds,
        || format!("{name} includes {item}"),
        || value.map_or_else(|| format!("no {name}"), |value| format!("{name}: {}", shortened(&value))),
    )
}

pub(super) fn no_store(answer: &Answer) -> Finding {
    includes(answer, "cache-control", "no-store")
}

pub(super) fn json_type(answer: &Answer) -> Option<Finding> {
    let actual = answer.media_type();
    // What has no body needs no media type; that the body is missing is another sentence's matter.
    if answer.body.is_empty() && actual.is_none() {
        return None;
    }
    Some(pair(
        actual.as_deref() == Some("application/json"),
        || "content-type application/json",
        || match actual {
            Some(actual) => format!("content-type {}", shortened(&actual)),
            None => "no content-type".to_owned(),
        },
    ))
}

pub(super) fn json_object(answer: &Answer) -> Finding {
    let why = answer.members().err().map(ToString::to_string);
    pair(why.is_none(), || "one JSON object", || format!("status {}: {}", answer.status, why.unwrap_or_default()))
}

/// A byte order mark in UTF-8 (RFC 8259 section 8.1).
const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) fn no_bom(answer: &Answer) -> Finding {
    pair(
        !answer.body.starts_with(BOM),
        || "JSON that does not start with a byte order mark",
        || "the body starts with ef bb bf".to_owned(),
    )
}

pub(super) fn utf_8(answer: &Answer) -> Finding {
    // Where the body was cut off, half a character may be what is left of a whole one.
    let wrong = std::str::from_utf8(&answer.body).err().filter(|why| answer.cut.is_none() || why.error_len().is_some());
    let at = wrong.map(|why| why.valid_up_to());
    pair(at.is_none(), || "JSON in UTF-8", || format!("the body is no UTF-8 from byte {} on", at.unwrap_or_default()))
}

pub(super) fn one_json_text(answer: &Answer) -> Finding {
    let why = match (&answer.cut, serde_json::from_slice::<&serde_json::value::RawValue>(&answer.body)) {
        (Some(cut), _) => Some(format!("the body is not whole: {cut}")),
        (None, Err(why)) => Some(why.to_string()),
        (None, Ok(_)) => None,
    };
    pair(why.is_none(), || "one JSON text", || why.unwrap_or_default())
}

pub(super) fn challenge_form(answer: &Answer) -> Option<Finding> {
    let value = answer.header("www-authenticate")?;
    let wrong = challenges(&value).err();
    Some(pair(
        wrong.is_none(),
        || "schemes in WWW-Authenticate, each followed by its parameters",
        || format!("www-authenticate: {}: {}", shortened(&value), wrong.unwrap_or_default()),
    ))
}

/// Holds against each challenge that `of` picks what is expected of it. A field that can't be taken apart is another
/// sentence's matter.
pub(super) fn each_challenge(
    answer: &Answer,
    of: fn(&Challenge<'_>) -> bool,
    expected: &str,
    holds: fn(&Challenge<'_>) -> bool,
) -> Option<Finding> {
    let value = answer.header("www-authenticate")?;
    let challenges = challenges(&value).ok()?;
    let mut picked = challenges.iter().filter(|challenge| of(challenge)).peekable();
    picked.peek()?;
    Some(pair(picked.all(holds), || expected, || format!("www-authenticate: {}", shortened(&value))))
}

/// A Basic challenge names its realm (RFC 7617 section 2).
pub(super) fn challenge_realm(answer: &Answer) -> Option<Finding> {
    let holds = |challenge: &Challenge<'_>| challenge.named("realm").next().is_some();
    each_challenge(answer, |challenge| challenge.is("Basic"), "a realm in the Basic challenge", holds)
}

pub(super) fn challenge_realm_quoted(answer: &Answer) -> Option<Finding> {
    let has_realm = |challenge: &Challenge<'_>| challenge.named("realm").next().is_some();
    let holds = |challenge: &Challenge<'_>| challenge.named("realm").all(|realm| realm.quoted);
    each_challenge(answer, has_realm, "the realm in double quotes", holds)
}

pub(super) fn challenge_charset(answer: &Answer) -> Option<Finding> {
    let has_charset = |challenge: &Challenge<'_>| challenge.is("Basic") && challenge.named("charset").next().is_some();
    let holds =
        |challenge: &Challenge<'_>| challenge.named("charset").all(|one| one.value.eq_ignore_ascii_case("UTF-8"));
    each_challenge(answer, has_charset, "charset UTF-8 in the Basic challenge", holds)
}

pub(super) fn challenge_param_once(answer: &Answer) -> Option<Finding> {
    let once = |challenge: &Challenge<'_>| {
        challenge.parameters.iter().all(|parameter| challenge.named(parameter.name).nth(1).is_none())
    };
    each_challenge(answer, |_| true, "each parameter of a challenge once", once)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_wrong_to_another_machine_and_exempt_on_this_one() {
        let answer = |body: &'static str| {
            Answer::new(200, http::HeaderMap::new(), bytes::Bytes::from_static(body.as_bytes()), None)
        };
        let found = |address: &str| {
            let way = Way::of(&Url::parse(address).expect("a URL"));
            let mut answer = answer("");
            answer.way = way;
            with_tls(&answer)
        };
        assert_eq!(found("https://as.example/token"), Some(Finding::Met));
        assert!(matches!(found("http://192.0.2.2:8085/token"), Some(Finding::Broken { .. })));
        assert_eq!(found("http://127.0.0.1:8085/token"), None);

        let found = |body: &'static str| addresses_with_tls(&answer(body));
        let issuer = r#"{"issuer":"https://as.example","jwks_uri":"https://as.example/jwks"}"#;
        assert_eq!(found(issuer), Some(Finding::Met));
        assert_eq!(found(r#"{"issuer":"https://as.example","jwks_uri":"http://[::1]/jwks"}"#), None);
        let broken = found(r#"{"issuer":"http://localhost:1","jwks_uri":"http://as.example/jwks"}"#);
        assert!(matches!(broken, Some(Finding::Broken { actual, .. }) if actual.contains("`jwks_uri`")));
    }
}
