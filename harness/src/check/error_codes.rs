//! The error codes that are known at a token endpoint and at those beside it.

/// The codes of RFC 6749 section 5.2 and those that extensions register for the token endpoint (section 8.5).
pub(crate) const ERROR_CODES: [&str; 18] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    // RFC 8628 section 3.5
    "authorization_pending",
    "slow_down",
    "access_denied",
    "expired_token",
    // RFC 8707 section 2
    "invalid_target",
    // RFC 9449 sections 5 and 8
    "invalid_dpop_proof",
    "use_dpop_nonce",
    // RFC 9396 section 5
    "invalid_authorization_details",
    // RFC 6749 section 4.1.2.1, registered for the authorization endpoint and often seen here under overload
    "temporarily_unavailable",
    // OpenID Connect Core section 3.1.2.6
    "interaction_required",
    "login_required",
    "consent_required",
];

/// The codes of the endpoints beside it: RFC 6750 section 3.1 and RFC 7009 section 2.2.1.
pub(crate) const OTHER_CODES: [&str; 3] = ["insufficient_scope", "invalid_token", "unsupported_token_type"];
