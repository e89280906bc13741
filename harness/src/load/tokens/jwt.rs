//! A JWT read to be compared: nothing of it is kept.

use std::time::Duration;

use ropcheck_reports::record::Part;

use crate::json::Members;
use crate::lint::{AT_JWT, typ_is};
use crate::witness::{decoded, parts};

/// A JWT as far as it can be read.
pub(super) struct Jwt<'a> {
    pub(super) header: Members,
    pub(super) claims: Members,
    /// What the signature is over.
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    /// Reads one, where the token is one. How well it is written is a lint's matter.
    pub(super) fn read(token: &'a str) -> Option<Self> {
        let [header, claims, signature] = parts(token)?;
        let read = |part, text| decoded(part, text, &mut Vec::new());
        Some(Self {
            header: Members::parse(&read(Part::Header, header)?).ok()?,
            claims: Members::parse(&read(Part::Claims, claims)?).ok()?,
            signed: &token[..header.len() + 1 + claims.len()],
            signature: read(Part::Signature, signature)?,
        })
    }

    /// Whether it says that it follows RFC 9068 (section 2.1).
    pub(super) fn is_at_jwt(&self) -> bool {
        self.header.text("typ").is_some_and(|typ| typ_is(&typ, &[AT_JWT]))
    }

    /// A claim that is a time (RFC 7519 section 2), in seconds since the epoch.
    pub(super) fn seconds(&self, claim: &str) -> Option<f64> {
        self.claims.raw(claim)?.parse().ok()
    }

    /// The texts of a claim that is a text or a list of them (`aud`, RFC 7519 section 4.1.3).
    pub(super) fn texts(&self, claim: &str) -> Vec<String> {
        let raw = self.claims.raw(claim).unwrap_or_default();
        serde_json::from_str(raw).or_else(|_| serde_json::from_str(raw).map(|one| vec![one])).unwrap_or_default()
    }
}

/// A time of a token as it lies from the time of its answer: `-3 s`.
pub(super) fn from_now(seconds: f64, now: Duration) -> String {
    format!("{:+.0} s from the time of the answer", seconds - now.as_secs_f64())
}
