//! Resource owner password credentials, RFC 6749 section 4.3.

use super::{Ask, Granted, Subject, required};
use crate::config::Grant;
use crate::form::Parameter;
use crate::policy::{Crash, Refresh};
use crate::refusal::Refusal;
use crate::scope;
use crate::store::Login;

/// Asks the user's name and password, once everything cheaper has been looked at: a request that could not be granted
/// anyway tells nothing about a password and costs no hash.
pub(super) async fn grant(ask: &Ask<'_>) -> Result<Granted, Refusal> {
    let username = required(ask.form, Parameter::Username, "username is missing")?;
    let password = required(ask.form, Parameter::Password, "password is missing")?;
    if !(username.chars().all(is_text) && password.chars().all(is_text)) {
        return Err(Refusal::invalid_request("username or password holds a control character"));
    }
    if crashes(password, ask.policy.crash) {
        return Err(Refusal::server_error());
    }
    let scope = scope::for_new_grant(ask.form.get(Parameter::Scope), ask.client, ask.policy)?;
    let account = ask.realm.users.login(username, password, ask.now, ask.hasher, ask.policy).await?;

    let begun = may_come_back(ask)
        .then(|| {
            let login = Login {
                client_id: ask.client.id.clone(),
                sub: account.sub.clone(),
                scopes: scope.scopes.clone(),
                expires_at: ask.now.saturating_add(ask.realm.refresh_token_lifetime_s),
            };
            ask.realm.families.begin(login, ask.now)
        })
        .transpose()?;
    let (family, refresh_token) = begun.unzip();
    Ok(Granted { subject: Subject::User(account.sub.clone()), scope, family, refresh_token })
}

/// RFC 6749 appendices A.15 and A.16, `UNICODECHARNOCRLF`: any character but controls, and tab among them.
fn is_text(character: char) -> bool {
    matches!(character,
        '\t' | ' '..='~' | '\u{80}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// A refresh token is of use only where it can be used.
fn may_come_back(ask: &Ask<'_>) -> bool {
    let issued = match ask.policy.refresh {
        Refresh::Rotating | Refresh::Steady => true,
        Refresh::Withheld => false,
    };
    let refresh = &Grant::RefreshToken;
    issued && ask.realm.grants.contains(refresh) && ask.client.grants.contains(refresh)
}

fn crashes(password: &str, crash: Crash) -> bool {
    match crash {
        Crash::Never => false,
        Crash::BeyondAscii => !password.is_ascii(),
        Crash::BeyondThreeBytes => password.chars().any(|character| character.len_utf8() > 3),
    }
}
