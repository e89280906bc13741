//! What is wrong with a file that an author wrote is said with its place, its line and the nearest right name.
//!
//! In the tables a `«` stands before the place that a complaint must point at.

#[path = "support/run.rs"]
mod run;

use std::fs;
use std::path::Path;

use crate::run::{Ran, ropcheck};

/// What is wrong · a scenario file · words of the complaint.
const SCENARIOS: &[(&str, &str, &[&str])] = &[
    ("not YAML", "- id: «[\n", &[]),
    ("an escape that YAML has not", "- id: «\"\\q\"\n", &["escape"]),
    ("no list", "«id: a\n", &["a list is wanted here"]),
    ("an unknown key", "- id: a\n  title: T\n  «stpes: []\n", &["unknown field `stpes`", "did you mean `steps`?"]),
    ("a key that is missing", "- id: a\n  «steps: []\n", &["missing field `title`"]),
    (
        "a key that comes twice",
        "- id: a\n  title: T\n  «title: T\n  steps: []\n",
        &["duplicate mapping key: title -->"],
    ),
    ("a wrong type", "- id: a\n  title: T\n  steps: «none\n", &["a list is wanted here"]),
    (
        "a load of two kinds",
        "- id: «a\n  title: T\n  load: { users: 4 for 3s, race: { at_once: 8, rounds: 25, grace: 30s } }\n  steps: [{ send: { like: good-login } }]\n",
        &["say one of", "`race`"],
    ),
    (
        "a race without steps",
        "- id: «a\n  title: T\n  load: { race: { at_once: 8, rounds: 25, grace: 30s } }\n",
        &["what is walked is not clear", "give it `steps`"],
    ),
    (
        "a race of journeys",
        "- id: a\n  title: T\n  load: { race: { at_once: 8, rounds: 25, grace: 30s }, «journeys: [{ walk: load/steady/sessions }] }\n",
        &["a race has steps of its own", "leave out `journeys`"],
    ),
    (
        "a race with thresholds",
        "- id: a\n  title: T\n  load:\n    race: { at_once: 8, rounds: 25, grace: 30s }\n    «thresholds: [errors < 1 %]\n  steps: [{ send: { like: good-refresh } }]\n",
        &["verdicts in place of figures", "leave out `thresholds`"],
    ),
    (
        "a race that is none",
        "- id: a\n  title: T\n  load: { «race: { at_once: 1, rounds: 25, grace: 30s } }\n  steps: [{ send: { like: good-refresh } }]\n",
        &["2 to 1000 uses at once", "say `at_once: 8, rounds: 25`"],
    ),
    (
        "a race of logins",
        "- id: a\n  title: T\n  load: { race: { at_once: 8, rounds: 25, grace: 30s } }\n  steps:\n    - { send: { like: good-login }, keep: { refresh_token: refresh_token } }\n    - «{ send: { like: good-login } }\n",
        &["the last step is raced, and uses no refresh token", "`send: { like: good-refresh }`"],
    ),
    (
        "a race that waits",
        "- id: a\n  title: T\n  load: { race: { at_once: 8, rounds: 25, grace: 30s } }\n  steps: [«{ wait: 1s, send: { like: good-refresh } }]\n",
        &["leave out its `wait` and `times`"],
    ),
    (
        "an unknown need",
        "- id: a\n  title: T\n  needs: [«refresh_tokens]\n  steps: []\n",
        &["did you mean `refresh_token`?"],
    ),
    (
        "a step that is no map",
        "- id: a\n  title: T\n  steps: [{ send: «good-login }]\n",
        &["a map is wanted here: `{ like: good-login }`"],
    ),
    (
        "a repertoire alone",
        "- id: a\n  title: T\n  given: { x: { text: «ascii } }\n  steps: []\n",
        &["`{ from: ascii, length: [1, 40] }`"],
    ),
    (
        "a journey alone",
        "- id: a\n  title: T\n  load: { users: 1 for 1s, journeys: [«load/steady/logins] }\n",
        &["`{ walk: load/steady/logins, weight: 1 }`"],
    ),
    ("no step", "- id: «a\n  title: T\n  steps: []\n", &["needs one step at least"]),
    (
        "a strategy that does not exist",
        "- id: a\n  title: T\n  given: { x: { «txt: {} } }\n  steps: []\n",
        &["did you mean `text`?"],
    ),
    (
        "the greatest length first",
        "- id: a\n  title: T\n  given: { x: { text: { from: ascii, length: «[9, 1] } } }\n  steps: []\n",
        &["the least length stands first: write [1, 9]"],
    ),
    (
        "a length that nobody reads",
        "- id: a\n  title: T\n  given: { x: { long: «[1, 99999999] } }\n  steps: []\n",
        &["nothing longer than 1048576 is drawn"],
    ),
    (
        "a repertoire that does not exist",
        "- id: a\n  title: T\n  given: { x: { text: { from: «unicod, length: [1, 9] } } }\n  steps: []\n",
        &["did you mean `unicode`?"],
    ),
    (
        "nothing to choose from",
        "- id: a\n  title: T\n  given: { x: { one_of: «[] } }\n  steps: []\n",
        &["there is nothing to choose from"],
    ),
    (
        "parameters where a text is asked for",
        "- id: a\n  title: T\n  given: { x: { list_of: { of: «{ damage: [drop] }, length: [1, 2] } } }\n  steps: []\n",
        &["a text has to stand here, and this draws a damage"],
    ),
    (
        "a damage that stands for a text",
        "- id: a\n  title: T\n  given: { cut: { damage: [drop] } }\n  steps: [{ send: { like: good-login, change: { set: { password: '${«given.cut}' } } } }]\n",
        &["`cut` draws a damage, which stands in `damaged_as`"],
    ),
    (
        "a text that stands for a spelling",
        "- id: a\n  title: T\n  given: { text: { long: [1, 2] } }\n  steps: [{ send: { like: good-login, change: { respelt: '${«given.text}' } } }]\n",
        &["`text` draws a text, which stands in any text of a request"],
    ),
    (
        "a value that no step uses",
        "- id: n\n  title: T\n  given: { n: { text: { from: ascii, length: [1, 9] } }, «en: { long: [1, 2] } }\n  steps: [{ send: { like: good-login, change: { set: { password: '${given.n}' } } } }]\n",
        &["no step uses `en`: leave it out, or use it", "a text, which stands in any text of a request"],
    ),
    (
        "a damage that no step uses",
        "- id: cut\n  title: T\n  given:\n    «cut: { damage: [drop] }\n  steps: [{ send: { like: good-login } }]\n",
        &["no step uses `cut`", "a damage, which stands in `damaged_as`"],
    ),
    (
        "an id that is no word",
        "- id: «Foo Bar\n  title: T\n  steps: [{ send: { like: good-login } }]\n",
        &["`Foo Bar` is no id", "small letters and digits with hyphens between"],
    ),
    (
        "an id with a folder",
        "- id: «rfc6749/wrong\n  title: T\n  steps: [{ send: { like: good-login } }]\n",
        &["`rfc6749/wrong` is no id"],
    ),
    (
        "a spelling that is not drawn",
        "- id: a\n  title: T\n  given: { spelling: { spelling: [order] } }\n  steps: [{ send: { like: good-login, change: { respelt: '${«given.speling}' } } }]\n",
        &["`given` draws no `speling`", "did you mean `spelling`?"],
    ),
    (
        "a state that no move leads to",
        "- id: a\n  title: T\n  steps: [{ send: { like: good-login } }]\n  moves:\n    start: out\n    length: [1, 2]\n    each:\n      - { move: login, from: [«ot], to: in, steps: [{ send: { like: good-login } }] }\n",
        &["no move leads to the state `ot`", "did you mean `out`?"],
    ),
    (
        "a move that is there already",
        "- id: a\n  title: T\n  steps: [{ send: { like: good-login } }]\n  moves:\n    start: out\n    length: [1, 2]\n    each:\n      - { move: login, from: [out], steps: [{ send: { like: good-login } }] }\n      - { move: «login, from: [out], steps: [{ send: { like: good-login } }] }\n",
        &["a move is named `login` already"],
    ),
    (
        "a move that uses what nothing keeps",
        "- id: a\n  title: T\n  steps: [{ send: { like: good-login } }]\n  moves:\n    start: out\n    length: [1, 2]\n    each:\n      - { move: login, from: [out], steps: [{ send: { like: good-login, change: { set: { scope: '${«kept.token}' } } } }] }\n",
        &["no earlier step keeps `token`"],
    ),
    (
        "a spelling and more",
        "- id: a\n  title: T\n  steps: [{ send: { like: good-login, change: { respelt: «'x${given.speling}' } } }]\n",
        &["is no name of `given`, alone"],
    ),
    (
        "a name in a body that is not drawn",
        "- id: a\n  title: T\n  given: { body: { long: [1, 2] } }\n  steps: [{ send: { like: good-login, change: { body: { text: '${«given.bod}' } } } }]\n",
        &["`given` draws no `bod`", "did you mean `body`?"],
    ),
    (
        "a base of nothing",
        "- id: a\n  title: T\n  steps:\n    - send: { like: «good-logn }\n",
        &["no base is named `good-logn`", "did you mean `good-login`?"],
    ),
    (
        "an unknown capability",
        "- id: a\n  title: T\n  needs: [«neighbor]\n  steps: []\n",
        &["did you mean `neighbour`?"],
    ),
    (
        "an id that is there already",
        "- id: a\n  title: T\n  steps: [{ send: { like: good-login } }]\n- id: «a\n  title: T\n  steps: [{ send: { like: good-login } }]\n",
        &["a scenario with the id `cases/a` stands elsewhere already"],
    ),
];

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

