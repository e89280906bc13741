//! The promises that the server keeps.

mod answers;
mod clients;
mod misreadings;
mod requests;
mod scopes;
mod services;
mod tokens;
mod users;

use crate::draft::Draft;
use crate::keys::{Kind, Signing};
use crate::occasion::Endpoint;
use crate::refusal::Refusal;

pub(crate) use answers::{Alter, Alteration, Echo};
pub(crate) use clients::{
    BesideBasic, InvalidClient, MissingAuthentication, PublicClients, SecretReading, TwoAuthentications, UnknownClient,
    UnreadableBasic,
};
pub(crate) use misreadings::{Misread, Misreading, Received};
pub(crate) use requests::{
    Charset, Chunked, Crash, Escapes, FormReading, GrantTypeReading, MediaType, Methods, Missing, NoForm, Plus, Query,
    Repeats,
};
pub(crate) use scopes::{AbsentScope, ForeignScope, RefreshScope, ScopeReading, ScopeTold};
pub(crate) use services::{Hints, IntrospectionFor, Minds, Revoking};
pub(crate) use tokens::{
    AccessTokens, BadRefreshToken, ForeignRefreshToken, Redraft, Refresh, RefreshTokens, Simultaneous,
};
pub(crate) use users::{Nobody, PasswordReading, Throttling, UsernameReading};

/// One field a promise; the strict policy keeps them all.
///
/// A policy is opaque outside this crate: it starts as [`Policy::strict`], and the tables of faults and variants change
/// it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each promise is kept or broken apart from the others")]
pub struct Policy {
    // Client authentication.
    /// RFC 6749 section 2.3: at most one way of authentication in a request.
    pub(crate) two_authentications: TwoAuthentications,
    /// RFC 9110 section 11.1: the name of a scheme is read in any case.
    pub(crate) scheme_in_any_case: bool,
    /// RFC 6749 section 2.3.1: identifier and secret are form-encoded before they go into Basic credentials.
    pub(crate) basic_is_form_decoded: bool,
    /// RFC 6749 section 2.3.1: and this is how the form encoding inside is undone.
    pub(crate) basic_reading: FormReading,
    /// RFC 6749 section 5.2: the code for Basic credentials that can't be read.
    pub(crate) unreadable_basic: UnreadableBasic,
    /// RFC 7617 section 2: the first colon ends the user-id, so that a secret may hold colons.
    pub(crate) basic_ends_id_at_first_colon: bool,
    /// RFC 6749 section 3.2.1: a confidential client proves itself.
    pub(crate) client_secret: SecretReading,
    /// RFC 6749 section 2.2: the client identified is the client meant.
    pub(crate) client_id_is_exact: bool,
    /// RFC 6749 section 3.2.1: a client may name itself beside its authentication, and none but itself.
    pub(crate) client_id_beside_basic: BesideBasic,
    /// RFC 6749 section 3.2.1: a client without a secret names itself by `client_id` alone.
    pub(crate) public_clients: PublicClients,
    /// RFC 6749 section 4.3: the client is authenticated before the user is asked about.
    pub(crate) client_before_user: bool,
    /// RFC 6749 section 5.2: the answer to a client that nobody has registered.
    pub(crate) unknown_client: UnknownClient,
    /// RFC 6749 section 5.2: the code for a client that did not show itself.
    pub(crate) missing_authentication: MissingAuthentication,
    /// This server's own rule: the registered way of authentication is the only one.
    pub(crate) secret_only_where_registered: bool,
    /// RFC 6749 section 5.2: 401 is required for a client that used the header, permitted for any other.
    pub(crate) invalid_client_without_header: InvalidClient,
    /// RFC 6749 section 2.3.1: guessing a client's secret is slowed down.
    pub(crate) clients_throttled: bool,

