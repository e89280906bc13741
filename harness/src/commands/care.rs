//! What a run will keep to, told on stderr before it begins.

use ropcheck::target::Target;

/// Tells the limits that a run on a target keeps.
#[expect(clippy::print_stderr, reason = "telling the person who runs it, beside the result on stdout")]
pub(crate) fn tell(target: &Target) {
    let place = if target.is_loopback() { "this machine" } else { "another machine" };
    eprintln!("limits at {}, {place}:", target.name);
    for (name, told) in target.limits().told() {
        eprintln!("  {name:<13}  {told}");
    }
}
