//! A request with every name resolved, not yet filled: what a plan makes and an ink fills.

use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderName, Method, Request};
use url::Url;

use crate::scenario::given::Given;
use crate::scenario::send::{Damage, Encoding};
use crate::secret::Secret;

/// A request with every name resolved, but for what only the walk brings: kept and drawn values.
#[derive(Debug, Clone)]
pub struct Template {
    /// The method.
    pub method: Method,
    /// The endpoint, without the query that the scenario adds.
    pub url: Url,
    /// Parameters of the query.
    pub query: Vec<(String, Part)>,
    /// The body.
    pub body: Content,
    /// Headers in the order of sending.
    pub headers: Vec<(HeaderName, Part)>,
    /// How it is written, where that is drawn.
    pub respelt: Option<Given>,
    /// What it came to, where it is the same in every walk.
    pub filled: Filled,
}

/// A request that was filled once, with what it speaks of that must not stand in its answer.
#[derive(Clone, Default)]
pub struct Filled {
    pub(super) request: OnceLock<Request<Bytes>>,
    pub(super) spoken: OnceLock<Vec<(String, String)>>,
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.request.get().is_some() { "filled" } else { "not filled" })
    }
}

impl Template {
    /// A POST to the token endpoint of this machine.
    #[cfg(test)]
    pub(crate) fn to_token(body: Content, headers: Vec<(HeaderName, Part)>) -> Self {
        Self {
            method: Method::POST,
            url: Url::parse("http://127.0.0.1/token").expect("a URL"),
            query: vec![],
            body,
            headers,
            respelt: None,
            filled: Filled::default(),
        }
    }

    /// The scope that it asks for, where it is the same in every walk.
    pub(crate) fn scope(&self) -> Option<String> {
        let Content::Form(form) = &self.body else { return None };
        match form.iter().find(|(name, _)| name == "scope")?.1.piece()? {
            Piece::Plain(scope) => Some(scope.clone()),
            Piece::Secret(..) | Piece::Kept(_) | Piece::Given(_) | Piece::Attempt => None,
        }
    }

    /// The identifier of the client that it names, where it is the same in every walk.
    pub(crate) fn client_id(&self) -> Option<String> {
        let (Content::Form(form) | Content::Json(form) | Content::Multipart(form)) = &self.body else { return None };
        let named = form.iter().find(|(name, _)| name == "client_id").map(|(_, part)| part);
        let basic = self.headers.iter().find_map(|(_, part)| match part {
            Part::Basic { pair: Pair::Joined(id, ..), .. } => Some(&**id),
            _ => None,
        });
        match named.or(basic)?.piece()? {
            Piece::Plain(id) => Some(id.clone()),
            Piece::Secret(..) | Piece::Kept(_) | Piece::Given(_) | Piece::Attempt => None,
        }
    }

    /// Whether it is the same in every walk: nothing in it is kept or drawn.
    pub(crate) fn is_settled(&self) -> bool {
        let parameters = match &self.body {
            Content::Form(all) | Content::Json(all) | Content::Multipart(all) => all.as_slice(),
            Content::Raw(part) if !part.is_settled() => return false,
            Content::Raw(_) => &[],
        };
        let headers = self.headers.iter().map(|(_, part)| part);
        let mut parts = self.query.iter().chain(parameters).map(|(_, part)| part).chain(headers);
        self.respelt.is_none() && parts.all(Part::is_settled)
    }
}

/// A body, with its parameters still apart where it has any.
#[derive(Debug, Clone)]
pub enum Content {
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
    Form(Vec<(String, Part)>),
    /// The same as one JSON object.
    Json(Vec<(String, Part)>),
    /// The same as `multipart/form-data`, with the same boundary each time.
    Multipart(Vec<(String, Part)>),
    /// As it stands.
    Raw(Part),
}

/// The boundary of a multipart body.
pub(crate) const BOUNDARY: &str = "ropcheck-boundary";

