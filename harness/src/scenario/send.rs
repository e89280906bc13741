//! A request as an author writes it: `like` a base with one change, or everything spelt out.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Spanned;

use super::Endpoint;
use super::given::{Given, Kind};
use crate::ordered::Ordered;
use crate::words::Words;

/// A request: `like` a base with one `change`, or everything spelt out.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Send {
    /// The base that it is made from.
    #[schemars(with = "Option<String>")]
    pub like: Option<Spanned<String>>,
    /// What differs from the base.
    pub change: Option<Change>,
    /// The client, by what it is: `confidential` (the default), `public`, `second`, …
    #[serde(rename = "as")]
    #[schemars(with = "Option<String>")]
    pub client: Option<Spanned<String>>,
    /// The user, by what it is: `known` (the default), `second`, `utf8`, …
    #[schemars(with = "Option<String>")]
    pub user: Option<Spanned<String>>,
    /// Where it goes.
    pub to: Option<Endpoint>,
    /// At which server, where it is not the target itself.
    pub at: Option<Elsewhere>,
    /// The method; `POST` where nothing is said.
    pub method: Option<String>,
    /// Parameters of the body in order: a list of one-key maps, so that a name can come twice.
    pub form: Option<Pairs>,
    /// How the client authenticates; by its own method where nothing is said.
    pub auth: Option<Auth>,
    /// Headers to add, to put in place of the usual ones, or (`null`) to leave out.
    #[schemars(with = "IndexMap<String, Option<Value>>")]
    pub headers: Ordered<Option<Value>>,
}

/// What differs from a base. Its keys are applied in the order in which they stand here.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// Another server.
    pub at: Option<Elsewhere>,
    /// Another method.
    pub method: Option<String>,
    /// Another client authentication, none, or several.
    pub auth: Option<Auth>,
    /// Parameters given another value where they stand, or added at the end.
    #[schemars(with = "IndexMap<String, Value>")]
    pub set: Ordered<Value>,
    /// Parameters left out.
    #[schemars(with = "Vec<String>")]
    pub remove: Vec<Spanned<String>>,
    /// Parameters added at the end, also ones that are there already.
    pub add: Option<Pairs>,
    /// Parameters put into the query instead of the body: their names, or `all`.
    pub to_query: Option<Moved>,
    /// Parameters added to the query.
    pub query: Option<Pairs>,
    /// Another body.
    pub body: Option<Body>,
    /// That the body is sent with chunked transfer coding (RFC 9112 section 7.1) and without its length.
    pub chunked: bool,
    /// Another spelling of the same request, a drawn one.
    pub respelt: Option<Given>,
    /// Headers to add, to put in place of the usual ones, or (`null`) to leave out.
    #[schemars(with = "IndexMap<String, Option<Value>>")]
    pub headers: Ordered<Option<Value>>,
}

/// A server beside the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// The target file's `neighbour`: the same endpoint of another workspace of the same server.
    Neighbour,
}

/// The parameters to move into the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// Every parameter of the body.
    All,
    /// The named ones.
    These(Vec<String>),
}

/// The body of a changed request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The same parameters as one JSON object.
    Json,
    /// The same parameters as `multipart/form-data`.
    Multipart,
    /// No body.
    Empty,
    /// That text, as it is; names in it stand for values, not encoded.
    Text(#[schemars(with = "String")] Words),
    /// Those bytes.
    Hex(Hex),
}

/// A value: text in which names may stand, or one made some other way.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text; encoded by the place where it stands.
    Text(Words),
    /// One of the others.
    Made(Made),
}

/// A value that text can't say.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// What stands there by itself (the right password, the right token), damaged once.
    Damaged(Damage),
    /// The same, damaged once as it is drawn.
    DamagedAs(Given),
    /// Text put on the wire as it is, not encoded: `al%zzice`.
    Wire(#[schemars(with = "String")] Words),
    /// Bytes, percent-encoded like any text: `ff fe`.
    Hex(Hex),
    /// A text many times over.
    Times {
        /// The text.
        text: String,
        /// How often.
        times: usize,
    },
    /// The same text in upper case.
    Upper(#[schemars(with = "String")] Words),
    /// The text, or no parameter at all where the target does not name what it speaks of.
    IfAny(#[schemars(with = "String")] Words),
}

/// How a right value is made wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// Its last character is dropped.
    Drop,
    /// A character in its middle is another one.
    Flip,
    /// Its last character comes twice.
    Double,
}

/// How a client authenticates in one request: not at all, once, or in several ways at once.
#[derive(Debug, Clone)]
pub struct Auth(pub Vec<Credential>);

/// One client authentication.
#[derive(Debug, Clone)]
pub enum Credential {
    /// By a method of RFC 6749 section 2.3.
    By(Method, Overrides),
    /// By an `Authorization` header of any kind.
    Header(Value),
}

/// A client authentication method by its registered name, or the client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The one that the client is registered with.
    Own,
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `none`: the client's identifier alone, in the body.
    None,
}

