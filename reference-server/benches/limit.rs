//! How near the server comes to what it can't do without: one HTTP answer, one signature, one password hash.
//!
//! Server and load run on a core each, in one process, in turns: tokens, then bare answers, then signature and hash alone
//! on the server's core. Prints medians; the ratio is the median of what each round came to, because a machine that is
//! shared is now faster and now slower. `cargo bench -p ropcheck-reference-server --bench limit`
//!
//! With `-- serve` behind it there is only the server, at port 3000 and on core 0, for others to ask.
#![expect(clippy::unwrap_used, reason = "a bench that cannot run should say so at once")]
#![expect(clippy::print_stdout, reason = "the table is the output")]

use std::hint::{black_box, spin_loop};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::signature::Ed25519KeyPair;
use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::routing::post;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use ropcheck_reference_server::{Config, HashCost, Policy, app};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// As in `ropcheck serve`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 21;
const CONNECTIONS: usize = 32;
const SPAN: Duration = Duration::from_millis(250);

// `demo-basic:basic-secret-1`
const BASIC: &str = "Basic ZGVtby1iYXNpYzpiYXNpYy1zZWNyZXQtMQ==";
const FORM: &str = "grant_type=password&username=alice&password=wonderland-7&scope=read";

/// As long as the answer that carries a token.
static BARE: [u8; 630] = [b'x'; 630];

fn main() {
    let issuing = |base: &str| {
        let config = Config { hash_cost: HashCost::LOWEST, ..Config::demo(base) };
        app(config, Policy::strict()).unwrap()
    };
    if std::env::args().any(|argument| argument == "serve") {
        println!("http://{}", serve(3000, issuing));
        loop {
            std::thread::park();
        }
    }
    let tokens = serve(0, issuing);
    let bare = serve(0, |_| {
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
        let answer = move |body: Bytes| async move {
            black_box(body);
            (headers, &BARE[..])
        };
        Router::new().route("/demo/demo/oauth2/token", post(answer))
    });
    pin(1);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let rounds: Vec<Round> = (0..ROUNDS)
        .map(|_| Round {
            token: 1.0 / rate(&runtime, tokens),
            bare: 1.0 / rate(&runtime, bare),
            signature: on_the_servers_core(signature),
            hash: on_the_servers_core(hash),
        })
        .collect();
    let micros = |part: fn(&Round) -> f64| 1e6 * median(&rounds, part);
    println!("one bare HTTP answer      {:>9.2} µs", micros(|round| round.bare));
    println!("one Ed25519 signature     {:>9.2} µs", micros(|round| round.signature));
    println!("one argon2id hash, 8 KiB  {:>9.2} µs", micros(|round| round.hash));
    println!("limit of the three        {:>9.0} /s", 1e6 / micros(Round::limit));
    println!("password grant            {:>9.0} /s", 1e6 / micros(|round| round.token));
    println!("ratio                     {:>9.2}", median(&rounds, |round| round.limit() / round.token));
}

/// Seconds for one of each.
struct Round {
    token: f64,
    bare: f64,
    signature: f64,
    hash: f64,
}

impl Round {
    fn limit(&self) -> f64 {
        self.bare + self.signature + self.hash
    }
}

/// Serves on a thread that stays on core 0.
fn serve(port: u16, router: impl FnOnce(&str) -> Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(&format!("http://{address}"));
    std::thread::spawn(move || {
        pin(0);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { axum::serve(TcpListener::from_std(listener).unwrap(), router).await.unwrap() });
    });
    address
}

fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core).unwrap();
    sched_setaffinity(Pid::from_raw(0), &set).unwrap();
}

/// What is measured while the server has nothing to do, and the load's core never sleeps here either.
fn on_the_servers_core(measure: fn() -> f64) -> f64 {
    let measuring = std::thread::spawn(move || {
        pin(0);
        measure()
    });
    while !measuring.is_finished() {
        spin_loop();
    }
    measuring.join().unwrap()
}

/// Answers a second over [`CONNECTIONS`] connections, each asking again as soon as it was answered.
fn rate(runtime: &Runtime, server: SocketAddr) -> f64 {
    runtime.block_on(async {
        // The load's core never sleeps: else each answer of a slower server would pay for waking it, and a bare one not.
        let awake = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let began = Instant::now();
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            connections.spawn(ask_on(server, began + SPAN));
        }
        let answers: u64 = connections.join_all().await.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "a count of answers is far below 2^52")]
        let rate = answers as f64 / began.elapsed().as_secs_f64();
        awake.abort();
        rate
    })
}

async fn ask_on(server: SocketAddr, until: Instant) -> u64 {
    let request = format!(
        "POST /demo/demo/oauth2/token HTTP/1.1\r\nhost: {server}\r\nauthorization: {BASIC}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{FORM}",
        FORM.len()
    );
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 8192];
    let mut answers = 0;
    while Instant::now() < until {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut held = 0;
        loop {
            held += stream.read(&mut buffer[held..]).await.unwrap();
            if whole(&buffer[..held]) {
                break;
            }
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..held]));
        answers += 1;
    }
    answers
}

/// Whether an answer with a `content-length` is there to its end.
fn whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    body.len() >= length.parse::<usize>().unwrap()
}

/// Seconds for one signature over as many bytes as a token has.
fn signature() -> f64 {
    let pair = Ed25519KeyPair::generate().unwrap();
    seconds(|| {
        black_box(pair.sign(black_box(&[b'x'; 390])));
    })
}

/// Seconds for one hash at the lowest cost, in memory that is there already.
fn hash() -> f64 {
    let HashCost { memory_kib, passes, lanes } = HashCost::LOWEST;
    let params = Params::new(memory_kib, passes, lanes, None).unwrap();
    let mut blocks = vec![Block::new(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    seconds(|| {
        let (password, salt, hash) = (black_box(b"wonderland-7"), b"sixteen bytes it", &mut [0; 32]);
        argon2.hash_password_into_with_memory(password, salt, hash, &mut blocks).unwrap();
    })
}

fn seconds(mut work: impl FnMut()) -> f64 {
    const TIMES: u32 = 5_000;
    let began = Instant::now();
    (0..TIMES).for_each(|_| work());
    began.elapsed().as_secs_f64() / f64::from(TIMES)
}

fn median(rounds: &[Round], part: impl Fn(&Round) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(part).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
