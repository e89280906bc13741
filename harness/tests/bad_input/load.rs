//! A `load` block that can't be read, or asks for what can't be.

use crate::wrong::wrong_scenario;

/// What is wrong · a scenario file · words of the complaint.
const LOADS: &[(&str, &str, &[&str])] = &[
    (
        "a load of two kinds",
        "- id: a\n  title: T\n  load: { users: 4 for 3s, «race: { at_once: 8, rounds: 25, grace: 30s } }\n  steps: [{ send: { like: good-login } }]\n",
        &["say one of", "`race`"],
    ),
    (
        "a race without steps",
        "- id: a\n  title: T\n  «load: { race: { at_once: 8, rounds: 25, grace: 30s } }\n",
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
        "a journey alone",
        "- id: a\n  title: T\n  load: { users: 1 for 1s, journeys: [«load/steady/logins] }\n",
        &["`{ walk: load/steady/logins, weight: 1 }`"],
    ),
    (
        "a load of no kind",
        "- id: a\n  title: T\n  «load: {}\n  steps: [{ send: { like: good-login } }]\n",
        &["say one of `users:"],
    ),
    (
        "a load of nothing",
        "- id: a\n  title: T\n  load«:\n  steps: [{ send: { like: good-login } }]\n",
        &["a map is wanted here: `{ users: 20 in 10s, hold 60s }`"],
    ),
    (
        "a race whose arrivals are spread",
        "- id: a\n  title: T\n  load:\n    race: { at_once: 8, rounds: 25, grace: 30s }\n    «arrivals: even\n  steps: [{ send: { like: good-refresh } }]\n",
        &["verdicts in place of figures", "leave out `arrivals`"],
    ),
    (
        "a journey that stands twice",
        "- id: a\n  title: T\n  load: { users: 1 for 1s, journeys: [{ walk: load/steady/logins }, «{ walk: load/steady/logins }] }\n",
        &["stands here twice", "with a `weight`"],
    ),
    (
        "two steps of one name",
        "- id: a\n  title: T\n  load: { users: 1 for 1s }\n  steps:\n    - { name: in, send: { like: good-login } }\n    - «{ name: in, send: { like: good-login } }\n",
        &["two steps have this name", "give each its own"],
    ),
    (
        "a load that draws",
        "- id: a\n  title: T\n  «given: { x: { long: [1, 2] } }\n  load: { users: 1 for 1s }\n  steps: [{ send: { like: good-login } }]\n",
        &["a load draws no values"],
    ),
    (
        "steps beside journeys",
        "- id: a\n  title: T\n  load:\n    users: 1 for 1s\n    «journeys: [{ walk: load/steady/logins }]\n  steps: [{ send: { like: good-login } }]\n",
        &["what is walked is not clear", "and not both"],
    ),
    (
        "a search for nothing",
        "- id: a\n  title: T\n  load:\n    «search: { from: 5/s, up_to: 50/s, hold: 1s, confirm: 1s }\n  steps: [{ send: { like: good-login } }]\n",
        &["a search needs to know what has to hold"],
    ),
    (
        "a load that expects nothing",
        "- id: a\n  title: T\n  load: { users: 1 for 1s }\n  steps:\n    - «send: { like: good-login }\n",
        &["no step expects anything", "`expect: { rfc6749/4.3.3/granted: [granted] }`"],
    ),
    (
        "a journey that expects nothing",
        "- id: a\n  title: T\n  steps: [{ send: { like: good-login } }]\n- id: b\n  title: T\n  load: { users: 1 for 1s, journeys: [«{ walk: cases/a }] }\n",
        &["no step of `cases/a` expects anything"],
    ),
];

#[test]
fn a_load_block() {
    for (what, text, words) in LOADS {
        wrong_scenario(what, text, words);
    }
}

