//! The token endpoint, RFC 6749 section 3.2.

use axum::extract::Request;

use crate::client;
use crate::config::Grant;
use crate::form::Parameter;
use crate::grant::{self, Ask};
use crate::intake;
use crate::occasion::Occasion;
use crate::policy::Echo;
use crate::realm::{Realm, Server};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::token;

/// Takes in, authenticates, decides and issues.
pub(crate) async fn answer(
    server: &Server,
    realm: &Realm,
    request: Request,
    occasion: &mut Occasion,
) -> Result<Reply, Refusal> {
    let policy = &server.policy;
    let asked = intake::take(request, server.body_limit, policy).await?;
    let beyond_ascii = |parameter| asked.form.get(parameter).is_some_and(|text| !text.is_ascii());
    occasion.grant = asked.form.get(Parameter::GrantType).and_then(Grant::named);
    occasion.beyond_ascii = beyond_ascii(Parameter::Username) || beyond_ascii(Parameter::Password);
    let now = realm.clock.unix_seconds();
    let client = client::authenticate(realm, &asked.headers, &asked.form, now, policy)?;
    occasion.client_is_public = client.is_public();
    let ask = Ask { realm, client, form: &asked.form, policy, occasion: *occasion, now };
    let mut reply = issued(&ask).await.unwrap_or_else(Reply::from);
    echo(&ask, &mut reply);
    Ok(reply)
}

/// The tokens of a grant, unless it is not to be had, or the client turns out not to be who it says.
async fn issued(ask: &Ask<'_>) -> Result<Reply, Refusal> {
    let reply = token::issue(ask, grant::decide(ask).await?)?;
    match &ask.client.doubt {
        Some(doubt) => Err(doubt.clone()),
        None => Ok(reply),
    }
}

/// Sends a secret back, which the strict policy never does.
fn echo(ask: &Ask<'_>, reply: &mut Reply) {
    let (parameter, name, when) = match ask.policy.echo {
        Echo::Nothing => return,
        Echo::ClientSecret => (Parameter::ClientSecret, "client_secret", reply.is_issued()),
        Echo::Password => (Parameter::Password, "password", !reply.is_issued()),
    };
    if let Some(secret) = ask.form.get(parameter).filter(|_| when) {
        reply.insert(name, secret);
    }
}
