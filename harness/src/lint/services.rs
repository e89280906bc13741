//! What lints look at in the answers of the endpoints beside the token endpoint, and in challenges for a bearer token.

use ropcheck_reports::record::Finding;

use super::answered;
use super::message::each_challenge;
use super::oauth::{scope_token, without_marks};
use crate::check::challenge::{Challenge, challenges};
use crate::check::{grammar, pair};
use crate::exchange::{Answer, shortened};
use crate::json::Type;
use crate::witness::B64TOKEN;

/// The challenge of a resource that is not opened (RFC 6750 section 3): without a token, or with one that does not open it.
pub(super) fn bearer_challenge(answer: &Answer) -> Option<Finding> {
    let there = answer.headers.contains_key("www-authenticate");
    matches!(answer.status, 401 | 403)
        .then(|| pair(there, || "a www-authenticate header", || format!("status {} without one", answer.status)))
}

pub(super) fn bearer_scheme(answer: &Answer) -> Option<Finding> {
    let field = answer.header("www-authenticate")?;
    let there = challenges(&field).ok()?.iter().any(is_bearer);
    let actual = || format!("www-authenticate: {}", shortened(&field));
    Some(pair(there, || "a challenge with the scheme Bearer", actual))
}

pub(super) fn bearer_parameter(answer: &Answer) -> Option<Finding> {
    let expected = "a parameter after the scheme Bearer";
    each_challenge(answer, is_bearer, expected, |challenge| !challenge.parameters.is_empty())
}

pub(super) fn bearer_parameters_once(answer: &Answer) -> Option<Finding> {
    let once = |challenge: &Challenge<'_>| {
        let names = ["realm", "scope", "error", "error_description", "error_uri"];
        names.iter().all(|name| challenge.named(name).nth(1).is_none())
    };
    each_challenge(answer, is_bearer, "each parameter of the Bearer challenge once", once)
}

pub(super) fn bearer_error_chars(answer: &Answer) -> Option<Finding> {
    let expected = "error and error_description without quote, backslash or anything outside of printable ASCII";
    each_challenge(answer, is_bearer, expected, |challenge| {
        ["error", "error_description"].iter().all(|name| each_value(challenge, name, is_error_text))
    })
}

fn is_error_text(value: &str) -> bool {
    value.chars().all(|c| (' '..='~').contains(&c) && !matches!(c, '"' | '\\'))
}

pub(super) fn bearer_error_uri(answer: &Answer) -> Option<Finding> {
    let of = |challenge: &Challenge<'_>| is_bearer(challenge) && has(challenge, "error_uri");
    each_challenge(answer, of, "error_uri is a URI reference", |challenge| {
        each_value(challenge, "error_uri", grammar::is_uri_reference)
    })
}

pub(super) fn bearer_scope_chars(answer: &Answer) -> Option<Finding> {
    let of = |challenge: &Challenge<'_>| is_bearer(challenge) && has(challenge, "scope");
    each_challenge(answer, of, "scope of scope tokens apart by one space each", |challenge| {
        each_value(challenge, "scope", |scope| scope.split(' ').all(scope_token))
    })
}

fn is_bearer(challenge: &Challenge<'_>) -> bool {
    challenge.is("Bearer")
}

fn has(challenge: &Challenge<'_>, name: &str) -> bool {
    challenge.named(name).next().is_some()
}

fn each_value(challenge: &Challenge<'_>, name: &str, holds: fn(&str) -> bool) -> bool {
    challenge.named(name).all(|parameter| holds(&without_marks(parameter.value)))
}

/// `b64token` (RFC 6750 section 2.1), of a token that is to be presented so. Where its `=` stand no fact tells.
pub(super) fn bearer_token_chars(answer: &Answer) -> Option<Finding> {
    let is_bearer = answer.members().ok()?.text("token_type")?.eq_ignore_ascii_case("bearer");
    let token = answer.token("access_token").filter(|_| is_bearer)?;
    let holds = match (&token.jwt, token.alphabet) {
        (Some(_), _) => true,
        (None, 0) => return None,
        (None, alphabet) => alphabet <= B64TOKEN,
    };
    Some(pair(
        holds,
        || "an access token of letters, digits and - . _ ~ + / =",
        || "an access token with other characters".to_owned(),
    ))
}

/// The claims about a user: not the head of an answer, and no JWT, which a client may have agreed on when it was registered
/// (OpenID Connect Core section 5.3.2).
pub(super) fn claims<'a>(answer: &'a Answer, method: &http::Method) -> Option<&'a Answer> {
    let is_jwt = answer.media_type().as_deref() == Some("application/jwt");
    answered(answer).filter(|_| method != http::Method::HEAD && !is_jwt)
}

/// The type of a member, in an answer that is a JSON object.
pub(super) fn member_is(answer: &Answer, name: &str, kind: Type) -> Option<Finding> {
    let raw = answer.members().ok()?.raw(name);
    let actual = || raw.map_or_else(|| format!("no `{name}`"), |raw| format!("`{name}` is {}", shortened(raw)));
    Some(pair(raw.is_some_and(|raw| Type::of(raw).is(kind)), || format!("`{name}` is {}", kind.name()), actual))
}