/// What is wrong · a target file · words of the complaint. No complaint shows a value of it.
const TARGETS: &[(&str, &str, &[&str])] = &[
    ("not YAML", "token_endpoint: «[", &[]),
    (
        "an unknown key",
        "token_endpoint: https://as.example/\n«client: {}\n",
        &["unknown field `client`", "did you mean `clients`?"],
    ),
    (
        "an unknown key of a client",
        "token_endpoint: https://as.example/\nclients: { web: { id: w, «secrt: hunter2 } }\n",
        &["did you mean `secret`?"],
    ),
    (
        "a secret of a wrong type",
        "token_endpoint: https://as.example/\nclients: { web: { id: w, secret: «[hunter2] } }\n",
        &["expected string"],
    ),
    (
        "a duration that is none",
        "token_endpoint: https://as.example/\ntimeout: «soon\nCLIENTS\nUSERS",
        &["`soon` is no length of time: write `500ms`, `5s` or `1h 30m`", "| timeout: soon"],
    ),
    (
        "a duration without its unit",
        "token_endpoint: https://as.example/\npatience: «5\nCLIENTS\nUSERS",
        &["`5` is no length of time: write"],
    ),
    (
        "an authentication method cut short",
        "token_endpoint: https://as.example/\nclients: { web: { id: w, secret: hunter2, auth: «basic } }\nUSERS",
        &["did you mean `client_secret_basic`?", "{ web: { id: w, secret: ·······, auth: basic } }"],
    ),
    (
        "a parameter that a good request has already",
        "token_endpoint: https://as.example/\nextra: { audience: hunter2, «scope: read }\nCLIENTS\nUSERS",
        &["a good request has `scope` already", "say it under `scopes`", "extra: { audience: ·······,"],
    ),
    (
        "neither true nor false",
        "token_endpoint: https://as.example/\noffers: { refresh_token: «maybe }\nCLIENTS\nUSERS",
        &["`true` or `false` is wanted here", "offers: { refresh_token: maybe }"],
    ),
    ("no endpoint", "name: staging\nCLIENTS\nUSERS", &["give `token_endpoint`, `issuer` or `preset`"]),
    ("no URL", "token_endpoint: «as.example/token\nCLIENTS\nUSERS", &["is no URL: it begins with no scheme"]),
    (
        "a password in what is no URL",
        "token_endpoint: «'https://web:hunter2@as example/token'\nCLIENTS\nUSERS",
        &["is no URL"],
    ),
    ("another scheme", "token_endpoint: «ftp://as.example/token\nCLIENTS\nUSERS", &["use https"]),
    ("plain http", "token_endpoint: «http://as.example/token\nCLIENTS\nUSERS", &["allow_http: true"]),
    (
        "a password in the URL",
        "token_endpoint: «https://web:hunter2@as.example/token\nCLIENTS\nUSERS",
        &["under `clients`"],
    ),
    ("a fragment", "token_endpoint: «'https://as.example/token#top'\nCLIENTS\nUSERS", &["no fragment"]),
    ("no client", "token_endpoint: https://as.example/\nclients: {}\nUSERS", &["one client and one user at least"]),
    ("no user", "token_endpoint: https://as.example/\nCLIENTS\nusers: {}\n", &["one client and one user at least"]),
    (
        "a variable that is not set",
        "token_endpoint: https://as.example/\nCLIENTS\nusers: { a: { username: a, password: «\"${env:ROPCHECK_TEST_NOT_SET}\" } }\n",
        &["no variable `ROPCHECK_TEST_NOT_SET`"],
    ),
    (
        "variables that are not set",
        "token_endpoint: https://as.example/\n# ${env:ROPCHECK_TEST_C}\nclients: { web: { id: web, secret: «\"${env:ROPCHECK_TEST_B}\" } }\nusers: { a: { username: a, password: \"${env:ROPCHECK_TEST_A}\" } }\n",
        &["no variables `ROPCHECK_TEST_A`, `ROPCHECK_TEST_B`: set"],
    ),
    (
        "a secret file that is not there",
        "token_endpoint: https://as.example/\nCLIENTS\nusers: { a: { username: a, password: «\"${file:nowhere}\" } }\n",
        &["could not read the secret"],
    ),
    (
        "another reference",
        "token_endpoint: https://as.example/\nCLIENTS\nusers: { a: { username: a, password: «\"${vault:hunter2}\" } }\n",
        &["`${env:NAME}` or `${file:PATH}`"],
    ),
    (
        "a method without its secret",
        "token_endpoint: https://as.example/\nclients: { web: { id: «w, auth: client_secret_post } }\nUSERS",
        &["say `auth: none`"],
    ),
    (
        "an unknown key of the neighbour",
        "token_endpoint: https://as.example/\nneighbour: { «introspect_endpoint: https://as.example/ }\n",
        &["did you mean `introspection_endpoint`?"],
    ),
    (
        "a neighbour in the clear",
        "token_endpoint: https://as.example/\nneighbour: { userinfo_endpoint: «http://as.example/ }\nCLIENTS\nUSERS",
        &["allow_http: true"],
    ),
    (
        "no rate at all",
        "token_endpoint: https://as.example/\nlimits: { requests_per_second: «0 }\nCLIENTS\nUSERS",
        &["that is no rate to send at", "give a number from 0.01 to 10000"],
    ),
    (
        "nothing under way",
        "token_endpoint: https://as.example/\nlimits: { concurrency: «0 }\nCLIENTS\nUSERS",
        &["give 1 or more", "| limits: { concurrency: 0 }"],
    ),
    (
        "an unknown limit",
        "token_endpoint: https://as.example/\nlimits: { «failed_login: 2 }\nCLIENTS\nUSERS",
        &["did you mean `failed_logins`?"],
    ),
    (
        "fewer failures than none",
        "token_endpoint: https://as.example/\nlimits: { failed_logins_in_all: «-1 }\nCLIENTS\nUSERS",
        &["a whole number, 0 or more, is wanted here"],
    ),
    (
        "no failure at all",
        "token_endpoint: https://as.example/\n«throttled_after: 0\nCLIENTS\nUSERS",
        &["a whole number, 1 or more, is wanted here"],
    ),
    (
        "a preset beside an endpoint",
        "preset: cloudentity\ntenant: acme\nworkspace: demo\ntoken_endpoint: «https://as.example/token\nCLIENTS\nUSERS",
        &["the preset tells `token_endpoint` itself", "leave out one"],
    ),
    (
        "a preset beside an issuer",
        "preset: cloudentity\ntenant: acme\nworkspace: demo\nissuer: «https://as.example\nCLIENTS\nUSERS",
        &["the preset tells `issuer` itself"],
    ),
    ("a preset without its tenant", "preset: «cloudentity\nCLIENTS\nUSERS", &["needs `tenant`"]),
];

