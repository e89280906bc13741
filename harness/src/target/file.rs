//! The target file as it is written, read into a [`Target`] with its secrets.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use serde_yaml::Spanned;
use url::Url;

use super::{AuthMethod, Client, Endpoints, Target, User, is_loopback};
use crate::complaint::{Complaint, Source, did_you_mean};
use crate::limits;
use crate::ordered::Ordered;
use crate::scenario::Capability;
use crate::secret::Secret;

/// A target file as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// A name for reports; the endpoint's host where nothing is said.
    #[serde(default)]
    pub name: Option<String>,
    /// The token endpoint. It is needed unless `issuer` or `preset` tells it; an `issuer` may stand beside it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub token_endpoint: Option<Spanned<String>>,
    /// The issuer, whose metadata (RFC 8414) name the token endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub issuer: Option<Spanned<String>>,
    /// A hosted service whose URLs are built from `tenant`, `workspace` and perhaps `region`: alone, without
    /// `token_endpoint` and `issuer`.
    #[serde(default)]
    #[schemars(with = "Option<Preset>")]
    pub preset: Option<Spanned<Preset>>,
    /// The preset's tenant.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The preset's workspace.
    #[serde(default)]
    pub workspace: Option<String>,
    /// The preset's region; tenants from before regions have none.
    #[serde(default)]
    pub region: Option<Region>,
    /// The key set, where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub jwks_uri: Option<Spanned<String>>,
    /// The introspection endpoint (RFC 7662), where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub introspection_endpoint: Option<Spanned<String>>,
    /// The revocation endpoint (RFC 7009), where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub revocation_endpoint: Option<Spanned<String>>,
    /// The userinfo endpoint (OpenID Connect Core section 5.3), where no metadata name it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub userinfo_endpoint: Option<Spanned<String>>,
    /// Another workspace (realm, tenant) of the same server, at which nothing of this one may be good.
    #[serde(default)]
    pub neighbour: Option<NeighbourFile>,
    /// Clients by any name; cases find them by what they are.
    #[schemars(with = "IndexMap<String, ClientFile>")]
    pub clients: Ordered<ClientFile>,
    /// Users by any name; cases find them by what they are.
    #[schemars(with = "IndexMap<String, UserFile>")]
    pub users: Ordered<UserFile>,
    /// Scopes that every client may ask for, unless it lists its own.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// A scope that is had by a registered wildcard: `transfer.42` where `transfer.*` is registered.
    #[serde(default)]
    pub dynamic_scope: Option<String>,
    /// Parameters that every good request carries: `audience`, `resource`, `tenant`.
    #[serde(default)]
    pub extra: IndexMap<String, String>,
    /// A PEM file with the certificates to trust beside the system's own.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub ca_file: Option<Spanned<String>>,
    /// Plain `http` to a host that is not this machine: passwords then travel in the clear (RFC 6749 section 3.2).
    #[serde(default)]
    pub allow_http: bool,
    /// How far the server's clock may be off, `60s` where nothing is said.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub clock_skew: Option<Duration>,
    /// How long an answer may take, `10s` where nothing is said.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Duration>,
    /// The longest wait of a case, `5s` where nothing is said; a case that needs more is skipped.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub patience: Option<Duration>,
    /// What the server offers, where it is not to be learned from its first good answers: `{ refresh_token: false }`.
    #[serde(default)]
    pub offers: BTreeMap<Capability, bool>,
    /// Limits that keep real accounts and servers safe.
    #[serde(default)]
    pub limits: LimitsFile,
    /// Failed logins of one user after which the server answers 429 to further ones. Cases that try it are left out where
    /// nothing is said; on another machine they need `--allow-failed-logins` with one more than that.
    #[serde(default)]
    pub throttled_after: Option<NonZeroU32>,
}

