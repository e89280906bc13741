//! What a target file could add, and how many more cases each line would open.
//!
//! Nothing is guessed: every case is planned again for a target that has the line.

use std::time::Duration;

use crate::library::Library;
use crate::plan::{Offers, plan};
use crate::scenario::Capability;
use crate::secret::Secret;
use crate::target::{AuthMethod, Client, Target, User};

/// A line that a target file could have, and what it changes.
struct Addition {
    line: &'static str,
    add: fn(&mut Target, &mut Offers),
}

/// The roll call.
const ADDITIONS: [Addition; 19] = [
    Addition { line: "issuer: https://…    # if its metadata name every endpoint", add: issuer },
    Addition { line: "introspection_endpoint: https://…", add: |t, o| endpoint(t, o, Capability::Introspection) },
    Addition { line: "revocation_endpoint: https://…", add: |t, o| endpoint(t, o, Capability::Revocation) },
    Addition { line: "userinfo_endpoint: https://…", add: |t, o| endpoint(t, o, Capability::Userinfo) },
    Addition { line: "jwks_uri: https://…", add: |t, o| endpoint(t, o, Capability::Jwks) },
    Addition {
        line: "neighbour: { token_endpoint: https://…, … }", add: |t, o| endpoint(t, o, Capability::Neighbour)
    },
    Addition { line: "scopes: [read, write]    # two, beside openid", add: |t, _| scopes(t, &["one", "two"]) },
    Addition {
        line: "scopes: [openid, …]    # if it brings an ID token",
        add: |t, o| {
            scopes(t, &["openid"]);
            o.insert(Capability::IdToken);
        },
    },
    Addition { line: "clients: { app: { id: …, auth: none } }", add: |t, _| client(t, None, AuthMethod::None) },
    Addition {
        line: "clients: { other: { id: …, secret: … } }    # a second one",
        add: |t, _| client(t, Some("secret"), AuthMethod::ClientSecretBasic),
    },
    Addition {
        line: "clients: { post: { id: …, secret: …, auth: client_secret_post } }",
        add: |t, _| client(t, Some("secret"), AuthMethod::ClientSecretPost),
    },
    Addition {
        line: "clients: { machine: { id: …, secret: …, grants: [client_credentials] } }",
        add: |t, o| {
            client(t, Some("secret"), AuthMethod::ClientSecretBasic);
            if let Some(machine) = t.clients.last_mut() {
                machine.grants = Some(vec!["client_credentials".to_owned()]);
            }
            o.insert(Capability::ClientCredentials);
        },
    },
    Addition {
        line: "users: { bob: { username: …, password: … } }    # a second one",
        add: |t, _| user(t, "secret", false, false),
    },
    Addition {
        line: "users: { zoe: { username: …, password: … } }    # a password that is not ASCII",
        add: |t, _| user(t, "sécret", false, false),
    },
    Addition {
        line: "users: { plus: { username: …, password: … } }    # a password with one of + % & =",
        add: |t, _| user(t, "a+b", false, false),
    },
    Addition {
        line: "users: { gone: { username: …, password: …, disabled: true } }",
        add: |t, _| user(t, "secret", true, false),
    },
    Addition {
        line: "users: { decoy: { username: …, password: …, sacrificial: true } }",
        add: |t, _| user(t, "secret", false, true),
    },
    Addition {
        line: "clients: { web: { …, default_scope: read } }    # what it gets when it asks for none",
        add: |t, _| t.clients.iter_mut().for_each(|client| client.default_scope = Some("one".to_owned())),
    },
    Addition {
        line: "patience: 2h    # the longest wait of a case",
        add: |t, _| t.patience = Duration::from_secs(7200),
    },
];

