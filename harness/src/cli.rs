//! What may be typed.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::UnknownArgumentValueParser;
use clap::{Args, Parser, Subcommand};

/// Conformance and load tests for OAuth 2.0 token endpoints.
#[derive(Debug, Parser)]
#[command(name = "ropcheck", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge a token endpoint: the embedded reference server, or the one that a target file names
    #[command(
        after_help = "Example: ropcheck check --target staging.yaml --report junit=report.xml --report html=report.html"
    )]
    Check(Check),
    /// Put a token endpoint under load, by users or at a rate, and judge every answer
    #[command(after_help = "Example: ropcheck load load/steady/logins --report html=load.html")]
    Load(Load),
    /// Try a property's recorded failure again, with the very values that failed
    #[command(after_help = "Example: ropcheck replay run.ndjson properties/password-grant/any-wrong-password")]
    Replay(Replay),
    /// Make reports from a record
    #[command(after_help = "Example: ropcheck report run.ndjson --as html=report.html --as markdown=summary.md")]
    Report(Report),
    /// Count the sentences that are tested, by document and level
    #[command(after_help = "Example: ropcheck coverage --untested --reasons")]
    Coverage(Coverage),
    /// Log in once by each client and say what can be tested on a target, and what is missing
    #[command(after_help = "Example: ropcheck doctor --target staging.yaml")]
    Doctor(Doctor),
    /// Tell what a requirement, a scenario, a lint, a truth across answers, a control, a fault or a variant is about, or list those
    /// that a glob matches
    #[command(after_help = "Examples: ropcheck explain rfc6749/5.2/invalid-grant, ropcheck explain '*password*'")]
    Explain(Explain),
    /// Not a command, but what many would type
    #[command(hide = true, visible_alias = "ls")]
    List(List),
    /// Hold the suite against every seeded fault and every legal variant of the reference server
    #[command(
        after_help = "Example: ropcheck faults --only 'password-*' --json score.json\n\nFaults that no single answer shows are not tried here: \
                      `ropcheck load SCENARIO --fault ID` seeds one, `ropcheck explain ID` tells of it."
    )]
    Faults(Faults),
    /// Serve the reference server on a port of this machine
    #[command(after_help = "Example: ropcheck serve --port 8080")]
    Serve(Serve),
    /// Print the JSON Schema of scenario or target files
    #[command(after_help = "Example: ropcheck schema scenario > scenario.schema.json")]
    Schema(Schema),
}

/// The scenarios of a run.
#[derive(Debug, Args)]
pub(crate) struct Scenarios {
    /// A folder of your own scenarios, beside the project's
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
}

/// What a run leaves behind.
#[derive(Debug, Args)]
pub(crate) struct Outcome {
    /// Write the record, one JSON line an event
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Write a report: hlog=FILE, html=FILE, junit=FILE, markdown=FILE, text=FILE or waivers=FILE; `-` is stdout
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report)]
    pub(crate) report: Vec<(String, PathBuf)>,
}

/// How the embedded server departs from the strict one.
#[derive(Debug, Args)]
pub(crate) struct Seeded {
    /// Seed a fault into the embedded server
    #[arg(long, value_name = "ID", conflicts_with_all = ["target", "variant"])]
    pub(crate) fault: Option<String>,
    /// Let the embedded server take a liberty that the RFCs grant
    #[arg(long, value_name = "ID", conflicts_with = "target")]
    pub(crate) variant: Option<String>,
}

