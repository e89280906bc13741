//! What the scenario language puts on the wire, to the byte: awkward.yaml has the requests, this table has the bytes.

#[path = "support/listen.rs"]
mod listen;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use http::{HeaderValue, Request};
use ropcheck::captures::Captures;
use ropcheck::complaint::Source;
use ropcheck::curl::curl;
use ropcheck::drawn::Drawn;
use ropcheck::library::Library;
use ropcheck::plan::{Offers, plan};
use ropcheck::request::template::Template;
use ropcheck::request::{Ink, fill};
use ropcheck::target::{self, Target};
use tempfile::TempDir;

use crate::listen::{Heard, listen};
use crate::run::ropcheck;

/// Secrets that every encoding changes somewhere, and whose ends no encoding changes.
const TARGET: &str = r#"
token_endpoint: ENDPOINT/token?tenant=demo
introspection_endpoint: ENDPOINT/introspect
revocation_endpoint: ENDPOINT/revoke
userinfo_endpoint: ENDPOINT/userinfo
neighbour: { token_endpoint: ENDPOINT/next-door/token, userinfo_endpoint: ENDPOINT/next-door/userinfo }
throttled_after: 3
limits: { failed_logins: 100 }
scopes: [read, write]
clients:
  web: { id: web, secret: tulip }
  shop: { id: a shop, secret: "crocus+/:% thistle" }
  app: { id: app }
users:
  alice: { username: alice, password: rabbit wonderland }
  bob: { username: "b\"ob", password: "hatter\"\\+&teapot" }
"#;

/// What gives a secret of the target away.
const TELLTALES: [&str; 7] = ["tulip", "crocus", "thistle", "rabbit", "wonderland", "hatter", "teapot"];

const FORM: &str = "content-type: application/x-www-form-urlencoded\n";
const WEB: &str = "authorization: Basic d2ViOnR1bGlw\n"; // web:tulip

