//! A scenario that can't be read.

use crate::wrong::wrong_scenario;

/// What is wrong · a scenario file · words of the complaint.
const SCENARIOS: &[(&str, &str, &[&str])] = &[
    ("not YAML", "- id: «[\n", &[]),
    ("an escape that YAML has not", "- id: «\"\\q\"\n", &["escape"]),
    ("no list", "«id: a\n", &["a list is wanted here, each entry behind a `-`", "in another folder"]),
    ("an unknown key", "- id: a\n  title: T\n  «stpes: []\n", &["unknown field `stpes`", "did you mean `steps`?"]),
    ("a key that is missing", "- id: a\n  «steps: []\n", &["missing field `title`"]),
    (
        "a key that comes twice",
        "- id: a\n  title: T\n  «title: T\n  steps: []\n",
        &["duplicate mapping key: title -->"],
    ),
    ("a wrong type", "- id: a\n  title: T\n  steps: «none\n", &["a list is wanted here"]),
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

#[test]
fn a_scenario_file() {
    for (what, text, words) in SCENARIOS {
        wrong_scenario(what, text, words);
    }
}
