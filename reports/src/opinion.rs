//! Today's advice beside the verdict of RFC 6749, one row a matter.

use std::collections::BTreeMap;

use crate::coverage::{CameTo, Cited};

/// Documents whose sentences are a second opinion: by the first part of a requirement's id, with the name.
///
/// They speak of what a new server should do, and a server that follows RFC 6749 need not: whatever the level of such
/// a sentence, a broken one fails nothing and warns of nothing.
const SECOND_OPINIONS: &[(&str, &str)] = &[("oauth-v2-1", "OAuth 2.1"), ("rfc9700", "RFC 9700")];

/// The name of the document of a requirement, where it is a second opinion.
pub fn document(requirement: &str) -> Option<&'static str> {
    let of = requirement.split('/').next().unwrap_or_default();
    SECOND_OPINIONS.iter().find(|(id, _)| *id == of).map(|(_, name)| *name)
}

/// Whether a requirement is a sentence of a second opinion.
pub fn is_second(requirement: &str) -> bool {
    document(requirement).is_some()
}

/// The second opinion of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opinions {
    /// A row a matter; those that speak of the same sentence of RFC 6749 stand together.
    pub rows: Vec<Row>,
    /// Advice that was followed.
    pub followed: usize,
    /// Advice that was not judged.
    pub unjudged: usize,
    /// Advice that no answer of the run has to do with.
    pub unreached: usize,
}

/// One matter and what two documents say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The sentence that binds, where there is one.
    pub binding: Option<Binding>,
    /// The name of the document of the advice.
    pub document: &'static str,
    /// The advice.
    pub advice: Cited,
}

/// The sentence beside which a piece of advice stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// It is in the record.
    Kept(Cited),
    /// The record does not carry it; its id.
    Lost(String),
}

impl Binding {
    fn id(&self) -> &str {
        match self {
            Self::Kept(cited) => &cited.id,
            Self::Lost(id) => id,
        }
    }
}

/// What a piece of advice came to as reports print it.
pub fn came_to(advice: &Cited) -> &'static str {
    match advice.came_to {
        CameTo::Met => "followed",
        CameTo::Broken | CameTo::Warned | CameTo::Noted | CameTo::Waived => "not followed",
        CameTo::Unjudged | CameTo::Silent => advice.came_to.name(),
    }
}

pub(crate) fn of(cited: &BTreeMap<String, Cited>) -> Opinions {
    let mut opinions = Opinions::default();
    for advice in cited.values() {
        let Some(document) = document(&advice.id) else { continue };
        match advice.came_to {
            CameTo::Met => opinions.followed += 1,
            CameTo::Unjudged => opinions.unjudged += 1,
            CameTo::Silent => opinions.unreached += 1,
            CameTo::Broken | CameTo::Warned | CameTo::Noted | CameTo::Waived => {}
        }
        let binding = advice
            .sentence
            .beside
            .as_ref()
            .map(|id| cited.get(id).map_or_else(|| Binding::Lost(id.clone()), |one| Binding::Kept(one.clone())));
        opinions.rows.push(Row { binding, document, advice: advice.clone() });
    }
    // The map gives the order of ids; a stable sort by what they stand beside keeps it within a matter.
    opinions.rows.sort_by(|one, other| {
        let key = |row: &Row| (row.binding.is_none(), row.binding.as_ref().map(|binding| binding.id().to_owned()));
        key(one).cmp(&key(other))
    });
    opinions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Level, Sentence};

    fn cited(id: &str, came_to: CameTo, beside: Option<&str>) -> (String, Cited) {
        let sentence =
            Sentence { section: "1".into(), level: Level::Must, says: "S.".into(), beside: beside.map(str::to_owned) };
        let one = Cited { id: id.into(), sentence, came_to, met: 0, broken: 0, waived: 0, unjudged: 0 };
        (id.to_owned(), one)
    }

    #[test]
    fn the_table_of_documents_is_sorted() {
        assert!(SECOND_OPINIONS.is_sorted());
        assert!(is_second("rfc9700/2.4/password-grant") && !is_second("rfc6749/4.3.2/validate-password"));
        assert!(!is_second("rfc97000/1/x") && !is_second(""));
    }

    #[test]
    fn a_row_a_matter_and_only_advice_that_was_judged_and_kept_counts_as_followed() {
        let opinions = of(&[
            cited("oauth-v2-1/9/alone", CameTo::Silent, None),
            cited("rfc6749/4.3/a", CameTo::Met, None),
            cited("rfc6749/9/b", CameTo::Broken, Some("rfc6749/4.3/a")),
            cited("rfc9700/2/followed", CameTo::Met, Some("rfc6749/4.3/lost")),
            cited("rfc9700/2/ignored", CameTo::Broken, Some("rfc6749/4.3/a")),
            cited("rfc9700/2/open", CameTo::Unjudged, Some("rfc6749/4.3/lost")),
        ]
        .into());
        let rows: Vec<_> = opinions
            .rows
            .iter()
            .map(|row| (row.binding.as_ref().map_or("", Binding::id), row.advice.id.as_str(), came_to(&row.advice)))
            .collect();
        assert_eq!(
            rows,
            [
                ("rfc6749/4.3/a", "rfc9700/2/ignored", "not followed"),
                ("rfc6749/4.3/lost", "rfc9700/2/followed", "followed"),
                ("rfc6749/4.3/lost", "rfc9700/2/open", "not judged"),
                ("", "oauth-v2-1/9/alone", "not reached"),
            ]
        );
        assert_eq!((opinions.followed, opinions.unjudged, opinions.unreached), (1, 1, 1));
    }
}
