//! Why a request is refused.

use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::throttle::Wait;

/// The reason, with the status and the header that go with it. `says` is always a fixed sentence: nothing that a
/// request brought can find its way into an answer.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    pub(crate) says: &'static str,
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
}

/// The error codes of RFC 6749 section 5.2, RFC 6750 section 3.1 and RFC 7009 section 2.2.1, and one for what is the
/// server's own fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
    InvalidToken,
    InsufficientScope,
    UnsupportedTokenType,
    ServerError,
}

impl Code {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::ServerError => "server_error",
        }
    }
}

impl Refusal {
    pub(crate) fn invalid_request(says: &'static str) -> Self {
        Self::bad_request(Code::InvalidRequest, says)
    }

    /// RFC 6749 section 5.2 asks for a challenge that names the scheme the client used; Basic is the only one here.
    pub(crate) fn invalid_client(says: &'static str, challenge: HeaderValue) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            header: Some((WWW_AUTHENTICATE, challenge)),
            ..Self::bad_request(Code::InvalidClient, says)
        }
    }

    /// RFC 6749 section 5.2 permits 400 for a client that did not authenticate by header.
    pub(crate) fn invalid_client_without_challenge(says: &'static str) -> Self {
        Self::bad_request(Code::InvalidClient, says)
    }

    pub(crate) fn invalid_grant(says: &'static str) -> Self {
        Self::bad_request(Code::InvalidGrant, says)
    }

    pub(crate) fn unauthorized_client(says: &'static str) -> Self {
        Self::bad_request(Code::UnauthorizedClient, says)
    }

    pub(crate) fn unsupported_grant_type(says: &'static str) -> Self {
        Self::bad_request(Code::UnsupportedGrantType, says)
    }

    pub(crate) fn invalid_scope(says: &'static str) -> Self {
        Self::bad_request(Code::InvalidScope, says)
    }

    /// RFC 6750 section 3.1; the challenge is added by whoever knows the realm.
    pub(crate) fn invalid_token(says: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::bad_request(Code::InvalidToken, says) }
    }

    /// RFC 6750 section 3.1; the challenge is added by whoever knows the realm.
    pub(crate) fn insufficient_scope(says: &'static str) -> Self {
        Self { status: StatusCode::FORBIDDEN, ..Self::bad_request(Code::InsufficientScope, says) }
    }

    /// RFC 7009 section 2.2.1.
    pub(crate) fn unsupported_token_type(says: &'static str) -> Self {
        Self::bad_request(Code::UnsupportedTokenType, says)
    }

    /// RFC 6585 section 4: too many requests, and when to come back (RFC 9110 section 10.2.3, in seconds).
    pub(crate) fn throttled(Wait(seconds): Wait) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            header: Some((RETRY_AFTER, HeaderValue::from(seconds))),
            ..Self::invalid_grant("too many failed logins, try again later")
        }
    }

    /// The same for a client whose secret is being guessed.
    pub(crate) fn client_throttled(wait: Wait) -> Self {
        let says = "too many failed authentications, try again later";
        Self { code: Code::InvalidClient, says, ..Self::throttled(wait) }
    }

    /// RFC 9110 section 15.5.6: a 405 lists what is allowed.
    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            header: Some((ALLOW, HeaderValue::from_static(allowed))),
            ..Self::invalid_request("this method is not allowed here")
        }
    }

    pub(crate) fn not_found() -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::invalid_request("there is nothing at this path") }
    }

    pub(crate) fn too_large() -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::invalid_request("the request body is too large") }
    }

    /// RFC 9110 section 15.5.16.
    pub(crate) fn unsupported_media_type(says: &'static str) -> Self {
        Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..Self::invalid_request(says) }
    }

    /// RFC 9110 section 15.5.12.
    pub(crate) fn length_required() -> Self {
        let says = "the length of the body has to be told";
        Self { status: StatusCode::LENGTH_REQUIRED, ..Self::invalid_request(says) }
    }

    /// RFC 9110 section 15.5.21, which RFC 6749 section 5.2 leaves no room for.
    pub(crate) fn unprocessable(says: &'static str) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, ..Self::invalid_request(says) }
    }

    /// RFC 6749 section 5.2 has no code for this; the name is that of section 4.1.2.1.
    pub(crate) fn server_error() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::bad_request(Code::ServerError, "the server met an unexpected condition")
        }
    }

    /// RFC 6749 section 5.2: 400 unless said otherwise.
    fn bad_request(code: Code, says: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, says, header: None }
    }
}
