//! The seeded faults by their names.

use ropcheck_reference_server::{FAULTS, FAULTS_IN_A_RACE, Policy};

/// The policy of a server with that fault.
pub(crate) fn fault(id: &str) -> Policy {
    let fault = FAULTS.iter().chain(FAULTS_IN_A_RACE).find(|fault| fault.id == id);
    fault.unwrap_or_else(|| panic!("no fault {id}")).policy()
}
