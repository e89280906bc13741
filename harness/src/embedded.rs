//! The reference server in this process: a workspace and a clock of its own for every case.

use std::collections::HashMap;

use axum::serve;
use ropcheck_reference_server::{Clock, Config, HashCost, LoginThrottle, Policy, app};
use tokio::net::TcpListener;
use url::Url;

use crate::complaint::Source;
use crate::target::{self, Target};

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

impl Embedded {
    /// Starts a server with a workspace for each of these cases.
    pub async fn start<'a>(cases: impl IntoIterator<Item = &'a str>, policy: Policy) -> Result<Self, StartError> {
        let failed = |why: &dyn std::fmt::Display| StartError(why.to_string());
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|why| failed(&why))?;
        let address = listener.local_addr().map_err(|why| failed(&why))?;
        let base = Url::parse(&format!("http://{address}/")).map_err(|why| failed(&why))?;
        let mut config = Config::demo(base.as_str().trim_end_matches('/'));
        config.hash_cost = HashCost::LOWEST;
        // Properties try hundreds of passwords in a row; a case about throttling has to reach the limit all the same.
        config.login_throttle = LoginThrottle { failures: THROTTLED_AFTER, ..config.login_throttle };
        let demo = config.workspaces.remove(0);
        let mut clocks = HashMap::new();
        for case in cases {
            let workspace = demo.renamed("demo", workspace_name(case));
            clocks.insert(case.to_owned(), workspace.clock.clone());
            config.workspaces.push(workspace);
        }
        config.default_workspace = None;
        let app = app(config, policy).map_err(|why| failed(&why))?;
        tokio::spawn(async move { serve(listener, app).await });
        let source = Source { file: "embedded.yaml".to_owned(), text: DEMO.to_owned(), private: true };
        let target = target::read(&source, std::path::Path::new("."), &|_| None).map_err(|why| failed(&why))?;
        Ok(Self { base, target, clocks })
    }

    /// The workspace of a case as a target, and its clock.
    pub fn of(&self, case: &str) -> Option<(Target, Clock)> {
        let clock = self.clocks.get(case)?.clone();
        let mut target = self.target.clone();
        let name = workspace_name(case);
        let url = |path: &str| self.base.join(path).ok();
        target.endpoints.token = url(&format!("demo/{name}/oauth2/token"));
        target.endpoints.issuer = url(&format!("demo/{name}")).map(String::from);
        target.endpoints.metadata =
            url(&format!(".well-known/oauth-authorization-server/demo/{name}")).into_iter().collect();
        target.endpoints.jwks = url(&format!("demo/{name}/.well-known/jwks.json"));
        Some((target, clock))
    }
}

/// The demo workspace of a reference server as a target file.
pub fn demo_target(base_url: &str) -> String {
    let lines = DEMO.replace("http://127.0.0.1:1", base_url);
    // What is said of the embedded server alone does not hold for one that is served.
    let of_embedded =
        |line: &&str| !line.starts_with('#') && !line.starts_with("patience") && !line.starts_with("limits");
    lines
        .lines()
        .filter(of_embedded)
        .map(|line| format!("{}\n", line.replace("embedded reference", "reference")))
        .collect()
}

const DEMO: &str = include_str!("embedded.yaml");

/// Failed logins of one user name after which the embedded server throttles it.
pub const THROTTLED_AFTER: u32 = 1000;

/// A case's id as one segment of a path.
fn workspace_name(case: &str) -> String {
    case.replace('/', ".")
}
