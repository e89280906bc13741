//! The roll call of formats.
