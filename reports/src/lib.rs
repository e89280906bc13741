//! The record of a ropcheck run, and every report made from it.
//!
//! ```text
//! Event  ->  record, one JSON line each   record.rs   the published contract
//!        ->  Run, the fold of events      run.rs      every number is made here
//!        ->  text, html, junit, markdown  format/     fn(&Run, &mut dyn Write)
//! ```
//!
//! This crate opens no socket, and no number is made outside [`run`] and the rooms that it folds with: [`coverage`],
//! [`latency`], [`opinion`], [`steps`], [`threshold`], [`verdict`] and [`waivers`].

pub mod coverage;
pub mod day;
pub mod diff;
pub mod drawn;
pub mod evidence;
pub mod format;
pub mod latency;
pub mod opinion;
pub mod read;
pub mod record;
pub mod run;
pub mod steps;
pub mod threshold;
pub mod verdict;
pub mod waivers;
