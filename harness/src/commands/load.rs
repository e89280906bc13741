//! `ropcheck load`: a scenario by many users.

use super::stop::Stop;
use crate::cli::Load;

pub(crate) async fn run(_args: &Load) -> Result<u8, Stop> {
    Err(Stop::bad_input("not yet"))
}
