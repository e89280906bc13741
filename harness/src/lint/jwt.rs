//! What lints see in the JWTs of an answer: an ID token, and an access token that says of itself that it is a JWT.

use std::sync::LazyLock;

use regex::Regex;
use ropcheck_reports::record::{Finding, Flaw, JwtFacts, Part};
use serde_json::Value;

use crate::check::{first_open, pair};
use crate::exchange::{Answer, shortened};

/// A JWT with the name of its member.
type Jwt<'a> = (&'a str, &'a JwtFacts);

/// Those of an answer that a sentence speaks of: its access token, its ID token.
type Jwts<'a> = [Option<Jwt<'a>>; 2];

fn under<'a>(answer: &'a Answer, member: &'a str) -> Option<Jwt<'a>> {
    Some((member, answer.token(member)?.jwt.as_ref()?))
}

/// What the `typ` of an access token after RFC 9068 is.
pub(crate) const AT_JWT: &str = "at+jwt";

fn is_typ(jwt: &JwtFacts, typs: &[&str]) -> bool {
    jwt.header.get("typ").and_then(Value::as_str).is_some_and(|typ| typ_is(typ, typs))
}

/// Whether a `typ` is one of these, with or without the tree that RFC 7515 section 4.1.9 lets go.
pub(crate) fn typ_is(typ: &str, typs: &[&str]) -> bool {
    const TREE: &str = "application/";
    let has_tree = typ.get(..TREE.len()).is_some_and(|tree| tree.eq_ignore_ascii_case(TREE));
    let typ = if has_tree { &typ[TREE.len()..] } else { typ };
    typs.iter().any(|one| typ.eq_ignore_ascii_case(one))
}

/// The ID token.
pub(super) fn id_token(answer: &Answer) -> Jwts<'_> {
    [None, under(answer, "id_token")]
}

/// An access token that says it follows RFC 9068.
pub(super) fn access_token(answer: &Answer) -> Jwts<'_> {
    [under(answer, "access_token").filter(|(_, jwt)| is_typ(jwt, &[AT_JWT])), None]
}

/// Those that others than the server are told to verify.
pub(super) fn for_others(answer: &Answer) -> Jwts<'_> {
    let ([access_token, _], [_, id_token]) = (access_token(answer), id_token(answer));
    [access_token, id_token]
}

/// All of them. What an access token looks like is the server's own affair unless it says what it is.
pub(super) fn all(answer: &Answer) -> Jwts<'_> {
    let access_token = under(answer, "access_token").filter(|(_, jwt)| is_typ(jwt, &["jwt", AT_JWT]));
    [access_token, under(answer, "id_token")]
}

/// What a value has to be, in words and as a rule.
pub(super) struct Form(&'static str, fn(&Value) -> bool);

pub(super) const BOOLEAN: Form = Form("a boolean", Value::is_boolean);
pub(super) const CURRENT: Form = Form("an algorithm that is current", |it| text(it, is_current));
pub(super) const NOT_NONE: Form =
    Form("an algorithm that signs", |it| text(it, |alg| !alg.eq_ignore_ascii_case("none")));
pub(super) const NUMBER: Form = Form("a number", Value::is_number);
pub(super) const SECONDS: Form =
    Form("seconds since the epoch", |it| it.as_f64().is_some_and(|seconds| seconds < MILLISECONDS));
pub(super) const SHORT: Form =
    Form("no longer than 255 ASCII characters", |it| text(it, |sub| sub.is_ascii() && sub.len() <= 255));
pub(super) const STRING: Form = Form("a string", Value::is_string);
pub(super) const STRING_OR_URI: Form = Form("a string, and a URI if it has a colon", |it| text(it, is_string_or_uri));
pub(super) const STRINGS: Form = Form("an array of strings", is_strings);
pub(super) const STRING_OR_STRINGS: Form =
    Form("a string or an array of strings", |it| it.is_string() || is_strings(it));
pub(super) const UPPER_CASE: Form =
    Form("JWT in upper case", |it| text(it, |typ| typ == "JWT" || !typ.eq_ignore_ascii_case("jwt")));

/// Seconds that no date reaches and milliseconds of our days pass by far; some write the end of the year 9999.
pub(super) const MILLISECONDS: f64 = 1e12;

fn text(value: &Value, holds: impl Fn(&str) -> bool) -> bool {
    value.as_str().is_some_and(holds)
}

fn is_strings(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

/// The signatures of the IANA registry that are not deprecated or prohibited there.
fn is_current(alg: &str) -> bool {
    const CURRENT: [&str; 19] = [
        "ES256",
        "ES256K",
        "ES384",
        "ES512",
        "Ed25519",
        "Ed448",
        "EdDSA",
        "HS256",
        "HS384",
        "HS512",
        "ML-DSA-44",
        "ML-DSA-65",
        "ML-DSA-87",
        "PS256",
        "PS384",
        "PS512",
        "RS256",
        "RS384",
        "RS512",
    ];
    // That nothing is signed is another sentence's matter.
    CURRENT.contains(&alg) || alg.eq_ignore_ascii_case("none")
}

/// `StringOrURI` (RFC 7519 section 2), a URI after RFC 3986.
fn is_string_or_uri(text: &str) -> bool {
    static URI: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*$").expect("a fixed pattern")
    });
    !text.contains(':') || URI.is_match(text)
}