#[test]
fn a_scenario_file() {
    for (what, text, words) in SCENARIOS {
        wrong_scenario(what, text, words);
    }
}

#[test]
fn a_base() {
    let base = "- base: twice\n  title: T\n  steps:\n    - «{ times: 2, send: { like: good-login } }\n";
    wrong_file("bases.yaml", "a base that is sent twice", base, &["say `times` in the case"]);
}

#[test]
fn a_requirement() {
    let entry =
        "- id: mine/1/a\n  section: \"1\"\n  level: must\n  says: S.\n  why: W.\n  beside: «rfc6749/5.1/status-20\n";
    let words = ["no requirement is named `rfc6749/5.1/status-20`", "did you mean `rfc6749/5.1/status-200`?"];
    wrong_file("requirements/mine.yaml", "a second opinion on nothing", entry, &words);
}

#[test]
fn a_step() {
    let untestable = untestable();
    for (what, step, words) in STEPS {
        let step = step.replace("UNTESTABLE", &untestable);
        let step = if step.trim_start_matches('«').starts_with('{') { step } else { format!("{{ {step} }}") };
        wrong_scenario(what, &format!("- id: a\n  title: T\n  steps:\n    - {step}\n"), words);
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a failure shows which line of the table it was at")]
fn a_target_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("target.yaml");
    for (what, text, words) in TARGETS {
        eprintln!("{what}");
        let text = text
            .replace("CLIENTS", "clients: { web: { id: w, secret: hunter2 } }")
            .replace("USERS", "users: { alice: { username: alice, password: hunter2 } }\n");
        let wrong = Wrong::of(&text);
        fs::write(&file, &wrong.text).expect("a target file");
        let ran = ropcheck(["doctor", "--target", &file.display().to_string()]).exits(2).says(words);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        if let Some(place) = &wrong.place {
            place.is_pointed_at(&file, &ran);
        }
    }
}

#[test]
fn a_file_that_is_not_there() {
    ropcheck(["check", "--scenarios", "no/such/folder"])
        .exits(2)
        .says(&["could not read the scenarios", "no/such/folder"]);
    let file = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    ropcheck(["check", "--scenarios", &file]).exits(2).says(&["could not read the scenarios", "name the folder"]);
    ropcheck(["check", "--target", "no-such.yaml"]).exits(2).says(&["could not read the target file", "no-such.yaml"]);
    ropcheck(["report", "no-such.ndjson", "--as", "text=/dev/null"]).exits(2).says(&["could not open no-such.ndjson"]);
}

#[test]
fn bytes_that_are_no_text() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cases.yaml"), b"- id: \xff\n").expect("a file");
    let shown = folder.path().display().to_string();
    ropcheck(["check", "--scenarios", &shown]).exits(2).says(&["UTF-8", "cases.yaml"]);
}

