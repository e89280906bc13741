//! The keys that tokens are signed with.

use std::fmt;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{Engine as _, encoded_len};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config_error::ConfigError;
use crate::digest::sha256;

/// How tokens are signed, by the names of RFC 7518 section 3.1 and RFC 8037 section 3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Signing {
    /// Ed25519.
    #[default]
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA with the curve P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA with PKCS #1 v1.5 padding and SHA-256; keys have 2048 bits.
    #[serde(rename = "RS256")]
    Rs256,
}

impl Signing {
    /// Every algorithm there is.
    pub(crate) const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// One key pair, parsed once; any number of workspaces may share it.
pub struct Keys {
    pair: Pair,
    /// The members of the public key that RFC 7638 makes a thumbprint of, in lexical order.
    public: Map<String, Value>,
    kid: String,
    access_token: Headers,
    id_token: Headers,
}

/// A key pair of each kind.
enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

/// The header of one kind of token: as JSON, and as it stands in a token.
struct Headers {
    json: Map<String, Value>,
    encoded: String,
}

/// What a JWT is for. An access token has a type of its own, so that an ID token can't pass for one (RFC 9068 section
/// 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Access,
    Id,
}

/// Whether a token's signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    Holds,
    Fails,
}

impl Keys {
    /// Fresh keys. Those of RSA take a tenth of a second or so.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Randomness`] when the operating system gives none.
    pub fn generate(signing: Signing) -> Result<Self, ConfigError> {
        Self::fresh(signing).ok_or(ConfigError::Randomness)
    }

    fn fresh(signing: Signing) -> Option<Self> {
        let pair = match signing {
            Signing::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().ok()?),
            Signing::Es256 => Pair::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?),
            Signing::Rs256 => Pair::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).ok()?),
        };
        let public = pair.public_members()?;
        // RFC 7638 section 3: the digest of the required members, in lexical order and without white space.
        let kid = URL_SAFE_NO_PAD.encode(sha256(Value::Object(public.clone()).to_string().as_bytes()));
        let header = |typ: &str| {
            let json = object([("typ", typ), ("alg", signing.as_str()), ("kid", &kid)]);
            let encoded = URL_SAFE_NO_PAD.encode(Value::Object(json.clone()).to_string());
            Headers { json, encoded }
        };
        Some(Self { access_token: header("at+jwt"), id_token: header("JWT"), pair, public, kid })
    }

    /// The keys of this process, made when first asked for.
    pub(crate) fn shared(signing: Signing) -> Result<Arc<Self>, ConfigError> {
        type Once = LazyLock<Option<Arc<Keys>>>;
        static EDDSA: Once = LazyLock::new(|| Keys::fresh(Signing::EdDsa).map(Arc::new));
        static ES256: Once = LazyLock::new(|| Keys::fresh(Signing::Es256).map(Arc::new));
        static RS256: Once = LazyLock::new(|| Keys::fresh(Signing::Rs256).map(Arc::new));
        let shared = match signing {
            Signing::EdDsa => &EDDSA,
            Signing::Es256 => &ES256,
            Signing::Rs256 => &RS256,
        };
        shared.as_ref().map(Arc::clone).ok_or(ConfigError::Randomness)
    }

    /// How these keys sign.
    pub(crate) fn signing(&self) -> Signing {
        match self.pair {
            Pair::Ed25519(_) => Signing::EdDsa,
            Pair::P256(_) => Signing::Es256,
            Pair::Rsa(_) => Signing::Rs256,
        }
    }

    /// The public half as a JWK (RFC 7517 section 4), its members after RFC 7518 section 6 and RFC 8037 section 2.
    pub(crate) fn jwk(&self) -> Map<String, Value> {
        let mut key = self.public.clone();
        key.extend(object([("use", "sig"), ("alg", self.signing().as_str()), ("kid", &self.kid)]));
        key
    }

    /// The header of a token of that kind.
    pub(crate) fn header(&self, kind: Kind) -> &Map<String, Value> {
        &self.headers(kind).json
    }

    /// Signs claims under the header that goes with their kind; `None` where the machine has no randomness left.
    pub(crate) fn issue(&self, kind: Kind, claims: &impl Serialize) -> Option<String> {
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, claims).ok()?;
        self.sign(&self.headers(kind).encoded, &json)
    }

    /// RFC 7515 section 7.1: header, payload and signature, each in base64url, joined by dots. The header comes encoded.
    pub(crate) fn sign(&self, header: &str, claims: &[u8]) -> Option<String> {
        let mut jwt = Vec::with_capacity(header.len() + claims.len() * 4 / 3 + 96);
        jwt.extend_from_slice(header.as_bytes());
        push_part(&mut jwt, claims)?;
        let signature = self.pair.sign(&jwt)?;
        push_part(&mut jwt, &signature)?;
        String::from_utf8(jwt).ok()
    }

    /// The payload of a token of that kind, and whether its signature holds.
    ///
    /// Only a header that [`Keys::issue`] writes is read, so a token can't choose how it is verified (RFC 8725 section
    /// 3.1).
    pub(crate) fn read(&self, kind: Kind, jwt: &str) -> Option<(Vec<u8>, Signature)> {
        let (signed, signature) = jwt.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if header != self.headers(kind).encoded {
            return None;
        }
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let holds = URL_SAFE_NO_PAD.decode(signature).is_ok_and(|it| self.pair.verifies(signed.as_bytes(), &it));
        Some((payload, if holds { Signature::Holds } else { Signature::Fails }))
    }

    fn headers(&self, kind: Kind) -> &Headers {
        match kind {
            Kind::Access => &self.access_token,
            Kind::Id => &self.id_token,
        }
    }
}

