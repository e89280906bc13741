//! Other answers that the RFCs permit, a line each.

use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::policy::{ForeignScope, InvalidClient, Policy, Refresh, ScopeTold};
use crate::reply::Reply;

/// One liberty taken: whatever judges the server has no reason to complain.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name, unique in the table.
    pub id: &'static str,
    /// The requirement that permits it.
    pub permitted_by: &'static str,
    /// The one SHOULD that it departs from, if any: a warning under that one is right.
    pub departs_from: Option<&'static str>,
    /// What the server does, in a sentence.
    pub says: &'static str,
    /// What it changes in a policy.
    pub how: fn(&mut Policy),
}

impl Variant {
    /// The strict policy with this one liberty taken.
    pub fn policy(&self) -> Policy {
        let mut policy = Policy::strict();
        (self.how)(&mut policy);
        policy
    }
}

/// Every variant, sorted by its id.
#[rustfmt::skip]
pub const VARIANTS: &[Variant] = &[
    variant("charset-on-content-type",      "rfc8259/11/charset-harmless",           "JSON comes with a charset parameter.",                           |p| p.alter(charset_on_content_type)),
    variant("either-secret-method",         "rfc6749/2.3/any-method",                "A client with a secret may send it either way.",                 |p| p.secret_only_where_registered = false),
    variant("error-without-description",    "rfc6749/5.2/error-description",         "A refusal consists of its code.",                                |p| p.alter(|r| r.remove("error_description"))),
    variant("expires-in-omitted",           "rfc6749/5.1/expires-otherwise-told",    "The lifetime is in the documentation only.",                     |p| p.alter(|r| r.remove("expires_in"))).departing_from("rfc6749/5.1/expires-in"),
    variant("extra-members",                "rfc6749/5.1/unknown-ignored",           "Answers have members that no RFC defines.",                      |p| p.alter(|r| r.insert("request_id", "r-1"))),
    variant("invalid-client-400-for-body",  "rfc6749/5.2/may-401",                   "A client that failed to authenticate in the body is answered 400.", |p| p.invalid_client_without_header = InvalidClient::BadRequest),
    variant("no-refresh-token",             "rfc6749/4.3.3/refresh-optional",        "The password grant brings no refresh token.",                    |p| p.refresh = Refresh::Withheld),
    variant("no-rotation",                  "rfc6749/6/rotation",                    "A refresh token stays good and no new one comes.",               |p| p.refresh = Refresh::Steady),
    variant("scope-always-told",            "rfc6749/5.1/scope-optional-when-same",  "The scope is told even when it is what was asked for.",          |p| p.scope_told = ScopeTold::Always),
    variant("scope-narrowed",               "rfc6749/3.3/may-ignore",                "Of the scopes asked for, those that may be had are granted.",    |p| p.foreign_scope = ForeignScope::LeftOut),
    variant("token-type-lower-case",        "rfc6749/5.1/token-type-case",           "token_type is bearer.",                                          |p| p.alter(token_type_lower_case)),
];

const fn variant(id: &'static str, permitted_by: &'static str, says: &'static str, how: fn(&mut Policy)) -> Variant {
    Variant { id, permitted_by, departs_from: None, says, how }
}

impl Variant {
    const fn departing_from(self, should: &'static str) -> Self {
        Self { departs_from: Some(should), ..self }
    }
}

fn charset_on_content_type(reply: &mut Reply) {
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
}

fn token_type_lower_case(reply: &mut Reply) {
    if let Some(member) = reply.member("token_type") {
        *member = "bearer".into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_says_something() {
        assert!(VARIANTS.is_sorted_by(|a, b| a.id < b.id));
        for variant in VARIANTS {
            assert_eq!(variant.permitted_by.split('/').count(), 3, "{}", variant.id);
            assert!(variant.says.ends_with('.'), "{}", variant.id);
        }
    }
}
