//! What a token is good for.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::policy::{AbsentScope, Crash, ForeignScope, Policy, RefreshScope, ScopeReading};
use crate::refusal::Refusal;
use crate::store::Family;

/// A set of scope tokens, sorted and each once: RFC 6749 section 3.3 gives neither order nor repetition a meaning. It is
/// kept as the text that tells it, which every token of a login shares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Scopes(Arc<str>);

/// Text that is not a scope, or not one of those it has to be among.
#[derive(Debug)]
pub(crate) struct Malformed;

impl Scopes {
    /// RFC 6749 section 3.3: `scope-token *( SP scope-token )`, so that no two spaces meet and none is at an end.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let tokens = || text.split(' ');
        if !tokens().all(is_token) {
            return Err(Malformed);
        }
        // Mostly it is told as it is kept.
        let is_kept_so = tokens().is_sorted_by(|one, next| one < next);
        Ok(if is_kept_so { Self(text.into()) } else { Self::of(tokens()) })
    }

    fn of<'t>(tokens: impl Iterator<Item = &'t str>) -> Self {
        let mut tokens: Vec<&str> = tokens.collect();
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens.join(" ").into())
    }

    fn tokens(&self) -> impl Iterator<Item = &str> {
        // A terminator, so that no text is no token.
        self.0.split_terminator(' ')
    }

    pub(crate) fn contains(&self, token: &str) -> bool {
        self.tokens().any(|held| held == token)
    }

    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.all(|token| other.contains(token))
    }

    fn all(&self, holds: impl Fn(&str) -> bool) -> bool {
        self.tokens().all(holds)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        *self = Self::of(self.tokens().filter(|token| wanted(token)));
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 6749 section 3.3: `1*( %x21 / %x23-5B / %x5D-7E )`.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

/// The scopes that a client may be granted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    exact: Scopes,
    /// What a dynamic scope starts with, the dot included: `transfer.` for `transfer.*`.
    families: Vec<String>,
    /// Those that it is granted without asking.
    pub(crate) default: Option<Scopes>,
}

impl Allowed {
    /// Reads a registered list; the error is the entry that makes no sense.
    pub(crate) fn read(list: &[String]) -> Result<Self, String> {
        let mut allowed = Self::default();
        let mut exact = Vec::new();
        for entry in list {
            let family = entry.strip_suffix('*').filter(|prefix| prefix.ends_with('.'));
            let name = family.unwrap_or(entry);
            // A family needs a name before its dot, and a wildcard stands at the end or nowhere.
            if !is_token(name) || name.contains('*') || name == "." {
                return Err(entry.clone());
            }
            match family {
                Some(prefix) => allowed.families.push(prefix.to_owned()),
                None => exact.push(entry.as_str()),
            }
        }
        Ok(Self { exact: Scopes::of(exact.into_iter()), ..allowed })
    }

    /// Some of these, separated by spaces, are granted to whoever asks for none.
    pub(crate) fn with_default(self, text: &str) -> Result<Self, Malformed> {
        let default = Scopes::parse(text)?;
        if !self.admits_all(&default) {
            return Err(Malformed);
        }
        Ok(Self { default: Some(default), ..self })
    }

    /// Whether a token is one of these. A dynamic scope is asked for by a name, never by its wildcard.
    pub(crate) fn admits(&self, token: &str) -> bool {
        self.exact.contains(token)
            || self.families.iter().any(|prefix| {
                token.strip_prefix(prefix.as_str()).is_some_and(|rest| !rest.is_empty() && !rest.contains('*'))
            })
    }

    /// Those that have a name, without the dynamic ones.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = &str> {
        self.exact.tokens()
    }

    fn admits_all(&self, scopes: &Scopes) -> bool {
        scopes.all(|token| self.admits(token))
    }
}

/// What was decided about a scope.
pub(crate) struct Decided {
    pub(crate) scopes: Scopes,
    /// Whether the client got something other than it asked for, which it has to be told.
    pub(crate) differs: bool,
}

/// The scope of a new grant (RFC 6749 section 3.3).
pub(crate) fn for_new_grant(asked: Option<&str>, allowed: &Allowed, policy: &Policy) -> Result<Decided, Refusal> {
    let Some(asked) = asked else {
        policy.stands(Crash::AbsentScope)?;
        let scopes = match policy.absent_scope {
            AbsentScope::Default | AbsentScope::DefaultUntold => allowed.default.clone(),
            AbsentScope::Everything => Some(allowed.exact.clone()),
        };
        let differs = !matches!(policy.absent_scope, AbsentScope::DefaultUntold);
        // RFC 6749 section 3.3: without a scope there is a documented default, or the request fails.
        return scopes
            .map(|scopes| Decided { scopes, differs })
            .ok_or_else(|| Refusal::invalid_scope("a scope is needed: this client has no default"));
    };
    let asked = parse(asked, policy)?;
    let admits = |token: &str| {
        if policy.wildcards_admit { allowed.admits(token) } else { allowed.exact.contains(token) }
    };
    let default = || allowed.default.clone().unwrap_or_default();
    let mut scopes = asked.clone();
    match policy.foreign_scope {
        ForeignScope::Refused if !scopes.all(admits) => return Err(not_allowed()),
        ForeignScope::AllButDefaultRefused if !scopes.is_within(&default()) => return Err(not_allowed()),
        ForeignScope::Refused | ForeignScope::AllButDefaultRefused | ForeignScope::Granted => {}
        ForeignScope::LeftOut | ForeignScope::LeftOutUntold => scopes.keep(admits),
        ForeignScope::DefaultInstead | ForeignScope::DefaultInsteadUntold => scopes = default(),
    }
    if scopes.is_empty() {
        return Err(not_allowed());
    }
    let told = !matches!(policy.foreign_scope, ForeignScope::LeftOutUntold | ForeignScope::DefaultInsteadUntold);
    let differs = scopes != asked && told;
    Ok(Decided { scopes, differs })
}

