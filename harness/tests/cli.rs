//! What may be typed, and what comes back: results on stdout, exit codes, files that are left.

#[path = "support/run.rs"]
mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use ropcheck_reference_server::{Config, HashCost, LoginThrottle, Policy, app};
use ropcheck_reports::read;
use ropcheck_reports::record::{Ended, Event};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::run::{ropcheck, signal, start};

const SECTION: &str = "rfc6749/4.3/*";
/// It shows in every granted answer.
const FAULT: &str = "cache-control-missing-on-success";
const FORMATS: [&str; 4] = ["html", "junit", "markdown", "text"];

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{} can be read: {why}", path.display()))
}

fn events(record: &Path) -> Vec<Event> {
    read::events(read(record).as_bytes()).expect("the record can be read")
}

/// A target file for a server of the demo workspace.
fn target(folder: &TempDir, base: &str, more: &str) -> PathBuf {
    let file = folder.path().join("target.yaml");
    let text = format!(
        "token_endpoint: {base}/demo/demo/oauth2/token\nissuer: {base}/demo/demo\nscopes: [read, write, openid]\npatience: 0s\n{more}\n\
         clients:\n  basic: {{ id: demo-basic, secret: basic-secret-1 }}\n\
         users:\n  alice: {{ username: alice, password: wonderland-7 }}\n"
    );
    fs::write(&file, text).expect("a target file");
    file
}

/// The reference server in this process, on a port as any other server.
async fn reference_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("a port"));
    let login_throttle = LoginThrottle { failures: 1000, ..LoginThrottle::default() };
    let config = Config { hash_cost: HashCost::LOWEST, login_throttle, ..Config::demo(&base) };
    let app = app(config, Policy::strict()).expect("the demo workspace");
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

#[test]
fn the_embedded_server_passes_and_the_last_line_counts() {
    let ran = ropcheck(["check"]).exits(0);
    let last = ran.stdout.lines().last().expect("a last line");
    // How busy the machine is decides whether times can be told apart, and nothing else may be left open.
    let told = last.contains("0 failed, 0 not judged") || ran.stdout.contains("too noisy to tell");
    assert!(told && last.contains(" 0 failed, ") && last.ends_with("against embedded reference server"), "{last}");
    assert_eq!(ran.stderr, "", "no progress where no terminal shows it");
}

#[test]
fn a_fault_is_caught_and_a_variant_is_not() {
    let broken = "rfc6749/5.1/no-store";
    ropcheck(["check", "--only", SECTION, "--fault", FAULT]).exits(1).says(&[
        "FAILED",
        broken,
        &format!("ropcheck explain {broken}"),
    ]);
    ropcheck(["check", "--only", SECTION, "--variant", "extra-members"]).exits(0);
}

#[test]
fn names_that_mean_nothing_are_bad_input() {
    for (args, words) in [
        (
            &["check", "--only", "no/such/*"][..],
            &["no case matches `no/such/*`: ids begin with", "`--scenarios DIR`"][..],
        ),
        (&["check", "--only", "a/*", "--only", "b"], &["`--only` takes one glob: write `--only '{a/*,b}'`"]),
        (&["check", "--only", "lint/no-store"], &["a check of every answer runs with every case"]),
        (&["check", "--cases", "0"], &["'--cases <N>'", "write 1 or more, or leave properties out by `--only`"]),
        (&["check", "--cases", "-3"], &["write 1 or more"]),
        (&["check", "--cases", "99999999"], &["write 1000000 at the most", "another `--seed`"]),
        (&["check", "--cases", "many"], &["write a number from 1 to 1000000"]),
        (&["check", "--seed", "-1"], &["a seed is a whole number from 0 to 18446744073709551615"]),
        (&["check", "--only", "[", "--seed", "2"], &["glob"]),
        (
            &["check", "--fault", &FAULT[1..]],
            &["no fault is named `ache-", "did you mean `cache-control-missing-on-success`?"],
        ),
        (&["check", "--report", "htm=x"], &["no format is named `htm`", "did you mean `html`?"]),
        (&["check", "--report", "report.html"], &["write FORMAT=FILE"]),
        (&["explain", "rfc6749/5.2/invalid-gant"], &["did you mean `rfc6749/5.2/invalid-grant`?"]),
        (&["chek"], &["check"]),
    ] {
        let ran = ropcheck(args).exits(2).says(words);
        assert_eq!(ran.stdout, "", "{args:?}: what is wrong is told on stderr");
    }
}

