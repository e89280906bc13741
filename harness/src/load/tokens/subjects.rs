//! Who is called what: the `sub` of each user.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Issued, Kind};

/// The `sub` of each user, learned from the first token or told by the target file. Each client may know a user by another
/// one (OpenID Connect Core section 8.1), and each kind of token.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    told: HashMap<Arc<str>, String>,
    learned: HashMap<(Kind, Arc<str>, Arc<str>), Learned>,
    owners: HashMap<(Kind, Arc<str>, String), Arc<str>>,
}

#[derive(Debug)]
struct Learned {
    sub: String,
    /// Another user who has it too.
    shared_with: Option<Arc<str>>,
}

/// What a `sub` came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subject {
    /// The user's own, where this is another.
    pub(super) own: Option<String>,
    /// Another user who has it.
    pub(super) shared_with: Option<Arc<str>>,
}

impl Subjects {
    /// Subjects that are told of these users, by their names.
    pub(super) fn told(told: impl IntoIterator<Item = (String, String)>) -> Self {
        let told = told.into_iter().map(|(user, sub)| (user.into(), sub)).collect();
        Self { told, ..Self::default() }
    }

    /// Holds a token's `sub` against those before it. Nobody in particular has a token that a client got for itself.
    pub(super) fn meet(&mut self, kind: Kind, issued: &Issued, sub: &str) -> Option<Subject> {
        let user = issued.user.as_ref()?;
        let key = (kind, Arc::clone(&issued.client), Arc::clone(user));
        if !self.learned.contains_key(&key) {
            let sub = self.told.get(user).cloned().unwrap_or_else(|| sub.to_owned());
            let shared_with = self.other(kind, issued, &sub);
            let owner = (kind, Arc::clone(&issued.client), sub.clone());
            self.owners.entry(owner).or_insert_with(|| Arc::clone(user));
            self.learned.insert(key.clone(), Learned { sub, shared_with });
        }
        let learned = self.learned.get(&key)?;
        Some(if learned.sub == sub {
            Subject { own: None, shared_with: learned.shared_with.clone() }
        } else {
            Subject { own: Some(learned.sub.clone()), shared_with: self.other(kind, issued, sub) }
        })
    }

    /// The user, another than this, who has a `sub`.
    fn other(&self, kind: Kind, issued: &Issued, sub: &str) -> Option<Arc<str>> {
        let owner = self.owners.get(&(kind, Arc::clone(&issued.client), sub.to_owned()));
        let told = || self.told.iter().find(|(_, told)| *told == sub).map(|(user, _)| user);
        owner.or_else(told).filter(|owner| Some(*owner) != issued.user.as_ref()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user's own where it is another, and who else has it.
    fn meet(subjects: &mut Subjects, (client, user): (&str, &str), sub: &str) -> [Option<String>; 2] {
        let issued = Issued { user: Some(user.into()), client: client.into(), ..Issued::default() };
        let subject = subjects.meet(Kind::Access, &issued, sub).expect("a user's");
        [subject.own, subject.shared_with.as_deref().map(str::to_owned)]
    }

    const NEITHER: [Option<String>; 2] = [None, None];

    fn own(sub: &str) -> [Option<String>; 2] {
        [Some(sub.to_owned()), None]
    }

    fn shared(user: &str) -> [Option<String>; 2] {
        [None, Some(user.to_owned())]
    }

    #[test]
    fn a_user_is_called_the_same_each_time_and_each_client_may_have_a_name_of_its_own() {
        let mut subjects = Subjects::default();
        for (at, sub) in
            [(("app", "alice"), "1"), (("app", "bob"), "2"), (("web", "alice"), "8"), (("web", "bob"), "1")]
        {
            assert_eq!(meet(&mut subjects, at, sub), NEITHER, "{at:?}");
            assert_eq!(meet(&mut subjects, at, sub), NEITHER, "{at:?}");
        }
        assert_eq!(meet(&mut subjects, ("app", "alice"), "3"), own("1"), "nobody's");
        assert_eq!(meet(&mut subjects, ("app", "alice"), "2"), ["1", "bob"].map(|it| Some(it.to_owned())));
        assert_eq!(meet(&mut subjects, ("web", "alice"), "2"), own("8"), "another client's");
        assert_eq!(meet(&mut subjects, ("app", "alice"), "1"), NEITHER, "the first one stays");
    }

    #[test]
    fn two_users_of_one_name_are_told_every_time() {
        let mut subjects = Subjects::default();
        assert_eq!(meet(&mut subjects, ("app", "alice"), "1"), NEITHER);
        for _ in 0..2 {
            assert_eq!(meet(&mut subjects, ("app", "bob"), "1"), shared("alice"));
        }
    }

    #[test]
    fn what_the_target_file_tells_holds_from_the_first_token_on() {
        let mut subjects = Subjects::told([("alice".to_owned(), "1".to_owned())]);
        assert_eq!(meet(&mut subjects, ("app", "bob"), "1"), shared("alice"));
        for _ in 0..2 {
            assert_eq!(meet(&mut subjects, ("app", "alice"), "2"), own("1"));
        }
        assert_eq!(meet(&mut subjects, ("app", "alice"), "1")[0], None);
    }

    #[test]
    fn a_client_for_itself_is_no_user() {
        assert_eq!(Subjects::default().meet(Kind::Access, &Issued::default(), "app"), None);
    }
}
