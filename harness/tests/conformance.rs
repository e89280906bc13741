//! The conformance suite as `cargo test`: each case a test of its own.
//!
//! It runs on the embedded reference server, or on the server of the target file that `ROPCHECK_TARGET` names:
//!
//! ```text
//! cargo test --test conformance                                        every case, embedded server
//! cargo test --test conformance rfc6749/5.2                            the cases of a section
//! ROPCHECK_TARGET=target.yaml cargo test --test conformance            another server
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let target = std::env::var_os("ROPCHECK_TARGET").map(PathBuf::from);
    ropcheck::trials::run(target.as_deref())
}
