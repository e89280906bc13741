//! Requests that are logins: whose, and whether with the right password.

use std::sync::Arc;

use super::Plan;
use crate::drawn::Drawn;
use crate::request::template::{Content, Part, Piece, Template};
use crate::request::varying;
use crate::target::Target;

/// What a request does to a user's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// It logs in with the right password.
    Good(String),
    /// It tries the user's name with another password.
    Failing(String),
}

/// What a request does to a user's account: it is one where it names a user of the target.
pub(super) fn login(template: &Template, target: &Target) -> Option<Login> {
    if !is_login(template) {
        return None;
    }
    let username = parameter(template, "username").and_then(plain)?;
    let user = target.users.iter().find(|user| user.username == *username)?;
    let own = format!("{}.password", user.name);
    let right =
        matches!(parameter(template, "password").and_then(Part::piece), Some(Piece::Secret(mark, _)) if *mark == own);
    Some(if right && !user.disabled { Login::Good(user.name.clone()) } else { Login::Failing(user.name.clone()) })
}

impl Plan {
    /// The plan of one walk: with the user names that are drawn for it. Nobody bears them, and a server may count what fails by
    /// them all the same: each is an account of its own, under a name in quotes as none of the target file's is.
    pub fn with_names(self: Arc<Self>, drawn: &Drawn) -> Arc<Self> {
        let name = |template: &Template| varying(parameter(template, "username")?, drawn);
        let names: Vec<Option<String>> =
            self.steps.iter().map(|step| name(&step.template).filter(|_| step.of_nobody)).collect();
        if names.iter().all(Option::is_none) {
            return self;
        }
        let mut plan = Arc::unwrap_or_clone(self);
        for (step, name) in plan.steps.iter_mut().zip(names) {
            step.login = step.login.take().or_else(|| Some(Login::Failing(name?)));
        }
        Arc::new(plan)
    }
}

/// Whether a request is of the password grant and names somebody.
pub(super) fn is_login(template: &Template) -> bool {
    parameter(template, "grant_type").and_then(plain).is_some_and(|grant| grant == "password")
        && parameter(template, "username").is_some()
}

fn parameter<'a>(template: &'a Template, name: &str) -> Option<&'a Part> {
    let (Content::Form(form) | Content::Json(form) | Content::Multipart(form)) = &template.body else { return None };
    template.query.iter().chain(form).find(|(known, _)| known == name).map(|(_, part)| part)
}

fn plain(part: &Part) -> Option<&String> {
    match part.piece()? {
        Piece::Plain(text) => Some(text),
        Piece::Secret(..) | Piece::Kept(_) | Piece::Given(_) | Piece::Attempt => None,
    }
}
