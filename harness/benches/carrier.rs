//! What the harness adds to an exchange: walk, witness, judge and lints against the bare client with the same requests.
//!
//! The server and the client run on a core each, in one process, in short turns, and neither core sleeps: waking it would cost
//! whoever leaves the longer pause. Prints the medians and the median of the ratios of neighbouring turns.
//! `cargo bench -p ropcheck --bench carrier`
#![expect(clippy::print_stdout, reason = "the table is the output")]

use std::sync::Arc;
use std::time::Instant;

use http::Request;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use ropcheck::captures::Captures;
use ropcheck::drawn::Drawn;
use ropcheck::judge::judge;
use ropcheck::library::Library;
use ropcheck::lint::Tally;
use ropcheck::request::{Ink, fill};
use ropcheck::session::{Session, Subject};
use ropcheck::target;
use ropcheck::walk::{Start, walk};
use ropcheck::witness::witness;
use ropcheck_reference_server::{Config, HashCost, Policy, app};

const TURNS: usize = 101;
const EXCHANGES: u32 = 200;
const CASE: &str = "rfc6749/4.3/good-login";

fn main() {
    let endpoint = serve();
    pin(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let text = include_str!("../src/embedded.yaml").replace("http://127.0.0.1:1", &endpoint);
        let source = ropcheck::complaint::Source { file: "embedded.yaml".to_owned(), text, private: true };
        let target = target::read(&source, std::path::Path::new("."), &|_| None).expect("a target");
        let library = Arc::new(Library::load(None).expect("the project's own scenarios can be read"));
        let session =
            Session::open(Subject::Target(Box::new(target)), library, &[CASE.to_owned()], 1).await.expect("it answers");
        let (plan, ground) = session.plan(CASE).expect("the case can be planned");
        let request =
            fill(&plan.steps[0].template, &Drawn::none(), &Captures::default(), Ink::Secrets).expect("nothing is kept");
        let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().expect("a client");

        tokio::spawn(stay_awake());
        let (mut bare, mut whole, mut ratios) = (vec![], vec![], vec![]);
        for _ in 0..TURNS {
            let began = Instant::now();
            for _ in 0..EXCHANGES {
                let request: Request<bytes::Bytes> = request.clone();
                let request = reqwest::Request::try_from(request).expect("a request");
                let answer = client.execute(request).await.expect("it answers");
                assert_eq!(answer.status(), 200);
                answer.bytes().await.expect("a body");
            }
            let bare_turn = began.elapsed().as_secs_f64() / f64::from(EXCHANGES);

            let began = Instant::now();
            let mut tally = Tally::default();
            for _ in 0..EXCHANGES {
                let mut walked = walk(&plan, &Drawn::none(), Start::Now, &ground).await;
                witness(&plan, &mut walked, session.keys());
                judge(&plan, &walked, &mut |found| assert_eq!(found.finding, ropcheck_reports::record::Finding::Met));
                tally.walked(&plan, &walked);
            }
            let whole_turn = began.elapsed().as_secs_f64() / f64::from(EXCHANGES);
            bare.push(bare_turn);
            whole.push(whole_turn);
            ratios.push(whole_turn / bare_turn);
        }
        let (bare, whole, ratio) = (median(bare), median(whole), median(ratios));
        println!("bare client              {:>8.1} µs an exchange", bare * 1e6);
        println!("harness, judging included {:>7.1} µs an exchange", whole * 1e6);
        println!("ratio                    {ratio:>8.2}");
    });
}

/// The reference server on a thread that stays on core 0; gives its base URL.
fn serve() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(&base) };
    let app = app(config, Policy::strict()).expect("the demo configuration");
    std::thread::spawn(move || {
        pin(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            tokio::spawn(stay_awake());
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, app).await.expect("it serves");
        });
    });
    base
}

/// Keeps a runtime's core from sleeping between its tasks.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core).expect("a core of that number");
    sched_setaffinity(Pid::from_raw(0), &set).expect("this thread can be pinned");
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