/// What differs from the client's own credentials.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    /// Another identifier.
    pub id: Option<Value>,
    /// Another secret.
    pub secret: Option<Value>,
    /// The whole text before base64, in place of `id:secret`.
    pub pair: Option<Value>,
    /// How identifier and secret are written before base64.
    pub encoding: Encoding,
    /// The scheme's name as it is written, `Basic` where nothing is said.
    pub scheme: Option<String>,
    /// How the header is written, as it is drawn.
    pub written: Option<Given>,
}

/// How identifier and secret are written before base64 (RFC 6749 section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Form-encoded, as section 2.3.1 asks.
    #[default]
    Form,
    /// Form-encoded but for colons, which RFC 7617 section 2 lets a password hold.
    FormButColon,
    /// As they are.
    Raw,
}

/// Bytes written in hex, spaces between them as one likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

/// Names with values, in order, a name as often as one likes: `[ { username: a }, { username: b } ]`. A drawn list of
/// parameters stands among them as `"${given.NAME}"`.
#[derive(Debug, Clone, Default)]
pub struct Pairs(pub Vec<Entry>);

/// An entry of [`Pairs`].
#[derive(Debug, Clone)]
pub enum Entry {
    /// A parameter.
    One(String, Value),
    /// Drawn parameters.
    Drawn(Given),
}

impl Send {
    /// The words of every text in it.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Words> {
        let body = self.change.as_ref().and_then(|change| match &change.body {
            Some(Body::Text(words)) => Some(words),
            Some(Body::Json | Body::Multipart | Body::Empty | Body::Hex(_)) | None => None,
        });
        self.values().into_iter().filter_map(Value::words).chain(body)
    }

    /// The recipes that it follows, each with the kind that its place asks for.
    pub(crate) fn recipes(&self) -> Vec<(Kind, &Given)> {
        let change = || self.change.iter();
        let lists = self.form.iter().chain(change().flat_map(|change| change.add.iter().chain(&change.query)));
        let parameters = lists.flat_map(Pairs::drawn).map(|given| (Kind::Parameters, given));
        let damages = self.values().into_iter().filter_map(|value| match value {
            Value::Made(Made::DamagedAs(given)) => Some((Kind::Damage, given)),
            Value::Text(_) | Value::Made(_) => None,
        });
        let auth = self.auth.iter().chain(change().filter_map(|change| change.auth.as_ref()));
        let writings = auth.flat_map(|auth| &auth.0).filter_map(|credential| match credential {
            Credential::By(_, overrides) => Some((Kind::Writing, overrides.written.as_ref()?)),
            Credential::Header(_) => None,
        });
        let spellings = change().filter_map(|change| Some((Kind::Spelling, change.respelt.as_ref()?)));
        parameters.chain(damages).chain(writings).chain(spellings).collect()
    }

    /// Every value that it is made from.
    fn values(&self) -> Vec<&Value> {
        let form = self.form.iter().flat_map(Pairs::values);
        let headers = self.headers.0.iter().filter_map(|(_, value)| value.as_ref());
        let auth = self.auth.iter().flat_map(Auth::values);
        form.chain(headers).chain(auth).chain(self.change.iter().flat_map(Change::values)).collect()
    }
}

impl Change {
    /// Whether the client authenticates in another way than before.
    pub(crate) fn is_of_the_client(&self) -> bool {
        let named = |name: &str| name == "client_id" || name == "client_secret";
        let mut added = self.add.iter().chain(&self.query).flat_map(|pairs| &pairs.0);
        self.auth.is_some()
            || self.set.0.iter().any(|(name, _)| named(&name.value))
            || added.any(|entry| matches!(entry, Entry::One(name, _) if named(name)))
            || self.headers.0.iter().any(|(name, _)| name.value.eq_ignore_ascii_case("authorization"))
    }

    fn values(&self) -> Vec<&Value> {
        let set = self.set.0.iter().map(|(_, value)| value);
        let pairs = self.add.iter().chain(&self.query).flat_map(Pairs::values);
        let headers = self.headers.0.iter().filter_map(|(_, value)| value.as_ref());
        set.chain(pairs).chain(headers).chain(self.auth.iter().flat_map(Auth::values)).collect()
    }
}

impl Value {
    /// The words in it.
    pub(crate) fn words(&self) -> Option<&Words> {
        match self {
            Self::Text(words) | Self::Made(Made::Wire(words) | Made::Upper(words) | Made::IfAny(words)) => Some(words),
            Self::Made(Made::Damaged(_) | Made::DamagedAs(_) | Made::Hex(_) | Made::Times { .. }) => None,
        }
    }
}

impl Pairs {
    fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter_map(|entry| match entry {
            Entry::One(_, value) => Some(value),
            Entry::Drawn(_) => None,
        })
    }

    fn drawn(&self) -> impl Iterator<Item = &Given> {
        self.0.iter().filter_map(|entry| match entry {
            Entry::One(..) => None,
            Entry::Drawn(given) => Some(given),
        })
    }
}

impl Auth {
    fn values(&self) -> Vec<&Value> {
        self.0
            .iter()
            .flat_map(|credential| match credential {
                Credential::Header(value) => vec![value],
                Credential::By(_, Overrides { id, secret, pair, .. }) => id.iter().chain(secret).chain(pair).collect(),
            })
            .collect()
    }
}
