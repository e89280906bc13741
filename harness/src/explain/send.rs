//! A request in words, and what is changed in it.

use super::quoted;
use crate::ordered::Ordered;
use crate::scenario::given::Given;
use crate::scenario::send::{
    Auth, Body, Change, Credential, Damage, Elsewhere, Encoding, Entry, Hex, Made, Method, Moved, Overrides, Pairs,
    Send, Value,
};

/// A request in one line, and what is changed in it, a line each.
pub fn send(send: &Send) -> (String, Vec<String>) {
    let Send { like, change, client, user, to, at, method, form, auth, headers } = send;
    let what = match like {
        Some(base) => base.value.clone(),
        None => format!("{} to the {}", method.as_deref().unwrap_or("POST"), to.unwrap_or_default().name()),
    };
    let at = at.map(|at| format!("at {}", elsewhere(at)));
    let client = client.as_ref().map(|role| format!("as client {}", role.value));
    let user = user.as_ref().map(|role| format!("for user {}", role.value));
    let form = form.as_ref().map(|form| format!("with {}", pairs(form)));
    let auth = auth.as_ref().map(|auth| format!("authenticated by {}", self::auth(auth)));
    let headers = (!headers.0.is_empty()).then(|| format!("with {}", self::headers(headers)));
    let whole: Vec<String> = [Some(what), at, client, user, form, auth, headers].into_iter().flatten().collect();
    (whole.join(", "), change.as_ref().map(self::change).unwrap_or_default())
}

fn change(change: &Change) -> Vec<String> {
    let Change { at, method, auth, set, remove, add, to_query, query, body, chunked, respelt, headers } = change;
    let set = set.0.iter().map(|(name, value)| format!("{} is {}", name.value, self::value(value)));
    let remove = remove.iter().map(|name| format!("no {}", name.value));
    let said = [
        at.map(|at| format!("at {}", elsewhere(at))),
        method.as_ref().map(|method| format!("method {method}")),
        auth.as_ref().map(|auth| format!("client authentication by {}", self::auth(auth))),
    ];
    let more = [
        add.as_ref().map(|add| format!("besides {}", pairs(add))),
        to_query.as_ref().map(|moved| match moved {
            Moved::All => "every parameter in the query, not in the body".to_owned(),
            Moved::These(names) => format!("{} in the query, not in the body", names.join(", ")),
        }),
        query.as_ref().map(|query| format!("in the query {}", pairs(query))),
        body.as_ref().map(self::body),
        chunked.then(|| "the body in chunks".to_owned()),
        respelt.as_ref().map(|Given(name)| format!("written as drawn for {name}")),
        (!headers.0.is_empty()).then(|| self::headers(headers)),
    ];
    said.into_iter().flatten().chain(set).chain(remove).chain(more.into_iter().flatten()).collect()
}

fn body(body: &Body) -> String {
    match body {
        Body::Json => "the parameters as a JSON object".to_owned(),
        Body::Multipart => "the parameters as multipart/form-data".to_owned(),
        Body::Empty => "no body".to_owned(),
        Body::Text(words) => format!("the body {}", quoted(words)),
        Body::Hex(hex) => format!("a body of the {}", bytes(hex)),
    }
}

fn headers(Ordered(all): &Ordered<Option<Value>>) -> String {
    let one = |name: &str, value: &Option<Value>| match value {
        Some(value) => format!("header {name}: {}", self::value(value)),
        None => format!("no header {name}"),
    };
    all.iter().map(|(name, value)| one(&name.value, value)).collect::<Vec<_>>().join(", ")
}