/// The scope of an access token from a refresh token: what was granted, or less (RFC 6749 section 6).
pub(crate) fn for_refresh(
    asked: Option<&str>,
    family: &Family,
    allowed: &Allowed,
    policy: &Policy,
) -> Result<Decided, Refusal> {
    let granted = &family.login.scopes;
    let Some(asked) = asked else {
        let scopes = match (policy.refresh_scope, &allowed.default) {
            (RefreshScope::Default, Some(default)) => default.clone(),
            (_, _) => granted.clone(),
        };
        return Ok(Decided { scopes, differs: true });
    };
    let mut scopes = parse(asked, policy)?;
    let within = scopes.is_within(granted);
    let differs = match policy.refresh_scope {
        RefreshScope::AskedRefused => return Err(Refusal::invalid_scope("a refresh may not ask for a scope")),
        RefreshScope::AskedIgnored | RefreshScope::AskedIgnoredUntold => {
            let differs = scopes != *granted && matches!(policy.refresh_scope, RefreshScope::AskedIgnored);
            scopes = granted.clone();
            differs
        }
        RefreshScope::LeftOut => {
            scopes.keep(|token| granted.contains(token));
            !within
        }
        RefreshScope::Widened if allowed.admits_all(&scopes) => false,
        RefreshScope::WidenedLater if family.renewals > 0 && allowed.admits_all(&scopes) => false,
        RefreshScope::OfLogin
        | RefreshScope::Default
        | RefreshScope::NarrowedForGood
        | RefreshScope::Widened
        | RefreshScope::WidenedLater
            if within =>
        {
            false
        }
        RefreshScope::OfLogin
        | RefreshScope::Default
        | RefreshScope::NarrowedForGood
        | RefreshScope::Widened
        | RefreshScope::WidenedLater => {
            return Err(Refusal::invalid_scope("the scope is more than was granted"));
        }
    };
    if scopes.is_empty() {
        return Err(not_allowed());
    }
    Ok(Decided { scopes, differs })
}

fn parse(asked: &str, policy: &Policy) -> Result<Scopes, Refusal> {
    if asked.len() > 255 {
        policy.stands(Crash::LongScope)?;
    }
    let malformed = || Refusal::invalid_scope("the scope is malformed");
    let tokens = |text: &str| Scopes::parse(text).map_err(|Malformed| malformed());
    match policy.scope {
        // One token with a space in it is none of those that a client may have.
        ScopeReading::Whole if asked.contains(' ') => Err(not_allowed()),
        ScopeReading::Sorted if !asked.split(' ').is_sorted() => Err(malformed()),
        ScopeReading::Tokens | ScopeReading::Sorted | ScopeReading::Whole => tokens(asked),
        ScopeReading::CaseFolded => tokens(&asked.to_ascii_lowercase()),
        ScopeReading::Commas => tokens(&asked.replace(',', " ")),
        ScopeReading::AnySpaces => tokens(&asked.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

fn not_allowed() -> Refusal {
    Refusal::invalid_scope("the scope is unknown or not allowed for this client")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(list: &[&str]) -> Result<Allowed, String> {
        Allowed::read(&list.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_grammar_of_section_3_3_is_kept() {
        for text in ["read", "read write", "a!b", "[x]", "a:b/c?d=e", "read read"] {
            assert!(Scopes::parse(text).is_ok(), "{text}");
        }
        for text in ["", " ", " read", "read ", "read  write", "a\"b", "a\\b", "a\tb", "é", "a\u{7f}"] {
            assert!(Scopes::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn order_and_repetition_mean_nothing() {
        assert_eq!(Scopes::parse("a b a").unwrap(), Scopes::parse("b a").unwrap());
        assert_eq!(Scopes::parse("b a b").unwrap().to_string(), "a b");
    }

    #[test]
    fn a_dynamic_scope_is_asked_for_by_name() {
        let allowed = allowed(&["read", "transfer.*"]).unwrap();
        for token in ["read", "transfer.42", "transfer.a.b"] {
            assert!(allowed.admits(token), "{token}");
        }
        for token in ["transfer", "transfer.", "transfer.*", "transferx42", "read.1", "Read"] {
            assert!(!allowed.admits(token), "{token}");
        }
    }

    #[test]
    fn a_wildcard_stands_at_the_end_or_nowhere() {
        for entry in ["*", ".*", "a*", "a.*.b", "*.a", "a b", ""] {
            assert_eq!(allowed(&[entry]).unwrap_err(), entry);
        }
    }
}
