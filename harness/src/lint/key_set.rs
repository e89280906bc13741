//! What lints see in a key set (RFC 7517 section 5), key by key. A value that is private is never shown.

use std::collections::BTreeSet;

use base64::Engine;
use ropcheck_reports::record::Finding;
use serde_json::value::RawValue;

use super::granted;
use crate::check::{first_open, pair};
use crate::exchange::{Answer, shortened};
use crate::json::{Members, Type};
use crate::witness::BASE64URL;

/// A rule about one key; `None` where its sentence does not speak of such a key.
type Rule = fn(&Members) -> Option<Finding>;

/// Holds every key against a rule.
pub(super) fn each(answer: &Answer, rule: Rule) -> Option<Finding> {
    first_open(keys(answer)?.iter().map(rule))
}

/// The keys of the set. One that is no object has no member.
fn keys(answer: &Answer) -> Option<Vec<Members>> {
    let keys: Vec<&RawValue> = serde_json::from_str(granted(answer)?.members().ok()?.raw("keys")?).ok()?;
    Some(keys.into_iter().map(|key| Members::parse(key.get().as_bytes()).unwrap_or_default()).collect())
}

/// What a key is called in a finding.
fn name(key: &Members) -> String {
    match key.raw("kid") {
        Some(kid) => format!("the key {}", shortened(kid)),
        None => "the key without kid".to_owned(),
    }
}

fn is_of(key: &Members, kind: &str) -> Option<()> {
    (key.text("kty")? == kind).then_some(())
}

/// RFC 7517 section 4.
pub(super) fn not_repeated(key: &Members) -> Finding {
    let repeated = key.names().find(|name| key.repeats(name));
    pair(
        repeated.is_none(),
        || format!("each member of {} once", name(key)),
        || format!("`{}` comes more than once", repeated.unwrap_or_default()),
    )
}

/// RFC 7517 section 4.1.
pub(super) fn kty(key: &Members) -> Finding {
    let kty = key.raw("kty");
    let holds = kty.is_some_and(|kty| Type::of(kty) == Type::String);
    pair(
        holds,
        || format!("kty of {} is a string", name(key)),
        || kty.map_or_else(|| "no kty".to_owned(), |kty| format!("kty is {}", shortened(kty))),
    )
}

/// RFC 7517 section 4.5.
pub(super) fn kid(key: &Members) -> Option<Finding> {
    let kid = key.raw("kid")?;
    Some(pair(Type::of(kid) == Type::String, || "a kid is a string", || format!("kid is {}", shortened(kid))))
}

/// RFC 7517 section 4.5: keys of different kinds may share a name where one can stand for the other.
pub(super) fn kids_distinct(answer: &Answer) -> Option<Finding> {
    let mut seen = BTreeSet::new();
    let keys = keys(answer)?;
    let mut named = keys.iter().filter_map(|key| Some((key.text("kty"), key.text("kid")?)));
    let twice = named.find(|named| !seen.insert(named.clone()));
    Some(pair(
        twice.is_none(),
        || "every key has a kid of its own",
        || format!("several have the kid {:?}", shortened(&twice.unwrap_or_default().1)),
    ))
}

/// Private members of RSA, elliptic curve, OKP and post-quantum keys, and the value of a symmetric key (RFC 7518 section 6).
const PRIVATE: [&str; 9] = ["d", "dp", "dq", "k", "oth", "p", "priv", "q", "qi"];

/// RFC 7517 section 9.2.
pub(super) fn public(key: &Members) -> Finding {
    let private = PRIVATE.iter().find(|member| key.raw(member).is_some());
    pair(
        private.is_none(),
        || format!("no private member in {}", name(key)),
        || format!("it has `{}`", private.unwrap_or(&"none")),
    )
}

/// Curves with the bytes of a coordinate (RFC 7518 section 6.2.1.2, RFC 8812 section 3.1).
const CURVES: [(&str, usize); 4] = [("P-256", 32), ("P-384", 48), ("P-521", 66), ("secp256k1", 32)];

