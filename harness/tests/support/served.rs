//! The reference server on a port of its own, as a target.

use std::future::pending;
use std::path::Path;

use axum::Router;
use ropcheck::complaint::Source;
use ropcheck::embedded::demo_target;
use ropcheck::target::{self, Target};
use ropcheck_reference_server::{Config, HashCost, Policy, Script, app, serve_scripted};
use tokio::net::TcpListener;

/// On most systems this address is of the machine itself, which nothing but the operating system knows.
pub(crate) const AS_IF_OF_ANOTHER: &str = "0.0.0.0";

/// A free port of this machine, and its address by a name of it.
pub(crate) async fn port(host: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{host}:{}", listener.local_addr().expect("a port").port());
    (listener, base)
}

pub(crate) fn demo(base: &str) -> Router {
    let config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(base) };
    app(config, Policy::strict()).expect("the demo can be served")
}

/// The reference server as a target, performing a script of one line.
pub(crate) async fn scripted(line: &str) -> Target {
    let (listener, base) = port("127.0.0.1").await;
    let script: Script = serde_yaml::from_str(&format!("script: [{line}]")).expect("a script");
    tokio::spawn(serve_scripted(listener, demo(&base), script, pending()));
    read(&demo_target(&base))
}

pub(crate) fn read(text: &str) -> Target {
    let source = Source { file: "target.yaml".to_owned(), text: text.to_owned(), private: true };
    target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"))
}
