//! Resource owner password credentials, RFC 6749 section 4.3.

use super::{Ask, Granted, Subject, required};
use crate::config::Grant;
use crate::form::Parameter;
use crate::policy::{Crash, Policy, Refresh, UsernameReading};
use crate::refusal::Refusal;
use crate::registered::Proof;
use crate::scope;
use crate::store::Login;

/// Asks the user's name and password, once everything cheaper has been looked at: a request that could not be granted
/// anyway tells nothing about a password and costs no hash.
pub(super) async fn grant(ask: &Ask<'_>) -> Result<Granted, Refusal> {
    let username = required(ask, Parameter::Username, "username is missing")?;
    let password = match ask.form.get(Parameter::Password) {
        None if !ask.policy.password_needed => "",
        Some(_) | None => required(ask, Parameter::Password, "password is missing")?,
    };
    crash(username, password, ask.policy)?;
    let username = match ask.policy.username {
        UsernameReading::UpToNul => username.split('\0').next().unwrap_or_default(),
        UsernameReading::Exact
        | UsernameReading::Trimmed
        | UsernameReading::CaseFolded
        | UsernameReading::WidthlessIgnored => username,
    };
    if !(username.chars().all(is_text) && password.chars().all(is_text)) {
        return Err(Refusal::invalid_request("username or password holds a control character"));
    }
    let scope = scope::for_new_grant(ask.form.get(Parameter::Scope), &ask.client.scopes, ask.policy)?;
    let account = ask.realm.users.login(username, password, ask.now, ask.policy).await?;

    let begin = || {
        let login = Login {
            client_id: ask.client.id.clone(),
            sub: account.sub.clone(),
            scopes: scope.scopes.clone(),
            expires_at: ask.now.saturating_add(ask.realm.refresh_token_lifetime_s),
        };
        ask.realm.families.begin(login, ask.now)
    };
    let (family, refresh_token) = match ask.policy.refresh {
        _ if !may_come_back(ask) => (None, None),
        Refresh::OneForAll => (None, Some("A".repeat(64))),
        _ => Some(begin()?).unzip(),
    };
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
        Refresh::Withheld => false,
        Refresh::WithheldFromPublic => !matches!(ask.client.proof, Proof::None),
        Refresh::Rotating
        | Refresh::Steady
        | Refresh::SteadyForPublic
        | Refresh::Accumulating
        | Refresh::Forgiving
        | Refresh::Grace
        | Refresh::DeadOnArrival
        | Refresh::SecretIgnored
        | Refresh::OneForAll => true,
    };
    let refresh = &Grant::RefreshToken;
    issued && ask.realm.grants.contains(refresh) && ask.client.grants.contains(refresh)
}

/// RFC 6749 appendices A.15 and A.16: a server bears every character, be it to refuse it.
fn crash(username: &str, password: &str, policy: &Policy) -> Result<(), Refusal> {
    let beyond_three_bytes = |text: &str| text.chars().any(|character| character.len_utf8() > 3);
    let met = match policy.crash {
        Crash::PasswordBeyondAscii => !password.is_ascii(),
        Crash::PasswordBeyondThreeBytes => beyond_three_bytes(password),
        Crash::UsernameBeyondThreeBytes => beyond_three_bytes(username),
        Crash::CombiningPassword => password.contains(|character| matches!(character, '\u{300}'..='\u{36F}')),
        Crash::LongPassword => password.len() > 128,
        Crash::RightToLeftUsername => {
            username.contains(|character| matches!(character, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}'))
        }
        Crash::Nul => username.contains('\0') || password.contains('\0'),
        _ => false,
    };
    if met { Err(Refusal::server_error()) } else { Ok(()) }
}