/// The case · the request line · headers besides `accept: application/json` · the body.
#[rustfmt::skip]
fn on_the_wire() -> Vec<(&'static str, &'static str, String, String)> {
    const POST: &str = "POST /token?tenant=demo";
    const GOOD: &str = "grant_type=password&username=alice&password=rabbit+wonderland&scope=read";
    let web = || [WEB, FORM].concat();
    let with = |authorization: &str| format!("authorization: {authorization}\n{FORM}");
    let user = |name: &str| format!("grant_type=password&username={name}&password=rabbit+wonderland&scope=read");
    let password = |password: &str| format!("grant_type=password&username=alice&password={password}&scope=read");
    let good = || GOOD.to_owned();
    let part = |name: &str, value: &str| format!("--ropcheck-boundary\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let parts = [part("grant_type", "password"), part("username", "alice"), part("password", "rabbit wonderland")].concat();
    vec![
        ("as-it-should-be",                   POST, web(), good()),
        ("username-twice",                    POST, web(), format!("{GOOD}&username=b%22ob")),
        ("grant-type-left-out",               POST, web(), "username=alice&password=rabbit+wonderland&scope=read".into()),
        ("password-with-a-character-changed", POST, web(), password("rabbit+wxnderland")),
        ("password-with-its-end-dropped",     POST, web(), password("rabbit+wonderlan")),
        ("password-in-upper-case",            POST, web(), password("RABBIT+WONDERLAND")),
        ("credentials-in-the-query",          "POST /token?tenant=demo&username=alice&password=rabbit+wonderland", web(), "grant_type=password&scope=read".into()),
        ("get-with-everything-in-the-query",  "GET /token?tenant=demo&grant_type=password&username=alice&password=rabbit+wonderland&scope=read&client_id=web&client_secret=tulip", String::new(), String::new()),
        ("basic-and-post",                    POST, web(), format!("{GOOD}&client_id=web&client_secret=tulip")),
        ("no-authentication",                 POST, FORM.into(), good()),
        ("basic-as-a-special-client",         POST, with("Basic YStzaG9wOmNyb2N1cyUyQiUyRiUzQSUyNSt0aGlzdGxl"), good()), // a+shop:crocus%2B%2F%3A%25+thistle
        ("basic-raw",                         POST, with("Basic YSBzaG9wOmNyb2N1cysvOiUgdGhpc3RsZQ=="), good()),           // a shop:crocus+/:% thistle
        ("basic-that-is-not-base64",          POST, with("Basic %%%"), good()),
        ("basic-without-a-colon",             POST, with("Basic bm9jb2xvbg=="), good()),                                     // nocolon
        ("basic-with-an-empty-secret",        POST, with("Basic d2ViOg=="), good()),                                         // web:
        ("basic-in-lower-case",               POST, with("basic d2ViOnR1bGlw"), good()),
        ("two-authorization-headers",         POST, [WEB, &with("Basic YStzaG9wOmNyb2N1cyUyQiUyRiUzQSUyNSt0aGlzdGxl")].concat(), good()),
        ("another-client-id-beside-basic",    POST, web(), format!("{GOOD}&client_id=a+shop")),
        ("broken-percent-encoding",           POST, web(), user("al%zzice")),
        ("bytes-that-are-not-utf-8",          POST, web(), user("%FF%FE")),
        ("characters-that-encoding-changes",  POST, web(), user("zo%C3%AB+%2B+a%26b%3Dc%00")),
        ("a-name-in-a-literal",               POST, web(), user("%24%7Buser.username%7D")),
        ("another-media-type",                POST, format!("{WEB}content-type: text/plain\n"), good()),
        ("no-media-type",                     POST, WEB.into(), good()),
        ("json-body",                         POST, format!("{WEB}content-type: application/json\n"), r#"{"grant_type":"password","username":"b\"ob","password":"hatter\"\\+&teapot","scope":"read"}"#.into()),
        ("multipart-body",                    POST, format!("{WEB}content-type: multipart/form-data; boundary=ropcheck-boundary\n"), format!("{parts}--ropcheck-boundary--\r\n")),
        ("empty-body",                        POST, web(), String::new()),
        ("raw-text",                          POST, web(), "&&=;;password=rabbit wonderland&".into()),
        ("raw-bytes",                         POST, web(), "\\x00\\xff\r\n".into()),
        ("a-long-username",                   POST, web(), user(&"ab".repeat(50_000))),
        ("a-method-of-its-own",               "BREW /token?tenant=demo", web(), good()),
        ("in-chunks",                         POST, format!("{WEB}{FORM}transfer-encoding: chunked\n"), good()),
        ("twice",                             POST, web(), good()),
        ("until-throttled",                   POST, web(), password("wrong")),
        ("next-door",                         "POST /next-door/token", web(), good()),
        ("next-door-spelt-out",               "GET /next-door/userinfo", "authorization: Bearer abc\n".into(), String::new()),
        ("introspection",                     "POST /introspect", web(), "token=abc".into()),
        ("introspection-by-bearer",           "POST /introspect", with("Bearer abc"), "token=abc".into()),
        ("introspection-of-nothing",          "POST /introspect", FORM.into(), String::new()),
        ("revocation-by-get",                 "GET /revoke", WEB.into(), "token=abc".into()),
        ("userinfo-with-a-form",              "POST /userinfo", FORM.into(), "access_token=abc".into()),
        ("userinfo-with-a-client",            "GET /userinfo", WEB.into(), String::new()),
        ("spelt-out",                         "PUT /token?tenant=demo", format!("{FORM}x-forwarded-for: 127.0.0.1\naccept: */*\n"), "Grant_Type=PASSWORD&=&scope=read+write&client_id=app".into()),
    ]
}

#[test]
fn every_request_is_what_its_author_wrote() {
    let requests = requests();
    let table = on_the_wire();
    let (written, listed): (BTreeSet<_>, BTreeSet<_>) =
        (requests.iter().map(|(id, _)| id.as_str()).collect(), table.iter().map(|(id, ..)| *id).collect());
    assert_eq!(written, listed, "every case of awkward.yaml has its line in the table");
    for (id, expected) in expected() {
        let (_, template) = requests.iter().find(|(known, _)| known == id).expect("both have the same cases");
        assert_eq!(shown(&filled(template, Ink::Secrets)), expected, "{id}");
    }
}

/// What the client adds is its own matter (`host`, `user-agent`, `content-length`); it changes nothing of the rest.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_sent_as_it_was_made() {
    let (base, heard) = listen().await;
    let folder = scenarios();
    let file = folder.path().join("target");
    fs::write(&file, TARGET.replace("ENDPOINT", &base)).expect("a target file");
    let [file, scenarios] = [&file, folder.path()].map(|path| path.display().to_string());
    // Who listens here says the same to everything, and is rightly told off for it.
    ropcheck(["check", "--only", "awkward/*", "--scenarios", &scenarios, "--target", &file])
        .exits(1)
        .says(&["FAILED lint/userinfo-sub"]);
    let heard: BTreeSet<String> = heard.lock().expect("no test panics with it").iter().map(Heard::shown).collect();
    for (id, expected) in expected() {
        let close: Vec<_> = heard.iter().filter(|one| one.lines().next() == expected.lines().next()).collect();
        assert!(heard.contains(&expected), "{id} was sent otherwise\n{expected}\nwhat was sent: {close:#?}");
    }
}

/// The table, each request in the form of [`shown`].
fn expected() -> Vec<(&'static str, String)> {
    let requests = on_the_wire().into_iter().map(|(id, line, headers, body)| {
        let accept = if headers.contains("accept:") { "" } else { "accept: application/json\n" };
        (id, format!("{line}\n{accept}{headers}\n{}", body.replace("\r\n", "\\r\\n")))
    });
    requests.collect()
}

/// A record shows the request in marks: nothing of a secret, and everything else as it is sent.
#[test]
fn no_secret_stands_in_what_is_shown() {
    for (id, template) in requests() {
        let marked = shown(&filled(&template, Ink::Marks));
        let command = curl(&template, &Drawn::none());
        for telltale in TELLTALES {
            for text in [&marked, &command] {
                assert!(!text.to_lowercase().contains(telltale), "{id} shows {telltale}: {text}");
            }
        }
        for basic in ["d2ViOnR1bGlw", "YStzaG9w", "YSBzaG9w"] {
            assert!(
                !marked.contains(basic) && !command.contains(basic),
                "{id} shows Basic credentials: {marked}{command}"
            );
        }
    }
}

#[test]
fn marks_tell_what_a_secret_was_made_into() {
    let requests = requests();
    for (id, mark) in [
        ("as-it-should-be", "password=⟦alice.password⟧"),
        ("as-it-should-be", "Basic base64(web:⟦web.secret⟧)"),
        ("password-with-a-character-changed", "password=⟦alice.password, its middle character changed⟧"),
        ("password-in-upper-case", "password=⟦alice.password, in upper case⟧"),
        ("credentials-in-the-query", "password=⟦alice.password⟧"),
        ("raw-text", "password=⟦alice.password⟧&"),
        ("json-body", r#""password":"⟦bob.password⟧""#),
    ] {
        let (_, template) = requests.iter().find(|(known, _)| known == id).expect("a case of awkward.yaml");
        let request = filled(template, Ink::Marks);
        let url = ropcheck::request::shown_url(request.uri());
        let authorization = request.headers().get("authorization").map(HeaderValue::as_bytes).unwrap_or_default();
        let [authorization, body] = [authorization, request.body()].map(String::from_utf8_lossy);
        let text = format!("{url}\n{authorization}\n{body}");
        assert!(text.contains(mark), "{id} does not show {mark}: {text}");
    }
}

/// The one request of each case, by the last part of its id.
fn requests() -> Vec<(String, Template)> {
    let folder = scenarios();
    let library = Library::load(Some(folder.path())).unwrap_or_else(|complaint| panic!("{complaint}"));
    let target = target();
    let own = library.scenarios.iter().filter_map(|(id, scenario)| Some((id.strip_prefix("awkward/")?, scenario)));
    own.map(|(id, scenario)| {
        let plan =
            plan(id, scenario, &library, &target, &Offers::new()).unwrap_or_else(|skip| panic!("{id}: {skip:?}"));
        let [step] = plan.steps.as_slice() else { panic!("{id} has more than one step") };
        (id.to_owned(), step.template.clone())
    })
    .collect()
}

/// A folder with awkward.yaml and nothing else.
fn scenarios() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("awkward.yaml"), include_str!("awkward.yaml")).expect("a scenario file");
    folder
}

fn target() -> Target {
    let source = Source {
        file: "target.yaml".to_owned(),
        text: TARGET.replace("ENDPOINT", "https://as.example"),
        private: true,
    };
    target::read(&source, Path::new("."), &|_| None).unwrap_or_else(|complaint| panic!("{complaint}"))
}

fn filled(template: &Template, ink: Ink) -> Request<Bytes> {
    fill(template, &Drawn::none(), &Captures::default(), ink).expect("nothing is kept or drawn")
}

/// A request as text, its first line without the scheme and host.
fn shown(request: &Request<Bytes>) -> String {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let line = format!("{} {path}", request.method());
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    Heard { line, headers, body: request.body().to_vec() }.shown()
}
