//! A token before it is signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::keys::Keys;
use crate::occasion::Occasion;

/// A JWT that can still be changed.
pub(crate) struct Draft {
    pub(crate) occasion: Occasion,
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// What becomes of the text of the header, be it no JSON any more.
    pub(crate) write_header: fn(&str) -> Vec<u8>,
    /// What becomes of the text of the claims, be it no JSON any more.
    pub(crate) write_claims: fn(&str) -> Vec<u8>,
    pub(crate) seal: Seal,
}

/// What stands in the place of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// The signature.
    Signature,
    /// A signature over something else.
    Broken,
    /// The signature as a DER sequence of its two numbers, which RFC 7518 section 3.4 does not want for ECDSA.
    Der,
    /// Nothing (RFC 7515 appendix A.5).
    Nothing,
}

impl Draft {
    pub(crate) fn new(header: Map<String, Value>, claims: Map<String, Value>, occasion: Occasion) -> Self {
        let write = |text: &str| text.as_bytes().to_vec();
        Self { occasion, header, claims, write_header: write, write_claims: write, seal: Seal::Signature }
    }

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

    /// The token as it goes out; `None` where it can't be signed.
    pub(crate) fn finish(self, keys: &Keys) -> Option<String> {
        let header = URL_SAFE_NO_PAD.encode((self.write_header)(&Value::Object(self.header).to_string()));
        let jwt = keys.sign(&header, &(self.write_claims)(&Value::Object(self.claims).to_string()))?;
        let (signed, signature) = jwt.rsplit_once('.').unwrap_or((&jwt, ""));
        let signature = match self.seal {
            Seal::Signature => signature.to_owned(),
            Seal::Broken => {
                // The first character: the last one of 64 bytes carries bits that some decoders ignore.
                let other = if signature.starts_with('A') { "B" } else { "A" };
                signature
                    .chars()
                    .skip(1)
                    .fold(other.to_owned(), |text, character| text + character.encode_utf8(&mut [0; 4]))
            }
            Seal::Der => URL_SAFE_NO_PAD.encode(der(&URL_SAFE_NO_PAD.decode(signature).unwrap_or_default())),
            Seal::Nothing => String::new(),
        };
        Some(format!("{signed}.{signature}"))
    }
}

/// X.690 section 8.3: two integers, with a zero in front of one that would look negative.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let digits: Vec<u8> = number.iter().copied().skip_while(|&byte| byte == 0).collect();
        let zero = digits.first().is_none_or(|byte| byte & 0x80 != 0);
        let digits = if zero { [&[0], digits.as_slice()].concat() } else { digits };
        element(0x02, &digits)
    };
    let (r, s) = signature.split_at(signature.len() / 2);
    element(0x30, &[integer(r), integer(s)].concat())
}

/// One element whose length takes a byte, which is that of every number and pair of numbers here.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[tag, length], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Kind, Signature, Signing};
    use crate::occasion::Endpoint;

    fn finished(change: impl FnOnce(&mut Draft)) -> String {
        let keys = Keys::shared(Signing::EdDsa).unwrap();
        let claims = Map::from_iter([("sub".to_owned(), "somebody".into())]);
        let mut draft = Draft::new(keys.header(Kind::Access).clone(), claims, Occasion::at(Endpoint::Token));
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
    fn der_holds_the_same_numbers() {
        let signature = [&[0, 0x7F], &[0x80, 1][..]].concat();
        assert_eq!(der(&signature), [0x30, 8, 2, 1, 0x7F, 2, 3, 0, 0x80, 1]);
    }

    #[test]
    fn the_text_of_header_and_claims_can_be_changed() {
        let twice = |text: &str| text.replacen('{', r#"{"sub":"another","#, 1).into_bytes();
        let jwt = finished(|draft| draft.write_claims = twice);
        assert_eq!(read(&jwt).unwrap().0, br#"{"sub":"another","sub":"somebody"}"#);
        assert_eq!(read(&finished(|draft| draft.write_header = twice)), None);
    }
}
