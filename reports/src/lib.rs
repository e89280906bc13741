//! The record of a ropcheck run, and every report made from it.
//!
//! ```text
//! Event  ->  record, one JSON line each   record.rs   the published contract
//!        ->  Run, the fold of events      run.rs      folding.rs makes it, and every number with it
//!        ->  text, html, junit, markdown  format/     fn(&Run, &mut dyn Write)
//! ```
//!
//! This crate opens no socket, and no number is made outside [`folding`], [`run`] and the rooms that they fold with:
//! `asked`, [`coverage`], [`health`], [`latency`], [`load`], [`opinion`], [`race`], [`search`], [`steps`], [`threshold`], [`verdict`]
//! and [`waivers`].

mod asked;
pub mod coverage;
pub mod day;
pub mod diff;
pub mod drawn;
pub mod evidence;
pub mod folding;
pub mod format;
pub mod health;
pub mod latency;
pub mod load;
pub mod opinion;
pub mod race;
pub mod read;
pub mod record;
pub mod run;
pub mod search;
pub mod steps;
pub mod threshold;
pub mod verdict;
pub mod waivers;
