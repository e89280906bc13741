//! What a record says of tokens; never the tokens.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::JwtObject;

/// What is known of a token; never the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// The member that carried it: `access_token`.
    pub member: String,
    /// A fingerprint keyed by the run: equal tokens have equal ones, and it says nothing else.
    pub fingerprint: Fingerprint,
    /// Its length in characters.
    pub length: usize,
    /// Whether every character is a VSCHAR (RFC 6749 appendix A.12 and A.17).
    pub visible_ascii: bool,
    /// How many characters the smallest of the usual alphabets has that holds all of its characters; 0 in a record that
    /// does not tell.
    #[serde(default)]
    pub alphabet: u32,
    /// How many of its characters are the same at the same place as in the previous token of that member in the same walk,
    /// where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<usize>,
    /// What a JWT says, where the token is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtFacts>,
}

/// 8 bytes that stand for a token; written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 8]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let is_one = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u64::from_str_radix(&text, 16).ok().filter(|_| is_one);
        let number = number.ok_or_else(|| D::Error::custom("a fingerprint of other than 16 hexadecimal digits"))?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// What a JWT says of itself, and whether its signature held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JwtFacts {
    /// The JOSE header.
    pub header: JwtObject,
    /// The claims.
    pub claims: JwtObject,
    /// Whether the signature held.
    pub signature: Signature,
    /// What is wrong with it that header and claims do not show any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flaws: Vec<Flaw>,
}

/// A part of a JWT (RFC 7515 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The JOSE header.
    Header,
    /// The claims.
    Claims,
    /// The signature.
    Signature,
}

/// What a reader may refuse a JWT for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// `at_hash` is not that of the access token of the same answer (OpenID Connect Core section 3.1.3.6).
    AtHash,
    /// A part is not written in base64url without padding (RFC 7515 section 7.1).
    Encoding(Part),
    /// It names no key, and the key set has so many (OpenID Connect Core section 10.1).
    KeyNotNamed(usize),
    /// It names a key that the key set has not (RFC 7515 section 4.1.4).
    KeyUnknown,
    /// A name comes more than once (RFC 7515 section 4, RFC 7519 section 4).
    Repeated {
        /// Where.
        part: Part,
        /// The name.
        name: String,
    },
    /// A signature of another length than its algorithm's (RFC 7518 section 3.4).
    SignatureLength {
        /// The bytes that it has.
        bytes: usize,
        /// The bytes that it should have.
        wanted: usize,
    },
    /// A part is not in UTF-8 (RFC 8725 section 3.7).
    Utf8(Part),
}

/// Whether a signature held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// It verified by the key of that id.
    Held {
        /// The `kid` of the key; empty where the set has one key without an id.
        kid: String,
    },
    /// It did not: the reason.
    Failed(String),
    /// It could not be tried: the reason (no key set, an algorithm that is not known here).
    NotTried(String),
}