/// Lines that would open cases, each with how many, the most first. Some open the same ones, and an endpoint has to be there.
pub fn additions<'a>(
    library: &Library,
    target: &Target,
    offers: &Offers,
    cases: impl IntoIterator<Item = &'a str>,
) -> Vec<(&'static str, usize)> {
    let skipped: Vec<_> = cases
        .into_iter()
        .filter_map(|id| Some((id, library.scenarios.get(id)?)))
        .filter(|(id, scenario)| plan(id, scenario, library, target, offers).is_err())
        .collect();
    let opens = |addition: &Addition| {
        let (mut target, mut offers) = (target.clone(), offers.clone());
        (addition.add)(&mut target, &mut offers);
        skipped.iter().filter(|(id, scenario)| plan(id, scenario, library, &target, &offers).is_ok()).count()
    };
    let mut lines: Vec<_> = ADDITIONS.iter().map(|addition| (addition.line, opens(addition))).collect();
    lines.retain(|(_, cases)| *cases > 0);
    lines.sort_by_key(|(_, cases)| std::cmp::Reverse(*cases));
    lines
}

fn issuer(target: &mut Target, offers: &mut Offers) {
    if target.endpoints.issuer.is_some() {
        return;
    }
    target.endpoints.issuer = target.endpoints.token.as_ref().map(ToString::to_string);
    for told in [
        Capability::Metadata,
        Capability::OpenidMetadata,
        Capability::Jwks,
        Capability::Introspection,
        Capability::Revocation,
        Capability::Userinfo,
    ] {
        endpoint(target, offers, told);
    }
}

/// An endpoint is added where none is known; which address it has is nothing to a plan.
fn endpoint(target: &mut Target, offers: &mut Offers, of: Capability) {
    let token = target.endpoints.token.clone();
    let all = &mut target.endpoints;
    let place = match of {
        Capability::Metadata => &mut all.metadata,
        Capability::OpenidMetadata => &mut all.openid_metadata,
        Capability::Jwks => &mut all.jwks,
        Capability::Introspection => &mut all.introspection,
        Capability::Revocation => &mut all.revocation,
        Capability::Userinfo => &mut all.userinfo,
        Capability::Neighbour => {
            let here = all.clone();
            target.neighbour.get_or_insert(here);
            offers.insert(of);
            return;
        }
        Capability::RefreshToken
        | Capability::IdToken
        | Capability::JwtAccessToken
        | Capability::Rfc9068
        | Capability::ClientCredentials => return,
    };
    *place = place.take().or(token);
    offers.insert(of);
}

fn scopes(target: &mut Target, more: &[&str]) {
    for client in &mut target.clients {
        client.scopes.extend(more.iter().map(|scope| (*scope).to_owned()));
    }
}

fn client(target: &mut Target, secret: Option<&str>, auth: AuthMethod) {
    let scopes = target.clients.first().map(|client| client.scopes.clone()).unwrap_or_default();
    target.clients.push(Client {
        name: "added".to_owned(),
        id: "added".to_owned(),
        secret: secret.map(Secret::new),
        auth,
        grants: None,
        scopes,
        default_scope: None,
        sacrificial: false,
    });
}

fn user(target: &mut Target, password: &str, disabled: bool, sacrificial: bool) {
    target.users.push(User {
        name: "added".to_owned(),
        username: "added".to_owned(),
        password: Secret::new(password),
        sub: None,
        disabled,
        sacrificial,
    });
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::complaint::Source;
    use crate::target;

    #[test]
    fn what_opens_the_most_cases_comes_first_and_what_is_there_is_not_asked_for() {
        let library = Library::load(None).expect("the project's own scenarios can be read");
        let of = |more: &str| {
            let text = format!(
                "token_endpoint: https://as.example/token\n{more}clients: {{ web: {{ id: web, secret: tulip }} }}\n\
                 users: {{ alice: {{ username: alice, password: wonderland }} }}\n"
            );
            let source = Source { file: "target.yaml".to_owned(), text, private: true };
            let target = target::read(&source, Path::new("."), &|_| None).expect("a target");
            let cases = library.scenarios.keys().map(String::as_str);
            additions(&library, &target, &[Capability::RefreshToken].into(), cases)
        };
        let lines = of("");
        assert!(lines[0].0.starts_with("issuer: ") && lines.is_sorted_by(|one, next| one.1 >= next.1), "{lines:?}");
        assert!(lines.iter().all(|(_, cases)| *cases > 0), "{lines:?}");
        let told = |lines: &[(&str, usize)]| lines.iter().any(|(line, _)| line.starts_with("scopes: [read"));
        assert!(told(&lines) && !told(&of("scopes: [read, write]\n")));
    }
}