/// A line of a block that is right but for it · words of the complaint.
const LINES: &[(&str, &[&str])] = &[
    ("«usres: 4 for 3s", &["unknown field `usres`", "did you mean `users`?"]),
    ("users: «4", &["`4` says not for how long", "write a ramp like `20 in 10s, hold 60s`"]),
    ("users: «4 for 3x", &["`3x` is no time", "write a ramp like"]),
    ("«users: [4]", &["expected a ramp like `20 in 10s, hold 60s`"]),
    ("rate: «5/h for 3s", &["`5/h` is no rate", "`50/s` or `300/min`"]),
    ("users: 4 for 3s\n    «arivals: even", &["did you mean `arrivals`?"]),
    ("rate: 4/s for 3s\n    arrivals: «evn", &["did you mean `even`?"]),
    ("rate: 4/s for 3s\n    arrivals: «[even]", &["a single word is wanted here"]),
    ("users: 4 for 3s\n    «thnik: 1s", &["did you mean `think`?"]),
    ("users: 4 for 3s\n    think: «5", &["`5` is no pause", "write `200ms`"]),
    ("users: 4 for 3s\n    think: «[5ms]", &["a single value is wanted here"]),
    ("users: 4 for 3s\n    «atonce: 5", &["did you mean `at_once`?"]),
    ("rate: 4/s for 3s\n    at_once: «many", &["a whole number, 0 or more, is wanted here"]),
    ("rate: 4/s for 3s\n    «at_once: 0", &["give 1 or more"]),
    ("users: 4 for 3s\n    «conections: kept", &["did you mean `connections`?"]),
    ("users: 4 for 3s\n    connections: «kep", &["did you mean `kept`?"]),
    ("users: 4 for 3s\n    «valdate: all", &["did you mean `validate`?"]),
    ("users: 4 for 3s\n    validate: «al", &["write `all`, `none` or `{ one_of: 10 }`"]),
    ("users: 4 for 3s\n    validate: «one_of", &["write `all`, `none` or `{ one_of: 10 }`"]),
    ("users: 4 for 3s\n    validate: { «on_of: 10 }", &["did you mean `one_of`?"]),
    ("users: 4 for 3s\n    validate: { one_of: «ten }", &["a whole number, 0 or more, is wanted here"]),
    ("users: 4 for 3s\n    «users: 4 for 3s", &["duplicate mapping key: users"]),
    ("users: 4 for 3s\n    «threshold: [errors < 1 %]", &["did you mean `thresholds`?"]),
    ("users: 4 for 3s\n    thresholds: «errors < 1 %", &["a list is wanted here"]),
    ("users: 4 for 3s\n    thresholds: [errors < 1 %, «erors < 1 %]", &["did you mean `errors`?"]),
    ("users: 4 for 3s\n    thresholds: [errors < 1 %, «p99 < 1 h]", &["the limit of `p99` has the unit `h`"]),
    (
        "users: 4 for 3s\n    thresholds: [«p99(login) > 250 ms]",
        &["would ask for a slow server", "write `p99(login) < 250 ms`"],
    ),
    ("users: 4 for 3s\n    thresholds: [errors < 1 %, «findings < 3]", &["write `findings = 0`"]),
    ("users: 4 for 3s\n    thresholds: [«errors < 200 %]", &["never more than 100 %", "write `errors < 1 %`"]),
    ("users: 4 for 3s\n    thresholds: [«errors < 0 %]", &["never fewer than none", "write `errors = 0`"]),
    ("users: 4 for 3s\n    «at_once: 5", &["`at_once` is about arrivals", "or ask at a `rate`"]),
    ("users: 4 for 3s\n    «arrivals: even", &["`arrivals` is about arrivals", "leave it out"]),
    ("«users: ", &["nothing stands here", "a ramp like `20 in 10s, hold 60s`"]),
    ("users: 4 for 3s\n    think«: ", &["nothing stands here"]),
    ("users: 4 for 3s\n    at_once«: ", &["a whole number, 0 or more, is wanted here"]),
    ("«serach: { from: 5/s, up_to: 50/s, hold: 1s, confirm: 1s }", &["did you mean `search`?"]),
    ("search: «fast", &["a map is wanted here: `{ from: 50/s, up_to: 2000/s, hold: 5s, confirm: 10s }`"]),
    ("search:\n      «form: 5/s", &["did you mean `from`?"]),
    ("search:\n      from: «5", &["`5` is no rate"]),
    ("search:\n      from: 5/s\n      up_to: «[50/s]", &["a single value is wanted here"]),
    ("search:\n      from: 5/s\n      up_to: 50/s\n      «hodl: 1s", &["did you mean `hold`?"]),
    ("search:\n      from: 5/s\n      up_to: 50/s\n      hold: «soon", &["`soon` is no length of time"]),
    ("search: { from: 5/s, up_to: 50/s, «hold: 0s, confirm: 1s }", &["held for no time", "write `5s`"]),
    ("search: { from: 5/s, up_to: 50/s, hold: 1s, confirm«: }", &["nothing stands here"]),
    ("«rate: 0.1/s for 3s", &["in `0.1/s for 3s` comes less than one arrival", "or for longer"]),
    ("search: { from: 0.1/s, up_to: 50/s, «hold: 1s, confirm: 1s }", &["less than one arrival", "hold it longer"]),
    (
        "search: { from: 5/s, up_to: 50/s, hold: 1s, confirm: 1s }\n    thresholds: [p99 < 1 s, «rate >= 9/s]",
        &["a search begins below the rate", "leave it out"],
    ),
    ("search: { «from: 50/s, up_to: 50/s, hold: 1s, confirm: 1s }", &["let `from` be below `up_to`"]),
    ("«rcae: { at_once: 8, rounds: 25, grace: 30s }", &["did you mean `race`?"]),
    ("race: «8", &["a map is wanted here: `{ at_once: 8, rounds: 25, grace: 30s }`"]),
    ("race:\n      «atonce: 8", &["did you mean `at_once`?"]),
    ("race:\n      at_once: 8\n      rounds: «1.5", &["a whole number, 0 or more, is wanted here"]),
    ("race:\n      at_once: 8\n      rounds: 25\n      grace: «30", &["`30` is no length of time"]),
];

#[test]
fn every_key_of_a_load_block_is_told_at_its_own_line() {
    for (line, words) in LINES {
        let text = format!("- id: a\n  title: T\n  load:\n    {line}\n  steps: [{{ send: {{ like: good-login }} }}]\n");
        wrong_scenario(line, &text, words);
    }
}

/// A line of a journey that is right but for it · words of the complaint.
const JOURNEYS: &[(&str, &[&str])] = &[
    ("«wlak: load/steady/logins", &["did you mean `walk`?"]),
    ("walk: load/steady/logins\n        «wieght: 2", &["did you mean `weight`?"]),
    ("walk: load/steady/logins\n        weight: «heavy", &["a whole number, 0 or more, is wanted here"]),
    ("«walk: load/steady/logns", &["did you mean `load/steady/logins`?"]),
    ("«walk: load/steady/logins\n        weight: 0", &["a weight of 1 or more"]),
    ("«walk: load/steady/logins\n        weight: 20000", &["10000 at the most"]),
    ("«weight: 2", &["missing field `walk`"]),
];

#[test]
fn every_key_of_a_journey_is_told_at_its_own_line() {
    for (line, words) in JOURNEYS {
        let text = format!("- id: a\n  title: T\n  load:\n    users: 4 for 3s\n    journeys:\n      - {line}\n");
        wrong_scenario(line, &text, words);
    }
}