#[test]
fn a_folder_without_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cases.yalm"), "- id: a\n").expect("a file");
    let shown = folder.path().display().to_string();
    ropcheck(["check", "--scenarios", &shown]).exits(2).says(&["no file in that folder ends in .yaml", &shown]);
}

/// Ids are made from the names of files and folders.
#[test]
fn a_file_whose_name_makes_no_id() {
    let case = "- id: a\n  title: T\n  steps: [{ send: { like: good-login } }]\n";
    for (name, words) in [
        ("my cases.yaml", ["`my cases` can't be part of an id", "letters, digits"]),
        ("lint.yaml", ["ids under `lint/` are ropcheck's own", "another name"]),
        ("control/mine.yaml", ["ids under `control/` are ropcheck's own", "another name"]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, case).expect("a scenario file");
        let ran = ropcheck(["check", "--scenarios", &folder.path().display().to_string()]).exits(2).says(&words);
        assert!(ran.stderr.contains(&file.display().to_string()), "{}", ran.stderr);
    }
}

/// Whoever comments out every case of a file wants none of them.
#[test]
fn a_file_without_a_case_is_fine() {
    for text in ["", "# - id: a\n", "[]\n"] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("cases.yaml"), text).expect("a file");
        let shown = folder.path().display().to_string();
        ropcheck(["check", "--scenarios", &shown, "--only", "rfc6749/4.3/good-login"]).exits(0);
    }
}

