//! Load by this program against load by others: on the same server, in one run, by turns.
//!
//! The server stays on core 0 and whoever asks on core 1. The server hands out answers that the reference server gave before,
//! each of them once in a run, so that it is never the limit. Bare goose and oha send the same request and read the answer; what
//! this program does beside it is what the ratios tell. Prints medians. `cargo bench -p ropcheck --bench peers`; see peers.md
#![expect(clippy::print_stdout, reason = "the table is the output")]

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use goose::config::GooseConfiguration;
use goose::goose::{GooseMethod, GooseRequest, GooseUser, Scenario, Transaction};
use http_body_util::BodyExt as _;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use ropcheck_reference_server::{Config, HashCost, Policy, app};
use ropcheck_reports::latency::{Times, decode};
use ropcheck_reports::read;
use ropcheck_reports::record::{Event, Window};
use serde_json::Value;
use tower_service::Service as _;

const ROUNDS: usize = 5;
const SECONDS: u32 = 3;
const AT_ONCE: usize = 32;

/// Answers that the server has; no run comes to as many.
const ANSWERS: usize = 300_000;

const ROPCHECK: &str = env!("CARGO_BIN_EXE_ropcheck");

const TOKEN: &str = "/demo/demo/oauth2/token";
const FORM: &str = "grant_type=password&username=alice&password=wonderland-7&scope=read";
// `demo-basic:basic-secret-1`
const BASIC: &str = "Basic ZGVtby1iYXNpYzpiYXNpYy1zZWNyZXQtMQ==";
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve"] => serve(),
        ["goose", base] => bare_goose(base),
        ["hyper", base] => bare_hyper(base, |_| {}),
        ["reading", base] => {
            let mut reading = Reading::default();
            bare_hyper(base, move |body| reading.read(body));
        }
        _ => compare(),
    }
}

/// A round of everybody, and another, and the medians.
fn compare() {
    pin(0);
    let (_server, base) = server();
    pin(1);
    let folder = tempfile::tempdir().expect("a folder");
    let (mut goose, mut closed, mut oha, mut hyper, mut reading) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut open, mut valid, mut lags, mut alone, mut memory) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        goose.push(told(&Command::new(own()).args(["goose", &base]).output().expect("goose")));
        let users = format!("users: {AT_ONCE} for {SECONDS}s, validate: none");
        closed.push(run(Command::new(ROPCHECK), folder.path(), &base, &users).rate);
        oha.extend(most_by_oha(&base));
        hyper.push(told(&Command::new(own()).args(["hyper", &base]).output().expect("hyper")));
        reading.push(told(&Command::new(own()).args(["reading", &base]).output().expect("hyper")));
        // More than it can do, so that as many as may be are under way all the time.
        let rate = 1.5 * closed.last().expect("one");
        let saturated = format!("rate: {rate:.0}/s for {SECONDS}s, arrivals: even, at_once: {AT_ONCE}");
        let unvalidated = format!("{saturated}, validate: none");
        open.push(run(Command::new(ROPCHECK), folder.path(), &base, &unvalidated).rate);
        valid.push(run(Command::new(ROPCHECK), folder.path(), &base, &saturated).rate);
        let half = open.last().expect("one") / 2.0;
        let half = format!("rate: {half:.0}/s for {SECONDS}s, validate: none");
        lags.push(run(Command::new(ROPCHECK), folder.path(), &base, &half).lag_p99_us);
        alone.extend(undisturbed().map(|program| run(program, folder.path(), &base, &half).lag_p99_us));
        memory
            .push(run(Command::new(ROPCHECK), folder.path(), &base, &format!("users: 500 for {SECONDS}s")).most_memory);
    }
    let [goose, closed, oha, hyper, reading] = [goose, closed, oha, hyper, reading].map(median);
    let [open, valid, lag, alone, memory] = [open, valid, lags, alone, memory].map(median);
    println!("bare goose, {AT_ONCE} users            {goose:>8.0} answers/s");
    println!("ropcheck, {AT_ONCE} users              {closed:>8.0} answers/s   {:.2} of it", closed / goose);
    println!("oha, {AT_ONCE} connections             {oha:>8.0} answers/s");
    println!("bare hyper, {AT_ONCE} connections      {hyper:>8.0} answers/s   {:.2} of oha", hyper / oha);
    println!("the same, reading tokens        {reading:>8.0} answers/s   {:.2} of oha", reading / oha);
    println!("ropcheck, arrivals              {open:>8.0} answers/s   {:.2} of oha", open / oha);
    println!("ropcheck, each token validated  {valid:>8.0} answers/s");
    println!("lag at half of saturation, p99  {lag:>8.0} µs");
    println!("the same at real-time priority  {alone:>8.0} µs");
    println!("memory at 500 users             {memory:>8.0} MiB");
}

