//! argv in, exit code out.

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::commands::{check, coverage, doctor, explain, faults, load, replay, report, schema, serve, stop};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(why) => return stop::Stop::harness(format!("could not start the runtime: {why}")).tell(),
    };
    let done = match cli.command {
        Command::Check(args) => runtime.block_on(check::run(&args)),
        Command::Load(args) => runtime.block_on(load::run(&args)),
        Command::Replay(args) => runtime.block_on(replay::run(&args)),
        Command::Report(args) => report::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Doctor(args) => runtime.block_on(doctor::run(&args)),
        Command::Explain(args) => explain::run(&args),
        Command::List(args) => explain::list(&args),
        Command::Faults(args) => faults::run(&args),
        Command::Serve(args) => runtime.block_on(serve::run(&args)),
        Command::Schema(args) => schema::run(&args),
    };
    // A task that still waits for a silent server must not hold the process.
    runtime.shutdown_background();
    match done {
        Ok(code) => ExitCode::from(code),
        Err(stop) => stop.tell(),
    }
}
