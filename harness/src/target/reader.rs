//! A target file read into a [`Target`] with its secrets.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_yaml::Spanned;
use url::Url;

use super::file::{ClientFile, LimitsFile, NeighbourFile, Preset, Region, TargetFile, UserFile};
use super::{AuthMethod, Client, Endpoints, Leave, Target, User, is_loopback};
use crate::complaint::path::told;
use crate::complaint::{Complaint, Source, did_you_mean};
use crate::limits;
use crate::ordered::Ordered;
use crate::secret::Secret;

/// The grant types that RFC 6749 names.
const GRANTS: [&str; 5] = ["password", "client_credentials", "refresh_token", "authorization_code", "implicit"];

/// Parameters that every good request has or may have, and where a target file says what they are.
const OWN_PLACES: [(&str, &str); 7] = [
    ("client_id", "say it under `clients`"),
    ("client_secret", "say it under `clients`"),
    ("grant_type", "each case chooses its own, leave it out"),
    ("password", "say it under `users`"),
    ("refresh_token", "the server's own answers bring it, leave it out"),
    ("scope", "say it under `scopes`"),
    ("username", "say it under `users`"),
];

/// Reads a target file. `env` gives the value of an environment variable, so that a test need not set one.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Target, Complaint> {
    let file = path.display().to_string();
    let otherwise = format!(
        "`ropcheck schema target` tells what stands in one, `ropcheck serve --write-target {file}` writes that of a server to try"
    );
    let text = std::fs::read_to_string(path).map_err(|why| {
        Source { file: file.clone(), text: String::new(), private: true }
            .complain_whole(format!("could not read the target file: {}", told(path, &why, &otherwise)))
    })?;
    read(&Source { file, text, private: true }, path.parent().unwrap_or(Path::new(".")), env)
}

