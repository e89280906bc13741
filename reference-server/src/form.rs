//! The parameters of a request, each of them once.

use crate::policy::{Plus, Policy};
use crate::refusal::Refusal;

/// What a token request says, form-decoded; a parameter without a value counts as left out.
///
/// Without a `Debug` of its own, because it holds passwords.
#[derive(Default)]
pub(crate) struct Form {
    values: [Option<String>; NAMES.len()],
}

/// The parameters that something in this server reads.
#[derive(Clone, Copy)]
pub(crate) enum Parameter {
    AccessToken,
    ClientId,
    ClientSecret,
    GrantType,
    Password,
    RefreshToken,
    Scope,
    Token,
    Username,
}

/// The parameters of RFC 6749 section 11.2.2, RFC 6750 section 2.2, RFC 7009 section 2.1 and RFC 7662 section 2.1: first
/// those of [`Parameter`], in its order, then those that nothing reads, which are known all the same, so that their
/// repetition is refused.
const NAMES: [(&str, Secrecy); 12] = [
    ("access_token", Secrecy::Credential),
    ("client_id", Secrecy::Public),
    ("client_secret", Secrecy::Credential),
    ("grant_type", Secrecy::Public),
    ("password", Secrecy::Credential),
    ("refresh_token", Secrecy::Credential),
    ("scope", Secrecy::Public),
    ("token", Secrecy::Credential),
    ("username", Secrecy::Credential),
    ("code", Secrecy::Credential),
    ("redirect_uri", Secrecy::Public),
    ("token_type_hint", Secrecy::Public),
];

/// Whether a parameter may be seen in a URI.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Public,
    Credential,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded` in UTF-8 (RFC 6749 appendix B).
    pub(crate) fn read(raw: &[u8], policy: &Policy) -> Result<Self, Refusal> {
        let mut form = Self::default();
        for (name, value) in pairs(raw) {
            let Some(slot) = position(name, policy.plus) else {
                // RFC 6749 section 3.2: unrecognized parameters are ignored.
                if policy.unknown_parameters_ignored {
                    continue;
                }
                return Err(Refusal::invalid_request("a parameter is unknown"));
            };
            let value = decode(value, policy.plus)
                .map_err(|Malformed| Refusal::invalid_request("a parameter is not well encoded"))?;
            if form.values[slot].is_none() {
                form.values[slot] = Some(value);
            } else if policy.parameters_once {
                // RFC 6749 section 3.2: a parameter must not be there more than once, whatever its values.
                return Err(Refusal::invalid_request("a parameter is repeated"));
            }
        }
        // RFC 6749 section 3.2: without a value is as good as absent, once repetition has been looked at.
        if policy.empty_is_absent {
            for value in &mut form.values {
                value.take_if(|value| value.is_empty());
            }
        }
        Ok(form)
    }

    /// The value of a parameter, unless it was left out.
    pub(crate) fn get(&self, parameter: Parameter) -> Option<&str> {
        self.values[parameter as usize].as_deref()
    }
}

/// Whether a query holds what must never be in a URI (RFC 6749 section 2.3.1; the user's credentials all the more).
pub(crate) fn names_a_credential(query: &[u8]) -> bool {
    pairs(query).filter_map(|(name, _)| position(name, Plus::Space)).any(|slot| NAMES[slot].1 == Secrecy::Credential)
}

/// Bytes that are no form encoding of UTF-8 text.
#[derive(Debug)]
pub(crate) struct Malformed;

/// Undoes form encoding; a `%` without two digits and bytes that are not UTF-8 are errors, never guesses.
pub(crate) fn decode(encoded: &[u8], plus: Plus) -> Result<String, Malformed> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(&byte) = rest.next() {
        decoded.push(match (byte, plus) {
            (b'%', _) => {
                let high = rest.next().copied().and_then(hex).ok_or(Malformed)?;
                let low = rest.next().copied().and_then(hex).ok_or(Malformed)?;
                high << 4 | low
            }
            (b'+', Plus::Space) => b' ',
            (byte, _) => byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| Malformed)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Names and values, still encoded.
fn pairs(raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    raw.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        }
    })
}

/// Where a parameter is kept, if the server knows it. A name that cannot be decoded is nobody's.
fn position(encoded: &[u8], plus: Plus) -> Option<usize> {
    let name = decode(encoded, plus).ok()?;
    NAMES.iter().position(|&(known, _)| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Result<Form, Refusal> {
        Form::read(raw.as_bytes(), &Policy::strict())
    }

    #[test]
    fn the_table_is_in_the_order_of_the_parameters() {
        let rows = [
            (Parameter::AccessToken, "access_token"),
            (Parameter::ClientId, "client_id"),
            (Parameter::ClientSecret, "client_secret"),
            (Parameter::GrantType, "grant_type"),
            (Parameter::Password, "password"),
            (Parameter::RefreshToken, "refresh_token"),
            (Parameter::Scope, "scope"),
            (Parameter::Token, "token"),
            (Parameter::Username, "username"),
        ];
        for (parameter, name) in rows {
            assert_eq!(NAMES[parameter as usize].0, name);
        }
    }

    #[test]
    fn values_are_decoded_once() {
        let form = read("username=a%2Bb+c%2526%C3%A9&pass%77ord=x%3D&&scope").unwrap();
        assert_eq!(form.get(Parameter::Username), Some("a+b c%26é"));
        assert_eq!(form.get(Parameter::Password), Some("x="));
        assert_eq!(form.get(Parameter::Scope), None);
    }

    #[test]
    fn only_defined_parameters_can_be_malformed_or_repeated() {
        for refused in ["username=%", "username=%4", "username=%zz", "username=%FF", "code=1&code=1", "scope=&scope=a"]
        {
            assert!(read(refused).is_err(), "{refused}");
        }
        for ignored in ["x=%", "%zz=1", "x=1&x=2", "Username=%zz"] {
            assert!(read(ignored).is_ok(), "{ignored}");
        }
    }

    #[test]
    fn credentials_are_recognized_in_a_query() {
        assert!(names_a_credential(b"a=1&pass%77ord=x"));
        assert!(!names_a_credential(b"a=password&client_id=x"));
    }
}