/// `ropcheck check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The target file; without one, the embedded reference server
    #[arg(long, value_name = "FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Scenarios
    #[command(flatten)]
    pub(crate) scenarios: Scenarios,
    /// Only the cases whose id matches: 'rfc6749/5.2/*'
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,
    /// Record and reports
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    /// The seed of drawn values
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Sets of values that each property tries, 64 unless you say otherwise; where they cost real accounts failed logins it
    /// is 2 all the same
    #[arg(long, value_name = "N", value_parser = cases, allow_negative_numbers = true)]
    pub(crate) cases: Option<NonZeroU32>,
    /// A folder of sets of values that failed before: tried first, and added to
    #[arg(long, value_name = "DIR")]
    pub(crate) regressions: Option<PathBuf>,
    /// How the embedded server departs from the strict one
    #[command(flatten)]
    pub(crate) seeded: Seeded,
    /// Exit with 3 if anything was left unjudged
    #[arg(long)]
    pub(crate) strict: bool,
    /// Send nothing: print what each account would see, how many requests there would be, and how long they would take
    #[arg(long, requires = "target", conflicts_with_all = ["record", "report", "emit_waivers", "waivers"])]
    pub(crate) dry_run: bool,
    /// Look whether guessing at passwords is slowed down within so many failed logins of a user with `sacrificial: true`;
    /// takes the place of `throttled_after` and of `--allow-failed-logins`
    #[arg(long, value_name = "N", requires = "target", value_parser = observed)]
    pub(crate) observe_throttling: Option<u32>,
    /// Let cases that are about many failed logins spend so many in a row on a user with `sacrificial: true`; on this
    /// machine they need no leave
    #[arg(long, value_name = "N", requires = "target", value_parser = whole::<u32>)]
    pub(crate) allow_failed_logins: Option<u32>,
    /// Broken promises that are known and borne until a day; one that has expired or is no longer needed fails the run
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// Print a waiver file for what fails, to be filled in, instead of the report; the exit code stays the run's
    #[arg(long)]
    pub(crate) emit_waivers: bool,
}

/// `ropcheck load`
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// The id of a scenario with a `load` block: load/steady/logins
    pub(crate) scenario: String,
    /// The seed of arrivals
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Show goose's live page while users walk; not for CI
    #[arg(long)]
    pub(crate) dashboard: bool,
    /// Exit with 3 if anything was left unjudged
    #[arg(long)]
    pub(crate) strict: bool,
    /// The target file; without one, the embedded reference server
    #[arg(long, value_name = "FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Not an option of a load, but what many would type
    #[arg(long, hide = true, value_parser = UnknownArgumentValueParser::suggest(A_SCRIPT))]
    script: Option<String>,
    /// How the embedded server departs from the strict one
    #[command(flatten)]
    pub(crate) seeded: Seeded,
    /// Scenarios
    #[command(flatten)]
    pub(crate) scenarios: Scenarios,
    /// Record and reports
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    /// Broken promises that are known and borne until a day; one that has expired fails the run
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
}

/// Who performs a script.
const A_SCRIPT: &str = "a script is performed by a server of its own: `ropcheck serve --script FILE --write-target demo.yaml`, \
                        and beside it `ropcheck load SCENARIO --target demo.yaml`";

/// `ropcheck replay`
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The record
    pub(crate) record: PathBuf,
    /// The id of the property, as the record has it
    pub(crate) case: String,
    /// The target file; without one, the embedded reference server
    #[arg(long, value_name = "FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Scenarios
    #[command(flatten)]
    pub(crate) scenarios: Scenarios,
    /// How the embedded server departs from the strict one
    #[command(flatten)]
    pub(crate) seeded: Seeded,
}

/// `ropcheck report`
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The record
    pub(crate) record: PathBuf,
    /// A report to write: hlog=FILE, html=FILE, junit=FILE, markdown=FILE, text=FILE or waivers=FILE; `-` is stdout
    #[arg(long = "as", value_name = "FORMAT=FILE", value_parser = report, required = true)]
    pub(crate) formats: Vec<(String, PathBuf)>,
}

/// `ropcheck coverage`
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// Scenarios
    #[command(flatten)]
    pub(crate) scenarios: Scenarios,
    /// List the sentences that could be tested and are not
    #[arg(long)]
    pub(crate) untested: bool,
    /// List the sentences that can't be tested from outside, with the reason
    #[arg(long)]
    pub(crate) reasons: bool,
    /// Exit with 1 if anything is untested
    #[arg(long)]
    pub(crate) strict: bool,
}

