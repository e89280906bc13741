//! Loads that are over soon.

use std::fs;
use std::sync::Arc;

use ropcheck::library::Library;
use ropcheck::session::{Session, Subject};
use tempfile::TempDir;

use crate::loaded;

/// A folder with the scenarios of `small.yaml`.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("small.yaml"), include_str!("small.yaml")).expect("a file in it");
    folder
}

/// The project's scenarios with them.
pub(crate) fn library() -> Arc<Library> {
    loaded::library(folder().path())
}

pub(crate) async fn session(subject: Subject, id: &str) -> Arc<Session> {
    loaded::session(subject, library(), id).await
}
