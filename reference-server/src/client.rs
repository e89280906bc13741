//! Who asks: client authentication.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::config::Grant;
use crate::form::{self, Form, Parameter};
use crate::keys::Keys;
use crate::occasion::Asker;
use crate::policy::{InvalidClient, Plus, Policy};
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::scope::{Allowed, Scopes};
use crate::secret::Secret;

/// A client as its workspace knows it.
pub(crate) struct Registered {
    pub(crate) id: String,
    pub(crate) proof: Proof,
    pub(crate) grants: Vec<Grant>,
    pub(crate) scopes: Allowed,
    pub(crate) default_scope: Option<Scopes>,
    /// The keys that sign this client's ID tokens.
    pub(crate) id_token_keys: Arc<Keys>,
}

impl Registered {
    /// Which kind of client this is (RFC 6749 section 2.1).
    pub(crate) fn asker(&self) -> Asker {
        match self.proof {
            Proof::None => Asker::Public,
            Proof::Basic(_) | Proof::Post(_) => Asker::Confidential,
        }
    }
}

/// How a client proves itself: a confidential one always has a secret, a public one never.
pub(crate) enum Proof {
    None,
    Basic(Secret),
    Post(Secret),
}

/// Authenticates the client before anything else is decided (RFC 6749 section 3.2.1).
pub(crate) fn authenticate<'r>(
    realm: &'r Realm,
    headers: &HeaderMap,
    form: &Form,
    policy: &Policy,
) -> Result<&'r Registered, Refusal> {
    let mechanism = Mechanism::of(headers, form, policy)?;
    let refused = |says| match (&mechanism, policy.invalid_client_without_header) {
        (Mechanism::Body(_), InvalidClient::BadRequest) => Refusal::invalid_client_without_challenge(says),
        (Mechanism::Header(_) | Mechanism::Body(_), _) => Refusal::invalid_client(says, realm.challenge.clone()),
    };
    let presented = match &mechanism {
        Mechanism::Header(value) => Presented::in_header(value, policy)
            .ok_or_else(|| refused("the Authorization header is not well-formed Basic"))?,
        Mechanism::Body(form) => Presented::in_body(form).ok_or_else(|| refused("the client is not identified"))?,
    };
    // RFC 6749 section 5.2 calls a request that names two clients malformed. Which one was meant is not ours to guess.
    if form.get(Parameter::ClientId).is_some_and(|id| id != presented.id) {
        return Err(Refusal::invalid_request("the header and the body name different clients"));
    }
    match realm.clients.get(&presented.id) {
        Some(client) if presented.proves(&client.proof, policy) => Ok(client),
        Some(_) | None => Err(refused("the client is unknown or its authentication failed")),
    }
}

/// Where the client's credentials are.
enum Mechanism<'a> {
    Header(&'a HeaderValue),
    Body(&'a Form),
}

impl<'a> Mechanism<'a> {
    /// RFC 6749 section 2.3: a request uses one mechanism, and section 5.2 calls any other malformed.
    fn of(headers: &'a HeaderMap, form: &'a Form, policy: &Policy) -> Result<Self, Refusal> {
        let mut in_header = headers.get_all(AUTHORIZATION).iter();
        let Some(header) = in_header.next() else {
            return Ok(Self::Body(form));
        };
        let second = in_header.next().is_some() || form.get(Parameter::ClientSecret).is_some();
        if second && policy.one_client_authentication {
            return Err(Refusal::invalid_request("the client authenticates in two ways"));
        }
        Ok(Self::Header(header))
    }
}

/// What a request says about its client.
struct Presented {
    id: String,
    secret: Presentation,
}

enum Presentation {
    None,
    Basic(Secret),
    Post(Secret),
}

impl Presented {
    fn in_body(form: &Form) -> Option<Self> {
        let secret = match form.get(Parameter::ClientSecret) {
            Some(secret) => Presentation::Post(Secret::from(secret)),
            None => Presentation::None,
        };
        Some(Self { id: form.get(Parameter::ClientId)?.to_owned(), secret })
    }

    /// RFC 7617 section 2, with the form encoding that RFC 6749 section 2.3.1 puts inside.
    fn in_header(value: &HeaderValue, policy: &Policy) -> Option<Self> {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        // RFC 9110 section 11.1: the name of a scheme is case-insensitive.
        if !scheme.eq_ignore_ascii_case("Basic") {
            return None;
        }
        let pair = STANDARD.decode(encoded.trim_matches(' ')).ok()?;
        let is_colon = |&byte: &u8| byte == b':';
        let colon = if policy.basic_ends_id_at_first_colon {
            pair.iter().position(is_colon)?
        } else {
            pair.iter().rposition(is_colon)?
        };
        let read = |part: &[u8]| {
            if policy.basic_is_form_decoded {
                form::decode(part, Plus::Space).ok()
            } else {
                String::from_utf8(part.to_vec()).ok()
            }
        };
        Some(Self { id: read(&pair[..colon])?, secret: Presentation::Basic(Secret::from(read(&pair[colon + 1..])?)) })
    }

    /// Whether this is the registered secret, in the registered place.
    fn proves(&self, proof: &Proof, policy: &Policy) -> bool {
        match (proof, &self.secret) {
            (Proof::None, Presentation::None) => true,
            (Proof::Basic(registered), Presentation::Basic(presented))
            | (Proof::Post(registered), Presentation::Post(presented)) => same(registered, presented, policy),
            (Proof::Basic(registered), Presentation::Post(presented))
            | (Proof::Post(registered), Presentation::Basic(presented)) => {
                !policy.secret_only_where_registered && same(registered, presented, policy)
            }
            (Proof::None, Presentation::Basic(_) | Presentation::Post(_))
            | (Proof::Basic(_) | Proof::Post(_), Presentation::None) => false,
        }
    }
}

/// Compares in constant time, so that an answer's delay does not spell the secret out (RFC 6749 section 10.10).
fn same(registered: &Secret, presented: &Secret, policy: &Policy) -> bool {
    let (registered, presented) = (registered.expose().as_bytes(), presented.expose().as_bytes());
    !policy.client_secret_checked || verify_slices_are_equal(registered, presented).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(header: &str) -> Option<(String, Secret)> {
        let presented = Presented::in_header(&HeaderValue::from_str(header).unwrap(), &Policy::strict())?;
        match presented.secret {
            Presentation::Basic(secret) => Some((presented.id, secret)),
            Presentation::Post(_) | Presentation::None => None,
        }
    }

    #[test]
    fn basic_is_split_and_then_decoded() {
        let header = format!("bAsIc  {}", STANDARD.encode("a%3Ab:c:d+e%2B%25"));
        assert_eq!(basic(&header), Some(("a:b".to_owned(), Secret::from("c:d e+%"))));
    }

    #[test]
    fn malformed_basic_is_nothing() {
        let headers = [
            "Basic".to_owned(),
            "Basic ".to_owned(),
            "Basic !!!".to_owned(),
            "Bearer abc".to_owned(),
            format!("Basic {}", STANDARD.encode("no-colon")),
            format!("Basic {}", STANDARD.encode("a:%zz")),
            format!("Basic {}", STANDARD.encode(b"a:\xFF")),
        ];
        for header in headers {
            assert_eq!(basic(&header), None, "{header}");
        }
    }
}
