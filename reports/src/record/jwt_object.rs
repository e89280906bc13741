//! The JSON object that a part of a JWT is, kept once where it is nearly the same in many tokens.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The header or the claims of a JWT, in the order of their author: the members of another token, and the values that are not
/// the same in this one.
#[derive(Clone, Default)]
pub struct JwtObject {
    like: Arc<Map<String, Value>>,
    /// By position.
    own: Vec<(usize, Value)>,
}

impl JwtObject {
    /// The members of another object, with other values at these positions.
    #[must_use]
    pub fn with(&self, own: Vec<(usize, Value)>) -> Self {
        Self { like: Arc::clone(&self.like), own }
    }

    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(member, _)| *member == name).map(|(_, value)| value)
    }

    /// Every member by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        let members = self.like.iter().enumerate();
        members.map(|(position, (name, value))| (name.as_str(), self.own(position).unwrap_or(value)))
    }

    /// The members that are not known to be the same in another object; `None` where nothing is known of the two.
    pub fn other_than<'a>(
        &'a self,
        other: &'a Self,
    ) -> Option<impl Iterator<Item = (Option<&'a Value>, Option<&'a Value>)>> {
        let positions = self.own.iter().chain(&other.own).map(|(position, _)| *position);
        let of = |one: &'a Self, position| one.own(position).or_else(|| one.like.values().nth(position));
        Arc::ptr_eq(&self.like, &other.like).then(|| positions.map(move |at| (of(self, at), of(other, at))))
    }

    fn own(&self, position: usize) -> Option<&Value> {
        self.own.iter().find(|(own, _)| *own == position).map(|(_, value)| value)
    }
}

impl From<Map<String, Value>> for JwtObject {
    fn from(members: Map<String, Value>) -> Self {
        Self { like: Arc::new(members), own: vec![] }
    }
}

impl PartialEq for JwtObject {
    fn eq(&self, other: &Self) -> bool {
        let same = || self.iter().all(|(name, value)| other.get(name) == Some(value));
        (Arc::ptr_eq(&self.like, &other.like) && self.own == other.own)
            || (self.like.len() == other.like.len() && same())
    }
}

impl fmt::Debug for JwtObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for JwtObject {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for JwtObject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Map::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> JwtObject {
        value.as_object().expect("an object").clone().into()
    }

    #[test]
    fn an_object_like_another_is_read_and_written_as_its_own() {
        let usual = object(&json!({ "iss": "a", "exp": 1, "jti": "x" }));
        let other = usual.with(vec![(1, json!(2)), (2, json!("y"))]);
        let written = r#"{"iss":"a","exp":2,"jti":"y"}"#;
        assert_eq!(serde_json::to_string(&other).expect("JSON"), written);
        assert_eq!(serde_json::from_str::<JwtObject>(written).expect("an object"), other);
        assert_eq!((other.get("exp"), other.get("iss"), other.get("nbf")), (Some(&json!(2)), Some(&json!("a")), None));
        assert_ne!(usual, other);
        assert_eq!(usual.with(vec![(1, json!(1))]), usual, "the same value at its place");
    }

    #[test]
    fn what_differs_is_told_of_objects_that_are_alike() {
        let usual = object(&json!({ "iss": "a", "exp": 1, "jti": "x" }));
        let [one, other] = [[(1, json!(2))], [(2, json!("y"))]].map(|own| usual.with(own.to_vec()));
        let differ: Vec<_> = one.other_than(&other).expect("they are alike").collect();
        assert_eq!(differ, [(Some(&json!(2)), Some(&json!(1))), (Some(&json!("x")), Some(&json!("y")))]);
        assert!(usual.other_than(&usual.clone()).is_some_and(|mut differ| differ.next().is_none()));
        assert!(usual.other_than(&object(&json!({ "iss": "a", "exp": 1, "jti": "x" }))).is_none(), "nobody knows");
    }
}
