//! A target file with secrets that are easy to find again, and a search for them in all that a run leaves behind.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use tempfile::TempDir;

use crate::run::{Ran, ropcheck};

/// A password that every encoding changes somewhere, and none at its ends. The `damaged` values change its middle.
pub(crate) const PASSWORD: &str = r#"rabbit ü"&\/<+ wonderland"#;

/// A client secret of the same kind.
pub(crate) const CLIENT_SECRET: &str = "lantern/%ß:=?moonlight";

/// An access token that is no JWT.
pub(crate) const ACCESS_TOKEN: &str = "opaque-access-4f9d1c7be2";

/// A refresh token that is no JWT.
pub(crate) const REFRESH_TOKEN: &str = "opaque-refresh-a81d03cc57";

/// What gives a secret away: its ends, which no encoding changes.
const TELLTALES: [&str; 6] = ["rabbit", "wonderland", "lantern", "moonlight", "4f9d1c7be2", "a81d03cc57"];

/// A case that logs in and one that fails to, apart from the project's own so that only these are sent.
const CASES: &str = r"
- id: good-login
  title: A right password brings an access token
  steps:
    - send: { like: good-login }
      expect: { rfc6749/4.3.3/granted: [granted] }
- id: wrong-password
  title: A wrong password is refused
  steps:
    - send: { like: good-login, change: { set: { password: { damaged: flip } } } }
      expect: { rfc6749/4.3.2/validate-credentials: [not_granted] }
- id: dropped-client-secret
  title: A client secret without its end is refused
  steps:
    - send: { like: good-login, change: { auth: { basic: { secret: { damaged: drop } } } } }
      expect: { rfc6749/5.2/invalid-client: [not_granted] }
";

/// A run of those cases against an endpoint, with every report and the record.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new(endpoint: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Self { folder };
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let target = format!(
            "token_endpoint: {endpoint}\ntimeout: 300ms\nscopes: [read]\n\
             clients: {{ web: {{ id: web-client, secret: {} }} }}\n\
             users: {{ alice: {{ username: alice, password: {} }} }}\n",
            quoted(CLIENT_SECRET),
            quoted(PASSWORD),
        );
        fs::write(place.path("target.yaml"), target).expect("a target file");
        fs::create_dir_all(place.path("scenarios")).expect("a folder");
        fs::write(place.path("scenarios/given.yaml"), CASES).expect("a scenario file");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the cases and looks for secrets in all that came out of it.
    pub(crate) fn check(&self) -> Ran {
        let left = ["record.ndjson", "report.html", "report.xml", "report.md", "report.txt"];
        let file = |name: &str| self.path(name).display().to_string();
        let mut args: Vec<String> = ["check", "--only", "given/*", "--target"]
            .map(str::to_owned)
            .into_iter()
            .chain([file("target.yaml")])
            .collect();
        args.extend(["--scenarios".to_owned(), file("scenarios"), "--record".to_owned(), file(left[0])]);
        for (format, name) in iter::zip(["html", "junit", "markdown", "text"], &left[1..]) {
            args.extend(["--report".to_owned(), format!("{format}={}", file(name))]);
        }
        let ran = ropcheck(args);
        shows_no_secret("stdout", &ran.stdout);
        shows_no_secret("stderr", &ran.stderr);
        for name in left {
            shows_no_secret(name, &read(&self.path(name)));
        }
        ran
    }

    /// The record of the run.
    pub(crate) fn record(&self) -> String {
        read(&self.path("record.ndjson"))
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{} is left behind: {why}", path.display()))
}

#[track_caller]
fn shows_no_secret(name: &str, text: &str) {
    let pair = base64(&format!("web-client:{CLIENT_SECRET}"));
    for telltale in TELLTALES.into_iter().chain([pair.as_str()]) {
        if let Some(at) = text.find(telltale) {
            let around: String = text[..at].chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
            panic!("`{telltale}` stands in {name} after …{around}");
        }
    }
}

/// The base64 of a text, its padding left out.
pub(crate) fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(text)
}