#[test]
fn a_record_gives_the_same_reports_again() {
    let folder = folder();
    let record = shown(&folder.path().join("run.ndjson"));
    let reports = |when: &str| {
        FORMATS.map(|format| format!("{format}={}", shown(&folder.path().join(format!("{when}.{format}")))))
    };
    let with = |flag: &str, reports: &[String]| -> Vec<String> {
        reports.iter().flat_map(|report| [flag.to_owned(), report.clone()]).collect()
    };
    let fault = ["check", "--only", "rfc6749/*", "--fault", FAULT, "--record", &record];
    let ran = ropcheck(fault.map(str::to_owned).into_iter().chain(with("--report", &reports("first"))));
    let again = ["report", &record].map(str::to_owned).into_iter().chain(with("--as", &reports("again")));
    ropcheck(again).exits(0);
    for format in FORMATS {
        let [first, again] = ["first", "again"].map(|when| read(&folder.path().join(format!("{when}.{format}"))));
        assert!(!first.is_empty());
        assert_eq!(first, again, "{format} differs when it is made from the record");
    }
    assert_eq!(ran.stdout, read(&folder.path().join("first.text")), "a terminal shows the text report");
}

#[test]
fn a_record_that_was_cut_in_its_last_line_can_be_read() {
    let folder = folder();
    let (record, report) = (folder.path().join("run.ndjson"), folder.path().join("report.txt"));
    ropcheck(["check", "--only", SECTION, "--record", &shown(&record)]).exits(0);
    let whole = read(&record);
    let last = whole.trim_end().rfind('\n').expect("more than a line");
    fs::write(&record, &whole[..last + 20]).expect("the record is cut");
    ropcheck(["report", &shown(&record), "--as", &format!("text={}", shown(&report))]).exits(0);
    let told = read(&report);
    assert!(
        told.contains("unfinished: the record ends before the run did"),
        "a run whose end is not in its record did not finish: {told}"
    );
}

/// Whatever a scenario draws, its reader sees it and nothing steers the terminal.
#[test]
fn characters_that_nobody_sees_are_written_out() {
    let told = ropcheck(["explain", "properties/password-grant/username-and-nothing-visible"]).exits(0);
    let told = told.says(&[r"\u{202e}", r"\u{200d}", r"\u{feff}", r"\u{ad}"]);
    assert!(!told.stdout.contains(['\u{ad}', '\u{200b}', '\u{200d}', '\u{202e}', '\u{2060}', '\u{fe0f}', '\u{feff}']));
}

#[test]
fn a_report_goes_to_stdout_where_it_is_asked_to() {
    let folder = folder();
    let record = shown(&folder.path().join("run.ndjson"));
    ropcheck(["check", "--only", SECTION, "--record", &record]).exits(0);
    let told = ropcheck(["report", &record, "--as", "text=-"]).exits(0);
    assert!(told.stdout.contains(" not judged"), "{}", told.stdout);
}

#[test]
fn a_record_that_is_none_is_bad_input() {
    let folder = folder();
    let record = folder.path().join("run.ndjson");
    for (text, why) in [("", "run_started"), ("no record\nat all\n", "is it a ropcheck record?")] {
        fs::write(&record, text).expect("a file");
        ropcheck(["report", &shown(&record), "--as", "text=/dev/null"]).exits(2).says(&[why, "run.ndjson"]);
    }
}

