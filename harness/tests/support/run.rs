//! The binary, run to its end: arguments in, exit code and both outputs out.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Far more than any run here takes; one that lasts longer hangs, and is killed.
const LIMIT: Duration = Duration::from_secs(120);

/// What a run of the binary came to.
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    code: Option<i32>,
}

impl Ran {
    /// The same, once its exit code is the one that was expected.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let (out, err) = (&self.stdout, &self.stderr);
        assert_eq!(self.code, Some(code), "another exit code\n--- stdout\n{out}\n--- stderr\n{err}");
        self
    }

    /// The same, once all of these words stand on stdout or stderr.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        // Prose is wrapped for the terminal: a line break is a space to its reader.
        let whole = format!("{}\n{}", self.stdout, self.stderr);
        let told = whole.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(told.contains(word), "nothing says `{word}`\n{whole}");
        }
        self
    }
}

/// Runs the binary to its end. It blocks its thread: servers beside it need others.
pub(crate) fn ropcheck<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ran {
    start(args, |_| {})
}

/// Starts the binary, gives its process id to `meanwhile`, and waits for its end.
pub(crate) fn start<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>, meanwhile: impl FnOnce(u32)) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ropcheck"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary is built");
    let id = child.id();
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    meanwhile(id);
    let Ok(output) = ended.recv_timeout(LIMIT) else {
        signal("KILL", id);
        panic!("ropcheck did not end within {LIMIT:?}");
    };
    let output = output.expect("its outputs can be read");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Ran { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, id: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), id.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -{name} {id}");
}
