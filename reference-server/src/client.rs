//! Who asks: client authentication.

use std::ops::Deref;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::config::Grant;
use crate::form::{self, Form, Parameter};
use crate::policy::{
    BesideBasic, Crash, InvalidClient, MissingAuthentication, Policy, PublicClients, SecretReading, TwoAuthentications,
    UnknownClient, UnreadableBasic,
};
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::registered::{Proof, Registered};
use crate::secret::Secret;

/// The client that a request comes from.
pub(crate) struct Known<'r> {
    registered: &'r Registered,
    /// A failed authentication that is told only after the user has been asked about; the strict policy has none.
    pub(crate) doubt: Option<Refusal>,
}

impl Deref for Known<'_> {
    type Target = Registered;

    fn deref(&self) -> &Registered {
        self.registered
    }
}

/// Authenticates the client before anything else is decided (RFC 6749 section 3.2.1).
pub(crate) fn authenticate<'r>(
    realm: &'r Realm,
    headers: &HeaderMap,
    form: &Form,
    now: u64,
    policy: &Policy,
) -> Result<Known<'r>, Refusal> {
    let mechanism = Mechanism::of(realm, headers, form, policy)?;
    let refused = |says| match (&mechanism, policy.invalid_client_without_header) {
        (Mechanism::Body(_), InvalidClient::BadRequest) => Refusal::invalid_client_without_challenge(says),
        (Mechanism::Header(_) | Mechanism::Body(_), _) => Refusal::invalid_client(says, realm.challenge.clone()),
    };
    let presented = match &mechanism {
        Mechanism::Header(value) => match Presented::in_header(value, policy) {
            Some(presented) => presented,
            None => {
                policy.stands(Crash::UnreadableBasic)?;
                let says = "the Authorization header is not well-formed Basic";
                return Err(match policy.unreadable_basic {
                    UnreadableBasic::InvalidClient => refused(says),
                    UnreadableBasic::InvalidRequest => Refusal::invalid_request(says),
                });
            }
        },
        Mechanism::Body(form) => Presented::in_body(form).ok_or_else(|| {
            let says = "the client is not identified";
            match policy.missing_authentication {
                MissingAuthentication::InvalidClient => refused(says),
                MissingAuthentication::UnnamedIsInvalidRequest => Refusal::invalid_request(says),
                MissingAuthentication::UnauthorizedClient => Refusal::unauthorized_client(says),
            }
        })?,
    };
    crash(&presented, policy)?;
    // RFC 6749 section 5.2 calls a request that names two clients malformed. Which one was meant is not ours to guess.
    let beside = match policy.client_id_beside_basic {
        BesideBasic::SameClient => form.get(Parameter::ClientId).is_none_or(|id| id == presented.id),
        BesideBasic::Nothing => matches!(mechanism, Mechanism::Body(_)) || form.get(Parameter::ClientId).is_none(),
        BesideBasic::AnyClient => true,
    };
    if !beside {
        return Err(Refusal::invalid_request("the header and the body name different clients"));
    }

    // RFC 6749 section 2.3.1: guessing a secret is slowed down, as guessing a password is. Whoever sends no secret guesses
    // none.
    let guesses = policy.clients_throttled && !matches!(presented.secret, Presentation::None);
    if guesses {
        realm.client_throttle.admit(&presented.id, now).map_err(Refusal::client_throttled)?;
    }
    let known = prove(realm, &presented, form, policy, &refused);
    if guesses {
        match known {
            Ok(Known { doubt: None, .. }) => realm.client_throttle.succeeded(&presented.id),
            Ok(Known { doubt: Some(_), .. }) | Err(_) => realm.client_throttle.failed(&presented.id, now),
        }
    }
    known
}

/// RFC 6749 appendices A.1 and A.2: a server bears every character, be it to refuse it.
fn crash(presented: &Presented, policy: &Policy) -> Result<(), Refusal> {
    let beyond_three_bytes = |text: &str| text.chars().any(|character| character.len_utf8() > 3);
    if presented.id.contains('{') {
        policy.stands(Crash::ClientIdWithBrace)?;
    }
    match &presented.secret {
        Presentation::Basic(secret) | Presentation::Post(secret) if beyond_three_bytes(secret.expose()) => {
            policy.stands(Crash::SecretBeyondThreeBytes)
        }
        Presentation::None | Presentation::Basic(_) | Presentation::Post(_) => Ok(()),
    }
}

