//! Client credentials, RFC 6749 section 4.4.

use super::{Ask, Granted, Subject};
use crate::client::Proof;
use crate::form::Parameter;
use crate::refusal::Refusal;
use crate::scope;

/// The client's own authentication is the grant, so a client that proved nothing gets nothing.
pub(super) fn grant(ask: &Ask<'_>) -> Result<Granted, Refusal> {
    match ask.client.proof {
        Proof::Basic(_) | Proof::Post(_) => {}
        Proof::None => return Err(Refusal::unauthorized_client("a public client may not use this grant type")),
    }
    Ok(Granted {
        subject: Subject::Client,
        scope: scope::for_new_grant(ask.form.get(Parameter::Scope), ask.client, ask.policy)?,
        // RFC 6749 section 4.4.3: the client can always ask again, so a refresh token should not be there.
        family: None,
        refresh_token: None,
    })
}
