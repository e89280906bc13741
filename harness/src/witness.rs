//! Tokens turned into facts: a fingerprint, length and alphabet, and what a JWT says of itself.

mod key_set;
mod patterns;

use std::borrow::Cow;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{LazyLock, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{NO_PAD, URL_SAFE_NO_PAD};
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::Algorithm;
use ropcheck_reports::record::{Fingerprint, Flaw, JwtFacts, JwtObject, Part, Signature, TokenFacts};
use serde_json::Value;

use self::key_set::KeySet;
use self::patterns::Patterns;
use crate::json;
use crate::plan::Plan;
use crate::seal::{Known, as_text};
use crate::secret::Secret;
use crate::walk::Walked;

/// What a witness holds tokens against: the server's key set, and the key of this run's fingerprints.
#[derive(Debug)]
pub struct Keys {
    set: Result<KeySet, String>,
    /// What a claim must not show.
    known: Known,
    fingerprints: RandomState,
    /// The header that was read last: those of one key are all the same.
    header: Mutex<Option<(String, Object)>>,
    /// Claims that were read before.
    claims: Patterns,
}

/// A part of a JWT as it was read, with its flaws.
type Object = (JwtObject, Vec<Flaw>);

impl Keys {
    /// Keys with those of the server's key set, or the reason why there is none, and the secrets that no claim may show.
    pub fn new(set: Result<Vec<Value>, String>, known: Known) -> Self {
        let (fingerprints, header, claims) = (RandomState::new(), Mutex::default(), Patterns::default());
        Self { set: set.map(KeySet::of), known, fingerprints, header, claims }
    }

    /// Whether there is a key set.
    pub fn has_set(&self) -> bool {
        self.set.is_ok()
    }

    /// Whether a key of the set has that name.
    pub(crate) fn names(&self, kid: &str) -> bool {
        self.set.as_ref().is_ok_and(|set| set.names(kid))
    }

    /// A text of the server's with every known secret in it made into its mark.
    pub(crate) fn hide(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.known.hide(text.as_bytes())).into_owned()
    }

    /// What is kept of a token, or of its jti: equal ones have equal ones, and it says nothing else. It is a keyed hash, whose key nobody
    /// knows and which ends with the process.
    pub(crate) fn fingerprint(&self, of: impl Hash) -> Fingerprint {
        Fingerprint(self.fingerprints.hash_one(of).to_be_bytes())
    }

    /// `previous` is the token of that member before it in the same walk.
    pub(crate) fn facts(&self, member: String, token: &str, previous: Option<&str>, verify: bool) -> TokenFacts {
        let fingerprint = self.fingerprint(token);
        // No early end: that way many bytes are looked at at once.
        let visible_ascii = token.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
        let (length, jwt) = (token.chars().count(), self.jwt(token, verify));
        // Of a JWT nearly all is told in the open: how its characters fall says nothing.
        let (alphabet, unchanged) = if jwt.is_some() {
            (0, None)
        } else {
            let same = |previous: &str| token.chars().zip(previous.chars()).filter(|(now, then)| now == then).count();
            (alphabet(token), previous.map(same))
        };
        TokenFacts { member, fingerprint, length, visible_ascii, alphabet, unchanged, jwt }
    }

    /// What a JWT says, where the token is one (RFC 7519 section 7.2). One that strict readers refuse is read all the same,
    /// so that one flaw hides no other.
    fn jwt(&self, token: &str, verify: bool) -> Option<JwtFacts> {
        let [header, claims, signature] = parts(token)?;
        let (header_read, mut flaws) = self.header(header)?;
        let claims_read = self.claims(claims, &mut flaws)?;
        let bytes = decoded(Part::Signature, signature, &mut flaws)?;
        let alg = header_read.get("alg").and_then(Value::as_str).unwrap_or_default();
        let wanted = SIGNATURE_LENGTHS.iter().find(|(name, _)| *name == alg).map(|(_, wanted)| *wanted);
        flaws.extend(
            wanted
                .filter(|wanted| *wanted != bytes.len())
                .map(|wanted| Flaw::SignatureLength { bytes: bytes.len(), wanted }),
        );
        flaws.extend(self.key_named(&header_read, alg));
        let signed = &token[..header.len() + 1 + claims.len()];
        let signature = if verify {
            self.signature(header_read.get("kid").and_then(Value::as_str), alg, signed, &bytes)
        } else {
            Signature::NotTried("no check of this case asks for it".to_owned())
        };
        Some(JwtFacts { header: header_read, claims: claims_read, signature, flaws })
    }

    /// The header of a JWT.
    fn header(&self, text: &str) -> Option<Object> {
        let mut last = self.header.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, same)) = last.as_ref().filter(|(known, _)| known == text) {
            return Some(same.clone());
        }
        let mut flaws = Vec::new();
        let bytes = decoded(Part::Header, text, &mut flaws)?;
        let object = self.object(Part::Header, &bytes, &mut flaws)?;
        let (_, read) = last.insert((text.to_owned(), (object, flaws)));
        Some(read.clone())
    }

    /// The claims of a JWT.
    fn claims(&self, text: &str, flaws: &mut Vec<Flaw>) -> Option<JwtObject> {
        let bytes = decoded(Part::Claims, text, flaws)?;
        let text = str::from_utf8(&bytes).ok();
        if let Some(claims) = text.and_then(|text| self.claims.read(text, &self.known)) {
            return Some(claims);
        }
        let flaws_before = flaws.len();
        let claims = self.object(Part::Claims, &bytes, flaws)?;
        if let (Some(text), true) = (text, flaws.len() == flaws_before) {
            self.claims.keep(text, &claims, &self.known);
        }
        Some(claims)
    }

    /// A part of a JWT, with every known secret in it made into its mark.
    fn object(&self, part: Part, bytes: &[u8], flaws: &mut Vec<Flaw>) -> Option<JwtObject> {
        let shown = self.known.hide(bytes);
        let text = as_text(&shown);
        if matches!(text, Cow::Owned(_)) {
            flaws.push(Flaw::Utf8(part));
        }
        let json::Object { members, repeated } = serde_json::from_str(&text).ok()?;
        flaws.extend(repeated.into_iter().map(|name| Flaw::Repeated { part, name }));
        Some(members.into())
    }

    /// What is wrong with the name of the key. A shared secret is in no key set.
    fn key_named(&self, header: &JwtObject, alg: &str) -> Option<Flaw> {
        let set = self.set.as_ref().ok().filter(|_| !alg.starts_with("HS") && !alg.eq_ignore_ascii_case("none"))?;
        match header.get("kid") {
            None => (set.for_signing > 1).then_some(Flaw::KeyNotNamed(set.for_signing)),
            Some(Value::String(kid)) => (!set.names(kid)).then_some(Flaw::KeyUnknown),
            // A kid that is no text is another sentence's matter.
            Some(_) => None,
        }
    }

    /// Whether signatures hold, each by the key that it names, in their order. Those of Ed25519 are tried together where they
    /// are several: one verification for all of them costs half as much, and where it fails each is tried alone.
    pub(crate) fn signatures(&self, all: &[Signed<'_>]) -> Vec<Signature> {
        let together = self.set.as_ref().ok().and_then(|set| set.hold_together(all));
        match together {
            Some(held) => held,
            None => all.iter().map(|one| self.signature(one.kid, one.alg, one.text, &one.signature)).collect(),
        }
    }

    /// Whether a signature holds by the key of that name.
    fn signature(&self, kid: Option<&str>, alg: &str, signed: &str, signature: &[u8]) -> Signature {
        if alg.eq_ignore_ascii_case("none") {
            return Signature::Failed("the header says alg none: nothing is signed".to_owned());
        }
        // RFC 9864 gives EdDSA over Ed25519 a name of its own, which this library does not know yet.
        let Ok(algorithm) = alg.parse::<Algorithm>() else {
            return Signature::NotTried(format!("the algorithm {alg} is not known here"));
        };
        if matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
            return Signature::NotTried(format!("{alg} is keyed by a shared secret, which no key set holds"));
        }
        match &self.set {
            Ok(set) => set.verify(kid, algorithm, signed, signature),
            Err(why) => Signature::NotTried(why.clone()),
        }
    }
}

