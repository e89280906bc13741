//! How a value is drawn, in words.

use ropcheck_reports::drawn;

use crate::scenario::given::{Aspect, Bounds, Choice, Formed, Length, Repertoire, Strategy, Typed, Written};

/// How a value is drawn.
pub fn strategy(strategy: &Strategy) -> String {
    match strategy {
        Strategy::Text { from, length } => format!("{} of {}", self::length(*length), repertoire(*from)),
        Strategy::Long(length) => format!("{} times the same letter", self::length(*length)),
        Strategy::Bytes(length) => format!("{} bytes", self::length(*length)),
        Strategy::Integer(Bounds(least, most)) => format!("a number from {least} to {most}"),
        Strategy::OneOf(all) => format!("one of {}", all.iter().map(choice).collect::<Vec<_>>().join(", ")),
        Strategy::ListOf { of, length, between } => {
            let between = if between.is_empty() { String::new() } else { format!(", \"{between}\" between them") };
            format!("{} texts, each {}{between}", self::length(*length), choice(of))
        }
        Strategy::Encoded { of, .. } => format!("an encoding of {}", choice(of)),
        Strategy::Scope(formed) => format!("a {} scope", self::formed(*formed)),
        Strategy::MediaType(typed) => format!("the media type of a form, {}", self::typed(*typed)),
        Strategy::Parameters { names, values, length, repeated } => format!(
            "{} parameters, {}: the name is {}, the value {}",
            self::length(*length),
            if *repeated { "repeated ones among them" } else { "none twice" },
            choice(names),
            choice(values)
        ),
        Strategy::Damage(_) => "damage to one character of a right value".to_owned(),
        Strategy::Basic(written) => format!("how Basic credentials are written: {}", self::written(*written)),
        Strategy::Spelling(aspects) => {
            let aspect = |aspect: &Aspect| match aspect {
                Aspect::Order => "the order of its parameters",
                Aspect::Encoding => "their percent-encoding",
                Aspect::Chunked => "chunks or not",
                Aspect::HeaderCase => "the case of header names",
            };
            format!("how the request is written: {}", aspects.iter().map(aspect).collect::<Vec<_>>().join(", "))
        }
    }
}

fn length(Length(least, most): Length) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

fn choice(choice: &Choice) -> String {
    match choice {
        Choice::Just(text) => drawn::Value::Text(text.clone()).to_string(),
        Choice::Drawn(strategy) => self::strategy(strategy),
    }
}

fn formed(formed: Formed) -> &'static str {
    match formed {
        Formed::Well => "well formed",
        Formed::Badly => "badly formed",
    }
}

fn typed(typed: Typed) -> &'static str {
    match typed {
        Typed::Cased => "its letters in either case",
        Typed::WithParameters => "with parameters",
        Typed::Badly => "badly formed",
    }
}

fn written(written: Written) -> &'static str {
    match written {
        Written::Encoded => "which bytes are percent-encoded",
        Written::Cased => "the case of the scheme",
        Written::Spaced => "how many spaces stand behind the scheme",
        Written::Badly => "badly formed",
    }
}

fn repertoire(from: Repertoire) -> &'static str {
    match from {
        Repertoire::Ascii => "printable ASCII",
        Repertoire::Name => "what parameter names are made of",
        Repertoire::Token => "what bearer tokens are made of",
        Repertoire::Unicode => "the characters of all scripts",
        Repertoire::NormalForms => "letters in either of their normal forms",
        Repertoire::Controls => "letters with control characters between them",
        Repertoire::Padded => "printable ASCII with spaces around it",
        Repertoire::Surrogates => "letters with surrogates between them",
        Repertoire::Any => "any characters, controls among them",
    }
}
