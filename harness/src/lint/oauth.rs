//! What RFC 6749 asks of an answer.

use ropcheck_reports::record::Finding;

use crate::check::error_codes::ERROR_CODES;
use crate::check::{grammar, pair};
use crate::exchange::{Answer, shortened};
use crate::json::Type;

pub(super) fn success_status(answer: &Answer) -> Finding {
    pair(answer.status == 200, || "status 200", || format!("status {}", answer.status))
}

/// Statuses that other documents give a refusal: not that way, without a length, too large, not that media type, not as expected,
/// too often (RFC 9110 section 15, RFC 6585 section 4). A server's own failure is another sentence's matter.
pub(super) fn error_status(answer: &Answer) -> Finding {
    let status = answer.status;
    pair(
        matches!(status, 400 | 401 | 406 | 411 | 413 | 415 | 417 | 429),
        || "status 400, or 401 for a client that failed to authenticate",
        || format!("status {status}"),
    )
}

pub(super) fn token_chars(answer: &Answer, member: &str) -> Option<Finding> {
    let token = answer.token(member)?;
    Some(pair(
        token.visible_ascii,
        || format!("`{member}` of printable ASCII"),
        || format!("`{member}` with other characters"),
    ))
}

/// The texts among the members that RFC 6749 defines for a granted request (section 5.1).
pub(super) const GRANT_TEXTS: [&str; 4] = ["access_token", "token_type", "refresh_token", "scope"];

/// The members that it defines for a refusal, all of them texts (section 5.2).
pub(super) const ERROR_TEXTS: [&str; 3] = ["error", "error_description", "error_uri"];

/// Whether RFC 6749 defines a member of that name, and so binds how often it comes: erratum 5708 spares all others.
pub(super) fn is_defined(name: &str) -> bool {
    GRANT_TEXTS.contains(&name) || ERROR_TEXTS.contains(&name) || name == "expires_in"
}

pub(super) fn not_repeated(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let repeated = members.names().find(|name| is_defined(name) && members.repeats(name));
    Some(pair(
        repeated.is_none(),
        || "each member of RFC 6749 once",
        || format!("`{}` comes more than once", repeated.unwrap_or_default()),
    ))
}

/// OAuth 2.1 binds the parameters of extensions too.
pub(super) fn not_repeated_at_all(answer: &Answer) -> Option<Finding> {
    let members = answer.members().ok()?;
    let repeated = members.names().find(|name| members.repeats(name));
    Some(pair(
        repeated.is_none(),
        || "each member once",
        || format!("`{}` comes more than once", repeated.unwrap_or_default()),
    ))
}

pub(super) fn param_name_chars(answer: &Answer) -> Option<Finding> {
    let wrong = answer.members().ok()?.names().find(|name| !grammar::is_name(name));
    Some(pair(
        wrong.is_none(),
        || "names of letters, digits, dash, dot and underscore",
        || format!("a member `{}`", shortened(wrong.unwrap_or_default())),
    ))
}

/// A token anywhere else is a token that no client finds (RFC 6749 section 5.1).
pub(super) fn top_level(answer: &Answer) -> Finding {
    let told = answer.members().map(|members| members.raw("access_token").is_some());
    pair(
        told.as_ref().is_ok_and(|there| *there),
        || "one JSON object with `access_token` at its highest level",
        || match told {
            Ok(_) => "`access_token` is further down".to_owned(),
            Err(why) => why.to_string(),
        },
    )
}

/// Those of the members that are there are texts.
pub(super) fn strings(answer: &Answer, texts: &[&str]) -> Option<Finding> {
    let members = answer.members().ok()?;
    let kinds = || texts.iter().filter_map(|name| Some((name, Type::of(members.raw(name)?))));
    kinds().next()?;
    let wrong = kinds().find(|(_, kind)| !kind.is(Type::String));
    Some(pair(
        wrong.is_none(),
        || "texts as JSON strings",
        || wrong.map(|(name, kind)| format!("`{name}` is {}", kind.name())).unwrap_or_default(),
    ))
}

pub(super) fn not_empty(answer: &Answer, member: &str) -> Option<Finding> {
    let text = answer.members().ok()?.text(member)?;
    Some(pair(!text.is_empty(), || format!("`{member}` of one character at least"), || format!("`{member}` is empty")))
}

/// `type-name / URI-reference` (RFC 6749 appendix A.13). That it is missing or empty is another sentence's matter.
pub(super) fn token_type_chars(answer: &Answer) -> Option<Finding> {
    let told = answer.members().ok()?.text("token_type").filter(|told| !told.is_empty())?;
    Some(pair(
        grammar::is_name(&told) || grammar::is_uri_reference(&told),
        || "`token_type` is a name or a URI",
        || format!("`token_type` is {:?}", shortened(&told)),
    ))
}

/// The token types that are registered (RFC 6749 section 11.1): by RFC 6750, RFC 8693, RFC 9200 and RFC 9449.
const TOKEN_TYPES: [&str; 4] = ["Bearer", "N_A", "PoP", "DPoP"];