/// Reads the text of a target file whose relative paths start at `folder`.
pub fn read(source: &Source, folder: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Target, Complaint> {
    let file: TargetFile = source.parse()?;
    let reader = Reader { source, folder, env };
    let endpoints = reader.endpoints(&file)?;
    let neighbour = file.neighbour.as_ref().map(|neighbour| reader.neighbour(neighbour, &file)).transpose()?;
    let clients = file
        .clients
        .0
        .iter()
        .map(|(name, client)| reader.client(&name.value, client, &file))
        .collect::<Result<Vec<_>, _>>()?;
    let mut users: Vec<User> = Vec::new();
    for (name, user) in &file.users.0 {
        if let Some(other) = users.iter().find(|other| other.username == user.username.value) {
            // What one account bears would be reckoned twice.
            let told = format!("the account of `{}`, too: give each account one name", other.name);
            return Err(source.complain(user.username.defined, told));
        }
        users.push(reader.user(&name.value, user)?);
    }
    if clients.is_empty() || users.is_empty() {
        return Err(source
            .complain_whole("a target needs one client and one user at least: add them under `clients` and `users`"));
    }
    let ca = file.ca_file.as_ref().map(|path| reader.ca(path)).transpose()?;
    let host = endpoints.known_by().and_then(Url::host_str).unwrap_or_default();
    let seconds = Duration::from_secs;
    Ok(Target {
        name: file.name.clone().unwrap_or_else(|| host.to_owned()),
        endpoints,
        neighbour,
        clients,
        users,
        dynamic_scope: file.dynamic_scope,
        extra: reader.extra(&file.extra)?,
        ca,
        clock_skew: file.clock_skew.unwrap_or(seconds(60)),
        timeout: file.timeout.unwrap_or(seconds(10)),
        patience: file.patience.unwrap_or(seconds(5)),
        offers: file.offers,
        load: file.load.as_ref().map(|load| reader.leave(load)).transpose()?,
        limits: reader.limits(&file.limits)?,
        allowed_failed_logins: 0,
        throttled_after: file.throttled_after,
    })
}

struct Reader<'a> {
    source: &'a Source,
    folder: &'a Path,
    env: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn endpoints(&self, file: &TargetFile) -> Result<Endpoints, Complaint> {
        let mut endpoints = Endpoints::default();
        if let Some(preset) = &file.preset {
            let at = preset.defined;
            let Preset::Cloudentity = preset.value;
            for (name, other) in [("token_endpoint", &file.token_endpoint), ("issuer", &file.issuer)] {
                if let Some(other) = other {
                    let message = format!("the preset tells `{name}` itself: leave out one of the two");
                    return Err(self.source.complain(other.defined, message));
                }
            }
            let missing = |what: &str| self.source.complain(at, format!("the preset needs `{what}`"));
            let tenant = file.tenant.as_ref().ok_or_else(|| missing("tenant"))?;
            let workspace = file.workspace.as_ref().ok_or_else(|| missing("workspace"))?;
            let region = match file.region {
                None => "",
                Some(Region::Au) => ".au",
                Some(Region::Eu) => ".eu",
                Some(Region::Us) => ".us",
            };
            let issuer = format!("https://{tenant}{region}.authz.cloudentity.io/{tenant}/{workspace}");
            let url = |path: &str| {
                Url::parse(&format!("{issuer}{path}"))
                    .map_err(|why| self.source.complain(at, format!("tenant and workspace make no URL: {why}")))
            };
            endpoints.token = Some(url("/oauth2/token")?);
            endpoints.openid_metadata = Some(url("/.well-known/openid-configuration")?);
            endpoints.issuer = Some(issuer);
        }
        let written = NeighbourFile {
            issuer: file.issuer.clone(),
            token_endpoint: file.token_endpoint.clone(),
            jwks_uri: file.jwks_uri.clone(),
            introspection_endpoint: file.introspection_endpoint.clone(),
            revocation_endpoint: file.revocation_endpoint.clone(),
            userinfo_endpoint: file.userinfo_endpoint.clone(),
        };
        self.written(&written, file.allow_http, &mut endpoints)?;
        if endpoints.known_by().is_none() {
            return Err(self.source.complain_whole(
                "the file does not say where the server is: give `token_endpoint`, `issuer` or `preset`",
            ));
        }
        Ok(endpoints)
    }

    fn neighbour(&self, neighbour: &NeighbourFile, file: &TargetFile) -> Result<Endpoints, Complaint> {
        let mut endpoints = Endpoints::default();
        self.written(neighbour, file.allow_http, &mut endpoints)?;
        Ok(endpoints)
    }

    /// Puts what is written in the place of what a preset knows.
    fn written(&self, file: &NeighbourFile, allow_http: bool, into: &mut Endpoints) -> Result<(), Complaint> {
        if let Some(issuer) = &file.issuer {
            let url = self.url(issuer, allow_http)?;
            let [metadata, openid_metadata] = metadata_urls(&url);
            (into.metadata, into.openid_metadata) = (Some(metadata), Some(openid_metadata));
            into.issuer = Some(issuer.value.clone());
        }
        for (written, place) in [
            (&file.token_endpoint, &mut into.token),
            (&file.jwks_uri, &mut into.jwks),
            (&file.introspection_endpoint, &mut into.introspection),
            (&file.revocation_endpoint, &mut into.revocation),
            (&file.userinfo_endpoint, &mut into.userinfo),
        ] {
            if let Some(url) = written {
                *place = Some(self.url(url, allow_http)?);
            }
        }
        Ok(())
    }

    /// Parameters of every good request, but for those that have a place of their own.
    fn extra(&self, file: &Ordered<String>) -> Result<Vec<(String, String)>, Complaint> {
        let own = |name: &str| OWN_PLACES.iter().find(|(own, _)| *own == name);
        match file.0.iter().find_map(|(name, _)| Some((name, own(&name.value)?))) {
            None => Ok(file.0.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect()),
            Some((name, (own, place))) => {
                let told = format!("a good request has `{own}` already, and a parameter comes once: {place}");
                Err(self.source.complain(name.defined, told))
            }
        }
    }

    fn leave(&self, leave: &Spanned<Leave>) -> Result<Leave, Complaint> {
        let complain = |told: &str| Err(self.source.complain(leave.defined, told));
        if leave.value.authorized_by.trim().is_empty() {
            return complain("nobody has allowed this: say who answers for it, `authorized_by: \"Jo, OPS-12\"`");
        }
        if !(limits::RATES.0..=1e6).contains(&leave.value.max_rate) {
            return complain("`max_rate` is no rate of requests a second: give a number from 0.01 to 1000000");
        }
        Ok(leave.value.clone())
    }

    fn limits(&self, file: &LimitsFile) -> Result<limits::Told, Complaint> {
        let (least, most) = limits::RATES;
        let rate = file.requests_per_second.as_ref();
        if let Some(rate) = rate.filter(|rate| !(least..=most).contains(&rate.value)) {
            let told = format!("that is no rate to send at: give a number from {least} to {most}");
            return Err(self.source.complain(rate.defined, told));
        }
        if let Some(concurrency) = file.concurrency.as_ref().filter(|concurrency| concurrency.value == 0) {
            let told = "with nothing under way at once nothing could be sent: give 1 or more";
            return Err(self.source.complain(concurrency.defined, told));
        }
        Ok(limits::Told {
            failed_logins: file.failed_logins,
            failed_logins_in_all: file.failed_logins_in_all,
            requests_per_second: rate.map(|rate| rate.value),
            concurrency: file.concurrency.as_ref().map(|concurrency| concurrency.value),
        })
    }

    fn url(&self, text: &Spanned<String>, allow_http: bool) -> Result<Url, Complaint> {
        let complain = |message: String| self.source.complain(text.defined, message);
        let url = Url::parse(&text.value).map_err(|why| {
            let why = why.to_string().replace("relative URL without a base", "it begins with no scheme: `https://…`");
            complain(format!("that is no URL: {why}"))
        })?;
        // What stands in a URL is shown in every report; and RFC 6749 section 3.2 permits no fragment.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(complain(
                "a URL is shown in reports: give name and password under `clients` instead".to_owned(),
            ));
        }
        if url.fragment().is_some() {
            return Err(complain(
                "a token endpoint has no fragment (RFC 6749 section 3.2): leave out `#` and what follows".to_owned(),
            ));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if allow_http || is_loopback(&url) => Ok(url),
            "http" => Err(complain("plain http to another machine would send passwords in the clear (RFC 6749 section 3.2): use https, or say `allow_http: true`".to_owned())),
            scheme => Err(complain(format!("`{scheme}` is no scheme of a token endpoint: use https"))),
        }
    }

    fn client(&self, name: &str, client: &ClientFile, file: &TargetFile) -> Result<Client, Complaint> {
        let secret = client.secret.as_ref().map(|text| self.secret(text)).transpose()?;
        let auth =
            client.auth.unwrap_or(if secret.is_some() { AuthMethod::ClientSecretBasic } else { AuthMethod::None });
        if secret.is_none() && auth != AuthMethod::None {
            return Err(self.source.complain(
                client.id.defined,
                format!("client `{name}` authenticates by a secret and has none: add `secret`, or say `auth: none`"),
            ));
        }
        Ok(Client {
            name: name.to_owned(),
            id: client.id.value.clone(),
            secret,
            auth,
            grants: client.grants.as_ref().map(|grants| self.grants(grants)).transpose()?,
            scopes: client.scopes.clone().unwrap_or_else(|| file.scopes.clone()),
            default_scope: client.default_scope.clone(),
            sacrificial: client.sacrificial,
        })
    }

    /// Grant types: a misspelt one would leave cases out in silence. Extension grants are URIs (RFC 6749 section 4.5).
    fn grants(&self, grants: &[Spanned<String>]) -> Result<Vec<String>, Complaint> {
        let known = |grant: &str| GRANTS.contains(&grant) || grant.contains(':');
        match grants.iter().find(|grant| !known(&grant.value)) {
            None => Ok(grants.iter().map(|grant| grant.value.clone()).collect()),
            Some(wrong) => {
                let hint = did_you_mean(&wrong.value, GRANTS);
                Err(self.source.complain(wrong.defined, format!("`{}` is no grant type{hint}", wrong.value)))
            }
        }
    }

    fn user(&self, name: &str, user: &UserFile) -> Result<User, Complaint> {
        Ok(User {
            name: name.to_owned(),
            username: user.username.value.clone(),
            password: self.secret(&user.password)?,
            sub: user.sub.clone(),
            disabled: user.disabled,
            sacrificial: user.sacrificial,
        })
    }

    /// A secret from the environment, from a file, or as it stands. It is never part of the complaint.
    fn secret(&self, text: &Spanned<String>) -> Result<Secret, Complaint> {
        let complain = |message: String| self.source.complain(text.defined, message);
        let value = match text.value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            None => return Ok(Secret::new(text.value.as_str())),
            Some(reference) => match reference.split_once(':') {
                Some(("env", name)) => (self.env)(name).ok_or_else(|| complain(self.unset(name)))?,
                Some(("file", path)) => {
                    let path = self.folder.join(path);
                    let whole = std::fs::read_to_string(&path)
                        .map_err(|why| complain(format!("could not read the secret from {}: {why}", path.display())))?;
                    whole.trim_end_matches(['\r', '\n']).to_owned()
                }
                _ => return Err(complain("a reference to a secret is `${env:NAME}` or `${file:PATH}`".to_owned())),
            },
        };
        if value.is_empty() {
            return Err(complain("the secret is empty".to_owned()));
        }
        Ok(Secret::new(value))
    }

    /// Every variable that the file names and the environment lacks, so that nobody is told of them one by one.
    fn unset(&self, first: &str) -> String {
        let lines = self.source.text.lines().map(|line| line.split(" #").next().unwrap_or_default());
        let named =
            lines.filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| line.split("${env:").skip(1));
        let mut all: Vec<&str> = named.filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect();
        all.retain(|name| *name == first || (self.env)(name).is_none());
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [] | [_] => format!("the environment has no variable `{first}`: set it before the run"),
            all => format!("the environment has no variables `{}`: set them before the run", all.join("`, `")),
        }
    }

    fn ca(&self, path: &Spanned<String>) -> Result<Vec<u8>, Complaint> {
        let full: PathBuf = self.folder.join(&path.value);
        let complain = |message: String| self.source.complain(path.defined, message);
        let pem = std::fs::read(&full)
            .map_err(|why| complain(format!("could not read the CA file {}: {why}", full.display())))?;
        let usable = CertificateDer::pem_slice_iter(&pem)
            .filter_map(Result::ok)
            .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
        if usable.count() == 0 {
            return Err(complain(format!("the CA file {} holds no PEM certificate that can be used", full.display())));
        }
        Ok(pem)
    }
}

