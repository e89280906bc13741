//! One case as the page shows it.

use crate::diff::Difference;
use crate::evidence::{self, Control, Evidence, Shown};
use crate::format::message::Message;
use crate::format::wording::{self, visible};
use crate::record::{Finding, Heard, JwtObject, Signature, TokenFacts};
use crate::run::{CaseOutcome, Judged, Run, Weight};

/// A case with its findings and the exchanges that show them.
pub(super) struct CaseView {
    pub(super) anchor: String,
    pub(super) id: String,
    /// Empty where a finding tells it anyway.
    pub(super) title: String,
    pub(super) place: Option<String>,
    pub(super) tone: &'static str,
    pub(super) verdict: &'static str,
    pub(super) groups: Vec<Group>,
}

/// Findings that the same exchanges show.
pub(super) struct Group {
    pub(super) findings: Vec<FindingView>,
    pub(super) exchanges: Vec<ExchangeView>,
    pub(super) missing: Vec<String>,
}

pub(super) struct FindingView {
    pub(super) tone: &'static str,
    pub(super) word: &'static str,
    pub(super) level: &'static str,
    pub(super) requirement: String,
    pub(super) section: Option<String>,
    pub(super) says: String,
    /// What there is to say, label by label.
    pub(super) lines: Vec<(String, String)>,
    /// What was drawn, name by name, each with its bytes where its letters do not tell them.
    pub(super) values: Vec<(String, String)>,
    /// The author's own line and where it stands.
    pub(super) asked: Option<(String, String)>,
}

pub(super) struct ExchangeView {
    pub(super) id: String,
    pub(super) step: String,
    pub(super) took: String,
    pub(super) request: String,
    pub(super) answer: String,
    pub(super) curl: String,
    pub(super) control: Option<ControlView>,
    pub(super) tokens: Vec<TokenView>,
}

pub(super) struct ControlView {
    pub(super) name: String,
    pub(super) differences: Vec<DifferenceView>,
}

pub(super) struct DifferenceView {
    pub(super) part: String,
    pub(super) control: String,
    pub(super) here: String,
}

pub(super) struct TokenView {
    pub(super) member: String,
    pub(super) facts: String,
    pub(super) jwt: Option<String>,
}

pub(super) fn view(run: &Run, case: &CaseOutcome) -> CaseView {
    let told_by_finding = case.judged.iter().any(|one| one.sentence.says == case.case.title);
    CaseView {
        anchor: anchor(&case.case.id),
        id: visible(&case.case.id),
        title: if told_by_finding { String::new() } else { visible(&case.case.title) },
        place: wording::place(&case.case.at).map(|place| visible(&place)),
        tone: super::tone(case.verdict),
        verdict: case.verdict.name(),
        groups: evidence::of(run, case, |_| true).iter().map(group).collect(),
    }
}

/// The fragment that names a case on the page: its id, so that a link to it holds in the next report too.
pub(super) fn anchor(id: &str) -> String {
    id.chars().map(|one| if one.is_ascii_alphanumeric() || "/.-_".contains(one) { one } else { '_' }).collect()
}

fn group(evidence: &Evidence) -> Group {
    let mut judged = evidence.judged.clone();
    judged.sort_by_key(|one| one.weight);
    Group {
        findings: judged.into_iter().map(finding).collect(),
        exchanges: evidence.shown.iter().map(exchange).collect(),
        missing: evidence.missing.iter().map(|id| visible(id)).collect(),
    }
}

fn finding(judged: &Judged) -> FindingView {
    let mut lines = match &judged.found.finding {
        Finding::Met => Vec::new(),
        Finding::Broken { expected, actual } => {
            line("expected", expected).into_iter().chain(line("actual", actual)).collect()
        }
        Finding::Unjudged { because, detail } => line(because.name(), detail).into(),
    };
    let mut values = Vec::new();
    if let Some(waiver) = &judged.waiver {
        lines.extend(line("waived", &wording::borne(waiver)));
    }
    if let Some(share) = wording::share(judged) {
        lines.extend(line("share", &share));
    }
    if let Some(drawn) = &judged.found.drawn {
        lines.extend(line("drawn", &wording::drawn(drawn)));
        for (name, value) in &drawn.values {
            values.extend(line(name, &value.to_string()));
            values.extend(value.dump().iter().flat_map(|dump| line("bytes", dump)));
        }
    }
    FindingView {
        tone: match judged.weight {
            Weight::Fails => "bad",
            Weight::Waived | Weight::Warns | Weight::Unjudged => "warn",
            Weight::Notes | Weight::Advises => "note",
            Weight::Met => "good",
        },
        word: wording::weight(judged.weight),
        level: judged.sentence.level.name(),
        requirement: visible(&judged.found.requirement),
        section: wording::section(judged).map(|section| visible(&section)),
        says: visible(&judged.sentence.says),
        lines,
        values,
        asked: judged
            .found
            .at
            .as_ref()
            .and_then(|at| wording::place(at).map(|place| (visible(&place), visible(&at.text)))),
    }
}

fn line(label: &str, text: &str) -> [(String, String); 1] {
    [(visible(label), visible(text))]
}

fn exchange(shown: &Shown) -> ExchangeView {
    let Shown { exchange, control } = shown;
    ExchangeView {
        id: visible(&exchange.id),
        step: visible(&exchange.step),
        took: wording::millis(exchange.took_us),
        request: Message::request(&exchange.request).whole(),
        answer: Message::answer(&exchange.answer).whole(),
        curl: wording::visible_lines(&exchange.curl),
        control: control.as_ref().map(self::control),
        tokens: match &exchange.answer {
            Heard::Answer(answer) => answer.tokens.iter().map(token).collect(),
            Heard::Nothing(_) => Vec::new(),
        },
    }
}

fn control(control: &Control) -> ControlView {
    match control {
        Control::Kept { exchange, differences } => ControlView {
            name: visible(&format!(
                "{} ({}), which got {}",
                exchange.step,
                exchange.id,
                Message::answer(&exchange.answer).first
            )),
            differences: differences.iter().map(difference).collect(),
        },
        Control::Lost(id) => {
            ControlView { name: visible(&format!("{id}, which the record does not hold")), differences: Vec::new() }
        }
    }
}

fn difference(difference: &Difference) -> DifferenceView {
    DifferenceView {
        part: visible(&difference.part.name()),
        control: wording::values(&difference.control),
        here: wording::values(&difference.request),
    }
}

fn token(token: &TokenFacts) -> TokenView {
    let alphabet = if token.visible_ascii { "visible ASCII" } else { "not only visible ASCII" };
    TokenView {
        member: visible(&token.member),
        facts: visible(&format!("{} characters, {alphabet}, fingerprint {}", token.length, token.fingerprint)),
        jwt: token.jwt.as_ref().map(|jwt| {
            let signature = match &jwt.signature {
                Signature::Held { kid } if kid.is_empty() => "held".to_owned(),
                Signature::Held { kid } => format!("held by key {kid}"),
                Signature::Failed(why) => format!("failed: {why}"),
                Signature::NotTried(why) => format!("not tried: {why}"),
            };
            let json = |part: &JwtObject| serde_json::to_string(part).unwrap_or_default();
            visible(&format!("JWT {} {}, signature {signature}", json(&jwt.header), json(&jwt.claims)))
        }),
    }
}
