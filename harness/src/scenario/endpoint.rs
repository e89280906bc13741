//! Where a request goes, by what is there; what granting is at each place.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The token endpoint (RFC 6749 section 3.2).
    #[default]
    Token,
    /// The authorization server's metadata (RFC 8414), or OpenID's where there are no others.
    Metadata,
    /// OpenID's metadata (OpenID Connect Discovery section 4).
    OpenidMetadata,
    /// The key set that the metadata names (RFC 7517 section 5).
    Jwks,
    /// Where a resource server asks what a token is worth (RFC 7662).
    Introspection,
    /// Where a client gives a token back (RFC 7009).
    Revocation,
    /// The claims about the user, a resource that an access token opens (OpenID Connect Core section 5.3).
    Userinfo,
}

impl Endpoint {
    /// Its name in skip reasons.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token endpoint",
            Self::Metadata => "metadata",
            Self::OpenidMetadata => "OpenID metadata",
            Self::Jwks => "key set",
            Self::Introspection => "introspection endpoint",
            Self::Revocation => "revocation endpoint",
            Self::Userinfo => "userinfo endpoint",
        }
    }

    /// What granting is there.
    pub fn grant(self) -> Grant {
        match self {
            Self::Token => Grant::AccessToken,
            Self::Introspection => Grant::Active,
            Self::Metadata | Self::OpenidMetadata | Self::Jwks | Self::Revocation | Self::Userinfo => Grant::Status,
        }
    }

    /// Whether a client sends it a form and authenticates (RFC 6749 section 3.2, RFC 7009 section 2.1, RFC 7662 section 2.1).
    pub fn takes_clients(self) -> bool {
        match self {
            Self::Token | Self::Introspection | Self::Revocation => true,
            Self::Metadata | Self::OpenidMetadata | Self::Jwks | Self::Userinfo => false,
        }
    }
}

/// What granting is at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// An access token comes (RFC 6749 section 5.1).
    AccessToken,
    /// The token that is asked about is good: status 200 and `active` true (RFC 7662 section 2.2).
    Active,
    /// Status 200.
    Status,
}
