//! Signatures of tokens, tried a batch together.

use std::sync::Arc;
use std::time::Duration;

use ropcheck_reports::record::{Found, Signature};

use super::jwt::Jwt;
use super::look::{Against, place};
use super::truths::{Sees, TRUTHS, Truth, ledger};
use super::{Issued, Kind};
use crate::check::held;
use crate::load::ledger::Ledger;
use crate::witness::Signed;

/// The tokens of an answer whose signatures are to be tried.
#[derive(Debug)]
pub(super) struct ToTry {
    /// The answer, with these of its tokens alone.
    pub(super) issued: Issued,
    /// When the first answer of the run was heard.
    pub(super) began: Duration,
}

/// What all signatures came to.
#[derive(Debug)]
pub(super) struct Tried {
    /// One finding a truth.
    pub(super) found: Vec<Found>,
    /// Tokens whose signature was tried.
    pub(super) validated: u64,
}

/// All that is known of signatures so far.
pub(super) struct Signatures {
    against: Arc<Against>,
    ledger: Ledger,
    validated: u64,
}

impl Signatures {
    pub(super) fn new(against: Arc<Against>) -> Self {
        Self { against, ledger: ledger(), validated: 0 }
    }

    /// Tries the signatures of a batch.
    pub(super) fn hold(&mut self, batch: &[ToTry]) {
        let each = batch.iter().flat_map(|answer| answer.issued.tokens.iter().map(move |token| (answer, token)));
        let (of, signed): (Vec<_>, Vec<_>) = each
            .filter_map(|(answer, (facts, secret))| {
                let signed = signed(&Jwt::of(facts, secret.expose())?)?;
                Some(((answer, Kind::of(&facts.member)?), signed))
            })
            .unzip();
        let signatures = self.against.keys.signatures(&signed);
        for ((ToTry { issued, began }, kind), signature) in of.into_iter().zip(signatures) {
            self.validated += u64::from(matches!(signature, Signature::Held { .. } | Signature::Failed(_)));
            let is_of_it = |truth: &Truth| matches!(truth.sees, Sees::Signature) && truth.of.contains(&kind);
            if let Some(truth) = TRUTHS.iter().position(is_of_it) {
                self.ledger.add(truth, held(&signature, kind.member()), || place(&self.against, issued, *began));
            }
        }
    }

    /// What they all came to.
    pub(super) fn came(self) -> Tried {
        Tried { found: self.ledger.found(), validated: self.validated }
    }
}

/// What is signed in a token, and by which key.
fn signed<'a>(jwt: &Jwt<'a>) -> Option<Signed<'a>> {
    let (text, signature) = jwt.signed()?;
    Some(Signed { kid: jwt.parameter("kid"), alg: jwt.parameter("alg").unwrap_or_default(), text, signature })
}
