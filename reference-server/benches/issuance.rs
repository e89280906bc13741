//! One token, from request to answer, without a socket; the cheapest password hash, so that the rest can be seen.
#![expect(clippy::unwrap_used, reason = "a bench that cannot run should say so at once")]

use axum::Router;
use axum::body::{Body, to_bytes};
use criterion::{Criterion, criterion_group, criterion_main};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use ropcheck_reference_server::{Config, HashCost, Policy, app};
use tower::ServiceExt as _;

// `demo-basic:basic-secret-1`
const BASIC: &str = "Basic ZGVtby1iYXNpYzpiYXNpYy1zZWNyZXQtMQ==";

#[rustfmt::skip]
const REQUESTS: &[(&str, &str, u16)] = &[
    ("client_credentials",    "grant_type=client_credentials",                                                        200),
    ("password",              "grant_type=password&username=alice&password=wonderland-7",                             200),
    ("password_with_openid",  "grant_type=password&username=alice&password=wonderland-7&scope=read+openid",           200),
    ("refused_scope",         "grant_type=password&username=alice&password=wonderland-7&scope=nope",                  400),
];

fn issuance(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut group = criterion.benchmark_group("issuance");
    for &(name, body, status) in REQUESTS {
        // A server of its own for each: what one leaves in memory is no other's cost.
        let app = server(1);
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                assert_eq!(ask(app.clone(), body).await, status);
            });
        });
    }
    group.finish();
}

fn start(criterion: &mut Criterion) {
    criterion.bench_function("start/200_workspaces", |bencher| bencher.iter(|| server(200)));
}

fn server(workspaces: usize) -> Router {
    let mut config = Config { hash_cost: HashCost::LOWEST, ..Config::demo("http://127.0.0.1:8080") };
    let demo = config.workspaces[0].clone();
    config.workspaces.extend((1..workspaces).map(|n| demo.renamed("demo", format!("case-{n}"))));
    app(config, Policy::strict()).unwrap()
}

async fn ask(app: Router, body: &'static str) -> u16 {
    let request = Request::post("/demo/demo/oauth2/token")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, BASIC)
        .body(Body::from(body))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    to_bytes(response.into_body(), usize::MAX).await.unwrap();
    status
}

criterion_group!(benches, issuance, start);
criterion_main!(benches);
