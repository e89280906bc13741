//! The reference server in this process: a workspace and a clock of its own for every case.

use std::collections::HashMap;

use axum::serve;
use ropcheck_reference_server::{Clock, Config, HashCost, LoginThrottle, Policy, Workspace, app};
use tokio::net::TcpListener;
use url::Url;

use crate::complaint::Source;
use crate::scenario::{Capability, Scenario};
use crate::target::{self, Endpoints, Target};

/// The embedded server, running until the runtime ends.
#[derive(Debug)]
pub struct Embedded {
    base: Url,
    target: Target,
    clocks: HashMap<String, Clock>,
}

/// Why the embedded server did not start.
#[derive(Debug, thiserror::Error)]
#[error("could not start the embedded reference server: {0}")]
pub struct StartError(String);

/// What a case wants of its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Nothing that others do not.
    Usual,
    /// That it throttles soon.
    Throttling,
    /// That a password costs a hash worth measuring.
    Timed,
    /// That it throttles nobody.
    Load,
}

impl Room {
    /// What a scenario wants.
    pub fn of(scenario: &Scenario) -> Self {
        if scenario.load.is_some() {
            Self::Load
        } else if scenario.measures() {
            Self::Timed
        } else if scenario.throttles() {
            Self::Throttling
        } else {
            Self::Usual
        }
    }
}

impl Embedded {
    /// Starts a server with a workspace for each of these cases.
    pub async fn start<'a>(
        cases: impl IntoIterator<Item = (&'a str, Room)>,
        policy: Policy,
    ) -> Result<Self, StartError> {
        let failed = |why: &dyn std::fmt::Display| StartError(why.to_string());
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|why| failed(&why))?;
        let address = listener.local_addr().map_err(|why| failed(&why))?;
        let base = Url::parse(&format!("http://{address}/")).map_err(|why| failed(&why))?;
        let source = Source { file: "embedded.yaml".to_owned(), text: DEMO.to_owned(), private: true };
        let mut target = target::read(&source, std::path::Path::new("."), &|_| None).map_err(|why| failed(&why))?;
        // A token that does not say what it is shall not get around the cases about it.
        target.offers.insert(Capability::Rfc9068, policy.issues_jwts());
        let mut config = Config::demo(base.as_str().trim_end_matches('/'));
        config.hash_cost = HashCost::LOWEST;
        // Properties try hundreds of passwords in a row.
        config.login_throttle = LoginThrottle { failures: THROTTLED_AFTER, ..config.login_throttle };
        let soon =
            target.throttled_after.map(|failures| LoginThrottle { failures: failures.get(), ..config.login_throttle });
        let demo = config.workspaces.remove(0);
        config.workspaces = vec![Workspace::neighbour()];
        let mut clocks = HashMap::new();
        for (case, room) in cases {
            let mut workspace = demo.renamed("demo", workspace_name(case));
            match room {
                Room::Usual => {}
                Room::Throttling => workspace.login_throttle = soon,
                Room::Timed => workspace.hash_cost = Some(TIMED),
                Room::Load => {
                    workspace.login_throttle = Some(LoginThrottle { failures: u32::MAX, ..config.login_throttle });
                }
            }
            clocks.insert(case.to_owned(), workspace.clock.clone());
            config.workspaces.push(workspace);
        }
        config.default_workspace = None;
        let app = app(config, policy).map_err(|why| failed(&why))?;
        tokio::spawn(async move { serve(listener, app).await });
        Ok(Self { base, target, clocks })
    }

    /// The workspace of a case as a target, and its clock.
    pub fn of(&self, case: &str) -> Option<(Target, Clock)> {
        let clock = self.clocks.get(case)?.clone();
        let mut target = self.target.clone();
        let name = workspace_name(case);
        target.endpoints = self.endpoints(&name);
        target.neighbour = Some(Endpoints { metadata: None, openid_metadata: None, ..self.endpoints("neighbour") });
        Some((target, clock))
    }

    fn endpoints(&self, workspace: &str) -> Endpoints {
        let url = |path: String| self.base.join(&path).ok();
        let of = |path: &str| url(format!("demo/{workspace}/{path}"));
        Endpoints {
            token: of("oauth2/token"),
            issuer: url(format!("demo/{workspace}")).map(String::from),
            metadata: url(format!(".well-known/oauth-authorization-server/demo/{workspace}")),
            openid_metadata: of(".well-known/openid-configuration"),
            jwks: of(".well-known/jwks.json"),
            introspection: of("oauth2/introspect"),
            revocation: of("oauth2/revoke"),
            userinfo: of("oauth2/userinfo"),
        }
    }
}

/// The demo workspace of a reference server as a target file.
pub fn demo_target(base_url: &str) -> String {
    let lines = DEMO.replace("http://127.0.0.1:1", base_url);
    // What is said of the embedded server alone does not hold for one that is served.
    let of_embedded =
        |line: &&str| !["#", "patience", "limits", "throttled_after"].iter().any(|start| line.starts_with(start));
    lines
        .lines()
        .filter(of_embedded)
        .map(|line| format!("{}\n", line.replace("embedded reference", "reference")))
        .collect()
}

const DEMO: &str = include_str!("embedded.yaml");

/// Failed logins of one user name after which the embedded server throttles it, but for cases about throttling.
pub const THROTTLED_AFTER: u32 = 1000;

/// What a hash costs where times are compared: between one and two milliseconds, as on a server that hashes in earnest the
/// bulk of a refusal.
const TIMED: HashCost = HashCost { memory_kib: 1024, passes: 3, lanes: 1 };

/// A case's id as one segment of a path.
fn workspace_name(case: &str) -> String {
    case.replace('/', ".")
}
