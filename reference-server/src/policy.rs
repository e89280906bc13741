//! The promises that the server keeps.

use crate::draft::Draft;
use crate::keys::Signing;
use crate::occasion::Endpoint;
use crate::reply::Reply;

/// One field a promise; the strict policy keeps them all.
///
/// A policy is opaque outside this crate: it starts as [`Policy::strict`], and the tables of faults and variants change
/// it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each promise is kept or broken apart from the others")]
pub struct Policy {
    // Client authentication.
    /// RFC 6749 section 2.3: at most one way of authentication in a request.
    pub(crate) one_client_authentication: bool,
    /// RFC 6749 section 2.3.1: identifier and secret are form-encoded before they go into Basic credentials.
    pub(crate) basic_is_form_decoded: bool,
    /// RFC 7617 section 2: the first colon ends the user-id, so that a secret may hold colons.
    pub(crate) basic_ends_id_at_first_colon: bool,
    /// RFC 6749 section 3.2.1: a confidential client proves itself.
    pub(crate) client_secret_checked: bool,
    /// This server's own rule: the registered way of authentication is the only one.
    pub(crate) secret_only_where_registered: bool,
    /// RFC 6749 section 5.2: 401 is required for a client that used the header, permitted for any other.
    pub(crate) invalid_client_without_header: InvalidClient,

    // The request.
    /// RFC 6749 section 3.2: POST and nothing else.
    pub(crate) post_only: bool,
    /// RFC 6749 section 2.3.1: credentials stay out of the request URI.
    pub(crate) query_is_not_read: bool,
    /// RFC 6749 section 3.2: no parameter more than once.
    pub(crate) parameters_once: bool,
    /// RFC 6749 section 3.2: a parameter without a value counts as left out.
    pub(crate) empty_is_absent: bool,
    /// RFC 6749 section 3.2: unknown parameters are ignored.
    pub(crate) unknown_parameters_ignored: bool,
    /// RFC 6749 appendix B: how a form spells a space.
    pub(crate) plus: Plus,

    // Grants and scopes.
    /// RFC 6749 section 5.2, `unauthorized_client`: a client uses the grants it is registered for.
    pub(crate) client_grants_checked: bool,
    /// RFC 6749 section 3.3: what a request without a scope comes to.
    pub(crate) absent_scope: AbsentScope,
    /// RFC 6749 section 3.3: what a scope beyond the client's own comes to.
    pub(crate) foreign_scope: ForeignScope,
    /// RFC 6749 sections 3.3 and 5.1: when the granted scope is told.
    pub(crate) scope_told: ScopeTold,

    // Users.
    /// RFC 6749 section 4.3.2: the user named is the user meant.
    pub(crate) username_is_exact: bool,
    /// RFC 6749 section 4.3.2: the password is validated, all of it and as it is.
    pub(crate) password: PasswordReading,
    /// RFC 6749 appendix A.16: a password may hold any character but controls.
    pub(crate) crash: Crash,
    /// RFC 6749 section 4.3.2: guessing is slowed down.
    pub(crate) logins_throttled: bool,
    /// RFC 6749 section 4.3.2: an account that was switched off opens nothing.
    pub(crate) disabled_users_refused: bool,
    /// RFC 9700 and RFC 6749 section 5.2: an unknown user and a wrong password look the same.
    pub(crate) users_look_alike: bool,

    // Refresh tokens.
    /// RFC 6749 section 6: which tokens come back, and how long they last.
    pub(crate) refresh: Refresh,
    /// RFC 6749 section 6: a refresh token belongs to the client it was issued to.
    pub(crate) refresh_is_bound_to_client: bool,
    /// RFC 6749 section 6: no more scope than the user granted.
    pub(crate) refresh_stays_within_scope: bool,
    /// RFC 6749 section 5.2: an expired refresh token is no longer a grant.
    pub(crate) refresh_expires: bool,
    /// RFC 6749 section 5.2: the code for a refresh token that is not, or no longer, good.
    pub(crate) bad_refresh_token: BadRefreshToken,

