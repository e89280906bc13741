//! The record of a run and the reports made from it.