/// Looks the client up, and what it presents over.
fn prove<'r>(
    realm: &'r Realm,
    presented: &Presented,
    form: &Form,
    policy: &Policy,
    refused: &dyn Fn(&'static str) -> Refusal,
) -> Result<Known<'r>, Refusal> {
    let says = "the client is unknown or its authentication failed";
    let Some(registered) = find(realm, &presented.id, policy) else {
        return Err(match policy.unknown_client {
            UnknownClient::InvalidClient => refused(says),
            UnknownClient::Unchallenged => Refusal { header: None, ..refused(says) },
            UnknownClient::InvalidGrant => Refusal::invalid_grant(says),
        });
    };
    let asked = form.get(Parameter::GrantType).and_then(Grant::named);
    if presented.proves(registered, asked, policy) {
        return Ok(Known { registered, doubt: None });
    }
    let refusal = match (&presented.secret, policy.missing_authentication) {
        (Presentation::None, MissingAuthentication::UnauthorizedClient) => Refusal::unauthorized_client(says),
        (Presentation::None | Presentation::Basic(_) | Presentation::Post(_), _) => refused(says),
    };
    // RFC 6749 section 4.3: the user's password is looked at for a client that has shown itself, and for no other.
    if policy.client_before_user || asked != Some(Grant::Password) {
        Err(refusal)
    } else {
        Ok(Known { registered, doubt: Some(refusal) })
    }
}

fn find<'r>(realm: &'r Realm, id: &str, policy: &Policy) -> Option<&'r Registered> {
    if policy.client_id_is_exact {
        realm.clients.get(id).map(Arc::as_ref)
    } else {
        realm.clients.values().find(|client| client.id.eq_ignore_ascii_case(id)).map(Arc::as_ref)
    }
}

/// Where the client's credentials are.
enum Mechanism<'a> {
    Header(&'a HeaderValue),
    Body(&'a Form),
}

impl<'a> Mechanism<'a> {
    /// RFC 6749 section 2.3: a request uses one mechanism, and section 5.2 calls any other malformed.
    fn of(realm: &Realm, headers: &'a HeaderMap, form: &'a Form, policy: &Policy) -> Result<Self, Refusal> {
        let mut in_header = headers.get_all(AUTHORIZATION).iter();
        let Some(header) = in_header.next() else {
            return Ok(Self::Body(form));
        };
        let second = in_header.next().is_some() || form.get(Parameter::ClientSecret).is_some();
        let says = "the client authenticates in two ways";
        match policy.two_authentications {
            TwoAuthentications::InvalidRequest if second => Err(Refusal::invalid_request(says)),
            TwoAuthentications::InvalidClient if second => Err(Refusal::invalid_client(says, realm.challenge.clone())),
            TwoAuthentications::InvalidRequest
            | TwoAuthentications::InvalidClient
            | TwoAuthentications::HeaderCounts => Ok(Self::Header(header)),
        }
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
        let basic = if policy.scheme_in_any_case { scheme.eq_ignore_ascii_case("Basic") } else { scheme == "Basic" };
        if !basic {
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
                form::decode(part, policy.basic_reading).ok()
            } else {
                String::from_utf8(part.to_vec()).ok()
            }
        };
        Some(Self { id: read(&pair[..colon])?, secret: Presentation::Basic(Secret::from(read(&pair[colon + 1..])?)) })
    }

    /// Whether this is the registered secret, in the registered place.
    fn proves(&self, client: &Registered, asked: Option<Grant>, policy: &Policy) -> bool {
        if let SecretReading::NotFor(grant) = policy.client_secret
            && asked == Some(grant)
        {
            return true;
        }
        match (&client.proof, &self.secret) {
            (Proof::None, Presentation::None) => !matches!(policy.public_clients, PublicClients::Refused),
            (Proof::None, Presentation::Basic(_) | Presentation::Post(_)) => {
                matches!(policy.public_clients, PublicClients::SecretIgnored)
            }
            (Proof::Basic(registered), Presentation::Basic(presented)) => fits(registered, presented, policy),
            (Proof::Post(registered), Presentation::Post(presented)) => {
                matches!(policy.client_secret, SecretReading::IgnoredInBody) || fits(registered, presented, policy)
            }
            (Proof::Basic(registered), Presentation::Post(presented))
            | (Proof::Post(registered), Presentation::Basic(presented)) => {
                !policy.secret_only_where_registered && fits(registered, presented, policy)
            }
            (Proof::Basic(_) | Proof::Post(_), Presentation::None) => {
                matches!(policy.client_secret, SecretReading::Optional)
            }
        }
    }
}

fn fits(registered: &Secret, presented: &Secret, policy: &Policy) -> bool {
    let (right, told) = (registered.expose(), presented.expose());
    match policy.client_secret {
        SecretReading::Exact | SecretReading::Optional | SecretReading::IgnoredInBody | SecretReading::NotFor(_) => {
            same(registered, presented)
        }
        SecretReading::Ignored => true,
        SecretReading::PrefixIsEnough => !told.is_empty() && right.starts_with(told),
        SecretReading::Trimmed => right.trim() == told.trim(),
        SecretReading::DashesIgnored => right.replace('-', "") == told.replace('-', ""),
        SecretReading::UpToNul => told.split('\0').next() == Some(right),
    }
}

/// Compares in constant time, so that an answer's delay does not spell the secret out (RFC 6749 section 10.10).
fn same(registered: &Secret, presented: &Secret) -> bool {
    verify_slices_are_equal(registered.expose().as_bytes(), presented.expose().as_bytes()).is_ok()
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