/// Another workspace of the same server. What it does not name, its issuer's metadata tell.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeighbourFile {
    /// Its issuer.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub issuer: Option<Spanned<String>>,
    /// Its token endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub token_endpoint: Option<Spanned<String>>,
    /// Its key set.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub jwks_uri: Option<Spanned<String>>,
    /// Its introspection endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub introspection_endpoint: Option<Spanned<String>>,
    /// Its revocation endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub revocation_endpoint: Option<Spanned<String>>,
    /// Its userinfo endpoint.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub userinfo_endpoint: Option<Spanned<String>>,
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    humantime::parse_duration(&String::deserialize(from)?).map(Some).map_err(de::Error::custom)
}

/// A hosted service with URLs of a known form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// `https://TENANT[.REGION].authz.cloudentity.io/TENANT/WORKSPACE`
    Cloudentity,
}

/// A region of a hosted service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Australia.
    Au,
    /// Europe.
    Eu,
    /// United States.
    Us,
}

/// A client as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientFile {
    /// Its identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Its secret, better `${env:NAME}` or `${file:PATH}` than the text itself.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub secret: Option<Spanned<String>>,
    /// The method that it authenticates with; `client_secret_basic` with a secret and `none` without one, where nothing is said.
    #[serde(default)]
    pub auth: Option<AuthMethod>,
    /// Its grant types; all that a case wants to use, where nothing is said.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub grants: Option<Vec<Spanned<String>>>,
    /// The scopes that it may ask for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// The scope that it gets when it asks for none; `none` where it has no default.
    #[serde(default)]
    pub default_scope: Option<String>,
    /// That it may be locked out by a test.
    #[serde(default)]
    pub sacrificial: bool,
}

/// A user as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserFile {
    /// The user name.
    #[schemars(with = "String")]
    pub username: Spanned<String>,
    /// The password, better `${env:NAME}` or `${file:PATH}` than the text itself.
    #[schemars(with = "String")]
    pub password: Spanned<String>,
    /// That the account is disabled, locked or expired: its right password is refused.
    #[serde(default)]
    pub disabled: bool,
    /// That the account may be locked out by a test.
    #[serde(default)]
    pub sacrificial: bool,
}

/// Limits that keep real accounts and servers safe.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsFile {
    /// Failed logins of one user between good ones, 2 where nothing is said.
    #[serde(default)]
    pub failed_logins: Option<u32>,
    /// Failed logins of all users in one run, any number where nothing is said.
    #[serde(default)]
    pub failed_logins_in_all: Option<u32>,
    /// Requests that are begun in a second. Where nothing is said, 5 on another machine, and on this one as many as it answers.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub requests_per_second: Option<Spanned<f64>>,
    /// Requests that are under way at once; the cases of a check are run one after the other in any case. Where nothing is
    /// said, 1 on another machine, and any number on this one.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub concurrency: Option<Spanned<u32>>,
}

/// The grant types that RFC 6749 names.
const GRANTS: [&str; 5] = ["password", "client_credentials", "refresh_token", "authorization_code", "implicit"];

/// Reads a target file. `env` gives the value of an environment variable, so that a test need not set one.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Target, Complaint> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|why| {
        Source { file: file.clone(), text: String::new(), private: true }
            .complain_whole(format!("could not read the target file: {why}"))
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
    let users =
        file.users.0.iter().map(|(name, user)| reader.user(&name.value, user)).collect::<Result<Vec<_>, _>>()?;
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
        extra: file.extra.into_iter().collect(),
        ca,
        clock_skew: file.clock_skew.unwrap_or(seconds(60)),
        timeout: file.timeout.unwrap_or(seconds(10)),
        patience: file.patience.unwrap_or(seconds(5)),
        offers: file.offers,
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
        let url = Url::parse(&text.value).map_err(|why| complain(format!("that is no URL: {why}")))?;
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
                Some(("env", name)) => (self.env)(name).ok_or_else(|| {
                    complain(format!("the environment has no variable `{name}`: set it before the run"))
                })?,
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