/// A signature to be tried.
pub(crate) struct Signed<'a> {
    /// The key's name, where it is told.
    pub(crate) kid: Option<&'a str>,
    pub(crate) alg: &'a str,
    /// What is signed.
    pub(crate) text: &'a str,
    pub(crate) signature: Vec<u8>,
}

/// The lengths of ECDSA signatures: two numbers in full (RFC 7518 section 3.4, RFC 8812 section 3.2).
const SIGNATURE_LENGTHS: [(&str, usize); 4] = [("ES256", 64), ("ES256K", 64), ("ES384", 96), ("ES512", 132)];

/// Base64url as RFC 7515 section 2 wants it, but for bits that are left over at the end: they say nothing.
pub(crate) const BASE64URL: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, GeneralPurposeConfig::with_decode_allow_trailing_bits(NO_PAD, true));

/// Header, claims and signature of a token that may be a JWT (RFC 7515 section 7.1).
pub(crate) fn parts(token: &str) -> Option<[&str; 3]> {
    let mut parts = token.split('.');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

/// The bytes of a part, also where it is written in another base64.
pub(crate) fn decoded(part: Part, text: &str, flaws: &mut Vec<Flaw>) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok().or_else(|| {
        let plain: String = text.split_ascii_whitespace().collect::<String>().replace('+', "-").replace('/', "_");
        let bytes = BASE64URL.decode(plain.trim_end_matches('=')).ok()?;
        flaws.push(Flaw::Encoding(part));
        Some(bytes)
    })
}

