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

    fn facts(&self, member: String, token: &str, verify: bool) -> TokenFacts {
        let digest = hmac::sign(&self.fingerprints, token.as_bytes());
        let fingerprint = hex(&digest.as_ref()[..8]);
        let visible_ascii = token.chars().all(|c| (' '..='~').contains(&c));
        TokenFacts { member, fingerprint, length: token.chars().count(), visible_ascii, jwt: self.jwt(token, verify) }
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

/// Turns the tokens of a walk into facts, and lets go of the tokens. A signature is tried where the plan asks for it: that
/// costs as much as all the rest of an exchange.
pub fn witness(plan: &Plan, walked: &mut Walked, keys: &Keys) {
    let verify = plan.asks_for_signatures();
    for answer in walked.exchanges.iter_mut().filter_map(|exchange| exchange.heard.as_mut().ok()) {
        for (member, token) in std::mem::take(&mut answer.unwitnessed) {
            answer.tokens.push(keys.facts(member, token.expose(), verify));
        }
    }
}
