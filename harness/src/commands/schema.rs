//! `ropcheck schema`: the JSON Schema of what authors write.

use ropcheck::scenario::{Base, Scenario};
use ropcheck::target::file::TargetFile;
use schemars::schema_for;

use super::outcome::say;
use super::stop::Stop;
use crate::cli::{Schema, SchemaOf};

/// Prints a schema.
pub(crate) fn run(args: &Schema) -> Result<u8, Stop> {
    let schema = match args.of {
        SchemaOf::Scenario => schema_for!(Vec<Scenario>),
        SchemaOf::Base => schema_for!(Vec<Base>),
        SchemaOf::Target => schema_for!(TargetFile),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|why| Stop::harness(format!("could not write the schema: {why}")))?;
    say(&format!("{text}\n"))?;
    Ok(0)
}