/// Whether an ID token's `at_hash` is another one's than the access token's (OpenID Connect Core section 3.1.3.6). Which hash
/// goes with an algorithm that does not name one is not settled: any of the usual ones will do.
fn at_hash_of(jwt: &JwtFacts, access_token: &str) -> Option<Flaw> {
    let told = jwt.claims.get("at_hash")?;
    let hashes = [("256", &digest::SHA256), ("384", &digest::SHA384), ("512", &digest::SHA512)];
    let alg = jwt.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let named = hashes.iter().filter(|(bits, _)| alg.ends_with(bits));
    let wanted = if named.clone().count() == 0 { hashes.to_vec() } else { named.copied().collect() };
    let left_half = |hash: &'static digest::Algorithm| {
        let hashed = digest::digest(hash, access_token.as_bytes());
        URL_SAFE_NO_PAD.encode(&hashed.as_ref()[..hashed.as_ref().len() / 2])
    };
    wanted.into_iter().all(|(_, hash)| told.as_str() != Some(left_half(hash).as_str())).then_some(Flaw::AtHash)
}

/// How many characters an alphabet has, and which.
type Alphabet = (u32, fn(u8) -> bool);

/// How many characters a bearer token may be made of (RFC 6750 section 2.1).
pub(crate) const B64TOKEN: u32 = 69;

