//! The server's key set as far as tokens need it, each key made ready once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use ropcheck_reports::record::Signature;
use serde_json::Value;

use super::Signed;

/// The keys of a server.
#[derive(Debug)]
pub(super) struct KeySet {
    /// The keys that can be read. Those of kinds that are not known here do not spoil the others.
    keys: Vec<Key>,
    /// The name of every key that has one.
    kids: Vec<String>,
    /// How many keys there are for signing, or for whatever they are used.
    pub(super) for_signing: usize,
}

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    /// `None` where its parts make no key.
    decoding: Option<DecodingKey>,
    /// The same for many signatures at once, where it is one of Ed25519.
    ed25519: Option<VerifyingKey>,
}

/// A key of Ed25519 (RFC 8037 section 2).
fn ed25519(key: &Jwk) -> Option<VerifyingKey> {
    let AlgorithmParameters::OctetKeyPair(pair) = &key.algorithm else { return None };
    let x = URL_SAFE_NO_PAD.decode(&pair.x).ok().filter(|_| pair.curve == EllipticCurve::Ed25519)?;
    VerifyingKey::from_bytes(x.as_slice().try_into().ok()?).ok()
}

impl KeySet {
    pub(super) fn of(keys: Vec<Value>) -> Self {
        let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        let read = |key: Value| {
            let key: Jwk = serde_json::from_value(key).ok()?;
            Some(Key { decoding: DecodingKey::from_jwk(&key).ok(), ed25519: ed25519(&key), kid: key.common.key_id })
        };
        Self {
            kids: keys.iter().filter_map(|key| text(key, "kid")).collect(),
            for_signing: keys.iter().filter(|key| text(key, "use").is_none_or(|it| it == "sig")).count(),
            keys: keys.into_iter().filter_map(read).collect(),
        }
    }

    /// Whether a key has that name.
    pub(super) fn names(&self, kid: &str) -> bool {
        self.kids.iter().any(|known| known == kid)
    }

    /// That several signatures of Ed25519 hold, in their order. `None` where one of them does not, or is of another kind, or
    /// does not name its key: then each has to be tried alone. Of signatures that are made to mislead, with points of small
    /// order, the two ways may judge otherwise; no server issues such.
    pub(super) fn hold_together(&self, all: &[Signed<'_>]) -> Option<Vec<Signature>> {
        if all.len() < 2 {
            return None;
        }
        let (mut texts, mut signatures, mut keys, mut held) = (vec![], vec![], vec![], vec![]);
        for Signed { kid, alg, text, signature } in all {
            let mut named = self.keys.iter().filter(|key| kid.is_some() && key.kid.as_deref() == *kid);
            let (Some(key), None, "EdDSA") = (named.next(), named.next(), *alg) else { return None };
            texts.push(text.as_bytes());
            signatures.push(ed25519_dalek::Signature::from_slice(signature).ok()?);
            keys.push(key.ed25519?);
            held.push(Signature::Held { kid: key.kid.clone().unwrap_or_default() });
        }
        ed25519_dalek::verify_batch(&texts, &signatures, &keys).is_ok().then_some(held)
    }

    /// Whether a signature holds by a key of that name. Whether the name is right is another sentence's matter: where it names
    /// no key, any may be meant.
    pub(super) fn verify(&self, kid: Option<&str>, alg: Algorithm, signed: &str, signature: &[u8]) -> Signature {
        let is_named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
        let any_is_named = self.keys.iter().any(|key| is_named(&key));
        let signature = URL_SAFE_NO_PAD.encode(signature);
        let mut tried = 0;
        for key in self.keys.iter().filter(|key| !any_is_named || is_named(key)) {
            tried += 1;
            let verified = |key: &DecodingKey| crypto::verify(&signature, signed.as_bytes(), key, alg);
            if key.decoding.as_ref().is_some_and(|key| verified(key).is_ok_and(|held| held)) {
                return Signature::Held { kid: key.kid.clone().unwrap_or_default() };
            }
        }
        Signature::Failed(format!("the signature verifies by none of {tried} keys that can be meant"))
    }
}
