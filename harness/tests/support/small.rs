//! Loads that are over soon, and one of them run to its end.

use std::fs;
use std::sync::Arc;

use ropcheck::library::Library;
use ropcheck::load::{self, NotLoaded, Options};
use ropcheck::session::{Session, Subject};
use ropcheck_reports::record::Event;
use tempfile::TempDir;

/// A folder with the scenarios of `small.yaml`.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("small.yaml"), include_str!("small.yaml")).expect("a file in it");
    folder
}

/// The project's scenarios with them.
pub(crate) fn library() -> Arc<Library> {
    Arc::new(Library::load(Some(folder().path())).unwrap_or_else(|complaint| panic!("{complaint}")))
}

pub(crate) async fn session(subject: Subject, id: &str) -> Arc<Session> {
    Arc::new(Session::open(subject, library(), &[id.to_owned()], 0).await.expect("the server is ready"))
}

/// What a session's load came to, ended by `stop` where that is sooner.
pub(crate) async fn loaded(
    session: &Arc<Session>,
    id: &str,
    stop: impl Future<Output = ()>,
) -> Result<Vec<Event>, NotLoaded> {
    let mut events = Vec::new();
    load::run(session, id, Options::default(), stop, &mut |event| events.push(event)).await?;
    Ok(events)
}