fn pairs(Pairs(all): &Pairs) -> String {
    let one = |entry: &Entry| match entry {
        Entry::One(name, value) => format!("{name} {}", self::value(value)),
        Entry::Drawn(Given(name)) => format!("the parameters drawn for {name}"),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(words) => quoted(words),
        Value::Made(Made::DamagedAs(Given(name))) => {
            format!("the right one, damaged as drawn for {name}")
        }
        Value::Made(Made::Damaged(damage)) => match damage {
            Damage::Drop => "the right one without its last character".to_owned(),
            Damage::Flip => "the right one but for a character in its middle".to_owned(),
            Damage::Double => "the right one with its last character twice".to_owned(),
        },
        Value::Made(Made::Wire(words)) => format!("{}, not encoded", quoted(words)),
        Value::Made(Made::Hex(hex)) => format!("the {}", bytes(hex)),
        Value::Made(Made::Times { text, times }) => format!("\"{text}\" {times} times"),
        Value::Made(Made::Upper(words)) => format!("{} in upper case", quoted(words)),
        Value::Made(Made::IfAny(words)) => format!("{}, if there is one", quoted(words)),
    }
}

fn auth(Auth(all): &Auth) -> String {
    if all.is_empty() {
        return "nothing".to_owned();
    }
    all.iter().map(credential).collect::<Vec<_>>().join(" and by ")
}

fn credential(credential: &Credential) -> String {
    let (method, Overrides { id, secret, pair, encoding, scheme, written }) = match credential {
        Credential::Header(value) => return format!("header authorization: {}", self::value(value)),
        Credential::By(method, overrides) => (method, overrides),
    };
    let method = match method {
        Method::Own => "its own method",
        Method::Basic => "client_secret_basic",
        Method::Post => "client_secret_post",
        Method::None => "client_id alone",
    };
    let other = [
        id.as_ref().map(|id| format!("id {}", value(id))),
        secret.as_ref().map(|secret| format!("secret {}", value(secret))),
        pair.as_ref().map(|pair| format!("credentials {}", value(pair))),
        match encoding {
            Encoding::Form => None,
            Encoding::FormButColon => Some("colons not encoded".to_owned()),
            Encoding::Raw => Some("nothing encoded".to_owned()),
        },
        scheme.as_ref().map(|scheme| format!("scheme {scheme}")),
        written.as_ref().map(|Given(name)| format!("the header written as drawn for {name}")),
    ];
    let other: Vec<String> = other.into_iter().flatten().collect();
    if other.is_empty() { method.to_owned() } else { format!("{method} with {}", other.join(", ")) }
}

fn elsewhere(at: Elsewhere) -> &'static str {
    match at {
        Elsewhere::Neighbour => "another workspace of the server",
    }
}

fn bytes(Hex(all): &Hex) -> String {
    format!("bytes {}", all.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(yaml: &str) -> (String, Vec<String>) {
        send(&serde_yaml::from_str(yaml).expect("a request"))
    }

    #[test]
    fn a_request_says_where_it_goes_and_what_is_changed() {
        let (whole, changes) = sent("{ like: good-login, as: public, user: second }");
        assert_eq!((whole.as_str(), changes.len()), ("good-login, as client public, for user second", 0));
        let (whole, _) = sent("{ to: jwks, method: GET, auth: nothing, headers: { accept: null } }");
        assert_eq!(whole, "GET to the key set, authenticated by nothing, with no header accept");
        let (_, changes) = sent(
            "{ like: good-login, change: { method: PUT, auth: [{ basic: { secret: { damaged: flip } } }, post], set: { scope: a }, at: neighbour, chunked: true,
               remove: [username], to_query: all, body: { hex: 'ff 00' }, headers: { x: { wire: 'a%' } } } }",
        );
        assert_eq!(
            changes,
            [
                "at another workspace of the server",
                "method PUT",
                "client authentication by client_secret_basic with secret the right one but for a character in its middle \
                 and by client_secret_post",
                "scope is \"a\"",
                "no username",
                "every parameter in the query, not in the body",
                "a body of the bytes ff 00",
                "the body in chunks",
                "header x: \"a%\", not encoded",
            ]
        );
    }
}
