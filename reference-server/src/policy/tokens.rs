//! What tokens are like, and how long they are good.

use crate::draft::Draft;
use crate::keys::Kind;

/// What access tokens are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessTokens {
    /// JWTs, each another one.
    Jwt,
    /// Text that says nothing.
    Opaque,
    /// JWTs; who asks for the same again gets the same again.
    Repeated,
}

/// A change to the tokens of one kind before they are signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redraft {
    pub(crate) of: Kind,
    pub(crate) how: fn(&mut Draft),
}

/// What refresh tokens are like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RefreshTokens {
    /// 384 random bits.
    Random,
    /// As long, but each is the one before and a little more.
    CountedUp,
    /// A number and 136 random bits.
    Numbered,
    /// 64 random bits.
    Short,
    /// As long, but a refresh makes the next one from the one that it gets.
    Derived,
}

/// The life of refresh tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refresh {
    /// Each use replaces the token, and the use of a replaced one ends the line.
    Rotating,
    /// One token of a client with a secret stays good until it expires.
    Steady,
    /// None is issued.
    Withheld,
    /// None is issued to a client without a secret.
    WithheldFromPublic,
    /// A client without a secret keeps the one token that it has.
    SteadyForPublic,
    /// Each use by a client with a secret brings one more token, and the used one stays good.
    Accumulating,
    /// Each use replaces the token, and the use of a replaced one is refused and no more.
    Forgiving,
    /// Each use replaces the token; a client with a secret may use the one before for some seconds more.
    Grace,
    /// Each use replaces the token, and the new one is good for nothing.
    DeadOnArrival,
    /// Any token of the line is taken, whatever its secret part says.
    SecretIgnored,
    /// The login brings everybody the same token.
    OneForAll,
}

/// What becomes of several uses of one refresh token at once.
///
/// To the strict server looking and replacing are one step. Any other takes its time between the two, as if its store were
/// far away, so that requests which come together all find the token good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Simultaneous {
    /// One wins, and each of the others is a replay like any.
    OneWins,
    /// Each wins a token of its own, and all of these stay good.
    EachWins,
    /// Each wins, and all win the same refresh token, and access tokens of one jti.
    EachWinsTheSame,
    /// None wins: the one that would have finds its family ended by the others.
    NoneWins,
    /// One wins, and the server falls over the others.
    OthersCrash,
    /// One wins, and what it won is ended by the others, whatever becomes of a replay.
    OthersEndAll,
}

/// What becomes of a refresh token that was issued to another client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ForeignRefreshToken {
    /// It is refused as any that is not good.
    Refused,
    /// It is refused as if the client had failed to authenticate.
    InvalidClient,
    /// It is accepted.
    Accepted,
    /// It is accepted if the other client is a public one.
    AcceptedOfPublic,
}

/// The error code for a refresh token that is not good.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BadRefreshToken {
    /// As RFC 6749 section 5.2 has it.
    InvalidGrant,
    /// As if the request were malformed.
    InvalidRequest,
}
