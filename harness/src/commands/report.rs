//! `ropcheck report`: the same reports from the record alone.

use std::io::BufReader;

use ropcheck_reports::read;

use super::outcome::{self, Printed};
use super::stop::Stop;
use crate::cli::Report;

/// Writes the reports; its exit code says only whether they were written.
pub(crate) fn run(args: &Report) -> Result<u8, Stop> {
    let shown = args.record.display();
    let file = outcome::open_record(&args.record)?;
    outcome::apart([args.record.as_path()].into_iter().chain(args.formats.iter().map(|(_, path)| path.as_path())))?;
    let mut recorder = outcome::recorder(None, &args.formats)?;
    read::each(BufReader::new(file), &mut |event| recorder.keep(event))
        .map_err(|why| Stop::bad_input(format!("{shown}: {why}")))?;
    outcome::finish(recorder, &args.formats, Printed::Nothing)?;
    Ok(0)
}