/// RFC 7518 sections 6.2.1.1 to 6.2.1.3.
pub(super) fn ec_members(key: &Members) -> Option<Finding> {
    is_of(key, "EC")?;
    Some(has(key, &["crv", "x", "y"]))
}

/// RFC 7518 sections 6.3.1.1 and 6.3.1.2.
pub(super) fn rsa_members(key: &Members) -> Option<Finding> {
    is_of(key, "RSA")?;
    Some(has(key, &["n", "e"]))
}

fn has(key: &Members, members: &[&str]) -> Finding {
    let lacking = members.iter().find(|member| key.text(member).is_none());
    pair(
        lacking.is_none(),
        || format!("{} in {}", members.join(", "), name(key)),
        || format!("no `{}` that is a string", lacking.unwrap_or(&"none")),
    )
}

/// RFC 7518 sections 6.2.1.2 and 6.2.1.3.
pub(super) fn coordinates(key: &Members) -> Option<Finding> {
    is_of(key, "EC")?;
    let curve = key.text("crv")?;
    let (_, wanted) = CURVES.iter().find(|(name, _)| *name == curve)?;
    first_open(["x", "y"].map(|member| {
        let bytes = bytes(key, member)?.len();
        let words = || format!("`{member}` of {} has {wanted} bytes", name(key));
        Some(pair(bytes == *wanted, words, || format!("`{member}` has {bytes}")))
    }))
}

/// RFC 7518 section 2, `Base64urlUInt`.
pub(super) fn no_leading_zero(key: &Members) -> Option<Finding> {
    is_of(key, "RSA")?;
    first_open(["n", "e"].map(|member| {
        let bytes = bytes(key, member)?;
        let words = || format!("`{member}` of {} without a leading zero", name(key));
        Some(pair(bytes.len() < 2 || bytes[0] != 0, words, || format!("`{member}` begins with a zero byte")))
    }))
}

/// RFC 7518 section 3.3.
pub(super) fn rsa_size(key: &Members) -> Option<Finding> {
    is_of(key, "RSA")?;
    let modulus = bytes(key, "n")?;
    let mut digits = modulus.iter().skip_while(|byte| **byte == 0);
    let first = digits.next().map_or(0, |byte| 8 - byte.leading_zeros() as usize);
    let bits = first + 8 * digits.count();
    Some(pair(bits >= 2048, || format!("{} has 2048 bits or more", name(key)), || format!("it has {bits}")))
}

/// Bits that are left over at the end say nothing of how long a number is.
fn bytes(key: &Members, member: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(key.text(member)?).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn key(text: &str) -> Members {
        Members::parse(text.as_bytes()).expect("an object")
    }

    #[test]
    fn a_modulus_is_as_long_as_its_bits() {
        let of = |bytes: &[u8]| {
            let n = URL_SAFE_NO_PAD.encode(bytes);
            rsa_size(&key(&format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"}}"#)))
        };
        let modulus = |first: u8, length: usize| [vec![first], vec![1; length - 1]].concat();
        assert_eq!(of(&modulus(0x80, 256)), Some(Finding::Met));
        assert_eq!(of(&[vec![0], modulus(0x80, 256)].concat()), Some(Finding::Met));
        let broken = |actual: &str| {
            let expected = "the key without kid has 2048 bits or more".to_owned();
            Some(Finding::Broken { expected, actual: actual.to_owned() })
        };
        assert_eq!(of(&modulus(0x7F, 256)), broken("it has 2047"));
        assert_eq!(of(&modulus(0x80, 128)), broken("it has 1024"));
        assert_eq!(rsa_size(&key(r#"{"kty":"EC"}"#)), None);
    }

    #[test]
    fn a_private_value_is_never_shown() {
        let finding = public(&key(r#"{"kty":"OKP","kid":"1","d":"very-private"}"#));
        assert!(matches!(&finding, Finding::Broken { .. }));
        assert!(!format!("{finding:?}").contains("very-private"));
    }
}