/// Nobody listens at that target; and a server that refuses wrong passwords with 401 bears no walk of the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_does_not_come_about_leaves_reports_that_say_why() {
    let folder = folder();
    let base = format!(
        "http://{}",
        TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("a port")
    );
    let dead = shown(&target(&folder, &base, ""));
    let loads: [(&[&str], &str); 2] = [
        (&["load/steady/logins", "--target", &dead], "does not answer"),
        (&["load/steady/wrong-passwords", "--fault", "invalid-grant-answered-401"], "without load"),
    ];
    for (load, why) in loads {
        let [record, report] = ["run.ndjson", "load.md"].map(|name| folder.path().join(name));
        let outcome = ["--record".to_owned(), shown(&record), format!("--report=markdown={}", report.display())];
        let ran = ropcheck(["load"].iter().chain(load).map(|arg| (*arg).to_owned()).chain(outcome));
        ran.exits(3);
        let last = events(&record).pop();
        let Some(Event::RunFinished(finished)) = last else { panic!("{last:?}") };
        assert!(
            matches!(&finished.ended, Ended::Stopped(told) if told.contains(why) && !told.contains('\n')),
            "{finished:?}"
        );
        assert!(read(&report).contains(why), "{}", read(&report));
    }
}

#[test]
fn a_load_that_is_refused_leaves_the_report_of_an_earlier_run() {
    let folder = folder();
    let report = folder.path().join("load.md");
    fs::write(&report, "of yesterday").expect("a file");
    let text = "- id: nope\n  title: x\n  load: { users: 1 for 1s, journeys: [{ walk: load/steady/logins }], thresholds: [p99(nope) < 1s] }\n";
    fs::write(folder.path().join("mine.yaml"), text).expect("a file");
    let scenarios = shown(folder.path());
    let markdown = format!("--report=markdown={}", report.display());
    ropcheck(["load", "mine/nope", "--scenarios", &scenarios, &markdown]).exits(2).says(&["p99(nope)"]);
    assert_eq!(read(&report), "of yesterday");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_written_costs_nobody_a_login() {
    let server = MockServer::start().await;
    let folder = folder();
    let file = shown(&target(&folder, &server.uri(), ""));
    for (flag, path) in [("--report", "html=/no/such/folder/x.html"), ("--record", "/no/such/folder/x.ndjson")] {
        ropcheck(["check", "--target", &file, flag, path]).exits(2).says(&["could not write /no/such/folder/x"]);
    }
    let requests = server.received_requests().await.expect("they are kept");
    assert!(requests.is_empty(), "{requests:?}");
}

#[test]
fn each_schema_is_json_and_names_the_keys() {
    for (of, keys) in [
        (
            "scenario",
            &["id", "title", "needs", "given", "load", "steps", "send", "expect", "keep", "like", "change"][..],
        ),
        ("base", &["base", "title", "needs", "steps"]),
        ("target", &["token_endpoint", "issuer", "preset", "clients", "users", "ca_file", "limits", "default_scope"]),
    ] {
        let ran = ropcheck(["schema", of]).exits(0);
        let schema: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the schema is JSON");
        for key in keys {
            assert!(holds_key(&schema, key), "the schema of a {of} does not know `{key}`");
        }
    }
}

/// Whether a `properties` object of a schema has that key.
fn holds_key(schema: &serde_json::Value, key: &str) -> bool {
    let here = schema.get("properties").is_some_and(|properties| properties.get(key).is_some());
    let children: Vec<_> = match schema {
        serde_json::Value::Object(members) => members.values().collect(),
        serde_json::Value::Array(items) => items.iter().collect(),
        _ => vec![],
    };
    here || children.into_iter().any(|child| holds_key(child, key))
}

#[test]
fn explain_tells_of_requirements_cases_and_faults() {
    ropcheck(["explain", "rfc6749/5.2/invalid-grant"]).exits(0).says(&[
        "section 5.2, MUST",
        "Why:",
        "Probed by rfc6749/5.2/wrong-password",
    ]);
    ropcheck(["explain", "rfc6749/5.2/wrong-password"]).exits(0).says(&[
        "5.2-error-response.yaml:",
        "It proves:",
        "rfc6749/5.2/invalid-grant",
    ]);
    ropcheck(["explain", "rfc6749/5.2/wrong-password#2"]).exits(0).says(&["rfc6749/5.2/wrong-password", "It proves:"]);
    ropcheck(["explain", "control/good-login"]).exits(0).says(&[
        "a good request",
        "It is the control of",
        "bases.yaml:4",
        "grant_type",
    ]);
    ropcheck(["explain", "control/good-logn"]).exits(2).says(&["did you mean `control/good-login`?"]);
    let ran = ropcheck(["explain", "*wrong-password*"]).exits(0).says(&[
        "Cases",
        "rfc6749/5.2/wrong-password: A wrong password is refused with invalid_grant",
        "Seeded faults",
        "wrong-password-crashes: ",
    ]);
    assert!(!ran.stdout.contains("Sentences"), "{}", ran.stdout);
    for (words, told) in [("", "`ropcheck explain '*'` everything"), ("faults", "`ropcheck faults`")] {
        ropcheck(["list", words]).exits(2).says(&["there is no command `list`", told]);
    }
    ropcheck(["explain", FAULT]).exits(0).says(&["a seeded fault", "rfc6749/5.1/no-store", "ropcheck check --fault"]);
}

/// Of the faults of its sentences a case is told to catch what it does catch, and nothing else.
#[test]
fn explain_tells_what_a_case_catches() {
    let of_case = |case: &str| {
        let told = ropcheck(["explain", case]).exits(0).stdout;
        let (_, faults) = told.split_once("Seeded faults that it catches:").expect("a list");
        faults
            .lines()
            .filter_map(|line| Some(line.trim().strip_prefix("- ")?.split(':').next()?.to_owned()))
            .collect::<Vec<_>>()
    };
    let caught = of_case("rfc6749/5.2/wrong-password");
    assert!(caught.contains(&"wrong-password-crashes".to_owned()), "{caught:?}");
    // Of another case's password, and of a refresh token.
    for other in ["password-beyond-ascii-ignored", "refresh-token-beyond-ascii-crashes", "disabled-user-let-in"] {
        assert!(!caught.contains(&other.to_owned()), "{caught:?}");
    }
    let caught = of_case("properties/password-grant/any-wrong-password");
    assert!(caught.contains(&"combining-mark-in-password-crashes".to_owned()), "{caught:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_what_can_be_tested() {
    let folder = folder();
    let file = target(&folder, &reference_server().await, "");
    ropcheck(["doctor", "--target", &shown(&file)]).exits(0).says(&[
        "The good login is granted at http://127.0.0.1:",
        "refresh tokens yes",
        "a key set yes",
        "cases can be run",
        "it would wait 31 days, and the target's patience is 0s",
    ]);

    // What only the target file is silent about is unknown, and what opens the most cases is told first.
    let short: String =
        read(&file).lines().filter(|line| !line.starts_with("issuer")).map(|it| it.to_owned() + "\n").collect();
    fs::write(&file, short.replace(", openid", "")).expect("a target file");
    let ran = ropcheck(["doctor", "--target", &shown(&file)]).exits(0).says(&[
        "introspection unknown: give `issuer` or `introspection_endpoint`",
        "ID tokens unknown: add openid to `scopes`",
        "no scope `openid` listed for client `basic`",
    ]);
    assert!(!ran.stdout.contains("brings no ID token"), "openid was not asked for: {}", ran.stdout);
    let first = ran.stdout.lines().find(|line| line.starts_with("  +")).expect("a line to add");
    assert!(first.contains("issuer: "), "{first}");
    assert!(!ran.stdout.contains("    tenants/"), "no ids unless they are asked for: {}", ran.stdout);
    let ids = ropcheck(["doctor", "--target", &shown(&file), "--ids"]).exits(0).stdout;
    assert!(ids.lines().any(|line| line.starts_with("    tenants/")), "{ids}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_shown_and_recorded() {
    let (folder, base) = (folder(), reference_server().await);
    let file = target(&folder, &base, "");
    fs::write(&file, read(&file).replace("wonderland-7", "wonderland-8")).expect("a target file");
    let (record, text) = (folder.path().join("run.ndjson"), folder.path().join("report.txt"));
    let report = format!("text={}", shown(&text));
    let check = ["check", "--target", &shown(&file), "--record", &shown(&record), "--report", &report];
    for args in [&check[..], &["doctor", "--target", &shown(&file)]] {
        ropcheck(args).exits(3).says(&[
            "error `invalid_grant`: check `username` and `password` of user `alice`",
            "password=⟦alice.password⟧",
            "error_description",
            "curl ",
        ]);
    }
    assert!(events(&record).iter().any(|event| matches!(event, Event::Exchange(_))), "{}", read(&record));
    assert!(read(&text).contains("< HTTP 400"), "{}", read(&text));
}

/// Whoever is refused is told by name, not the tokens that did not come of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_client_that_is_wrong_is_told_by_name() {
    let (folder, base) = (folder(), reference_server().await);
    let file = target(&folder, &base, "");
    let other = "  other: { id: demo-second, secret: not-its-secret, scopes: [read] }\nusers:";
    fs::write(&file, read(&file).replace("users:", other)).expect("a target file");
    ropcheck(["doctor", "--target", &shown(&file)])
        .exits(0)
        .says(&["other: status 401, error `invalid_client`: check `id`, `secret` and `auth` of client `other`"]);
    ropcheck(["check", "--only", "rfc6749/6/token-of-another-client", "--target", &shown(&file)])
        .exits(3)
        .says(&["by client `other` was answered with status 401, error `invalid_client`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_another_server_are_told_before_anything_is_judged() {
    let (folder, base, other) = (folder(), reference_server().await, MockServer::start().await);
    let told = format!("{}/token", other.uri());
    let metadata = format!(r#"{{"issuer":"{}","token_endpoint":"{told}"}}"#, other.uri());
    let answer = ResponseTemplate::new(200).set_body_raw(metadata, "application/json");
    Mock::given(any()).respond_with(answer).mount(&other).await;
    let file = target(&folder, &base, "");
    let wrong = read(&file).replace(&format!("issuer: {base}/demo/demo"), &format!("issuer: {}", other.uri()));
    fs::write(&file, wrong).expect("a target file");
    for command in ["check", "doctor"] {
        ropcheck([command, "--target", &shown(&file)]).exits(3).says(&[
            &format!("name the token endpoint {told}"),
            &format!("the target file names {base}/demo/demo/oauth2/token"),
            "correct `token_endpoint` or `issuer`",
        ]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tls_address_of_a_port_without_tls_is_told_so() {
    let folder = folder();
    let file = shown(&target(&folder, &reference_server().await.replace("http://", "https://"), ""));
    ropcheck(["doctor", "--target", &file]).exits(3).says(&[
        "could not agree on TLS",
        "no TLS is spoken there: name the port that speaks it, or say http where that is meant",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_server_passes_as_a_target_too() {
    let folder = folder();
    let file = shown(&target(&folder, &reference_server().await, ""));
    ropcheck(["check", "--target", &file]).exits(0).says(&[", 0 failed, 0 not judged"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_leaves_a_record_that_says_so() {
    let server = MockServer::start().await;
    let (asked, heard) = mpsc::channel();
    let answer = r#"{"access_token":"opaque-access-4f9d1c7be2","token_type":"Bearer","expires_in":60}"#;
    let slow = move |_: &Request| {
        let _ended_already = asked.send(());
        let template = ResponseTemplate::new(200).set_delay(Duration::from_millis(100));
        template
            .insert_header("cache-control", "no-store")
            .insert_header("pragma", "no-cache")
            .set_body_raw(answer, "application/json")
    };
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let folder = folder();
    let (record, file) = (folder.path().join("run.ndjson"), shown(&target(&folder, &server.uri(), "")));
    let args = ["check", "--only", "rfc6749/[2-9]*", "--target", &file, "--record", &shown(&record)];
    let ran = start(args, |process| {
        // Each answer of the server is a step further: in between the record is looked at, and nobody sleeps.
        while !fs::read_to_string(&record).is_ok_and(|text| text.contains(r#""event":"found""#)) {
            heard.recv_timeout(Duration::from_secs(60)).expect("the run goes on asking");
        }
        signal("INT", process);
    });
    ran.exits(130);
    let events = events(&record);
    assert!(
        matches!(events.last(), Some(Event::RunFinished(last)) if last.ended == Ended::Interrupted),
        "{:?}",
        events.last()
    );
}

/// Whoever asks for a load's end has it at once, users and arrivals alike, and keeps what was measured.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_load_leaves_a_record_that_says_so() {
    for asks in ["users: 4 for 10m", "rate: 40/s for 10m"] {
        let server = MockServer::start().await;
        let (asked, heard) = mpsc::channel();
        let count = AtomicU32::new(0);
        let granted = move |_: &Request| {
            let _ended_already = asked.send(());
            let own = count.fetch_add(1, Ordering::Relaxed);
            let body = format!(r#"{{"access_token":"opaque-access-{own:08}","token_type":"Bearer","expires_in":60}}"#);
            let template = ResponseTemplate::new(200).set_delay(Duration::from_millis(100));
            template
                .insert_header("cache-control", "no-store")
                .insert_header("pragma", "no-cache")
                .set_body_raw(body, "application/json")
        };
        Mock::given(any()).respond_with(granted).mount(&server).await;
        let folder = folder();
        let (record, file) = (folder.path().join("run.ndjson"), shown(&target(&folder, &server.uri(), "")));
        let own = folder.path().join("own");
        fs::create_dir(&own).expect("a folder in it");
        let long =
            format!("- id: long\n  title: T\n  load: {{ {asks}, journeys: [{{ walk: load/steady/logins }}] }}\n");
        fs::write(own.join("own.yaml"), long).expect("a file in it");
        let args = ["load", "own/long", "--scenarios", &shown(&own), "--target", &file, "--record", &shown(&record)];
        let ran = start(args, |process| {
            while !fs::read_to_string(&record).is_ok_and(|text| text.contains(r#""event":"window""#)) {
                heard.recv_timeout(Duration::from_secs(60)).expect("the run goes on asking");
            }
            signal("INT", process);
        });
        ran.exits(130);
        let events = events(&record);
        let Some(Event::RunFinished(last)) = events.last() else { panic!("{asks}: {:?}", events.last()) };
        assert_eq!(last.ended, Ended::Interrupted, "{asks}");
        assert!(last.took_us < 60_000_000, "{asks}: it went on for {} us", last.took_us);
    }
}

/// But for its numbers, which every new case changes.
#[test]
fn the_readme_shows_the_dry_run_of_its_own_target_file() {
    let readme = include_str!("../../README.md");
    let block =
        |start: &str| readme.split("```").find_map(|block| block.strip_prefix(start)).expect("a block of the README");
    let target = block("yaml\n# Where the server is").replace("${env:", "secret-of-").replace("}\"", "\"");
    let folder = folder();
    let file = folder.path().join("target.yaml");
    fs::write(&file, format!("# Where the server is{target}")).expect("a target file");
    let ran = ropcheck(["check", "--target", &shown(&file), "--dry-run"]).exits(0);
    let form = |text: &str| -> Vec<String> {
        let plain = |word: &str| word.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        text.split_whitespace().map(plain).collect()
    };
    assert_eq!(
        form(&ran.stdout),
        form(block("text\n$ ropcheck check --target target.yaml --dry-run\n")),
        "{}",
        ran.stdout
    );
}
