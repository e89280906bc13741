//! Whom ropcheck trusts: a certificate counts when its authority is known and its name is the server's.

#[path = "support/run.rs"]
mod run;
#[path = "support/tls.rs"]
mod tls;

use std::fs;

use crate::run::{Ran, ropcheck};
use crate::tls::{Served, serve};

/// Logs in once, with `ca_file` in the target file as it is given and the authority's certificate beside it as `ca.pem`.
fn log_in(server: &Served, ca_file: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("target.yaml");
    let target = format!(
        "token_endpoint: {}/demo/demo/oauth2/token\n{ca_file}\nscopes: [read]\n\
         clients: {{ web: {{ id: demo-basic, secret: basic-secret-1 }} }}\n\
         users: {{ alice: {{ username: alice, password: wonderland-7 }} }}\n",
        server.base
    );
    fs::write(&file, target).expect("a target file");
    fs::write(folder.path().join("ca.pem"), &server.ca).expect("a CA file");
    fs::write(folder.path().join("key.pem"), "-----BEGIN NOTHING-----\n").expect("a file");
    ropcheck(["check", "--only", "rfc6749/4.3/good-login", "--target", &file.display().to_string()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_authority_is_trusted() {
    log_in(&serve("localhost").await, "ca_file: ca.pem").exits(0).says(&["0 failed, 0 not judged"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_authority_is_not() {
    let ran = log_in(&serve("localhost").await, "").exits(3).says(&["could not agree on TLS", "certificate"]);
    assert!(ran.stderr.contains("UnknownIssuer"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_not() {
    let server = serve("elsewhere.example").await;
    log_in(&server, "ca_file: ca.pem").exits(3).says(&["could not agree on TLS", "not valid for name \"localhost\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_file_that_holds_no_certificate_is_bad_input() {
    let server = serve("localhost").await;
    for (ca_file, why) in [
        ("ca_file: nowhere.pem", "could not read the CA file"),
        ("ca_file: key.pem", "holds no PEM certificate"),
        ("ca_file: target.yaml", "holds no PEM certificate"),
    ] {
        let ran = log_in(&server, ca_file).exits(2).says(&[why, "target.yaml:2:10"]);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    }
}