impl Pair {
    /// The public members that RFC 7638 section 3.2 (RFC 8037 section 2 for OKP) requires, sorted.
    fn public_members(&self) -> Option<Map<String, Value>> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Some(match self {
            Self::Ed25519(pair) => {
                object([("crv", "Ed25519"), ("kty", "OKP"), ("x", &text(pair.public_key().as_ref()))])
            }
            Self::P256(pair) => {
                // SEC 1 section 2.3.3: a 4, then both coordinates.
                let (x, y) = pair.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(32)?;
                object([("crv", "P-256"), ("kty", "EC"), ("x", &text(x)), ("y", &text(y))])
            }
            Self::Rsa(pair) => {
                // RFC 8017 appendix A.1.1: a sequence of modulus and exponent.
                let (members, _) = der(0x30, pair.public_key().as_ref())?;
                let (modulus, rest) = der(0x02, members)?;
                let (exponent, _) = der(0x02, rest)?;
                // RFC 7518 section 2, Base64urlUInt: without the zero that keeps a DER integer positive.
                let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
                object([("e", &text(exponent)), ("kty", "RSA"), ("n", &text(modulus))])
            }
        })
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
            Self::P256(pair) => pair.sign(&SystemRandom::new(), message).ok().map(|it| it.as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (algorithm, public): (&'static dyn VerificationAlgorithm, &[u8]) = match self {
            Self::Ed25519(pair) => (&ED25519, pair.public_key().as_ref()),
            Self::P256(pair) => (&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
            Self::Rsa(pair) => (&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()),
        };
        UnparsedPublicKey::new(algorithm, public).verify(message, signature).is_ok()
    }
}

/// Adds a dot and a part in base64url, encoded where it will stand.
fn push_part(jwt: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    jwt.push(b'.');
    let begin = jwt.len();
    jwt.resize(begin + encoded_len(part.len(), false)?, 0);
    URL_SAFE_NO_PAD.encode_slice(part, &mut jwt[begin..]).ok()?;
    Some(())
}

/// The content of the DER element at the front, if it has that tag, and what comes after it.
fn der(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = match length {
        0..0x80 => (usize::from(length), rest),
        // X.690 section 8.1.3.5: the low bits count the bytes of the length.
        _ => {
            let (length, rest) = rest.split_at_checked(usize::from(length & 0x7F))?;
            (length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
        }
    };
    rest.split_at_checked(length)
}

fn object<const N: usize>(members: [(&str, &str); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("kid", &self.kid).field("signing", &self.signing()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

    use serde_json::json;

    use super::*;

    const EACH: [(Signing, Algorithm); 3] =
        [(Signing::EdDsa, Algorithm::EdDSA), (Signing::Es256, Algorithm::ES256), (Signing::Rs256, Algorithm::RS256)];

    #[test]
    fn another_library_verifies_what_is_signed() {
        for (signing, algorithm) in EACH {
            let keys = Keys::generate(signing).unwrap();
            let jwt = keys.issue(Kind::Access, &json!({ "sub": "somebody", "exp": 4_000_000_000_u64 })).unwrap();
            let header = decode_header(&jwt).unwrap();
            assert_eq!((header.alg, header.typ.as_deref()), (algorithm, Some("at+jwt")));
            let key: Jwk = serde_json::from_value(Value::Object(keys.jwk())).unwrap();
            assert_eq!(key.common.key_id, header.kid);
            assert_eq!(key.common.key_algorithm.unwrap().to_string(), signing.as_str());
            let key = DecodingKey::from_jwk(&key).unwrap();
            let read = decode::<Value>(&jwt, &key, &Validation::new(algorithm)).unwrap();
            assert_eq!(read.claims["sub"], "somebody");
        }
    }

    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        for (signing, _) in EACH {
            let keys = Keys::shared(signing).unwrap();
            let key: Jwk = serde_json::from_value(Value::Object(keys.jwk())).unwrap();
            assert_eq!(key.thumbprint(ThumbprintHash::SHA256).unwrap(), keys.kid, "{signing:?}");
        }
    }

    #[test]
    fn only_its_own_tokens_of_the_right_kind_are_read() {
        for (signing, _) in EACH {
            let keys = Keys::shared(signing).unwrap();
            let jwt = keys.issue(Kind::Access, &json!({ "sub": "somebody" })).unwrap();
            assert_eq!(keys.read(Kind::Access, &jwt), Some((br#"{"sub":"somebody"}"#.to_vec(), Signature::Holds)));
            assert_eq!(keys.read(Kind::Id, &jwt), None);
            let (signed, _) = jwt.rsplit_once('.').unwrap();
            for signature in ["", "AAAA", "*"] {
                let (_, signature) = keys.read(Kind::Access, &format!("{signed}.{signature}")).unwrap();
                assert_eq!(signature, Signature::Fails);
            }
            let other = Keys::generate(if signing == Signing::Rs256 { Signing::EdDsa } else { signing }).unwrap();
            assert_eq!(other.read(Kind::Access, &jwt), None, "another key, another kid");
        }
    }

    #[test]
    fn the_process_has_one_key_of_each_kind() {
        for (signing, _) in EACH {
            let (once, again) = (Keys::shared(signing).unwrap(), Keys::shared(signing).unwrap());
            assert!(Arc::ptr_eq(&once, &again));
            assert_eq!(once.signing(), signing);
        }
    }
}
