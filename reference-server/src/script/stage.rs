//! A script performed: requests come in, each waits for its moment, and is answered or cut off.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER};
use serde_json::json;
use tokio::net::TcpListener;

use super::alarm::Alarm;
use super::connection::{Cut, Severable};
use super::play::{Fate, Play};
use super::{Answer, Body as Says, Caching, Script};
use crate::endpoint::is_token_endpoint;
use crate::shared::Shared;

/// Serves an [`app`](crate::app) on a listener as a script says, until `until` is over and the last answer out.
///
/// Only token endpoints are scripted. The server does its own work when it is asked, and its answer is then held, so that
/// a scripted time is the whole time. Where the server itself takes longer, the answer goes out when it is there. An
/// answer leaves at its moment or some tenths of a millisecond after it, more where no core is free; never before.
///
/// # Errors
///
/// Those of the system where it has no thread left to wait on.
pub async fn serve_scripted(
    listener: TcpListener,
    app: Router,
    script: Script,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let stage = Stage { play: Shared::new(Running { play: Play::of(script), began: None }), alarm: Alarm::start()? };
    let app = app.layer(from_fn_with_state(Arc::new(stage), perform));
    let service = app.into_make_service_with_connect_info::<Cut>();
    axum::serve(Severable(listener), service).with_graceful_shutdown(until).await
}

struct Stage {
    play: Shared<Running>,
    alarm: Alarm,
}

struct Running {
    play: Play,
    /// The first request, from which on time is counted.
    began: Option<Instant>,
}

impl Stage {
    /// What becomes of a request that comes now, and at which moment.
    fn ask(&self) -> (Fate, Instant) {
        self.play.with(|running| {
            // Read in here, so that time does not run backwards from one request to the next.
            let now = Instant::now();
            let began = *running.began.get_or_insert(now);
            let cue = running.play.ask(now - began);
            (cue.fate, began + cue.due)
        })
    }
}

async fn perform(
    State(stage): State<Arc<Stage>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    if !is_token_endpoint(request.uri().path()) {
        return next.run(request).await;
    }
    let (fate, due) = stage.ask();
    let answer = match fate {
        Fate::Served => next.run(request).await,
        Fate::Answered(answer) => {
            read_away(request.into_body()).await;
            answer.into_response()
        }
        Fate::Reset => {
            read_away(request.into_body()).await;
            stage.alarm.wait(due).await;
            cut.make();
            // Nothing of it gets through a connection that was cut.
            return Response::default();
        }
    };
    stage.alarm.wait(due).await;
    answer
}

/// A body that nobody read would end the connection after the answer to it.
async fn read_away(body: Body) {
    drop(to_bytes(body, LONGEST_READ).await);
}

const LONGEST_READ: usize = 1 << 20;

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (media_type, body) = match self.body {
            Says::Json => ("application/json", json!({ "error": "temporarily_unavailable" }).to_string()),
            Says::Html => ("text/html", format!("<!doctype html><title>{0}</title><h1>{0}</h1>", self.status)),
        };
        let mut response = (self.status, [(CONTENT_TYPE, media_type)], body).into_response();
        let headers = response.headers_mut();
        match self.caching {
            Caching::Forbidden => {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
            }
            Caching::Allowed => {}
        }
        if let Some(after) = self.retry_after {
            // RFC 9110 section 10.2.3: whole seconds, rounded up so that nobody comes back too early.
            headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs() + u64::from(after.subsec_nanos() > 0)));
        }
        response
    }
}
