//! A token before it is signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::keys::{Keys, Kind};
use crate::occasion::Occasion;
use crate::refusal::Refusal;

/// A JWT that can still be changed.
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) occasion: Occasion,
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// A claim that is there once more.
    pub(crate) again: Option<(&'static str, Value)>,
    pub(crate) seal: Seal,
}

/// What stands in the place of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// The signature.
    Signature,
    /// A signature over something else.
    Broken,
    /// Nothing (RFC 7515 appendix A.5).
    Nothing,
}

impl Draft {
    /// Has a claim say something else, or one more claim.
    pub(crate) fn set(&mut self, claim: &str, value: impl Into<Value>) {
        self.claims.insert(claim.to_owned(), value.into());
    }

    /// Leaves a claim out.
    pub(crate) fn leave_out(&mut self, claim: &str) {
        self.claims.shift_remove(claim);
    }

    /// A claim that is a number.
    pub(crate) fn number(&self, claim: &str) -> u64 {
        self.claims.get(claim).and_then(Value::as_u64).unwrap_or_default()
    }

    /// The token as it goes out.
    pub(crate) fn finish(self, keys: &Keys) -> Result<String, Refusal> {
        let header = URL_SAFE_NO_PAD.encode(Value::Object(self.header).to_string());
        let mut claims = Value::Object(self.claims).to_string();
        if let Some((name, value)) = self.again {
            claims.truncate(claims.len() - 1);
            claims.push_str(&format!(",\"{name}\":{value}}}"));
        }
        let jwt = keys.sign(&header, claims.as_bytes())?;
        let signature = jwt.rfind('.').map_or(0, |dot| dot + 1);
        Ok(match self.seal {
            Seal::Signature => jwt,
            Seal::Broken => {
                // The first character: the last one of 64 bytes carries bits that some decoders ignore.
                let other = if jwt[signature..].starts_with('A') { "B" } else { "A" };
                format!("{}{other}{}", &jwt[..signature], &jwt[signature + 1..])
            }
            Seal::Nothing => jwt[..signature].to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Signature, Signing};
    use crate::occasion::Endpoint;

    fn finished(change: impl FnOnce(&mut Draft)) -> String {
        let keys = Keys::shared(Signing::EdDsa).unwrap();
        let mut draft = Draft {
            kind: Kind::Access,
            occasion: Occasion::at(Endpoint::Token),
            header: keys.header(Kind::Access).clone(),
            claims: Map::from_iter([("sub".to_owned(), "somebody".into())]),
            again: None,
            seal: Seal::Signature,
        };
        change(&mut draft);
        draft.finish(&keys).unwrap()
    }

    fn read(jwt: &str) -> Option<(Vec<u8>, Signature)> {
        Keys::shared(Signing::EdDsa).unwrap().read(Kind::Access, jwt)
    }

    #[test]
    fn an_unchanged_draft_is_what_would_have_been_issued() {
        let claims = serde_json::json!({ "sub": "somebody" });
        let issued = Keys::shared(Signing::EdDsa).unwrap().issue(Kind::Access, &claims).unwrap();
        assert_eq!(finished(|_| ()), issued);
    }

    #[test]
    fn each_seal_is_what_it_says() {
        assert_eq!(read(&finished(|_| ())).unwrap().1, Signature::Holds);
        let broken = finished(|draft| draft.seal = Seal::Broken);
        assert_eq!(read(&broken).unwrap().1, Signature::Fails);
        assert_eq!(broken.len(), finished(|_| ()).len());
        let unsigned = finished(|draft| draft.seal = Seal::Nothing);
        assert!(unsigned.ends_with('.') && unsigned.matches('.').count() == 2);
    }

    #[test]
    fn a_claim_can_be_there_twice() {
        let jwt = finished(|draft| draft.again = Some(("sub", "another".into())));
        assert_eq!(read(&jwt).unwrap().0, br#"{"sub":"somebody","sub":"another"}"#);
    }
}
