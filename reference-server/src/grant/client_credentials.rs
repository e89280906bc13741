//! Client credentials, RFC 6749 section 4.4.

use super::{Ask, Granted, Subject};
use crate::form::Parameter;
use crate::policy::Crash;
use crate::refusal::Refusal;
use crate::registered::Proof;
use crate::scope;
use crate::store::Login;

/// The client's own authentication is the grant, so a client that proved nothing gets nothing.
pub(super) fn grant(ask: &Ask<'_>) -> Result<Granted, Refusal> {
    match ask.client.proof {
        Proof::Basic(_) | Proof::Post(_) => {}
        Proof::None if !ask.policy.client_credentials_need_a_secret => {}
        Proof::None => return Err(Refusal::unauthorized_client("a public client may not use this grant type")),
    }
    let scope = scope::for_new_grant(ask.form.get(Parameter::Scope), &ask.client.scopes, ask.policy)?;
    if ask.client.scopes.default.as_ref() != Some(&scope.scopes) {
        ask.policy.stands(Crash::ScopeForItself)?;
    }
    // RFC 6749 section 4.4.3: the client can always ask again, so a refresh token should not be there.
    let begun = if ask.policy.clients_get_no_refresh_token {
        None
    } else {
        let login = Login {
            client_id: ask.client.id.clone(),
            sub: ask.client.id.clone(),
            scopes: scope.scopes.clone(),
            expires_at: ask.now.saturating_add(ask.realm.refresh_token_lifetime_s),
        };
        Some(ask.realm.families.begin(login, ask.now)?)
    };
    let (family, refresh_token) = begun.unzip();
    Ok(Granted { subject: Subject::Client, scope, family, refresh_token })
}
