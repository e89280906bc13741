//! A threshold as its author wrote it: read, or refused with what to write in its place.

use super::{COMPARISONS, MEASURES, Measure, Of, Threshold, Unit};

/// A unit as it is written, what it is of, and how many of [`Unit`]'s own it is. The micro sign has two code points.
const UNITS: [(&str, Unit, f64); 8] = [
    ("us", Unit::Time, 1.0),
    ("\u{b5}s", Unit::Time, 1.0),
    ("\u{3bc}s", Unit::Time, 1.0),
    ("ms", Unit::Time, 1e3),
    ("s", Unit::Time, 1e6),
    ("%", Unit::Share, 1.0),
    ("/s", Unit::Rate, 1.0),
    ("/min", Unit::Rate, 1.0 / 60.0),
];

impl Unit {
    /// What a limit looks like.
    fn example(self) -> &'static str {
        match self {
            Self::Time => "250 ms",
            Self::Share => "0.1 %",
            Self::Rate => "400/s",
            Self::Count => "0",
        }
    }

    /// The comparisons that ask for something good, and what the others would ask for.
    fn wants(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Time => (&["<", "<="], "a slow server"),
            Self::Share => (&["<", "<=", "="], "a server that fails"),
            // A run that breaks a MUST fails, however few they are.
            Self::Count => (&["="], "a server that breaks promises"),
            Self::Rate => (&[">=", ">"], "a server that answers little"),
        }
    }

    /// Why a limit tells no server from another, and what to write in its place behind what is measured.
    fn senseless(self, sign: &str, limit: f64) -> Option<(&'static str, String)> {
        match self {
            Self::Time if limit <= 0.0 => Some(("no answer takes no time", "< 250 ms".to_owned())),
            Self::Share if sign == "<" && limit <= 0.0 => Some(("there are never fewer than none", "= 0".to_owned())),
            Self::Share if sign == "=" && limit > 0.0 => {
                Some(("a server that fails less would miss it", format!("<= {limit} %")))
            }
            Self::Share if limit > 100.0 || sign == "<=" && limit >= 100.0 => {
                Some(("there are never more than 100 %", "< 1 %".to_owned()))
            }
            Self::Rate if sign == ">=" && limit <= 0.0 => {
                Some(("a server that answers nothing keeps it", ">= 400/s".to_owned()))
            }
            Self::Count if limit > 0.0 => Some(("one that breaks a MUST fails the run", "= 0".to_owned())),
            Self::Time | Self::Share | Self::Rate | Self::Count => None,
        }
    }
}

impl Threshold {
    /// Reads what an author wrote.
    ///
    /// # Errors
    /// It is no threshold: what is wrong with it and what to write, as a fragment.
    pub fn parse(wrote: &str) -> Result<Self, String> {
        let is_sign = |character: char| matches!(character, '<' | '>' | '=' | '!' | '≤' | '≥');
        let Some(at) = wrote.find(is_sign) else {
            return Err(format!("`{wrote}` compares nothing: write it like `p99(login) < 250 ms`"));
        };
        let (what, rest) = wrote.split_at(at);
        let (sign, limit) = rest.split_at(rest.find(|character| !is_sign(character)).unwrap_or(rest.len()));
        let (name, steps) = selected(what.trim())?;
        let measure = measure(name)?;
        if measure.of == Of::Findings && steps.is_some() {
            return Err("`findings` counts those of the whole run: write it without a step, `findings = 0`".to_owned());
        }
        let known = COMPARISONS.iter().find(|one| one.sign == sign);
        let comparison = known.ok_or_else(|| {
            format!("`{sign}` compares nothing: write one of {}", list(COMPARISONS.map(|one| one.sign)))
        })?;
        let (signs, odd) = measure.unit.wants();
        if !signs.contains(&sign) {
            let (first, example) = (signs[0], measure.unit.example());
            return Err(format!("`{}` would ask for {odd}: write `{} {first} {example}`", wrote.trim(), what.trim()));
        }
        let limit = number(measure, limit.trim())?;
        if let Some((why, instead)) = measure.unit.senseless(sign, limit) {
            return Err(format!("`{}` tells nothing, for {why}: write `{} {instead}`", wrote.trim(), what.trim()));
        }
        Ok(Self { measure, steps: steps.map(str::to_owned), comparison, limit, wrote: wrote.trim().to_owned() })
    }
}

/// A name, and what stands in parentheses behind it.
fn selected(what: &str) -> Result<(&str, Option<&str>), String> {
    let Some((name, rest)) = what.split_once('(') else { return Ok((what, None)) };
    let name = name.trim();
    match rest.trim_end().strip_suffix(')').map(str::trim) {
        Some("") => {
            Err(format!("`{what}` names no step: write `{name}` for all steps, or one of them, `{name}(login)`"))
        }
        Some(steps) => Ok((name, Some(steps))),
        None => Err(format!("`{what}` has no `)` at its end: write `{name}({})`", rest.trim().replace(')', ""))),
    }
}

fn measure(name: &str) -> Result<&'static Measure, String> {
    const ALL: &[Measure] = &MEASURES;
    let names = MEASURES.each_ref().map(|one| one.name);
    ALL.iter().find(|one| one.name == name).ok_or_else(|| match nearest(name, &names) {
        _ if name.is_empty() => format!("it does not say what is measured: begin with one of {}", list(names)),
        Some(near) => format!("nothing measured is named `{name}`; did you mean `{near}`? There are {}", list(names)),
        None => format!("nothing measured is named `{name}`; there are {}", list(names)),
    })
}

/// The limit in the unit of what is measured.
fn number(measure: &Measure, limit: &str) -> Result<f64, String> {
    let end = limit.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(limit.len());
    let (digits, wrote) = limit.split_at(end);
    let (unit, example) = (wrote.trim(), measure.unit.example());
    let Some(number) = digits.parse::<f64>().ok().filter(|number| number.is_finite()) else {
        return Err(format!("`{limit}` is no limit of `{}`: write a number, like {example}", measure.name));
    };
    let scale = UNITS.iter().find(|(name, of, _)| *name == unit && *of == measure.unit).map(|(_, _, scale)| *scale);
    match scale {
        Some(scale) => Ok(number * scale),
        // Nothing is nothing in every unit.
        None if unit.is_empty() && (measure.unit == Unit::Count || number == 0.0) => Ok(number),
        None if measure.unit == Unit::Count => {
            Err(format!("`{}` is counted and has no unit: write {digits} in place of `{limit}`", measure.name))
        }
        None => {
            let units: Vec<&str> =
                UNITS.iter().filter(|(_, of, _)| *of == measure.unit).map(|(name, _, _)| *name).collect();
            let near = nearest(unit, &units).filter(|_| !unit.is_empty());
            let wrong = if unit.is_empty() { "has no unit".to_owned() } else { format!("has the unit `{unit}`") };
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let stop = if hint.is_empty() { ":" } else { "" };
            Err(format!("the limit of `{}` {wrong}{hint}{stop} write it like {example}", measure.name))
        }
    }
}

fn list<const N: usize>(names: [&str; N]) -> String {
    names.join(", ")
}

/// The name that is most like a wrong one, if any is like it at all.
fn nearest<'n>(wrong: &str, names: &[&'n str]) -> Option<&'n str> {
    let alike = names.iter().map(|name| (strsim::normalized_damerau_levenshtein(wrong, name), *name));
    let most = alike.filter(|(likeness, _)| *likeness > 0.4).max_by(|(one, _), (other, _)| one.total_cmp(other));
    most.map(|(_, name)| name)
}