pub(super) fn json_answer(answer: &Answer) -> Finding {
    let media_type = answer.media_type().unwrap_or("no content-type".into());
    let why = answer.members().err().map(ToString::to_string);
    let expected = || "one JSON object, as application/json";
    pair(media_type == "application/json" && why.is_none(), expected, || why.unwrap_or_else(|| media_type.into_owned()))
}

/// RFC 6749 section 5.2, as RFC 7009 section 2.2.1 asks for it.
pub(super) fn error_form(answer: &Answer) -> Finding {
    let told = answer.error().is_some_and(|error| !error.is_empty());
    let is_json = answer.media_type().as_deref() == Some("application/json");
    pair(told && is_json, || "a JSON object with `error`, as application/json", || answer.in_few_words())
}

pub(super) fn inactive_only(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok().filter(|members| members.raw("active") == Some("false"))?;
    let more = || members.all().map(|(name, _)| name).find(|name| *name != "active");
    Some(pair(more().is_none(), || "`active` alone", || format!("`{}` besides", more().unwrap_or_default())))
}

pub(super) fn told_scope(answer: &Answer) -> Option<Finding> {
    let raw = answer.members().ok()?.raw("scope")?;
    let scope = answer.members().ok()?.text("scope");
    let holds = scope.is_some_and(|scope| scope.is_empty() || scope.split(' ').all(scope_token));
    let expected = || "`scope` is a string of scope tokens apart by one space each";
    Some(pair(holds, expected, || format!("`scope` is {}", shortened(raw))))
}

/// A time that is later is no number of seconds: the year 5138.
const LATEST: u64 = 100_000_000_000;

pub(super) fn told_times(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let times = || ["exp", "iat", "nbf"].into_iter().filter_map(|name| Some((name, members.raw(name)?)));
    times().next()?;
    let wrong = times().find(|(_, raw)| raw.parse::<u64>().map_or(true, |seconds| seconds > LATEST));
    let actual = || wrong.map(|(name, raw)| format!("`{name}` is {}", shortened(raw))).unwrap_or_default();
    Some(pair(wrong.is_none(), || "times in whole seconds since the epoch", actual))
}

/// Members named in the plural are lists, by custom of the registry (RFC 8414 section 7.1.2); some extensions made maps of
/// theirs.
pub(super) fn lists_as_arrays(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let is_list = |name: &str| name.ends_with("s_supported");
    let wrong = members.all().find(|(name, raw)| is_list(name) && !matches!(raw.as_bytes(), [b'[' | b'{', ..]));
    let actual = || wrong.map(|(name, raw)| format!("`{name}` is {}", shortened(raw))).unwrap_or_default();
    Some(pair(wrong.is_none(), || "members with several values as arrays", actual))
}

/// `response_types_supported` is required and has nothing to hold where there is no authorization endpoint.
pub(super) fn no_empty_lists(answer: &Answer) -> Option<Finding> {
    let empty = |raw: &str| raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::trim) == Some("");
    let members = answer.members().ok()?;
    let wrong = members.all().find(|(name, raw)| *name != "response_types_supported" && empty(raw));
    let actual = || wrong.map(|(name, _)| format!("`{name}` is []")).unwrap_or_default();
    Some(pair(wrong.is_none(), || "no list without a value", actual))
}

pub(super) fn no_empty_claims(answer: &Answer) -> Option<Finding> {
    let wrong = answer.members().ok()?.all().find(|(_, raw)| matches!(*raw, "null" | "\"\""));
    let actual = || wrong.map(|(name, raw)| format!("`{name}` is {raw}")).unwrap_or_default();
    Some(pair(wrong.is_none(), || "claims that are not given left out", actual))
}

pub(super) fn claimed_booleans(answer: &Answer) -> Option<Finding> {
    let told = ["email_verified", "phone_number_verified"];
    let mut found = told.into_iter().filter(|name| answer.members().is_ok_and(|members| members.raw(name).is_some()));
    let first = found.next().map(|name| member_is(answer, name, Type::Boolean))?;
    let second = found.next().and_then(|name| member_is(answer, name, Type::Boolean));
    first.into_iter().chain(second).reduce(|first, second| if first == Finding::Met { second } else { first })
}

/// An hour, in seconds.
const SHORT: f64 = 3600.0;

/// How long the access token lives, as the answer tells or the token itself.
pub(super) fn short_lived(answer: &Answer) -> Option<Finding> {
    let told = answer.members().ok()?.raw("expires_in").and_then(|raw| raw.trim_matches('"').parse().ok());
    let time = |name: &str| answer.token("access_token")?.jwt.as_ref()?.claims.get(name)?.as_f64();
    let lives: f64 = told.or_else(|| Some(time("exp")? - time("iat")?))?;
    let expected = || "an access token that lives for an hour or less";
    Some(pair(lives <= SHORT, expected, || format!("it lives for {lives} s")))
}