/// `ropcheck doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The target file
    #[arg(long, value_name = "FILE")]
    pub(crate) target: PathBuf,
    /// List the cases that can't be run
    #[arg(long)]
    pub(crate) ids: bool,
    /// Scenarios
    #[command(flatten)]
    pub(crate) scenarios: Scenarios,
}

/// `ropcheck explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A requirement (rfc6749/5.2/invalid-grant), a scenario (rfc6749/5.2/wrong-password), a lint, a truth across answers, a
    /// control, a fault or a variant; or a glob: 'rfc6749/5.2/*'
    pub(crate) id: String,
    /// Scenarios
    #[command(flatten)]
    pub(crate) scenarios: Scenarios,
}

/// `ropcheck list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Whatever follows
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) rest: Vec<String>,
}

/// `ropcheck faults`
#[derive(Debug, Args)]
pub(crate) struct Faults {
    /// Write the whole score as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Only the faults and variants whose id matches: 'password-*'
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,
    /// Scenarios
    #[command(flatten)]
    pub(crate) scenarios: Scenarios,
}

/// `ropcheck serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The port of 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080, value_parser = whole::<u16>)]
    pub(crate) port: u16,
    /// A YAML file with workspaces, clients and users; without one, the demo workspace
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write a target file for the demo workspace, with its clients and users
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) write_target: Option<PathBuf>,
    /// A YAML file that says when the token endpoint is slow, stalls, refuses or hangs up
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
}

/// `ropcheck schema`
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which files: scenario, base or target
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

/// The kinds of file that have a schema.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum SchemaOf {
    /// A scenario file
    Scenario,
    /// `bases.yaml`
    Base,
    /// A target file
    Target,
}

/// The one glob that was given, if any.
///
/// # Errors
/// There is more than one.
pub(crate) fn one_glob(all: &[String]) -> Result<Option<&str>, String> {
    match all {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(format!("`--only` takes one glob: write `--only '{{{}}}'`", all.join(","))),
    }
}

/// More sets of values than this take hours.
const MOST_CASES: u32 = 1_000_000;

fn cases(text: &str) -> Result<NonZeroU32, String> {
    let number: i128 = text.parse().map_err(|_| format!("write a number from 1 to {MOST_CASES}"))?;
    let cases = u32::try_from(number).ok().filter(|cases| *cases <= MOST_CASES).and_then(NonZeroU32::new);
    cases.ok_or_else(|| match number {
        ..1 => {
            "each property has to try one set of values at least: write 1 or more, or leave properties out by `--only`"
                .to_owned()
        }
        _ => format!("that would take days: write {MOST_CASES} at the most, and draw others by another `--seed`"),
    })
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// Attempts within which a limit is looked for.
fn observed(text: &str) -> Result<u32, String> {
    let within = |number: &u32| (2..=1000).contains(number);
    text.parse().ok().filter(within).ok_or_else(|| "write a whole number from 2 to 1000".to_owned())
}

/// A whole number of that many bits.
fn whole<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    let most = u64::MAX >> (64 - 8 * size_of::<N>());
    let number = text.parse().ok().and_then(|number: u64| N::try_from(number).ok());
    number.ok_or_else(|| format!("write a whole number from 0 to {most}"))
}

fn report(text: &str) -> Result<(String, PathBuf), String> {
    let names = || ropcheck_reports::format::FORMATS.iter().map(|format| format.name);
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, for instance html=report.html")?;
    match ropcheck_reports::format::find(format) {
        Some(_) => Ok((format.to_owned(), PathBuf::from(file))),
        None => {
            let hint = ropcheck::complaint::did_you_mean(format, names());
            Err(format!("no format is named `{format}`{hint}; there are {}", names().collect::<Vec<_>>().join(", ")))
        }
    }
}
