//! One round of a race, as facts. No I/O.

use ropcheck_reports::record::Because;
use ropcheck_reports::record::load::{Late, Lives, Replay};

use super::NotBegun;
use crate::exchange::{Exchange, Silence};
use crate::secret::Secret;
use crate::walk::{Reached, Walked};

/// The member of an answer that a race is about.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";

/// One use of a refresh token.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) walked: Walked,
    /// The refresh token that it brought.
    pub(super) token: Option<Secret>,
    pub(super) came: Came,
}

/// What a use came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    /// It was granted.
    Won,
    /// It was refused, with this error.
    Lost { error: Option<String> },
    /// The server failed it: a status of 500 and above, or a connection without an answer.
    Failed,
    /// Nothing can be said of it.
    Untold(Because, String),
}

/// Uses of one token at once, and what was tried behind them.
#[derive(Debug)]
pub(super) struct Round {
    /// The token that was raced.
    token: Secret,
    pub(super) uses: Vec<Use>,
    /// A use of each token that was won.
    pub(super) after: Vec<Use>,
    /// A later use of the raced token.
    pub(super) old: Option<Use>,
    /// What a second use comes to when nobody is beside it, or why that is not known.
    pub(super) replay: Result<Replay, NotBegun>,
}

impl Use {
    pub(super) fn of(walked: Walked, token: Option<Secret>) -> Self {
        let came = Came::of(&walked);
        Self { walked, token, came }
    }

    /// What was said and heard.
    fn exchange(&self) -> Option<&Exchange> {
        self.walked.exchanges.last()
    }

    /// The id of its exchange.
    pub(super) fn id(&self) -> String {
        self.walked.exchange_id(self.walked.exchanges.len().saturating_sub(1))
    }

    /// What it came to, in few words.
    pub(super) fn in_few_words(&self) -> String {
        match self.exchange().map(|exchange| &exchange.heard) {
            Some(Ok(answer)) => answer.in_few_words(),
            Some(Err(silence)) => silence.to_string(),
            None => "nothing was sent".to_owned(),
        }
    }

    /// How a use that lost is counted: `400 invalid_grant`.
    pub(super) fn counted(&self) -> String {
        match self.exchange().map(|exchange| &exchange.heard) {
            Some(Ok(answer)) => match answer.error() {
                Some(error) => format!("{} {}", answer.status, crate::exchange::shortened(&error)),
                None => answer.status.to_string(),
            },
            Some(Err(silence)) => silence.name().to_owned(),
            None => "nothing was sent".to_owned(),
        }
    }
}

impl Came {
    fn of(walked: &Walked) -> Self {
        if let Some(Reached::Not(because, why)) = walked.steps.first() {
            return Self::Untold(*because, why.clone());
        }
        match walked.exchanges.last().map(|exchange| &exchange.heard) {
            None => Self::Untold(Because::Harness, "nothing was sent".to_owned()),
            Some(Ok(answer)) if answer.grants() => Self::Won,
            Some(Ok(answer)) if answer.is_throttled() => Self::Untold(Because::Throttled, answer.in_few_words()),
            Some(Ok(answer)) if answer.status >= 500 => Self::Failed,
            Some(Ok(answer)) => Self::Lost { error: answer.error() },
            Some(Err(Silence::Closed(_) | Silence::TimedOut(_) | Silence::NotHttp(_))) => Self::Failed,
            Some(Err(
                silence @ (Silence::Unreachable(_)
                | Silence::NoPort
                | Silence::NoFile
                | Silence::Tls(_)
                | Silence::Unawaited),
            )) => Self::Untold(silence.because(), silence.to_string()),
        }
    }
}

impl Round {
    pub(super) fn new(token: Secret, uses: Vec<Use>, replay: Result<Replay, NotBegun>) -> Self {
        Self { token, uses, after: vec![], old: None, replay }
    }

    /// The uses that won.
    pub(super) fn winners(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(|one| one.came == Came::Won)
    }

    /// The uses that did not.
    pub(super) fn losers(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(|one| one.came != Came::Won)
    }

    /// Why nothing can be said of a use, where there is such a one.
    pub(super) fn untold(&self) -> Option<(Because, String)> {
        self.uses.iter().find_map(|one| match &one.came {
            Came::Untold(because, why) => Some((*because, why.clone())),
            Came::Won | Came::Lost { .. } | Came::Failed => None,
        })
    }

    /// The new tokens that were won, each once.
    pub(super) fn won(&self) -> Vec<Secret> {
        let mut won: Vec<Secret> = Vec::new();
        for token in self.winners().filter_map(|winner| winner.token.as_ref()) {
            if [&self.token].into_iter().chain(&won).all(|other| other.expose() != token.expose()) {
                won.push(token.clone());
            }
        }
        won
    }

    /// Whether several winners were given the same access token, or the same new refresh token.
    pub(super) fn is_shared(&self) -> bool {
        let print = |winner: &Use| Some(winner.exchange()?.heard.as_ref().ok()?.token("access_token")?.fingerprint.0);
        let mut access: Vec<[u8; 8]> = self.winners().filter_map(print).collect();
        let brought = access.len();
        access.sort_unstable();
        access.dedup();
        let renewed = self.winners().filter_map(|winner| winner.token.as_ref());
        let renewed = renewed.filter(|token| token.expose() != self.token.expose()).count();
        access.len() < brought || self.won().len() < renewed
    }

    /// What lives afterwards; `None` where that could not be told.
    pub(super) fn lives(&self) -> Option<Lives> {
        let is_told = |one: &&Use| !matches!(one.came, Came::Untold(..));
        let are_told = self.after.iter().chain(&self.old).all(|one| is_told(&one)) && self.old.is_some();
        let living = self.after.iter().filter(|one| one.came == Came::Won).count();
        match (living, self.winners().count()) {
            (2.., _) => Some(Lives::Several),
            _ if !are_told => None,
            (1, 1) => Some(Lives::Winner),
            (1, _) => Some(Lives::OneOfThem),
            (0, _) if self.old.as_ref().is_some_and(|old| old.came == Came::Won) => Some(Lives::Old),
            (0, _) => Some(Lives::Nothing),
        }
    }

    /// What the later use of the raced token came to; `None` where it was granted, and may be refused when grace is over.
    pub(super) fn late(&self) -> Option<Late> {
        let has_winner = self.winners().next().is_some();
        match self.old.as_ref().map(|old| &old.came) {
            Some(Came::Lost { .. } | Came::Failed) => Some(Late::Refused),
            Some(Came::Won) if has_winner && self.won().is_empty() => Some(Late::Granted),
            Some(Came::Won) if has_winner => None,
            // Where nobody had won before, a late use is the first one that did.
            Some(Came::Won | Came::Untold(..)) | None => Some(Late::Unknown),
        }
    }
}

/// The refresh token of an answer that no witness has seen yet.
pub(super) fn refresh_token(exchange: &Exchange) -> Option<Secret> {
    let brought = &exchange.heard.as_ref().ok()?.unwitnessed;
    brought.iter().find(|(member, _)| member == REFRESH_TOKEN).map(|(_, token)| token.clone())
}
