//! Words: text in which names stand for values, `"${user.password} "`.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use crate::complaint::did_you_mean;

/// Text with names in it, as an author writes it. `$${` stands for a literal `${`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(pub Vec<Word>);

/// A piece of [`Words`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Text that stands for itself.
    Literal(String),
    /// A name that the plan resolves.
    Name(Name),
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    /// `client.id`, `client.secret` (of the step's own client), `clients.second.id`.
    Client(Option<String>, ClientPart),
    /// `user.username`, `user.password` (of the step's own user), `users.second.username`.
    User(Option<String>, UserPart),
    /// `scopes.one`: a scope by what it is.
    Scope(String),
    /// `target.issuer`, `target.token_endpoint`.
    Target(TargetPart),
    /// `kept.refresh_token`: a value that an earlier step kept.
    Kept(String),
    /// `given.password`: a drawn value of a property.
    Given(String),
    /// `attempt`: the number of the walk, another one each time.
    Attempt,
}

/// The parts of a client that a name can speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientPart {
    /// Its identifier.
    Id,
    /// Its secret.
    Secret,
}

/// The parts of a user that a name can speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserPart {
    /// The user name.
    Username,
    /// The password.
    Password,
}

/// The parts of the target that a name can speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetPart {
    /// The issuer identifier.
    Issuer,
    /// The token endpoint's URL.
    TokenEndpoint,
}

/// The first words of every name, for the nearest-name remedy.
const SHAPES: [&str; 13] = [
    "client.id",
    "client.secret",
    "clients.ROLE.id",
    "clients.ROLE.secret",
    "user.username",
    "user.password",
    "users.ROLE.username",
    "users.ROLE.password",
    "scopes.KIND",
    "target.issuer",
    "kept.NAME",
    "given.NAME",
    "attempt",
];

impl Words {
    /// Text without names.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Word::Literal(text.into())])
    }

    /// Reads text with names.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, after) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                literal.push_str(before);
                literal.push_str("${");
                rest = &after[2..];
                continue;
            }
            literal.push_str(before);
            let Some(end) = after.find('}') else {
                return Err(format!("`{after}` has no closing brace; write `$${{` for a literal `${{`"));
            };
            if !literal.is_empty() {
                words.push(Word::Literal(std::mem::take(&mut literal)));
            }
            words.push(Word::Name(Name::parse(&after[2..end])?));
            rest = &after[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            words.push(Word::Literal(literal));
        }
        Ok(Self(words))
    }

    /// The text, once the plan has put values in the place of names; a name that is left stands as it was written.
    pub fn settled(&self) -> String {
        self.0
            .iter()
            .map(|word| match word {
                Word::Literal(text) => text.clone(),
                Word::Name(name) => format!("${{{name}}}"),
            })
            .collect()
    }

    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.0.iter().filter_map(|word| match word {
            Word::Literal(_) => None,
            Word::Name(name) => Some(name),
        })
    }
}

impl Name {
    fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let own = |name: &str| Some(name.to_owned());
        match parts.as_slice() {
            ["client", "id"] => Ok(Self::Client(None, ClientPart::Id)),
            ["client", "secret"] => Ok(Self::Client(None, ClientPart::Secret)),
            ["clients", role, "id"] => Ok(Self::Client(own(role), ClientPart::Id)),
            ["clients", role, "secret"] => Ok(Self::Client(own(role), ClientPart::Secret)),
            ["user", "username"] => Ok(Self::User(None, UserPart::Username)),
            ["user", "password"] => Ok(Self::User(None, UserPart::Password)),
            ["users", role, "username"] => Ok(Self::User(own(role), UserPart::Username)),
            ["users", role, "password"] => Ok(Self::User(own(role), UserPart::Password)),
            ["scopes", kind] => Ok(Self::Scope((*kind).to_owned())),
            ["target", "issuer"] => Ok(Self::Target(TargetPart::Issuer)),
            ["target", "token_endpoint"] => Ok(Self::Target(TargetPart::TokenEndpoint)),
            ["kept", name] => Ok(Self::Kept((*name).to_owned())),
            ["given", name] => Ok(Self::Given((*name).to_owned())),
            ["attempt"] => Ok(Self::Attempt),
            _ => Err(format!("nothing is named `${{{text}}}`{}", did_you_mean(text, SHAPES))),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = |part: &ClientPart| match part {
            ClientPart::Id => "id",
            ClientPart::Secret => "secret",
        };
        let user = |part: &UserPart| match part {
            UserPart::Username => "username",
            UserPart::Password => "password",
        };
        match self {
            Self::Client(None, part) => write!(f, "client.{}", client(part)),
            Self::Client(Some(role), part) => write!(f, "clients.{role}.{}", client(part)),
            Self::User(None, part) => write!(f, "user.{}", user(part)),
            Self::User(Some(role), part) => write!(f, "users.{role}.{}", user(part)),
            Self::Scope(kind) => write!(f, "scopes.{kind}"),
            Self::Target(TargetPart::Issuer) => f.write_str("target.issuer"),
            Self::Target(TargetPart::TokenEndpoint) => f.write_str("target.token_endpoint"),
            Self::Kept(name) => write!(f, "kept.{name}"),
            Self::Given(name) => write!(f, "given.{name}"),
            Self::Attempt => f.write_str("attempt"),
        }
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_between_literals() {
        let words = Words::parse(" ${user.password}x${kept.first}").expect("two names");
        assert_eq!(
            words.0,
            [
                Word::Literal(" ".into()),
                Word::Name(Name::User(None, UserPart::Password)),
                Word::Literal("x".into()),
                Word::Name(Name::Kept("first".into())),
            ]
        );
        assert_eq!(Words::parse("$${user.password}").expect("a literal"), Words::literal("${user.password}"));
    }

    #[test]
    fn a_wrong_name_is_told_with_the_nearest_right_one() {
        let error = Words::parse("${user.pasword}").expect_err("pasword is no part of a user");
        assert_eq!(error, "nothing is named `${user.pasword}`; did you mean `user.password`?");
        assert!(Words::parse("${user.password").is_err());
    }
}
