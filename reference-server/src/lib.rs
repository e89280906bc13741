//! The reference authorization server.