    // The request.
    /// What becomes of a request before it is read.
    pub(crate) misreadings: Vec<Misreading>,
    /// RFC 6749 section 3.2: POST and nothing else.
    pub(crate) methods: Methods,
    /// RFC 9110 section 8.3.1: which spellings of a media type are the form's.
    pub(crate) media_type: MediaType,
    /// RFC 9110 section 15.5.16: the status for a body that is no form.
    pub(crate) no_form: NoForm,
    /// RFC 6749 section 2.3.1: credentials stay out of the request URI.
    pub(crate) query: Query,
    /// RFC 6749 section 3.2: no parameter more than once.
    pub(crate) repeats: Repeats,
    /// RFC 6749 section 3.2: a parameter without a value counts as left out.
    pub(crate) empty_is_absent: bool,
    /// RFC 6749 section 3.2: unknown parameters are ignored.
    pub(crate) unknown_parameters_ignored: bool,
    /// RFC 6749 section 1.9: upper and lower case of a parameter's name are two.
    pub(crate) parameter_names_are_exact: bool,
    /// RFC 9112 section 7.1: a body may come in chunks.
    pub(crate) chunked: Chunked,
    /// RFC 6749 section 4.3.2: the parameters of a form come in any order.
    pub(crate) order_is_free: bool,
    /// RFC 6749 appendix B: how a form is decoded.
    pub(crate) form: FormReading,
    /// RFC 6749 section 5.2: the answer to a request that lacks what it needs.
    pub(crate) missing: Missing,
    /// RFC 9110 section 15.6: what the server falls over.
    pub(crate) crash: Crash,

    // Grants and scopes.
    /// RFC 6749 section 4.3.2: the value of `grant_type` alone selects the grant.
    pub(crate) grant_type: GrantTypeReading,
    /// RFC 6749 section 5.2, `unauthorized_client`: a client uses the grants it is registered for.
    pub(crate) client_grants_checked: bool,
    /// RFC 6749 section 4.4: the client credentials grant is for confidential clients.
    pub(crate) client_credentials_need_a_secret: bool,
    /// RFC 6749 section 4.4.3: the client credentials grant brings no refresh token.
    pub(crate) clients_get_no_refresh_token: bool,
    /// RFC 6749 section 3.3: how the text of a scope is read.
    pub(crate) scope: ScopeReading,
    /// This server's own rule: a scope that ends in a wildcard stands for every scope that begins so.
    pub(crate) wildcards_admit: bool,
    /// RFC 6749 section 3.3: what a request without a scope comes to.
    pub(crate) absent_scope: AbsentScope,
    /// RFC 6749 section 3.3: what a scope beyond the client's own comes to.
    pub(crate) foreign_scope: ForeignScope,
    /// RFC 6749 sections 3.3 and 5.1: when the granted scope is told; OAuth 2.1 section 3.2.3 asks for it every time.
    pub(crate) scope_told: ScopeTold,

    // Users.
    /// RFC 6749 section 4.3.2: the user named is the user meant.
    pub(crate) username: UsernameReading,
    /// RFC 6749 section 4.3.2: the password is validated, all of it and as it is.
    pub(crate) password: PasswordReading,
    /// RFC 6749 section 4.3.2: there is no login without a password.
    pub(crate) password_needed: bool,
    /// RFC 6749 section 10.14: what a password says is no part of a query.
    pub(crate) queries_are_bound: bool,
    /// RFC 6749 section 4.3.2: guessing is slowed down.
    pub(crate) throttling: Throttling,
    /// RFC 6749 section 4.3.2: an account that was switched off opens nothing.
    pub(crate) disabled_users_refused: bool,
    /// RFC 9700 and RFC 6749 section 5.2: an unknown user and a wrong password look the same.
    pub(crate) users_look_alike: bool,
    /// RFC 6749 section 10.10 leaves it open, CWE-208 does not: no delay tells which names exist.
    pub(crate) nobody: Nobody,

    // Refresh tokens.
    /// RFC 6749 section 6: which tokens come back, and how long they last.
    pub(crate) refresh: Refresh,
    /// RFC 9700 section 4.14.2: of several uses of one refresh token at once, one wins, and the others are replays.
    pub(crate) simultaneous: Simultaneous,
    /// RFC 6749 section 6: a refresh token belongs to the client it was issued to.
    pub(crate) foreign_refresh_token: ForeignRefreshToken,
    /// RFC 6749 section 6: no more scope than the user granted, and no less unless asked.
    pub(crate) refresh_scope: RefreshScope,
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
    pub(crate) introspection_for: IntrospectionFor,
    /// RFC 7662 section 2.1: a hint helps to find a token and decides nothing.
    pub(crate) introspection_hints: Hints,
    /// RFC 7662 section 4: what is checked of a token.
    pub(crate) introspection_minds: Minds,

