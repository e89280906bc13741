//! Tokens turned into facts: a fingerprint, length and alphabet, and what a JWT says of itself.

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use ropcheck_reports::record::{JwtFacts, Signature, TokenFacts};
use serde_json::{Map, Value};

use crate::plan::Plan;
use crate::seal::Known;
use crate::secret::Secret;
use crate::walk::Walked;

/// What a witness holds tokens against: the server's key set, and the key of this run's fingerprints.
#[derive(Debug)]
pub struct Keys {
    set: Result<JwkSet, String>,
    /// What a claim must not show.
    known: Known,
    fingerprints: hmac::Key,
}

impl Keys {
    /// Keys with the server's key set, or the reason why there is none, and the secrets that no claim may show.
    pub fn new(set: Result<JwkSet, String>, known: Known) -> Self {
        let mut key = [0; 32];
        // Without random bytes the fingerprints would be the same in every run, which only makes them comparable.
        let _made = rand::fill(&mut key);
        Self { set, known, fingerprints: hmac::Key::new(hmac::HMAC_SHA256, &key) }
    }

    /// Whether there is a key set.
    pub fn has_set(&self) -> bool {
        self.set.is_ok()
    }

    /// `previous` is the token of that member before it in the same walk.
    fn facts(&self, member: String, token: &str, previous: Option<&str>, verify: bool) -> TokenFacts {
        let digest = hmac::sign(&self.fingerprints, token.as_bytes());
        let fingerprint = hex(&digest.as_ref()[..8]);
        let visible_ascii = token.chars().all(|c| (' '..='~').contains(&c));
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

    /// What a JWT says, where the token is one (RFC 7519 section 7.2).
    fn jwt(&self, token: &str, verify: bool) -> Option<JwtFacts> {
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let (header_map, claims_map) = (self.object(header)?, self.object(claims)?);
        let signed = &token[..header.len() + 1 + claims.len()];
        let signature = if verify {
            self.signature(&header_map, signed, signature)
        } else {
            Signature::NotTried("no check of this case asks for it".to_owned())
        };
        Some(JwtFacts { header: header_map, claims: claims_map, signature })
    }

    /// A part of a JWT, with every known secret in it made into its mark.
    fn object(&self, part: &str) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.known.hide(&URL_SAFE_NO_PAD.decode(part).ok()?)).ok()
    }

    fn signature(&self, header: &Map<String, Value>, signed: &str, signature: &str) -> Signature {
        let alg = header.get("alg").and_then(Value::as_str).unwrap_or_default();
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
        let set = match &self.set {
            Ok(set) => set,
            Err(why) => return Signature::NotTried(why.clone()),
        };
        let kid = header.get("kid").and_then(Value::as_str);
        let candidates: Vec<&Jwk> = match kid {
            Some(kid) => set.keys.iter().filter(|key| key.common.key_id.as_deref() == Some(kid)).collect(),
            None => set.keys.iter().collect(),
        };
        if candidates.is_empty() {
            return Signature::Failed(format!("the key set has no key with kid {}", kid.unwrap_or("(none)")));
        }
        for key in candidates {
            let verified = DecodingKey::from_jwk(key)
                .and_then(|key| crypto::verify(signature, signed.as_bytes(), &key, algorithm));
            if verified.is_ok_and(|held| held) {
                return Signature::Held { kid: key.common.key_id.clone().unwrap_or_default() };
            }
        }
        Signature::Failed("the signature does not verify by the key that the header names".to_owned())
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
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

/// The size of the smallest alphabet that holds every character of a token.
fn alphabet(token: &str) -> u32 {
    let smallest = ALPHABETS.iter().find(|(_, holds)| token.bytes().all(holds));
    smallest.map_or(CHARACTERS, |(size, _)| *size)
}

/// Turns the tokens of a walk into facts, and lets go of the tokens. A signature is tried where the plan asks for it: that
/// costs as much as all the rest of an exchange.
pub fn witness(plan: &Plan, walked: &mut Walked, keys: &Keys) {
    let verify = plan.asks_for_signatures();
    let mut latest: Vec<(String, Secret)> = Vec::new();
    for answer in walked.exchanges.iter_mut().filter_map(|exchange| exchange.heard.as_mut().ok()) {
        for (member, token) in std::mem::take(&mut answer.unwitnessed) {
            let known = latest.iter_mut().find(|(known, _)| *known == member);
            let previous = known.as_ref().map(|(_, token)| token.expose());
            answer.tokens.push(keys.facts(member.clone(), token.expose(), previous, verify));
            match known {
                Some((_, previous)) => *previous = token,
                None => latest.push((member, token)),
            }
        }
    }
}