/// The usual alphabets, the smaller first.
const ALPHABETS: [Alphabet; 9] = [
    (10, |byte| byte.is_ascii_digit()),
    (16, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
    (16, |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')),
    (36, |byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()),
    (36, |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()),
    (62, |byte| byte.is_ascii_alphanumeric()),
    (64, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
    // What a bearer token may hold (RFC 6750 section 2.1).
    (B64TOKEN, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)),
    (95, |byte| matches!(byte, b' '..=b'~')),
];

/// How many characters there are beyond ASCII and within it.
const CHARACTERS: u32 = 0x11_0000 - 0x800;

/// For each byte the alphabets that hold it, a bit each in their order.
static HOLDING: LazyLock<[u16; 256]> = LazyLock::new(|| {
    let holding = |byte: u8| ALPHABETS.iter().rev().fold(0, |bits, (_, holds)| bits << 1 | u16::from(holds(byte)));
    std::array::from_fn(|byte| u8::try_from(byte).map_or(0, holding))
});

/// The size of the smallest alphabet that holds every character of a token.
fn alphabet(token: &str) -> u32 {
    let all = token.bytes().fold(u16::MAX, |all, byte| all & HOLDING[usize::from(byte)]);
    ALPHABETS.get(all.trailing_zeros() as usize).map_or(CHARACTERS, |(size, _)| *size)
}

/// Turns the tokens of a walk into facts, and takes the tokens out of it: each exchange that had some by its position, with
/// its tokens in the order of their facts. A signature is tried where the plan asks for it: that costs as much as all the rest
/// of an exchange.
pub fn witness(plan: &Plan, walked: &mut Walked, keys: &Keys) -> Vec<(usize, Vec<Secret>)> {
    let verify = plan.asks_for_signatures();
    let mut latest: Vec<(String, Secret)> = Vec::new();
    let mut taken = Vec::new();
    for (position, exchange) in walked.exchanges.iter_mut().enumerate() {
        let Ok(answer) = &mut exchange.heard else { continue };
        let tokens = std::mem::take(&mut answer.unwitnessed);
        if tokens.is_empty() {
            continue;
        }
        taken.push((position, tokens.iter().map(|(_, token)| token.clone()).collect()));
        let of = |name: &str| tokens.iter().find(|(member, _)| member == name).map(|(_, token)| token);
        let access_token = of("id_token").and_then(|_| of("access_token")).cloned();
        for (member, token) in tokens {
            let known = latest.iter_mut().find(|(known, _)| *known == member);
            let previous = known.as_ref().map(|(_, token)| token.expose());
            let mut facts = keys.facts(member.clone(), token.expose(), previous, verify);
            if let (Some(jwt), Some(access_token), true) = (&mut facts.jwt, &access_token, member == "id_token") {
                jwt.flaws.extend(at_hash_of(jwt, access_token.expose()));
            }
            answer.tokens.push(facts);
            match known {
                Some((_, previous)) => *previous = token,
                None => latest.push((member, token)),
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(set: Vec<Value>) -> Keys {
        Keys::new(Ok(set), Known::default())
    }

    fn flaws(keys: &Keys, parts: [&[u8]; 3]) -> Vec<Flaw> {
        let token = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        keys.jwt(&token, false).expect("a JWT").flaws
    }

    #[test]
    fn at_hash_is_held_against_the_access_token_of_its_answer() {
        // The example of OpenID Connect Core, appendix A.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let jwt = |alg: &str, at_hash: &Value| {
            let parts = [json!({ "alg": alg }), json!({ "at_hash": at_hash })].map(|part| part.to_string());
            let jwt = keys(vec![]).jwt(&parts.map(|part| URL_SAFE_NO_PAD.encode(part) + ".").concat(), false);
            at_hash_of(&jwt.expect("a JWT"), token)
        };
        let right = json!("77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(jwt("RS256", &right), None);
        assert_eq!(jwt("EdDSA", &right), None, "which hash goes with it is not settled");
        assert_eq!(jwt("RS384", &right), Some(Flaw::AtHash));
        assert_eq!(jwt("RS256", &json!("MTIzNDU2Nzg5MDEyMzQ1Ng")), Some(Flaw::AtHash));
        assert_eq!(jwt("RS256", &json!(7)), Some(Flaw::AtHash));
    }

    #[test]
    fn a_faultless_jwt_has_no_flaw_and_each_flaw_is_told() {
        let set = || keys(vec![json!({ "kid": "a" }), json!({ "kid": "b", "use": "sig" }), json!({ "use": "enc" })]);
        let of = |header: &[u8], claims: &[u8], signature: usize| flaws(&set(), [header, claims, &vec![1; signature]]);
        assert_eq!(of(br#"{"alg":"ES256","kid":"b"}"#, br#"{"a":{"b":1},"b":[{"b":1}]}"#, 64), []);
        assert_eq!(of(br#"{"alg":"HS256"}"#, b"{}", 32), [], "a shared secret is in no key set");
        assert_eq!(of(br#"{"alg":"EdDSA","kid":"c"}"#, b"{}", 64), [Flaw::KeyUnknown]);
        assert_eq!(of(br#"{"alg":"EdDSA"}"#, b"{}", 64), [Flaw::KeyNotNamed(2)]);
        let der = Flaw::SignatureLength { bytes: 71, wanted: 64 };
        assert_eq!(of(br#"{"alg":"ES256","kid":"a"}"#, b"{}", 71), [der]);
        let twice = Flaw::Repeated { part: Part::Claims, name: "aud".to_owned() };
        assert_eq!(of(br#"{"alg":"EdDSA","kid":"a"}"#, br#"{"aud":1,"aud":2}"#, 64), [twice]);
        assert_eq!(of(br#"{"alg":"EdDSA","kid":"a"}"#, b"{\"a\":\"\xEB\"}", 64), [Flaw::Utf8(Part::Claims)]);
    }

    #[test]
    fn another_base64_is_read_and_told() {
        let [header, claims] = [r#"{"kid":1}"#, "{}"].map(|part| URL_SAFE_NO_PAD.encode(part));
        let of = |token: &str| keys(vec![]).jwt(token, false).map(|jwt| jwt.flaws);
        assert_eq!(of(&format!("{header}.{claims}.AQ")), Some(vec![]));
        assert_eq!(of(&format!("{header}.{claims}.AR")), Some(vec![]), "left-over bits");
        assert_eq!(of(&format!("{header}.{claims}.AQ==")), Some(vec![Flaw::Encoding(Part::Signature)]));
        assert_eq!(of(&format!("{header}.{claims}=.AQ")), Some(vec![Flaw::Encoding(Part::Claims)]));
        assert_eq!(of(&format!("{header}.{claims}.not*base64")), None);
    }
}