    // Revocation.
    /// RFC 7009 section 2.1: the client authenticates as at the token endpoint.
    pub(crate) revocation_needs_client: bool,
    /// RFC 7009 section 2.1: a client revokes its own tokens.
    pub(crate) revocation_minds_owner: bool,
    /// RFC 7009 sections 2.1 and 2.2: a hint helps to find a token and decides nothing.
    pub(crate) revocation_hints: Hints,
    /// RFC 7009 section 2.1: a revoked access token is no longer good.
    pub(crate) access_token_revocation: Revoking,
    /// RFC 7009 section 2.1: a revoked refresh token is no longer good.
    pub(crate) refresh_token_revocation: Revoking,
    /// RFC 7009 section 2.1: the access tokens of the same grant go with the refresh token.
    pub(crate) access_tokens_go_with_refresh_token: bool,
    /// RFC 7009 section 2.2: a token that nobody knows is as good as revoked.
    pub(crate) unknown_tokens_count_as_revoked: bool,

    // The protected resource.
    /// `OpenID` Connect Core section 5.3: GET and POST.
    pub(crate) userinfo_takes_post: bool,
    /// RFC 6750 section 2: one token, in one way.
    pub(crate) userinfo_takes_one_token: bool,
    /// RFC 6750 section 2.3: a URI is no place for a token.
    pub(crate) userinfo_ignores_query: bool,
    /// RFC 6750 section 3.1, `invalid_token`: what is checked of a token.
    pub(crate) userinfo_minds: Minds,
    /// RFC 6750 section 3.1, `insufficient_scope`: a token opens what it was granted for.
    pub(crate) userinfo_minds_scope: bool,
    /// RFC 8725 section 3.12: a refresh token does not pass for an access token.
    pub(crate) refresh_token_opens_nothing: bool,
    /// RFC 8725 section 3.12: an ID token does not pass for an access token.
    pub(crate) id_token_opens_nothing: bool,

    // Workspaces.
    /// RFC 6749 section 6: a refresh token is good where it was issued.
    pub(crate) refresh_tokens_stay_in_workspace: bool,
    /// RFC 6749 section 2: a client is registered with one workspace.
    pub(crate) clients_stay_in_workspace: bool,
    /// RFC 6749 section 4.3.2: a password opens the accounts of its own workspace.
    pub(crate) users_stay_in_workspace: bool,

    // The answer.
    /// RFC 6749 section 10: what was sent in secret is not sent back.
    pub(crate) echo: Echo,
    /// What becomes of a finished answer.
    pub(crate) alterations: Vec<Alteration>,
}

