//! `ropcheck doctor`: one good login by each client, and what can be tested with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use ropcheck::explain;
use ropcheck::learn::CAPABILITIES;
use ropcheck::library::Library;
use ropcheck::missing::additions;
use ropcheck::plan::{Offers, Skip};
use ropcheck::recorder::Recorder;
use ropcheck::scenario::Capability;
use ropcheck::session::{Session, Subject, as_recorded, head};
use ropcheck::suite::{Suite, now_ms};
use ropcheck::target::{self, Target};
use ropcheck_reports::record::Kind;
use url::Url;

use super::outcome;
use super::page::{Ink, Page, count};
use super::stop::Stop;
use crate::cli::Doctor;

/// Logs in and prints what the target offers and what it lacks.
pub(crate) async fn run(args: &Doctor) -> Result<u8, Stop> {
    let library = Arc::new(Library::load(args.scenarios.scenarios.as_deref())?);
    let target = target::load(&args.target, &|name| std::env::var(name).ok())?;
    let suite = Suite::of(library);
    let named = as_recorded(&target);
    let session = match suite.open(Subject::Target(Box::new(target))).await {
        Ok(session) => session,
        Err(why) => {
            let head = head(suite.library(), named, Kind::Check, suite.cases(), 0, now_ms());
            return Err(outcome::nothing(Recorder::default(), &[], head, why.into()));
        }
    };
    let others = session.other_clients().await;
    page(&session, &suite, &others, args.ids).print()?;
    Ok(0)
}

fn page(session: &Session, suite: &Suite, others: &[(String, Option<String>)], ids: bool) -> Page {
    let mut page = Page::new();
    let (target, offers) = (session.target(), &session.learned().offers);
    let endpoint = target.endpoints.token.as_ref().map(Url::to_string).unwrap_or_default();
    page.line(0, Ink::Good, &format!("The good login is granted at {endpoint}"));
    if !others.is_empty() {
        page.head(Ink::Strong, "A good login by the other clients:");
    }
    for (client, refused) in others {
        page.entry(2, &format!("{client}: {}", refused.as_deref().unwrap_or("granted")));
    }
    page.head(Ink::Strong, "The server offers:");
    for capability in CAPABILITIES {
        let offered = offered(capability, target, offers);
        page.line(2, Ink::Plain, &format!("{:<32}{offered}", explain::capability(capability)));
    }
    let mut open = 0;
    let mut missing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for id in suite.cases() {
        match session.plan(id) {
            Ok(_) => open += 1,
            Err(Skip(because)) => missing.entry(because).or_default().push(id),
        }
    }
    page.head(Ink::Strong, &format!("{open} of {} cases can be run.", suite.cases().len()));
    additional(&mut page, session, suite);
    skipped(&mut page, missing, ids);
    page
}

/// Whether it is offered; where only the target file is silent, what it should tell.
fn offered(capability: Capability, target: &Target, offers: &Offers) -> String {
    if offers.contains(&capability) {
        return "yes".to_owned();
    }
    if target.offers.get(&capability) == Some(&false) {
        return "no, as the target file says".to_owned();
    }
    let has_metadata = offers.contains(&Capability::Metadata) || offers.contains(&Capability::OpenidMetadata);
    let endpoint = |key: &str| {
        if has_metadata {
            format!("not in its metadata; if it has one, give `{key}`")
        } else {
            format!("unknown: give `issuer` or `{key}`")
        }
    };
    let has_openid = || target.clients.iter().any(|client| client.scopes.iter().any(|scope| scope == "openid"));
    match capability {
        Capability::Introspection => endpoint("introspection_endpoint"),
        Capability::Revocation => endpoint("revocation_endpoint"),
        Capability::Userinfo => endpoint("userinfo_endpoint"),
        Capability::Jwks if target.endpoints.jwks.is_none() => endpoint("jwks_uri"),
        Capability::Metadata | Capability::OpenidMetadata => match &target.endpoints.issuer {
            None => "unknown: give `issuer`".to_owned(),
            Some(_) if has_metadata => "no".to_owned(),
            Some(issuer) => format!("no; is `issuer: {issuer}` right?"),
        },
        Capability::IdToken if !has_openid() => "unknown: add openid to `scopes`".to_owned(),
        Capability::ClientCredentials if target.client("for-itself").is_none() => {
            "unknown: give a client with a secret that may use it".to_owned()
        }
        Capability::Neighbour => "unknown: give `neighbour`".to_owned(),
        Capability::Jwks
        | Capability::IdToken
        | Capability::ClientCredentials
        | Capability::RefreshToken
        | Capability::JwtAccessToken
        | Capability::Rfc9068 => "no".to_owned(),
    }
}

fn additional(page: &mut Page, session: &Session, suite: &Suite) {
    let cases = suite.cases().iter().map(String::as_str);
    let lines = additions(suite.library(), session.target(), &session.learned().offers, cases);
    if lines.is_empty() {
        return;
    }
    page.head(Ink::Strong, "More of them with one of these lines in the target file, as far as it is true:");
    for (line, cases) in lines {
        page.line(2, Ink::Plain, &format!("{:<5} {line}", format!("+{cases}")));
    }
}

fn skipped(page: &mut Page, missing: BTreeMap<String, Vec<&str>>, ids: bool) {
    if missing.is_empty() {
        return;
    }
    page.head(Ink::Strong, "What the others lack:");
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    for (because, cases) in missing {
        page.entry(2, &format!("{}: {because}", count(cases.len(), "case")));
        for case in cases.into_iter().filter(|_| ids) {
            page.line(4, Ink::Plain, case);
        }
    }
    if !ids {
        page.paragraph(2, "(--ids lists them)");
    }
}
