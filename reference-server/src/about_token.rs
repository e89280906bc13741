//! Requests about a token, which RFC 7009 section 2.1 and RFC 7662 section 2.1 shape alike.

use axum::extract::Request;

use crate::client::{self, Known};
use crate::form::{Form, Parameter};
use crate::intake;
use crate::occasion::Occasion;
use crate::policy::Hints;
use crate::realm::{Realm, Server};
use crate::refusal::Refusal;
use crate::registered::Registered;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Client,
    Anybody,
}

/// Takes a request in, with the client that it has to come from.
pub(crate) async fn take<'r>(
    server: &Server,
    realm: &'r Realm,
    request: Request,
    asker: Asker,
    occasion: &mut Occasion,
) -> Result<(Form, Option<Known<'r>>), Refusal> {
    let asked = intake::take(request, server.body_limit, &server.strict).await?;
    let client = match asker {
        Asker::Client => {
            let now = realm.clock.unix_seconds();
            Some(client::authenticate(realm, &asked.headers, &asked.form, now, &server.strict)?)
        }
        Asker::Anybody => None,
    };
    occasion.client_is_public = client.as_deref().is_some_and(Registered::is_public);
    Ok((asked.form, client))
}

/// The token that a form is about, and the kinds that it may be one of.
pub(crate) fn token(form: &Form, hints: Hints) -> Result<(&str, Kinds), Refusal> {
    let text = form.get(Parameter::Token).ok_or_else(|| Refusal::invalid_request("token is missing"))?;
    Ok((text, Kinds::hinted_at(form, hints)?))
}

/// The kinds of tokens that a token may be one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) access: bool,
    pub(crate) refresh: bool,
}

impl Kinds {
    const ALL: Self = Self { access: true, refresh: true };

    /// The kinds to look among. RFC 7009 section 2.1 and RFC 7662 section 2.1: all of them, whatever the hint, since a
    /// look costs little; and a hint that nobody defined is no error (RFC 7009 section 2.2).
    fn hinted_at(form: &Form, hints: Hints) -> Result<Self, Refusal> {
        match (form.get(Parameter::TokenTypeHint), hints) {
            (Some("access_token"), Hints::Believed) => Ok(Self { refresh: false, ..Self::ALL }),
            (Some("refresh_token"), Hints::Believed) => Ok(Self { access: false, ..Self::ALL }),
            (Some(hint), Hints::UnknownRefused) if !["access_token", "refresh_token"].contains(&hint) => {
                Err(Refusal::unsupported_token_type("the hint is none that this server knows"))
            }
            (_, Hints::Ignored | Hints::Believed | Hints::UnknownRefused) => Ok(Self::ALL),
        }
    }
}