pub(super) fn token_type_registered(answer: &Answer) -> Option<Finding> {
    let told = answer.members().ok()?.text("token_type").filter(|told| grammar::is_name(told) || told.contains(':'))?;
    Some(pair(
        TOKEN_TYPES.iter().any(|known| known.eq_ignore_ascii_case(&told)) || grammar::is_absolute_uri(&told),
        || "a registered `token_type`, or one named by a URI",
        || format!("`token_type` is {:?}", shortened(&told)),
    ))
}

/// Digits, whether or not in quotes: that it is a number is another sentence's matter.
pub(super) fn expires_in_digits(answer: &Answer) -> Option<Finding> {
    let raw = answer.members().ok()?.raw("expires_in")?;
    let digits = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    Some(pair(
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
        || "`expires_in` in decimal digits alone",
        || format!("`expires_in` is {}", shortened(raw)),
    ))
}

pub(super) fn error_uri_reference(answer: &Answer) -> Option<Finding> {
    let text = without_marks(&answer.members().ok()?.text("error_uri")?);
    Some(pair(
        !text.is_empty() && grammar::is_uri_reference(&text),
        || "`error_uri` is a URI reference",
        || format!("`error_uri` is {:?}", shortened(&text)),
    ))
}

pub(super) fn token_type(answer: &Answer) -> Finding {
    let told = answer.members().ok().and_then(|members| members.text("token_type"));
    pair(told.is_some_and(|told| !told.is_empty()), || "a `token_type`", || "no `token_type` that is a text".to_owned())
}

/// The text without the marks that stand where a secret stood: they are ropcheck's, and that they are there is told by
/// another sentence.
pub(super) fn without_marks(text: &str) -> String {
    let mut parts = text.split('⟦');
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |whole, part| whole + part.split_once('⟧').map_or(part, |(_, after)| after))
}

pub(super) fn expires_in(answer: &Answer) -> Finding {
    let there = answer.members().is_ok_and(|members| members.raw("expires_in").is_some());
    pair(there, || "a member `expires_in`", || "no `expires_in`".to_owned())
}

pub(super) fn error_member(answer: &Answer) -> Finding {
    pair(answer.error().is_some(), || "an `error` member that is a text", || answer.in_few_words())
}

/// An error that a program can read: the page of a gateway is none.
pub(super) fn error_in_json(answer: &Answer) -> Finding {
    let is_json = answer.media_type().as_deref() == Some("application/json");
    pair(is_json && answer.error().is_some(), || "application/json with an `error`", || answer.in_few_words())
}

pub(super) fn error_code(answer: &Answer) -> Option<Finding> {
    let error = answer.error().filter(|error| !error.is_empty())?;
    Some(pair(
        ERROR_CODES.contains(&error.as_str()),
        || "an error code that RFC 6749 or an extension of it defines",
        || format!("error `{}`", shortened(&error)),
    ))
}

/// `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 section 5.2): ASCII without quote and backslash.
pub(super) fn text_chars(answer: &Answer, member: &str) -> Option<Finding> {
    let text = without_marks(&answer.members().ok()?.text(member)?);
    let wrong = text.chars().find(|c| !(' '..='~').contains(c) || matches!(c, '"' | '\\'));
    Some(pair(
        wrong.is_none(),
        || format!("`{member}` without quote, backslash or anything outside of printable ASCII"),
        || format!("`{member}` holds {:?}", wrong.unwrap_or_default()),
    ))
}

pub(super) fn expires_in_number(answer: &Answer) -> Option<Finding> {
    let raw = answer.members().ok()?.raw("expires_in")?;
    Some(pair(
        Type::of(raw).is(Type::Number),
        || "`expires_in` is a number",
        || format!("`expires_in` is {}", shortened(raw)),
    ))
}

/// `scope-token *( SP scope-token )` (RFC 6749 section 3.3).
pub(super) fn scope_chars(answer: &Answer) -> Option<Finding> {
    let scope = answer.members().ok()?.text("scope")?;
    // An empty scope is the honest answer where nothing was granted, though the grammar has no word for it.
    let holds = scope.is_empty() || scope.split(' ').all(scope_token);
    Some(pair(holds, || "scope tokens apart by one space each", || format!("`scope` is {:?}", shortened(&scope))))
}

/// `scope-token` (RFC 6749 section 3.3).
pub(super) fn scope_token(token: &str) -> bool {
    !token.is_empty() && token.chars().all(|c| ('!'..='~').contains(&c) && !matches!(c, '"' | '\\'))
}

/// `URI-reference` (RFC 6749 appendix A.9): no quote, no backslash, no space.
pub(super) fn error_uri_chars(answer: &Answer) -> Option<Finding> {
    let text = without_marks(&answer.members().ok()?.text("error_uri")?);
    let wrong = text.chars().find(|c| !('!'..='~').contains(c) || matches!(c, '"' | '\\'));
    Some(pair(
        wrong.is_none(),
        || "`error_uri` of printable ASCII without space, quote and backslash",
        || format!("`error_uri` holds {:?}", wrong.unwrap_or_default()),
    ))
}
