//! A target file that can't be read; no complaint shows a value of it.

use std::fs;

use crate::run::ropcheck;
use crate::wrong::Wrong;

/// What is wrong · a target file · words of the complaint.
const TARGETS: &[(&str, &str, &[&str])] = &[
    ("not YAML", "token_endpoint: «[", &["unclosed bracket"]),
    ("not YAML under a key that is unknown", "a: «[\n", &["unclosed bracket"]),
    (
        "an unknown key",
        "token_endpoint: https://as.example/\n«client: {}\n",
        &["unknown field `client`", "did you mean `clients`?"],
    ),
    (
        "an unknown key of a client",
        "token_endpoint: https://as.example/\nclients: { web: { id: w, «secrt: hunter2 } }\n",
        &["did you mean `secret`?"],
    ),
    (
        "a secret of a wrong type",
        "token_endpoint: https://as.example/\nclients: { web: { id: w, secret: «[hunter2] } }\n",
        &["a single value is wanted here"],
    ),
    (
        "a duration that is none",
        "token_endpoint: https://as.example/\ntimeout: «soon\nCLIENTS\nUSERS",
        &["`soon` is no length of time: write `500ms`, `5s` or `1h 30m`", "| timeout: soon"],
    ),
    (
        "a duration without its unit",
        "token_endpoint: https://as.example/\npatience: «5\nCLIENTS\nUSERS",
        &["`5` is no length of time: write"],
    ),
    (
        "an authentication method cut short",
        "token_endpoint: https://as.example/\nclients: { web: { id: w, secret: hunter2, auth: «basic } }\nUSERS",
        &["did you mean `client_secret_basic`?", "{ web: { id: w, secret: ·······, auth: basic } }"],
    ),
    (
        "a parameter that a good request has already",
        "token_endpoint: https://as.example/\nextra: { audience: hunter2, «scope: read }\nCLIENTS\nUSERS",
        &["a good request has `scope` already", "say it under `scopes`", "extra: { audience: ·······,"],
    ),
    (
        "neither true nor false",
        "token_endpoint: https://as.example/\noffers: { refresh_token: «maybe }\nCLIENTS\nUSERS",
        &["`true` or `false` is wanted here", "offers: { refresh_token: maybe }"],
    ),
    ("no endpoint", "name: staging\nCLIENTS\nUSERS", &["give `token_endpoint`, `issuer` or `preset`"]),
    ("no URL", "token_endpoint: «as.example/token\nCLIENTS\nUSERS", &["is no URL: it begins with no scheme"]),
    (
        "a password in what is no URL",
        "token_endpoint: «'https://web:hunter2@as example/token'\nCLIENTS\nUSERS",
        &["is no URL"],
    ),
    ("another scheme", "token_endpoint: «ftp://as.example/token\nCLIENTS\nUSERS", &["use https"]),
    ("plain http", "token_endpoint: «http://as.example/token\nCLIENTS\nUSERS", &["allow_http: true"]),
    (
        "a password in the URL",
        "token_endpoint: «https://web:hunter2@as.example/token\nCLIENTS\nUSERS",
        &["under `clients`"],
    ),
    ("a fragment", "token_endpoint: «'https://as.example/token#top'\nCLIENTS\nUSERS", &["no fragment"]),
    ("no client", "token_endpoint: https://as.example/\nclients: {}\nUSERS", &["one client and one user at least"]),
    ("no user", "token_endpoint: https://as.example/\nCLIENTS\nusers: {}\n", &["one client and one user at least"]),
    (
        "an account under two names",
        "token_endpoint: https://as.example/\nCLIENTS\nusers:\n  a: { username: u, password: p }\n  b: { username: u, password: p }\n",
        &["5:18", "the account of `a`, too", "give each account one name"],
    ),
    (
        "a variable that is not set",
        "token_endpoint: https://as.example/\nCLIENTS\nusers: { a: { username: a, password: «\"${env:ROPCHECK_TEST_NOT_SET}\" } }\n",
        &["no variable `ROPCHECK_TEST_NOT_SET`"],
    ),
    (
        "variables that are not set",
        "token_endpoint: https://as.example/\n# ${env:ROPCHECK_TEST_C}\nclients: { web: { id: web, secret: «\"${env:ROPCHECK_TEST_B}\" } }\nusers: { a: { username: a, password: \"${env:ROPCHECK_TEST_A}\" } }\n",
        &["no variables `ROPCHECK_TEST_A`, `ROPCHECK_TEST_B`: set"],
    ),
    (
        "a secret file that is not there",
        "token_endpoint: https://as.example/\nCLIENTS\nusers: { a: { username: a, password: «\"${file:nowhere}\" } }\n",
        &["could not read the secret"],
    ),
    (
        "another reference",
        "token_endpoint: https://as.example/\nCLIENTS\nusers: { a: { username: a, password: «\"${vault:hunter2}\" } }\n",
        &["`${env:NAME}` or `${file:PATH}`"],
    ),
    (
        "a method without its secret",
        "token_endpoint: https://as.example/\nclients: { web: { id: «w, auth: client_secret_post } }\nUSERS",
        &["say `auth: none`"],
    ),
    (
        "an unknown key of the neighbour",
        "token_endpoint: https://as.example/\nneighbour: { «introspect_endpoint: https://as.example/ }\n",
        &["did you mean `introspection_endpoint`?"],
    ),
    (
        "a neighbour in the clear",
        "token_endpoint: https://as.example/\nneighbour: { userinfo_endpoint: «http://as.example/ }\nCLIENTS\nUSERS",
        &["allow_http: true"],
    ),
    (
        "no rate at all",
        "token_endpoint: https://as.example/\nlimits: { requests_per_second: «0 }\nCLIENTS\nUSERS",
        &["that is no rate to send at", "give a number from 0.01 to 10000"],
    ),
    (
        "nothing under way",
        "token_endpoint: https://as.example/\nlimits: { concurrency: «0 }\nCLIENTS\nUSERS",
        &["give 1 or more", "| limits: { concurrency: 0 }"],
    ),
    (
        "an unknown limit",
        "token_endpoint: https://as.example/\nlimits: { «failed_login: 2 }\nCLIENTS\nUSERS",
        &["did you mean `failed_logins`?"],
    ),
    (
        "fewer failures than none",
        "token_endpoint: https://as.example/\nlimits: { failed_logins_in_all: «-1 }\nCLIENTS\nUSERS",
        &["a whole number, 0 or more, is wanted here"],
    ),
    (
        "no failure at all",
        "token_endpoint: https://as.example/\n«throttled_after: 0\nCLIENTS\nUSERS",
        &["a whole number, 1 or more, is wanted here"],
    ),
    (
        "a preset beside an endpoint",
        "preset: cloudentity\ntenant: acme\nworkspace: demo\ntoken_endpoint: «https://as.example/token\nCLIENTS\nUSERS",
        &["the preset tells `token_endpoint` itself", "leave out one"],
    ),
    (
        "a preset beside an issuer",
        "preset: cloudentity\ntenant: acme\nworkspace: demo\nissuer: «https://as.example\nCLIENTS\nUSERS",
        &["the preset tells `issuer` itself"],
    ),
    ("a preset without its tenant", "preset: «cloudentity\nCLIENTS\nUSERS", &["needs `tenant`"]),
];

#[test]
#[expect(clippy::print_stderr, reason = "a failure shows which line of the table it was at")]
fn a_target_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("target.yaml");
    for (what, text, words) in TARGETS {
        eprintln!("{what}");
        let text = text
            .replace("CLIENTS", "clients: { web: { id: w, secret: hunter2 } }")
            .replace("USERS", "users: { alice: { username: alice, password: hunter2 } }\n");
        let wrong = Wrong::of(&text);
        fs::write(&file, &wrong.text).expect("a target file");
        let ran = ropcheck(["doctor", "--target", &file.display().to_string()]).exits(2).says(words);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        if let Some(place) = &wrong.place {
            place.is_pointed_at(&file, &ran);
        }
    }
}