/// A text with the place that its complaint must point at.
struct Wrong {
    text: String,
    place: Option<Place>,
}

struct Place {
    line: usize,
    column: usize,
    drawn: String,
}

impl Wrong {
    fn of(marked: &str) -> Self {
        let text = marked.replace('«', "");
        let place = marked.split_once('«').map(|(before, _)| {
            let line = before.matches('\n').count() + 1;
            let column =
                before.lines().last().filter(|_| !before.ends_with('\n')).map_or(0, |last| last.chars().count()) + 1;
            Place { line, column, drawn: text.lines().nth(line - 1).unwrap_or_default().to_owned() }
        });
        Self { text, place }
    }
}

impl Place {
    /// File, line and column stand in the complaint, and a caret under the column.
    #[track_caller]
    fn is_pointed_at(&self, file: &Path, ran: &Ran) {
        let Self { line, column, .. } = self;
        let head = format!("  --> {}:{line}:{column}\n", file.display());
        let caret = format!("\n   | {}^\n", " ".repeat(column - 1));
        assert!(ran.stderr.contains(&head) && ran.stderr.contains(&caret), "expected {head}{}", ran.stderr);
    }

    /// The author's own line stands above the caret.
    #[track_caller]
    fn is_drawn(&self, ran: &Ran) {
        let drawn = format!("\n {} | {}\n", self.line, self.drawn);
        assert!(ran.stderr.contains(&drawn), "expected {drawn}{}", ran.stderr);
    }
}

#[track_caller]
fn wrong_scenario(what: &str, text: &str, words: &[&str]) {
    wrong_file("cases.yaml", what, text, words);
}

#[track_caller]
#[expect(clippy::print_stderr, reason = "a failure shows which line of the table it was at")]
fn wrong_file(name: &str, what: &str, text: &str, words: &[&str]) {
    eprintln!("{what}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    let wrong = Wrong::of(text);
    fs::write(&file, &wrong.text).expect("a scenario file");
    let ran = ropcheck(["check", "--scenarios", &folder.path().display().to_string()]).exits(2).says(words);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    let place = wrong.place.expect("the table says where");
    place.is_pointed_at(&file, &ran);
    place.is_drawn(&ran);
}

/// A requirement that the catalogue calls untestable.
fn untestable() -> String {
    let library = ropcheck::library::Library::load(None).expect("the project's own scenarios");
    let mut untestable = library.catalogue.iter().filter(|(_, requirement)| requirement.untestable.is_some());
    untestable.next().expect("there is always one").0.to_owned()
}
