//! The keys that tokens are signed with.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config_error::ConfigError;
use crate::refusal::Refusal;

/// One Ed25519 key pair, parsed once; any number of workspaces may share it.
pub struct Keys {
    pair: Ed25519KeyPair,
    kid: String,
    public: String,
    access_token_header: String,
    id_token_header: String,
}

impl Keys {
    /// Fresh keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Randomness`] when the operating system gives none.
    pub fn generate() -> Result<Self, ConfigError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| ConfigError::Randomness)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        // RFC 7638 section 3: the thumbprint of the required members in lexical order (RFC 8037 appendix A.3 for OKP).
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        let header = |typ: &str| {
            let header = json!({ "typ": typ, "alg": "EdDSA", "kid": kid });
            URL_SAFE_NO_PAD.encode(header.to_string())
        };
        Ok(Self {
            // RFC 9068 section 2.1: a type of its own keeps an access token from passing for an ID token.
            access_token_header: header("at+jwt"),
            id_token_header: header("JWT"),
            pair,
            kid,
            public,
        })
    }

    /// The keys of this process, made when first asked for.
    pub(crate) fn shared() -> Result<Arc<Self>, ConfigError> {
        static SHARED: OnceLock<Arc<Keys>> = OnceLock::new();
        if let Some(keys) = SHARED.get() {
            return Ok(Arc::clone(keys));
        }
        let fresh = Arc::new(Self::generate()?);
        Ok(Arc::clone(SHARED.get_or_init(|| fresh)))
    }

    /// Signs the claims of an access token.
    pub(crate) fn access_token(&self, claims: &impl Serialize) -> Result<String, Refusal> {
        self.sign(&self.access_token_header, claims)
    }

    /// Signs the claims of an ID token.
    pub(crate) fn id_token(&self, claims: &impl Serialize) -> Result<String, Refusal> {
        self.sign(&self.id_token_header, claims)
    }

    /// The public half as a JWK Set (RFC 7517 section 5, RFC 8037 section 2).
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": self.kid,
            "x": self.public,
        }]})
    }

    /// RFC 7515 section 7.1: header, payload and signature, each in base64url, joined by dots.
    fn sign(&self, header: &str, claims: &impl Serialize) -> Result<String, Refusal> {
        let claims = serde_json::to_vec(claims).map_err(|_| Refusal::server_error())?;
        let mut jwt = String::with_capacity(header.len() + claims.len() * 4 / 3 + 96);
        jwt.push_str(header);
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(&claims, &mut jwt);
        let signature = self.pair.sign(jwt.as_bytes());
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        Ok(jwt)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

    use super::*;

    #[test]
    fn another_library_verifies_what_is_signed() {
        let keys = Keys::generate().unwrap();
        let jwt = keys.access_token(&json!({ "sub": "somebody", "exp": 4_000_000_000_u64 })).unwrap();
        let header = decode_header(&jwt).unwrap();
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        assert_eq!(header.kid.as_ref(), Some(&keys.kid));
        let key = DecodingKey::from_ed_components(&keys.public).unwrap();
        let read = decode::<Value>(&jwt, &key, &Validation::new(Algorithm::EdDSA)).unwrap();
        assert_eq!(read.claims["sub"], "somebody");
    }
}
