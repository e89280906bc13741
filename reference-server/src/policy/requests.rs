//! How a request is read.

/// Which methods bring a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Methods {
    /// POST.
    Post,
    /// POST, and GET with its query for a form.
    PostAndGet,
    /// Every one.
    Any,
}

/// Which media types are those of a form.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MediaType {
    /// The form's, in any case and with any parameter.
    Form,
    /// The form's in lower case.
    LowerCase,
    /// The form's without a parameter.
    WithoutParameters,
    /// The form's, or none at all.
    FormOrNone,
}

/// The status for a body that is no form.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoForm {
    /// 400.
    BadRequest,
    /// 415.
    UnsupportedMediaType,
}

/// What becomes of a body that comes in chunks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chunked {
    /// It is read.
    Read,
    /// It is taken for an empty one.
    Unread,
    /// It is refused with 411.
    LengthRequired,
}

/// What is read from the query of the URI.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Query {
    /// Nothing, and a credential in it is refused.
    Unread,
    /// Every parameter.
    Read,
    /// The client's identifier and secret.
    ClientRead,
}

/// What becomes of a parameter that comes twice.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Repeats {
    /// The request is refused.
    Refused,
    /// The first value counts.
    First,
    /// It is refused, but two scopes are joined.
    ScopesJoined,
}

/// How a form is decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormReading {
    pub(crate) plus: Plus,
    pub(crate) escapes: Escapes,
    pub(crate) charset: Charset,
}

impl FormReading {
    /// RFC 6749 appendix B, to the letter.
    pub(crate) const STRICT: Self = Self { plus: Plus::Space, escapes: Escapes::All, charset: Charset::Utf8 };
}

/// What `+` stands for in a form.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plus {
    /// A space.
    Space,
    /// Itself, as it would in a path.
    Literal,
}

/// Which escapes of a form are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// All, and a percent sign that begins none is an error.
    All,
    /// All, and a percent sign that begins none stands for itself.
    Lenient,
    /// Those with upper-case digits.
    UpperCase,
    /// All but `%20`.
    ButSpace,
}

/// What the bytes of a form stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Charset {
    /// UTF-8.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// UTF-8 where they can be read so, and ISO 8859-1 where not.
    Utf8OrLatin1,
    /// UTF-8, with U+FFFD for what is none.
    Utf8Replaced,
}

/// The answer to a request that lacks a parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Missing {
    /// 400 and `invalid_request`.
    InvalidRequest,
    /// The same with the status 422.
    Unprocessable,
    /// `unsupported_grant_type` where it is the grant type.
    GrantTypeUnsupported,
    /// `invalid_grant` where it is the user name or the password.
    LoginInvalid,
    /// `invalid_grant` where it is the refresh token.
    RefreshTokenInvalid,
}

/// How the grant type is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GrantTypeReading {
    /// As it is.
    Exact,
    /// Without one, from what else is there.
    Guessed,
    /// One that nobody knows stands for the password grant.
    PasswordByDefault,
}

/// What the server falls over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    /// Nothing.
    Never,
    /// A password with a character outside ASCII.
    PasswordBeyondAscii,
    /// A password with a character of four UTF-8 bytes, as in a column that holds three.
    PasswordBeyondThreeBytes,
    /// A user name with a character of four UTF-8 bytes.
    UsernameBeyondThreeBytes,
    /// A password with a combining mark.
    CombiningPassword,
    /// A password of more than 128 bytes.
    LongPassword,
    /// A user name with a character that is written from right to left.
    RightToLeftUsername,
    /// A user name or a password with a NUL.
    Nul,
    /// A wrong password.
    WrongPassword,
    /// A client identifier with a curly brace.
    ClientIdWithBrace,
    /// A client secret with a character of four UTF-8 bytes.
    SecretBeyondThreeBytes,
    /// Basic credentials that can't be read.
    UnreadableBasic,
    /// A percent sign in a form that begins no escape.
    BadEscape,
    /// A grant type with a dot, as in the name of a class.
    GrantTypeWithDot,
    /// A refresh token with a character outside ASCII.
    RefreshTokenBeyondAscii,
    /// A scope of more than 255 characters.
    LongScope,
    /// A request without a scope.
    AbsentScope,
    /// A scope that a client asks for itself and that is not its default.
    ScopeForItself,
    /// A method other than POST.
    WrongMethod,
    /// A request that expects a 100.
    Expectation,
}