/// A parameter of the header, where it is there.
pub(super) fn header(jwts: &Jwts<'_>, name: &str, form: &Form) -> Option<Finding> {
    each(jwts, |of, jwt| Some(formed(jwt.header.get(name)?, (name, "header", of), form)))
}

/// A claim, where it is there.
pub(super) fn claim(jwts: &Jwts<'_>, name: &str, form: &Form) -> Option<Finding> {
    each(jwts, |of, jwt| Some(formed(jwt.claims.get(name)?, (name, "claims", of), form)))
}

fn formed(value: &Value, (name, part, of): (&str, &str, &str), Form(words, holds): &Form) -> Finding {
    pair(
        holds(value),
        || format!("{name} in the {part} of the {of} is {words}"),
        || format!("{name} is {}", shortened(&value.to_string())),
    )
}

/// Parameters that are in no header.
pub(super) fn header_lacks(jwts: &Jwts<'_>, names: &[&str]) -> Option<Finding> {
    each(jwts, |of, jwt| {
        let there = names.iter().find(|name| jwt.header.get(name).is_some());
        Some(pair(
            there.is_none(),
            || format!("none of {} in the header of the {of}", names.join(", ")),
            || format!("the header has {}", there.unwrap_or(&"none")),
        ))
    })
}

/// That no JWT has a flaw of a kind.
pub(super) fn without(jwts: &Jwts<'_>, wanted: &str, kind: fn(&Flaw) -> bool) -> Option<Finding> {
    each(jwts, |of, jwt| {
        let flaw = jwt.flaws.iter().find(|flaw| kind(flaw));
        Some(pair(flaw.is_none(), || format!("{wanted} in the {of}"), || flaw.map(told).unwrap_or_default()))
    })
}

/// What is wrong, for whom it is told.
fn told(flaw: &Flaw) -> String {
    let named = |part: &Part| match part {
        Part::Header => "the header",
        Part::Claims => "the claims",
        Part::Signature => "the signature",
    };
    match flaw {
        Flaw::AtHash => "at_hash is that of another token".to_owned(),
        Flaw::Encoding(part) => {
            format!("{} can be read only if padding, spaces or `+` and `/` are forgiven", named(part))
        }
        Flaw::KeyNotNamed(keys) => format!("no kid, with {keys} keys in the key set"),
        Flaw::KeyUnknown => "no key of the key set has its kid".to_owned(),
        Flaw::Repeated { part, name } => format!("{name} comes more than once in {}", named(part)),
        Flaw::SignatureLength { bytes, wanted } => format!("{bytes} bytes where {wanted} belong"),
        Flaw::Utf8(part) => format!("{} are no UTF-8", named(part)),
    }
}

/// What is verified is told as true or false.
pub(super) fn booleans(answer: &Answer) -> Option<Finding> {
    first_open(["email_verified", "phone_number_verified"].map(|name| claim(&id_token(answer), name, &BOOLEAN)))
}

/// The token type of an answer with an ID token.
pub(super) fn bearer_beside_id_token(answer: &Answer) -> Option<Finding> {
    let told = answer.carries("id_token").then(|| answer.members().ok()?.text("token_type"))??;
    Some(pair(told.eq_ignore_ascii_case("bearer"), || "`token_type` Bearer", || format!("`token_type` is {told:?}")))
}

/// The JWTs of which a sentence speaks: one that breaks it is enough.
fn each<'a>(jwts: &Jwts<'a>, look: impl Fn(&'a str, &'a JwtFacts) -> Option<Finding>) -> Option<Finding> {
    first_open(jwts.iter().flatten().map(|(of, jwt)| look(of, jwt)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_form_takes_what_its_sentence_permits() {
        let takes = |Form(_, holds): &Form, value: Value| holds(&value);
        for sub in ["alice", "auth0|5", "urn:uuid:5", "f:5:alice", "https://issuer.example/a?b=%20"] {
            assert!(takes(&STRING_OR_URI, json!(sub)), "{sub}");
        }
        for sub in ["5:alice", "urn:a b", ":", "urn:ä"] {
            assert!(!takes(&STRING_OR_URI, json!(sub)), "{sub}");
        }
        assert!(takes(&STRING_OR_STRINGS, json!(["a", "b"])) && takes(&STRING_OR_STRINGS, json!("a")));
        assert!(!takes(&STRING_OR_STRINGS, json!(["a", 1])) && !takes(&STRING_OR_STRINGS, json!({ "a": 1 })));
        assert!(takes(&SHORT, json!("a".repeat(255))) && !takes(&SHORT, json!("a".repeat(256))));
        assert!(!takes(&SHORT, json!("ä")));
        assert!(takes(&CURRENT, json!("PS256")) && !takes(&CURRENT, json!("RS1")));
        assert!(takes(&SECONDS, json!(253_402_300_799_u64)) && !takes(&SECONDS, json!(1_800_000_000_000_u64)));
        assert!(!takes(&SECONDS, json!("1800000000")));
        assert!(takes(&UPPER_CASE, json!("at+jwt")) && !takes(&UPPER_CASE, json!("Jwt")));
    }
}
