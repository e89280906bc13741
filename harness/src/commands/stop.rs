//! Why a command ends before it has a result, with its exit code.

use std::process::ExitCode;

use ropcheck::complaint::Complaint;
use ropcheck::session::NotReady;
use ropcheck_reports::format::visible_lines;

/// A command's early end.
#[derive(Debug)]
pub(crate) struct Stop {
    code: u8,
    message: String,
}

impl Stop {
    /// Something that was typed or written is wrong: exit code 2.
    pub(crate) fn bad_input(message: impl Into<String>) -> Self {
        Self { code: 2, message: format!("error: {}", message.into()) }
    }

    /// Nothing can be judged: exit code 3.
    pub(crate) fn nothing_judged(message: impl Into<String>) -> Self {
        Self { code: 3, message: format!("error: {}", message.into()) }
    }

    /// The run was interrupted before it had begun: exit code 130, as a shell gives it.
    pub(crate) fn interrupted() -> Self {
        Self { code: 130, message: "interrupted before the first case".to_owned() }
    }

    /// ropcheck itself failed: exit code 101, as a panic has.
    pub(crate) fn harness(message: impl Into<String>) -> Self {
        Self { code: 101, message: format!("error: {}", message.into()) }
    }

    /// Says why on stderr.
    #[expect(clippy::print_stderr, reason = "telling the person who ran it is the job")]
    pub(crate) fn tell(self) -> ExitCode {
        eprintln!("{}", visible_lines(&self.message));
        ExitCode::from(self.code)
    }
}

impl From<Complaint> for Stop {
    fn from(complaint: Complaint) -> Self {
        Self { code: 2, message: complaint.to_string() }
    }
}

impl From<NotReady> for Stop {
    fn from(why: NotReady) -> Self {
        Self::nothing_judged(why.to_string())
    }
}

/// Tells whoever runs it something on stderr, beside the result on stdout.
#[expect(clippy::print_stderr, reason = "telling the person who runs it, beside the result on stdout")]
pub(crate) fn tell(text: &str) {
    eprintln!("{text}");
}
