//! A JWT to be compared: what a witness told of it, and its text.

use std::time::Duration;

use ropcheck_reports::record::{JwtFacts, JwtObject, Part, TokenFacts};
use serde_json::Value;

use crate::lint::{AT_JWT, typ_is};
use crate::witness::{decoded, parts};

/// A JWT as far as it can be read.
pub(super) struct Jwt<'a> {
    pub(super) header: &'a JwtObject,
    pub(super) claims: &'a JwtObject,
    token: &'a str,
}

impl<'a> Jwt<'a> {
    /// The token of these facts, where it is one. How well it is written is a lint's matter.
    pub(super) fn of(facts: &'a TokenFacts, token: &'a str) -> Option<Self> {
        let JwtFacts { header, claims, .. } = facts.jwt.as_ref()?;
        Some(Self { header, claims, token })
    }

    /// What is signed, and its signature.
    pub(super) fn signed(&self) -> Option<(&'a str, Vec<u8>)> {
        let [header, claims, signature] = parts(self.token)?;
        let signed = &self.token[..header.len() + 1 + claims.len()];
        Some((signed, decoded(Part::Signature, signature, &mut Vec::new())?))
    }

    /// A parameter of the header that is a text.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a str> {
        self.header.get(name)?.as_str()
    }

    /// Whether it says that it follows RFC 9068 (section 2.1).
    pub(super) fn is_at_jwt(&self) -> bool {
        self.parameter("typ").is_some_and(|typ| typ_is(typ, &[AT_JWT]))
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&'a str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim that is a time (RFC 7519 section 2), in seconds since the epoch.
    pub(super) fn seconds(&self, claim: &str) -> Option<f64> {
        self.claims.get(claim)?.as_f64()
    }

    /// The texts of a claim that is a text or a list of them (`aud`, RFC 7519 section 4.1.3).
    pub(super) fn texts(&self, claim: &str) -> Vec<&'a str> {
        match self.claims.get(claim) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(all)) => all.iter().map(Value::as_str).collect::<Option<_>>().unwrap_or_default(),
            _ => vec![],
        }
    }
}

/// A time of a token as it lies from the time of its answer: `-3 s`.
pub(super) fn from_now(seconds: f64, now: Duration) -> String {
    format!("{:+.0} s from the time of the answer", seconds - now.as_secs_f64())
}