    // Tokens.
    /// RFC 9068 section 2.2: an access token names its audience.
    pub(crate) audience_named: bool,

    /// How tokens are signed, whatever the workspaces say.
    pub(crate) signing: Option<Signing>,
    /// RFC 6749 section 1.4: what an access token looks like is the server's affair.
    pub(crate) access_tokens: AccessTokens,
    /// RFC 6749 section 10.10: no refresh token can be guessed.
    pub(crate) refresh_tokens: RefreshTokens,
    /// What becomes of a token before it is signed.
    pub(crate) drafts: Vec<Redraft>,

    // Introspection.
    /// RFC 7662 section 2.1: whoever asks is authorized.
    pub(crate) introspection_needs_client: bool,
    /// RFC 7662 section 2.2: a token that has expired is not active.
    pub(crate) introspection_minds_expiry: bool,

    // Revocation.
    /// RFC 7009 section 2.1: the client authenticates as at the token endpoint.
    pub(crate) revocation_needs_client: bool,
    /// RFC 7009 section 2.1: a client revokes its own tokens.
    pub(crate) revocation_minds_owner: bool,
    /// RFC 7009 section 2.2: a revoked access token is no longer good.
    pub(crate) access_tokens_are_revoked: bool,
    /// RFC 7009 section 2.2: a revoked refresh token is no longer good.
    pub(crate) refresh_tokens_are_revoked: bool,
    /// RFC 7009 section 2.1: the access tokens of the same grant go with the refresh token.
    pub(crate) access_tokens_go_with_refresh_token: bool,

    // The protected resource.
    /// RFC 6750 section 3.1, `invalid_token`: a token that has expired opens nothing.
    pub(crate) userinfo_minds_expiry: bool,
    /// RFC 6750 section 3.1, `insufficient_scope`: a token opens what it was granted for.
    pub(crate) userinfo_minds_scope: bool,
    /// RFC 6750 section 2.3: a URI is no place for a token.
    pub(crate) userinfo_ignores_query: bool,
    /// RFC 6749 section 1.5: a refresh token is for the authorization server alone.
    pub(crate) refresh_token_opens_nothing: bool,
    /// RFC 9068 section 4: an ID token does not pass for an access token.
    pub(crate) id_token_opens_nothing: bool,
    /// RFC 9068 section 4: a token whose signature fails is worth nothing.
    pub(crate) signatures_checked: bool,

    // Workspaces.
    /// RFC 9068 section 4: a token is good where it was issued.
    pub(crate) tokens_stay_in_workspace: bool,
    /// RFC 6749 section 4.3.2: a password opens the accounts of its own workspace.
    pub(crate) users_stay_in_workspace: bool,

    /// What becomes of a finished answer.
    pub(crate) alterations: Vec<Alteration>,
}

/// A change to a finished answer.
pub(crate) type Alter = fn(&mut Reply);

/// A change to the answers of some endpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alteration {
    pub(crate) at: &'static [Endpoint],
    pub(crate) how: Alter,
}

/// A change to a token that is not signed yet.
pub(crate) type Redraft = fn(&mut Draft);

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

/// What refresh tokens are like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RefreshTokens {
    /// 384 random bits.
    Random,
    /// As long, but each is the one before and a little more.
    CountedUp,
    /// 64 random bits.
    Short,
}

/// The status of `invalid_client` for a client that did not use the header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InvalidClient {
    /// 401 with a challenge, as for every other client.
    Challenged,
    /// 400, as for any other error.
    BadRequest,
}

/// What `+` stands for in a form.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plus {
    /// A space.
    Space,
    /// Itself, as it would in a path.
    Literal,
}

/// What a request without a scope is granted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AbsentScope {
    /// The client's default, or nothing if it has none.
    Default,
    /// All that the client is registered for.
    Everything,
}

