//! A step that can't be read, or asks for what is not there.

use ropcheck::library::Library;

use crate::wrong::wrong_scenario;

/// What is wrong · a step of a scenario · words of the complaint.
const STEPS: &[(&str, &str, &[&str])] = &[
    ("an unknown key", "«sent: { like: good-login }", &["unknown field `sent`", "did you mean `send`?"]),
    (
        "an unknown client",
        "send: { like: good-login, as: «pubic }",
        &["`pubic` is no client", "did you mean `public`?"],
    ),
    ("an unknown user", "send: { like: good-login, user: «knwn }", &["`knwn` is no user", "did you mean `known`?"]),
    ("a change of nothing", "«{ send: { change: { method: GET } } }", &["say `like: good-login`"]),
    ("a method beside like", "send: { like: «good-login, method: GET }", &["under `change`"]),
    ("an unknown authentication", "send: { like: good-login, change: { «auth: basik } }", &["did you mean `basic`?"]),
    (
        "an unknown damage",
        "send: { like: good-login, change: { set: { password: { damaged: «flop } } } }",
        &["did you mean `flip`?"],
    ),
    (
        "an unknown kind of value",
        "send: { like: good-login, change: { set: { password: { «upr: x } } } }",
        &["did you mean `upper`?"],
    ),
    ("half a byte", "send: { like: good-login, change: { set: { password: { hex: «fff } } } }", &["half a byte"]),
    (
        "a name of nothing",
        r#"send: { like: good-login, change: { set: { password: «"${user.pasword}" } } }"#,
        &["did you mean `user.password`?"],
    ),
    (
        "a name that does not end",
        r#"send: { like: good-login, change: { set: { password: «"${user.password" } } }"#,
        &["no closing brace"],
    ),
    (
        "a scope of nothing",
        r#"send: { like: good-login, change: { set: { scope: "${«scopes.tow}" } } }"#,
        &["did you mean `two`?"],
    ),
    (
        "a value that no step keeps",
        r#"send: { like: good-refresh, change: { set: { refresh_token: "${«kept.refresh_tokn}" } } }"#,
        &["no earlier step keeps `refresh_tokn`", "did you mean `refresh_token`?"],
    ),
    (
        "a value that is not drawn",
        r#"send: { like: good-login, change: { set: { password: "${«given.password}" } } }"#,
        &["`given` draws no `password`"],
    ),
    (
        "a client of nothing in a name",
        r#"send: { like: good-login, change: { set: { client_id: "${«clients.secnd.id}" } } }"#,
        &["did you mean `second`?"],
    ),
    (
        "no time at all",
        "«times: 0, send: { like: good-login }",
        &["integer `0`, expected a number from 1 to 1000, or `until_throttled`"],
    ),
    ("too many times", "«times: 1001, send: { like: good-login }", &["a number from 1 to 1000"]),
    ("a fraction of times", "«times: 1.5, send: { like: good-login }", &["a number from 1 to 1000"]),
    (
        "an unknown word for times",
        "«times: until_throtled, send: { like: good-login }",
        &["did you mean `until_throttled`?"],
    ),
    ("an unknown endpoint", "send: { to: «introspect }", &["did you mean `introspection`?"]),
    ("an unknown server", "send: { to: userinfo, at: «neighbor }", &["did you mean `neighbour`?"]),
    ("a server beside like", "send: { like: «good-login, at: neighbour }", &["under `change`"]),
    (
        "chunks of nothing",
        "send: { like: good-login, change: { body: empty, «chunked: true } }",
        &["no body has no chunks"],
    ),
    (
        "chunks that are neither",
        "send: { like: good-login, change: { chunked: «maybe } }",
        &["`true` or `false` is wanted here"],
    ),
    (
        "a comparison with no step",
        "{ name: login, send: { like: good-login }, expect: { rfc6749/6/granted: [«{ same_answer: logn }] } }",
        &["no earlier step is named `logn`"],
    ),
    (
        "a comparison with the step itself in any_of",
        "{ name: login, send: { like: good-login }, expect: { rfc6749/6/granted: [«{ any_of: { rfc6749/6/granted: [{ claim: { of: id_token, name: sub, same_in: login } }] } }] } }",
        &["no earlier step is named `login`"],
    ),
    (
        "an earlier answer of no step",
        "{ name: login, send: { like: good-login }, expect: { rfc6749/6/granted: [«{ earlier: { step: logn, shows: [granted] } }] } }",
        &["no earlier step is named `logn`"],
    ),
    (
        "a claim of no step",
        "{ send: { like: good-login }, expect: { rfc6749/6/granted: [«{ member: { name: sub, same_claim: { step: before, of: id_token, name: sub } } }] } }",
        &["no earlier step is named `before`"],
    ),
    (
        "an unknown key of a challenge",
        "{ send: { like: good-login }, expect: { rfc6749/6/granted: [{ challenge: { scheme: Bearer, «lack: [error] } }] } }",
        &["unknown field `lack`", "did you mean `lacks`?"],
    ),
    (
        "a claim that is to differ from no step",
        "{ send: { like: good-login }, expect: { rfc6749/6/granted: [«{ claim: { of: id_token, name: sub, differs_from: before } }] } }",
        &["no earlier step is named `before`"],
    ),
    (
        "an unknown key of another claim",
        "{ send: { like: good-login }, expect: { rfc6749/6/granted: [{ claim: { of: id_token, name: sub, same_as: { «off: access_token, name: sub } } }] } }",
        &["did you mean `of`?"],
    ),
    (
        "an unknown key of distinct",
        "{ send: { like: good-login }, expect: { rfc6749/6/granted: [{ distinct: { member: access_token, «clame: jti } }] } }",
        &["did you mean `claim`?"],
    ),
    (
        "no number of bits",
        "{ send: { like: good-login }, expect: { rfc6749/6/granted: [{ bits: { member: access_token, at_least: «many } }] } }",
        &[],
    ),
    (
        "a regular expression that is none",
        "{ send: { like: good-login }, expect: { rfc6749/6/granted: [{ claim: { of: id_token, name: sub, matches: «'(' } }] } }",
        &["regex parse error"],
    ),
    (
        "a secret that is not expected",
        r#"{ send: { like: good-login }, expect: { rfc6749/6/granted: [{ claim: { of: id_token, name: sub, is_not: "${«user.password}" } }] } }"#,
        &["an expectation can't name `user.password`"],
    ),
    (
        "an unknown check",
        "{ send: { like: good-login }, expect: { rfc6749/5.1/status-200: [«grnted] } }",
        &["did you mean `granted`?"],
    ),
    (
        "a status that is none",
        "{ send: { like: good-login }, expect: { rfc6749/5.1/status-200: [«{ status: fine }] } }",
        &["a status code"],
    ),
    (
        "an unknown requirement",
        "{ send: { like: good-login }, expect: { «rfc6749/5.1/status-20: [granted] } }",
        &["no requirement is named", "did you mean `rfc6749/5.1/status-200`?"],
    ),
    (
        "a requirement that can't be tested",
        "{ send: { like: good-login }, expect: { «UNTESTABLE: [granted] } }",
        &["can't be tested"],
    ),
    (
        "a look back at no step",
        "{ name: login, send: { like: good-login }, expect: { rfc6749/6/granted: [«{ same_as: { member: scope, step: login } }] } }",
        &["no earlier step is named `login`"],
    ),
    (
        "a secret that is expected",
        r#"{ send: { like: good-login }, expect: { rfc6749/6/granted: [{ member: { name: x, is: "${«user.password}" } }] } }"#,
        &["an expectation can't name `user.password`"],
    ),
];

#[test]
fn a_step() {
    let untestable = untestable();
    for (what, step, words) in STEPS {
        let step = step.replace("UNTESTABLE", &untestable);
        let step = if step.trim_start_matches('«').starts_with('{') { step } else { format!("{{ {step} }}") };
        wrong_scenario(what, &format!("- id: a\n  title: T\n  steps:\n    - {step}\n"), words);
    }
}

/// A requirement that the catalogue calls untestable.
fn untestable() -> String {
    let library = Library::load(None).expect("the project's own scenarios");
    let mut untestable = library.catalogue.iter().filter(|(_, requirement)| requirement.untestable.is_some());
    untestable.next().expect("there is always one").0.to_owned()
}