/// A value of a request.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text, encoded by the place where it stands.
    Text(Vec<Piece>),
    /// Text that goes on the wire as it is.
    Wire(Vec<Piece>),
    /// Bytes, encoded by the place where they stand.
    Bytes(Vec<u8>),
    /// A right value, made wrong.
    Damaged(Box<Part>, Damage),
    /// A right value, made wrong as it is drawn.
    DamagedAs(Box<Part>, Given),
    /// Drawn parameters, which stand in a list of parameters under no name of their own.
    Parameters(Given),
    /// The same in upper case.
    Upper(Box<Part>),
    /// HTTP Basic credentials (RFC 7617 section 2): scheme and the pair before base64.
    Basic {
        /// The scheme as it is written.
        scheme: String,
        /// Identifier and secret, or the whole pair.
        pair: Pair,
        /// How they are written, where that is drawn; the scheme then is too.
        written: Option<Given>,
    },
}

/// What stands before base64 in Basic credentials.
#[derive(Debug, Clone)]
pub enum Pair {
    /// Identifier and secret, joined by a colon.
    Joined(Box<Part>, Box<Part>, Encoding),
    /// The whole.
    Whole(Box<Part>),
}

/// A piece of text.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text that may be seen.
    Plain(String),
    /// A secret with its mark's name: `alice.password`.
    Secret(String, Secret),
    /// A value kept by an earlier step.
    Kept(String),
    /// A drawn value of a property.
    Given(String),
    /// The number of the walk.
    Attempt,
}

impl Part {
    /// The one piece that it is, where it is text of no more than that.
    pub(crate) fn piece(&self) -> Option<&Piece> {
        match self {
            Self::Text(pieces) => match pieces.as_slice() {
                [piece] => Some(piece),
                _ => None,
            },
            Self::Wire(_)
            | Self::Bytes(_)
            | Self::Damaged(..)
            | Self::DamagedAs(..)
            | Self::Parameters(_)
            | Self::Upper(_)
            | Self::Basic { .. } => None,
        }
    }

    /// Whether it is the same in every walk.
    pub(super) fn is_settled(&self) -> bool {
        match self {
            Self::Text(pieces) | Self::Wire(pieces) => {
                !pieces.iter().any(|piece| matches!(piece, Piece::Kept(_) | Piece::Given(_) | Piece::Attempt))
            }
            Self::Bytes(_) => true,
            Self::DamagedAs(..) | Self::Parameters(_) | Self::Basic { written: Some(_), .. } => false,
            Self::Damaged(of, _) | Self::Upper(of) | Self::Basic { pair: Pair::Whole(of), .. } => of.is_settled(),
            Self::Basic { pair: Pair::Joined(id, secret, _), .. } => id.is_settled() && secret.is_settled(),
        }
    }

    /// Whether a secret is in it, kept values among them.
    pub(super) fn holds_secret(&self) -> bool {
        match self {
            Self::Text(pieces) | Self::Wire(pieces) => {
                pieces.iter().any(|piece| matches!(piece, Piece::Secret(..) | Piece::Kept(_)))
            }
            Self::Bytes(_) | Self::Parameters(_) => false,
            Self::Damaged(of, _)
            | Self::DamagedAs(of, _)
            | Self::Upper(of)
            | Self::Basic { pair: Pair::Whole(of), .. } => of.holds_secret(),
            Self::Basic { pair: Pair::Joined(id, secret, _), .. } => id.holds_secret() || secret.holds_secret(),
        }
    }
}

impl Piece {
    /// Whether upper case would change it; of a value that only the walk brings that is taken for granted.
    pub(crate) fn has_lower_case(&self) -> bool {
        match self {
            Self::Plain(text) => text.chars().any(char::is_lowercase),
            Self::Secret(_, secret) => secret.expose().chars().any(char::is_lowercase),
            Self::Kept(_) | Self::Given(_) => true,
            Self::Attempt => false,
        }
    }
}
