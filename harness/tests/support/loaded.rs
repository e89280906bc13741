//! A load of a folder of scenarios, run to its end.

use std::path::Path;
use std::sync::Arc;

use ropcheck::library::Library;
use ropcheck::load::{self, NotLoaded, Options};
use ropcheck::session::{Session, Subject};
use ropcheck_reports::record::Event;

/// The project's scenarios with those of a folder.
pub(crate) fn library(folder: &Path) -> Arc<Library> {
    Arc::new(Library::load(Some(folder)).unwrap_or_else(|complaint| panic!("{complaint}")))
}

pub(crate) async fn session(subject: Subject, library: Arc<Library>, id: &str) -> Arc<Session> {
    Arc::new(Session::open(subject, library, &[id.to_owned()], 0).await.expect("the server is ready"))
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