/// What becomes of a scope that the client may not have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ForeignScope {
    /// The request is refused.
    Refused,
    /// It is left out, and the rest granted.
    LeftOut,
    /// It is granted.
    Granted,
}

/// When an answer says what scope was granted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ScopeTold {
    /// When it is not what was asked for.
    WhenDifferent,
    /// Every time.
    Always,
    /// Not at all.
    Never,
}

/// How much of a password is looked at, when it is stored as when it is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PasswordReading {
    /// Every byte.
    Exact,
    /// The first 72 bytes, as bcrypt does it.
    First72Bytes,
    /// Upper and lower case are one.
    CaseFolded,
    /// Only how long it is.
    LengthOnly,
    /// Without the spaces around it.
    Trimmed,
}

/// Which passwords the server falls over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crash {
    /// None.
    Never,
    /// Those with a character outside ASCII.
    BeyondAscii,
    /// Those with a character of four UTF-8 bytes, as in a column that holds three.
    BeyondThreeBytes,
}

/// The life of refresh tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refresh {
    /// Each use replaces the token, and the use of a replaced one ends the line.
    Rotating,
    /// One token stays good until it expires.
    Steady,
    /// None is issued.
    Withheld,
}

/// The error code for a refresh token that is not good.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BadRefreshToken {
    /// As RFC 6749 section 5.2 has it.
    InvalidGrant,
    /// As if the request were malformed.
    InvalidRequest,
}

impl Policy {
    /// Keeps every promise.
    pub fn strict() -> Self {
        Self {
            one_client_authentication: true,
            basic_is_form_decoded: true,
            basic_ends_id_at_first_colon: true,
            client_secret_checked: true,
            secret_only_where_registered: true,
            invalid_client_without_header: InvalidClient::Challenged,
            post_only: true,
            query_is_not_read: true,
            parameters_once: true,
            empty_is_absent: true,
            unknown_parameters_ignored: true,
            plus: Plus::Space,
            client_grants_checked: true,
            absent_scope: AbsentScope::Default,
            foreign_scope: ForeignScope::Refused,
            scope_told: ScopeTold::WhenDifferent,
            username_is_exact: true,
            password: PasswordReading::Exact,
            crash: Crash::Never,
            logins_throttled: true,
            disabled_users_refused: true,
            users_look_alike: true,
            refresh: Refresh::Rotating,
            refresh_is_bound_to_client: true,
            refresh_stays_within_scope: true,
            refresh_expires: true,
            bad_refresh_token: BadRefreshToken::InvalidGrant,
            audience_named: true,
            signing: None,
            access_tokens: AccessTokens::Jwt,
            refresh_tokens: RefreshTokens::Random,
            drafts: Vec::new(),
            introspection_needs_client: true,
            introspection_minds_expiry: true,
            revocation_needs_client: true,
            revocation_minds_owner: true,
            access_tokens_are_revoked: true,
            refresh_tokens_are_revoked: true,
            access_tokens_go_with_refresh_token: true,
            userinfo_minds_expiry: true,
            userinfo_minds_scope: true,
            userinfo_ignores_query: true,
            refresh_token_opens_nothing: true,
            id_token_opens_nothing: true,
            signatures_checked: true,
            tokens_stay_in_workspace: true,
            users_stay_in_workspace: true,
            alterations: Vec::new(),
        }
    }

    /// Has every finished answer of the token endpoint changed.
    pub(crate) fn alter(&mut self, how: Alter) {
        self.alter_at(&[Endpoint::Token], how);
    }

    /// Has every finished answer of some endpoints changed.
    pub(crate) fn alter_at(&mut self, at: &'static [Endpoint], how: Alter) {
        self.alterations.push(Alteration { at, how });
    }

    /// Has every access token and every ID token changed before it is signed.
    pub(crate) fn redraft(&mut self, how: Redraft) {
        self.drafts.push(how);
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::strict()
    }
}