impl Policy {
    /// Keeps every promise.
    pub fn strict() -> Self {
        Self {
            two_authentications: TwoAuthentications::InvalidRequest,
            scheme_in_any_case: true,
            basic_is_form_decoded: true,
            basic_reading: FormReading::STRICT,
            unreadable_basic: UnreadableBasic::InvalidClient,
            basic_ends_id_at_first_colon: true,
            client_secret: SecretReading::Exact,
            client_id_is_exact: true,
            client_id_beside_basic: BesideBasic::SameClient,
            public_clients: PublicClients::Named,
            client_before_user: true,
            unknown_client: UnknownClient::InvalidClient,
            missing_authentication: MissingAuthentication::InvalidClient,
            secret_only_where_registered: true,
            invalid_client_without_header: InvalidClient::Challenged,
            clients_throttled: true,
            misreadings: Vec::new(),
            methods: Methods::Post,
            media_type: MediaType::Form,
            no_form: NoForm::BadRequest,
            query: Query::Unread,
            repeats: Repeats::Refused,
            empty_is_absent: true,
            unknown_parameters_ignored: true,
            parameter_names_are_exact: true,
            chunked: Chunked::Read,
            order_is_free: true,
            form: FormReading::STRICT,
            missing: Missing::InvalidRequest,
            crash: Crash::Never,
            grant_type: GrantTypeReading::Exact,
            client_grants_checked: true,
            client_credentials_need_a_secret: true,
            clients_get_no_refresh_token: true,
            scope: ScopeReading::Tokens,
            wildcards_admit: true,
            absent_scope: AbsentScope::Default,
            foreign_scope: ForeignScope::Refused,
            scope_told: ScopeTold::Always,
            username: UsernameReading::Exact,
            password: PasswordReading::Exact,
            password_needed: true,
            queries_are_bound: true,
            throttling: Throttling::All,
            disabled_users_refused: true,
            users_look_alike: true,
            nobody: Nobody::AsAnybody,
            refresh: Refresh::Rotating,
            simultaneous: Simultaneous::OneWins,
            foreign_refresh_token: ForeignRefreshToken::Refused,
            refresh_scope: RefreshScope::OfLogin,
            refresh_expires: true,
            bad_refresh_token: BadRefreshToken::InvalidGrant,
            audience_named: true,
            signing: None,
            access_tokens: AccessTokens::Jwt,
            refresh_tokens: RefreshTokens::Random,
            drafts: Vec::new(),
            introspection_for: IntrospectionFor::ConfidentialClients,
            introspection_hints: Hints::Ignored,
            introspection_minds: Minds::EVERYTHING,
            revocation_needs_client: true,
            revocation_minds_owner: true,
            revocation_hints: Hints::Ignored,
            access_token_revocation: Revoking::Done,
            refresh_token_revocation: Revoking::Done,
            access_tokens_go_with_refresh_token: true,
            unknown_tokens_count_as_revoked: true,
            userinfo_takes_post: true,
            userinfo_takes_one_token: true,
            userinfo_ignores_query: true,
            userinfo_minds: Minds::EVERYTHING,
            userinfo_minds_scope: true,
            refresh_token_opens_nothing: true,
            id_token_opens_nothing: true,
            refresh_tokens_stay_in_workspace: true,
            clients_stay_in_workspace: true,
            users_stay_in_workspace: true,
            echo: Echo::Nothing,
            alterations: Vec::new(),
        }
    }

    /// Whether access tokens are meant to be JWTs after RFC 9068, which their operator knows whatever they say.
    pub fn issues_jwts(&self) -> bool {
        match self.access_tokens {
            AccessTokens::Jwt | AccessTokens::Repeated => true,
            AccessTokens::Opaque => false,
        }
    }

    /// Has every request to the token endpoint read as another.
    pub(crate) fn misread(&mut self, how: fn(&mut Received)) {
        self.misread_at(Endpoint::Token, how);
    }

    /// Has every request to an endpoint read as another.
    pub(crate) fn misread_at(&mut self, at: Endpoint, how: fn(&mut Received)) {
        self.misreadings.push(Misreading { at, how: Misread::As(how) });
    }

    /// Has some requests to the token endpoint refused out of hand.
    pub(crate) fn balk(&mut self, when: fn(&Received) -> Option<Refusal>) {
        self.balk_at(Endpoint::Token, when);
    }

    /// Has some requests to an endpoint refused out of hand.
    pub(crate) fn balk_at(&mut self, at: Endpoint, when: fn(&Received) -> Option<Refusal>) {
        self.misreadings.push(Misreading { at, how: Misread::Refused(when) });
    }

    /// Has every finished answer of the token endpoint changed.
    pub(crate) fn alter(&mut self, how: Alter) {
        self.alter_at(&[Endpoint::Token], how);
    }

    /// Has every finished answer of some endpoints changed.
    pub(crate) fn alter_at(&mut self, at: &'static [Endpoint], how: Alter) {
        self.alterations.push(Alteration { at, how });
    }

    /// Has every token of one kind changed before it is signed.
    pub(crate) fn redraft(&mut self, of: Kind, how: fn(&mut Draft)) {
        self.drafts.push(Redraft { of, how });
    }

    /// The server's own failure, if this is what it falls over.
    pub(crate) fn stands(&self, before: Crash) -> Result<(), Refusal> {
        if self.crash == before { Err(Refusal::server_error()) } else { Ok(()) }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::strict()
    }
}
