//! `ropcheck serve`: the reference server on a port of this machine.

use std::io::Write as _;
use std::path::Path;

use ropcheck::complaint::Source;
use ropcheck::complaint::path::told;
use ropcheck::embedded::demo_target;
use ropcheck_reference_server::{Config, HashCost, Policy, Script, Workspace, app, serve_scripted};
use tokio::net::TcpListener;

use super::outcome::{self, say};
use super::stop::Stop;
use crate::cli::Serve;

/// Serves until it is interrupted.
pub(crate) async fn run(args: &Serve) -> Result<u8, Stop> {
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await;
    let listener = listener
        .map_err(|why| Stop::bad_input(format!("could not listen on 127.0.0.1:{}: {why}; try --port 0", args.port)))?;
    let address = listener.local_addr().map_err(|why| Stop::harness(format!("could not tell the port: {why}")))?;
    let base = format!("http://{address}");
    let config = match &args.config {
        None => {
            let mut demo = Config::demo(&base);
            demo.workspaces.push(Workspace::neighbour());
            if args.script.is_some() {
                // Else most of the times of a script would be shorter than a hash.
                demo.hash_cost = HashCost::LOWEST;
            }
            demo
        }
        Some(path) => Config { base_url: base.clone(), ..read(path, A_CONFIG)?.parse()? },
    };
    let script: Script = match &args.script {
        None => Script::empty(),
        Some(path) => Source { private: false, ..read(path, A_SCRIPT)? }.parse()?,
    };
    let endpoints: Vec<String> = config
        .workspaces
        .iter()
        .map(|workspace| format!("{base}/{}/{}/oauth2/token", workspace.tenant, workspace.name))
        .collect();
    let app = app(config, Policy::strict()).map_err(|why| Stop::bad_input(why.to_string()))?;
    if let Some(path) = &args.write_target {
        let mut file = outcome::create(path)?;
        let written = file.write_all(demo_target(&base).as_bytes()).and_then(|()| file.flush());
        written.map_err(|why| Stop::bad_input(format!("could not write {}: {why}", path.display())))?;
    }
    for endpoint in endpoints {
        say(&format!("token endpoint: {endpoint}\n"))?;
    }
    if let Some(path) = &args.write_target {
        say(&format!("its clients and users: {0}\ntry: ropcheck check --target {0}\n", path.display()))?;
    }
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let served = serve_scripted(listener, app, script, interrupted).await;
    served.map(|()| 0).map_err(|why| Stop::harness(format!("could not go on serving: {why}")))
}

/// What to do where there is no such file.
const A_CONFIG: &str = "leave `--config` out to serve the demo workspace";
const A_SCRIPT: &str = "write one, for instance `script: [{ from: 5s, for: 1s, do: stall }]`";

fn read(path: &Path, otherwise: &str) -> Result<Source, Stop> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|why| Stop::bad_input(format!("could not read {file}: {}", told(path, &why, otherwise))))?;
    Ok(Source { file, text, private: true })
}
