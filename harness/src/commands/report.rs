//! `ropcheck report`: the same reports from the record alone.

use std::fs::File;
use std::io::BufReader;

use ropcheck::suite::folded;
use ropcheck_reports::read;

use super::outcome::write_reports;
use super::stop::Stop;
use crate::cli::Report;

/// Writes the reports; its exit code says only whether they were written.
pub(crate) fn run(args: &Report) -> Result<u8, Stop> {
    let shown = args.record.display();
    let file = File::open(&args.record).map_err(|why| Stop::bad_input(format!("could not open {shown}: {why}")))?;
    let events = read::events(BufReader::new(file)).map_err(|why| Stop::bad_input(format!("{shown}: {why}")))?;
    write_reports(&folded(events), &args.formats)?;
    Ok(0)
}