/// Where an issuer's metadata stand: RFC 8414 section 3.1 puts the well-known part before the path, OpenID Connect
/// Discovery section 4 behind it.
fn metadata_urls(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().trim_end_matches('/');
    [format!("/.well-known/oauth-authorization-server{path}"), format!("{path}/.well-known/openid-configuration")].map(
        |path| {
            let mut url = issuer.clone();
            url.set_path(&path);
            url
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complaint::mask::HARMLESS;

    const REST: &str = "clients: { web: { id: web, secret: s3cret } }\nusers: { alice: { username: alice, password: \"${env:PW}\" } }\n";

    fn target(head: &str) -> Result<Target, String> {
        let source = Source { file: "t.yaml".into(), text: format!("{head}\n{REST}"), private: true };
        read(&source, Path::new("."), &|name| (name == "PW").then(|| "wonderland".to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_preset_builds_the_url_with_and_without_a_region() {
        for (region, host) in [
            ("", "acme.authz"),
            ("region: au", "acme.au.authz"),
            ("region: eu", "acme.eu.authz"),
            ("region: us", "acme.us.authz"),
        ] {
            let target =
                target(&format!("preset: cloudentity\ntenant: acme\nworkspace: demo\n{region}")).expect("a target");
            let url = format!("https://{host}.cloudentity.io/acme/demo/oauth2/token");
            assert_eq!(target.endpoints.token.as_ref().map(Url::as_str), Some(url.as_str()));
        }
        assert!(target("preset: cloudentity\ntenant: acme").is_err_and(|why| why.contains("needs `workspace`")));
        assert!(
            target("preset: cloudentity\ntenant: acme\nworkspace: demo\nregion: ue")
                .is_err_and(|why| why.contains("did you mean"))
        );
    }

    #[test]
    fn what_tokens_name_a_user_by_may_be_told() {
        let sub = |text: String| {
            let source = Source { file: "t.yaml".into(), text, private: true };
            read(&source, Path::new("."), &|_| Some("wonderland".to_owned())).expect("a target").users[0].sub.clone()
        };
        let text = format!("token_endpoint: https://as.example/token\n{REST}");
        assert_eq!(sub(text.replace("username: alice", "username: alice, sub: a-17")), Some("a-17".to_owned()));
        assert_eq!(sub(text), None);
    }

    #[test]
    fn an_issuer_with_a_path_has_its_metadata_at_two_places() {
        let target = target("issuer: https://as.example/acme/demo/").expect("a target");
        let Endpoints { metadata, openid_metadata, .. } = &target.endpoints;
        let urls: Vec<&str> = metadata.iter().chain(openid_metadata).map(Url::as_str).collect();
        assert_eq!(
            urls,
            [
                "https://as.example/.well-known/oauth-authorization-server/acme/demo",
                "https://as.example/acme/demo/.well-known/openid-configuration"
            ]
        );
    }

    #[test]
    fn secrets_come_from_the_environment_and_are_never_shown() {
        let target = target("token_endpoint: https://as.example/token").expect("a target");
        assert_eq!(target.users[0].password.expose(), "wonderland");
        let shown = format!("{target:?}");
        assert!(!shown.contains("wonderland") && !shown.contains("s3cret"), "{shown}");
        let source = Source {
            file: "t.yaml".into(),
            text: format!("token_endpoint: https://as.example/token\n{REST}"),
            private: true,
        };
        let error = read(&source, Path::new("."), &|_| None).expect_err("PW is not set").to_string();
        assert!(error.contains("no variable `PW`") && error.contains("t.yaml:3:"), "{error}");
    }

    #[test]
    fn every_key_is_known_for_harmless_or_not() {
        let schema = serde_json::to_string(&schemars::schema_for!(TargetFile)).expect("a schema");
        let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
        let objects = std::iter::once(&schema).chain(schema["$defs"].as_object().expect("definitions").values());
        let keys = objects.filter_map(|object| object["properties"].as_object()).flat_map(serde_json::Map::keys);
        let unknown = |key: &&String| !HARMLESS.contains(&key.as_str());
        let mut hidden: Vec<&String> = keys.filter(unknown).collect();
        hidden.sort();
        assert_eq!(
            hidden,
            ["clients", "extra", "limits", "load", "neighbour", "offers", "password", "secret", "users"]
        );
    }

    #[test]
    fn a_client_that_is_listed_for_two_methods_is_no_second_one() {
        let text = "token_endpoint: http://127.0.0.1:1/token
clients:
  basic: { id: web, secret: s3cret }
  post: { id: web, secret: s3cret, auth: client_secret_post }
  other: { id: shop, secret: s3cret-2 }
users: { alice: { username: alice, password: wonderland } }
";
        let source = Source { file: "t.yaml".into(), text: text.to_owned(), private: true };
        let target = read(&source, Path::new("."), &|_| None).expect("a target");
        assert_eq!(target.client("second").map(|client| client.name.as_str()), Some("other"));
    }

    #[test]
    fn plain_http_to_another_machine_must_be_asked_for() {
        assert!(target("token_endpoint: http://as.example/token").is_err_and(|why| why.contains("allow_http")));
        assert!(target("token_endpoint: http://as.example/token\nallow_http: true").is_ok());
        let local = target("token_endpoint: http://127.0.0.1:1/token").expect("loopback is fine");
        assert!(local.is_loopback());
        assert_eq!(local.limits().failed_logins, 2);
    }
}