/// What a run of the program came to.
struct Came {
    /// Answers a second, until the last was judged.
    rate: f64,
    lag_p99_us: f64,
    /// MiB of memory at the most.
    most_memory: f64,
}

/// The program at a priority at which no other program of this machine takes its core from it, where this user may say so.
fn undisturbed() -> Option<Command> {
    let fifo = ["--fifo", "1"];
    let may = Command::new("chrt").args(fifo).arg("true").stderr(Stdio::null()).status();
    may.is_ok_and(|status| status.success()).then(|| {
        let mut program = Command::new("chrt");
        program.args(fifo).arg(ROPCHECK);
        program
    })
}

/// A load of that block run by the program, with its record read back.
fn run(mut program: Command, folder: &Path, base: &str, load: &str) -> Came {
    let target = format!(
        "token_endpoint: {base}{TOKEN}\nissuer: {base}/demo/demo\nscopes: [read]\noffers: {{ rfc9068: true }}\n\
         clients: {{ basic: {{ id: demo-basic, secret: basic-secret-1, auth: client_secret_basic }} }}\n\
         users: {{ alice: {{ username: alice, password: wonderland-7 }} }}\n"
    );
    let scenario =
        format!("- id: load\n  title: Logins\n  load: {{ {load}, journeys: [{{ walk: load/steady/logins }}] }}\n");
    fs::write(folder.join("target.yaml"), target).expect("a file");
    fs::create_dir_all(folder.join("scenarios")).expect("a folder");
    fs::write(folder.join("scenarios/bench.yaml"), scenario).expect("a file");
    let mut child = program
        .args(["load", "bench/load", "--target", "target.yaml", "--scenarios", "scenarios", "--record", "run.ndjson"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut most_memory = 0.0_f64;
    while child.try_wait().expect("a child").is_none() {
        most_memory = most_memory.max(memory(child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(50));
    }
    let (mut answers, mut took, mut lag) = (0, 0, Times::default());
    let file = BufReader::new(File::open(folder.join("run.ndjson")).expect("a record"));
    read::each(file, &mut |event| match event {
        Event::Window(Window { statuses, lag_us, broken, .. }) => {
            assert_eq!((broken, statuses.keys().find(|status| **status != 200)), (0, None), "every answer is good");
            answers += statuses.values().sum::<u64>();
            if !lag_us.is_empty() {
                lag.add(&decode(&lag_us).expect("a histogram")).expect("room for it");
            }
        }
        Event::RunFinished(finished) => took = finished.took_us,
        _ => {}
    })
    .expect("a whole record");
    Came { rate: count(answers) / count(took) * 1e6, lag_p99_us: count(lag.at_us(0.99)), most_memory }
}

/// The most memory that a process had so far, in MiB.
fn memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(most.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

/// oha's rate, where it is on the path.
fn most_by_oha(base: &str) -> Option<f64> {
    let (seconds, connections) = (format!("{SECONDS}s"), AT_ONCE.to_string());
    let authorization = format!("authorization: {BASIC}");
    let oha = Command::new("oha")
        .args(["-z", &seconds, "-c", &connections, "--no-tui", "--output-format", "json", "-m", "POST", "-d", FORM])
        .args(["-T", FORM_TYPE, "-H", &authorization, &format!("{base}{TOKEN}")])
        .output()
        .ok()?;
    let told: Value = serde_json::from_slice(&oha.stdout).expect("oha tells JSON");
    told["summary"]["requestsPerSec"].as_f64()
}

/// The last line of a child, a number.
fn told(output: &std::process::Output) -> f64 {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().and_then(|line| line.parse().ok()).expect("a child that tells its rate")
}

/// Users of goose that send the same request and read the answer to its end.
fn bare_goose(base: &str) {
    static ANSWERS: AtomicU64 = AtomicU64::new(0);
    async fn login(user: &mut GooseUser) -> goose::goose::TransactionResult {
        let request = user
            .get_request_builder(&GooseMethod::Post, TOKEN)?
            .header("authorization", BASIC)
            .header("content-type", FORM_TYPE)
            .body(FORM);
        let told = user.request(GooseRequest::builder().set_request_builder(request).build()).await?;
        if told.response?.bytes().await.is_ok() {
            ANSWERS.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
    let mut config = GooseConfiguration::default();
    config.host = Some(base.to_owned());
    config.users = Some(AT_ONCE);
    config.increase_rate = Some((AT_ONCE * 1000).to_string());
    config.run_time = Some(SECONDS.to_string());
    config.no_telnet = true;
    config.no_print_metrics = true;
    config.quiet = 2;
    let transaction = Transaction::new(Arc::new(|user| Box::pin(login(user))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let attack = goose::GooseAttack::initialize_with_config(config).expect("a configuration");
        let attack = attack.register_scenario(Scenario::new("logins").register_transaction(transaction));
        Box::pin(attack.execute()).await.expect("a run");
    });
    println!("{}", count(ANSWERS.load(Ordering::Relaxed)) / f64::from(SECONDS));
}

/// The least that anybody does who looks at the tokens of every answer: its JSON and that of the claims read, and each token and
/// jti held against all before it.
#[derive(Default)]
struct Reading {
    keys: RandomState,
    seen: HashSet<u64>,
}

impl Reading {
    fn read(&mut self, body: &[u8]) {
        let answer: Value = serde_json::from_slice(body).expect("JSON");
        let [access, refresh] = ["access_token", "refresh_token"].map(|name| answer[name].as_str().expect("a token"));
        let claims = access.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok()).expect("a JWT");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        for text in [access, refresh, claims["jti"].as_str().expect("a jti")] {
            assert!(self.seen.insert(self.keys.hash_one(text)), "each answer is handed out once");
        }
    }
}

/// Connections of hyper, the client that `ropcheck` asks by, over which the same request is sent and the answer read, again
/// and again.
fn bare_hyper(base: &str, read: impl FnMut(&[u8]) + 'static) {
    async fn ask_on(authority: String, until: tokio::time::Instant, read: Rc<RefCell<impl FnMut(&[u8])>>) -> u64 {
        let stream = tokio::net::TcpStream::connect(&authority).await.expect("a server");
        stream.set_nodelay(true).expect("a socket");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        let mut answers = 0;
        while tokio::time::Instant::now() < until {
            let request = Request::post(TOKEN).header("host", &authority).header("authorization", BASIC);
            let request =
                request.header("content-type", FORM_TYPE).header("accept", "*/*").header("user-agent", "bare");
            let request = request.body(http_body_util::Full::new(Bytes::from_static(FORM.as_bytes())));
            sender.ready().await.expect("a connection");
            let answer = sender.send_request(request.expect("a request")).await.expect("an answer");
            let body = answer.into_body().collect().await.expect("a body").to_bytes();
            (*read.borrow_mut())(&body);
            answers += 1;
        }
        answers
    }
    let authority = base.trim_start_matches("http://");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let read = Rc::new(RefCell::new(read));
    let answers = tokio::task::LocalSet::new().block_on(&runtime, async {
        let until = tokio::time::Instant::now() + Duration::from_secs(SECONDS.into());
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
            asking.spawn_local(ask_on(authority.to_owned(), until, Rc::clone(&read)));
        }
        asking.join_all().await.iter().sum()
    });
    println!("{}", count(answers) / f64::from(SECONDS));
}

/// The server as a process of its own, and its base URL.
fn server() -> (Served, String) {
    let mut child = Command::new(own()).arg("serve").stdout(Stdio::piped()).spawn().expect("a server");
    let mut base = String::new();
    let stdout = child.stdout.take().expect("its stdout");
    BufReader::new(stdout).read_line(&mut base).expect("its base URL");
    (Served(child), base.trim().to_owned())
}

/// A server that ends with whoever started it.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _gone = self.0.kill();
    }
}

/// Hands out answers of the reference server that were made before, one after the other; all else it is asked is answered by
/// the reference server itself.
fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(&base) };
        let app = app(config, Policy::strict()).expect("the demo configuration");
        let answers: Arc<[(HeaderMap, Bytes)]> = prepared(&app).await.into();
        let next = Arc::new(AtomicUsize::new(0));
        let hand_out = move |body: Bytes| async move {
            drop(body);
            answers[next.fetch_add(1, Ordering::Relaxed) % answers.len()].clone()
        };
        println!("{base}");
        // Its core does not sleep: whoever asks more slowly would pay for waking it, and the others not.
        tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let router = Router::new().route(TOKEN, post(hand_out)).fallback_service(app);
        axum::serve(listener, router).await.expect("it serves");
    });
}

async fn prepared(app: &Router) -> Vec<(HeaderMap, Bytes)> {
    let mut answers = Vec::with_capacity(ANSWERS);
    for _ in 0..ANSWERS {
        let request = Request::post(TOKEN).header("authorization", BASIC).header("content-type", FORM_TYPE);
        let request = request.body(Body::from(FORM)).expect("a request");
        let answer = app.clone().call(request).await.expect("it always answers");
        assert_eq!(answer.status(), 200);
        let (head, body) = answer.into_parts();
        answers.push((head.headers, body.collect().await.expect("a body").to_bytes()));
    }
    answers
}

fn own() -> std::path::PathBuf {
    std::env::current_exe().expect("this program has a place")
}

/// Keeps this thread, and every process that it starts from now on, on one core.
fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core).expect("a core of that number");
    sched_setaffinity(Pid::from_raw(0), &set).expect("this process can be pinned");
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
