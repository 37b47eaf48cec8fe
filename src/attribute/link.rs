//! From a noun phrase to an actor: by the name in it, by an office held on the
//! document's date, or by a body and the noun of an office (`the ministry's spokesman`).

use chrono::NaiveDate;

use super::bags::Bags;
use super::lexicon;
use super::mentions::{Form, Found};
use super::rules::Range;
use super::tokens::{Kind, Tokens};
use super::words;
use crate::document::Span;
use crate::labels::Side;
use crate::sides::{self, Actor, Sides};

/// What a noun phrase says about who is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Link {
    /// Position of the actor in the sides file.
    pub actor: Option<usize>,
    /// The side, if only that is known (`US officials`).
    pub side: Option<Side>,
    /// The phrase names nobody: it points to somebody named elsewhere.
    pub anaphor: Option<Anaphor>,
}

/// A phrase that points to somebody named elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Anaphor {
    /// A pronoun, lower case.
    Pronoun(String),
    /// The words of a definite description, lower case, without its article.
    Description(Vec<String>),
}

/// Nouns of people who speak for the state or body named beside them.
const OFFICIALS: &[&str] = &[
    "official",
    "officials",
    "spokesman",
    "spokeswoman",
    "spokesperson",
    "spokespeople",
    "minister",
    "ministers",
    "ministry",
    "president",
    "premier",
    "chancellor",
    "secretary",
    "general",
    "commander",
    "commanders",
    "army",
    "military",
    "troops",
    "forces",
    "government",
    "authorities",
    "administration",
    "police",
    "officer",
    "officers",
    "diplomat",
    "diplomats",
    "envoy",
    "ambassador",
    "lawmaker",
    "lawmakers",
    "senator",
    "senators",
    "parliament",
    "agency",
    "leader",
    "leaders",
    "leadership",
    "delegation",
    "embassy",
    "cabinet",
    "intelligence",
    "side",
    "chief",
    "commanders",
    "negotiator",
    "negotiators",
    "representative",
    "adviser",
    "advisor",
    "aide",
    "deputy",
    "delegate",
    "presidency",
    "command",
    "staff",
    "navy",
    "pilot",
];

/// What is known besides the text.
pub(crate) struct Known<'a> {
    pub sides: &'a Sides,
    pub bags: &'a Bags,
    pub date: Option<NaiveDate>,
}

/// Who a speaker's noun phrase is; `full` includes its apposition.
pub(crate) fn link(known: &Known, t: &Tokens, found: &[Found], source: Range, full: Range) -> Link {
    let (sides, date) = (known.sides, known.date);
    let span = t.span(source.0, source.1);
    let inside: Vec<&Found> = found.iter().filter(|f| span.overlaps(f.span)).collect();
    let mut link = Link::default();
    if source.0 == source.1 && inside.is_empty() && lexicon::is_pronoun(t.lower(source.0))
        || is_possessive(t, source)
    {
        link.anaphor = Some(Anaphor::Pronoun(pronoun(t.lower(source.0)).to_string()));
        return link;
    }
    // An office without a name in it (`the defence secretary`) is a description like any other.
    let bare = |f: &Found| {
        matches!(f.form, Form::Role(_))
            && !f
                .span
                .of(t.text)
                .is_some_and(|s| s.chars().skip(1).any(char::is_uppercase))
            && is_first_word_plain(t, f.span)
    };
    // A name or office that is the head of the phrase.
    let head = inside.iter().rev().find(|f| {
        !bare(f)
            && is_head(
                t,
                source,
                f.span,
                sides.actors[f.actor].kind == sides::Kind::Person && f.form != Form::Demonym,
            )
    });
    if let Some(f) = head {
        link.actor = Some(f.actor);
        link.side = Some(sides.actors[f.actor].side);
        return link;
    }
    // `the EU's foreign policy chief, Ann Low`: the name is the apposition.
    if full.1 > source.1 + 1 {
        let rest = t.span(source.1 + 1, full.1);
        let named = found.iter().find(|f| {
            rest.contains(f.span)
                && sides.actors[f.actor].kind == sides::Kind::Person
                && f.form != Form::Demonym
        });
        if let Some(f) = named {
            if t.text[rest.start..f.span.start]
                .trim_matches([',', ' '])
                .is_empty()
            {
                link.actor = Some(f.actor);
                link.side = Some(sides.actors[f.actor].side);
                return link;
            }
        }
    }
    let proper = (source.0..=source.1)
        .any(|i| t.tokens[i].capitalised() && !lexicon::is_determiner(t.lower(i)));
    if proper && source.1 > source.0 && !lexicon::one_of(t.lower(source.0), "a an one some former")
    {
        if let Some(a) = span
            .of(t.text)
            .and_then(|p| known.bags.actor(sides, p, date))
        {
            link.actor = Some(a);
            link.side = Some(sides.actors[a].side);
            return link;
        }
    }
    let noun = head_noun(t, source);
    if let Some(noun) = noun {
        let official = OFFICIALS.contains(&noun.as_str());
        // `the ministry's spokesman`, `a spokesman for the ministry`: the office of a body in the phrase.
        let named = (source.0..=source.1).any(|i| {
            i > source.0
                && t.tokens[i].capitalised()
                && !inside.iter().any(|f| f.span.overlaps(t.span(i, i)))
                && !words::is_title(t.lower(i))
                && !lexicon::is_people(t.lower(i))
        });
        if official && !named && !inside.is_empty() {
            let definite = !lexicon::one_of(t.lower(source.0), "a an one another some two several")
                && !noun.ends_with('s');
            let mut holders: Vec<usize> = Vec::new();
            if definite && is_office_noun(&noun) {
                for (i, a) in sides.actors.iter().enumerate() {
                    if inside
                        .iter()
                        .all(|f| f.actor != i && belongs(sides, a, f.actor))
                        && a.roles.iter().any(|r| {
                            date.is_some_and(|d| r.holds_on(d))
                                && role_says(r, &office_words(t, source, &inside), a)
                        })
                    {
                        holders.push(i);
                    }
                }
            }
            if let [one] = holders[..] {
                link.actor = Some(one);
                link.side = Some(sides.actors[one].side);
                return link;
            }
        }
        if official {
            let mut all = inside.iter().map(|f| sides.actors[f.actor].side);
            if let Some(first) = all.next() {
                if all.all(|s| s == first) {
                    link.side = Some(first);
                }
            }
        }
        let definite = lexicon::one_of(t.lower(source.0), "the this that his her their")
            || inside.is_empty() && source.0 == source.1;
        let nameless = !(source.0..=source.1).any(|i| {
            t.tokens[i].capitalised()
                && i > t.sentence_start(i)
                && !inside.iter().any(|f| f.span.overlaps(t.span(i, i)))
                && !lexicon::is_people(t.lower(i))
        });
        let singular =
            !noun_is_plural(&noun) && matches!(t.lower(source.0), "the" | "this" | "that");
        if definite && nameless && (singular || (inside.len() == 1 && official)) {
            link.anaphor = Some(Anaphor::Description(description(t, source)));
        }
    }
    // `Russia's defence minister` without a role form: a description with its state.
    if link.anaphor.is_none() && link.actor.is_none() && !inside.is_empty() {
        if let Some(noun) = head_noun(t, source) {
            if OFFICIALS.contains(&noun.as_str())
                && !noun_is_plural(&noun)
                && !lexicon::one_of(t.lower(source.0), "a an one another")
            {
                let nameless = (source.0..=source.1).all(|i| {
                    !t.tokens[i].capitalised()
                        || i == t.sentence_start(i)
                        || inside.iter().any(|f| f.span.overlaps(t.span(i, i)))
                        || lexicon::is_people(t.lower(i))
                });
                if nameless {
                    link.anaphor = Some(Anaphor::Description(description(t, source)));
                }
            }
        }
    }
    link
}

/// Whether the mention begins with a small letter, or with the sentence.
fn is_first_word_plain(t: &Tokens, s: Span) -> bool {
    s.of(t.text)
        .is_some_and(|w| w.starts_with(char::is_lowercase) || w.starts_with("The "))
}

fn is_possessive(t: &Tokens, source: Range) -> bool {
    source.0 == source.1 && lexicon::one_of(t.lower(source.0), "his her their its our my")
}

fn pronoun(w: &str) -> &str {
    match w {
        "his" | "him" => "he",
        "her" => "she",
        "their" | "them" => "they",
        "its" => "it",
        "our" => "we",
        "my" => "i",
        w => w,
    }
}

/// Whether a mention is the head of the phrase and not a part that describes it:
/// nothing of weight follows it, and no preposition or possessive goes with it.
fn is_head(t: &Tokens, source: Range, mention: Span, person: bool) -> bool {
    let mut first = source.0;
    while first < source.1 && t.tokens[first].end <= mention.start {
        first += 1;
    }
    let mut after = first;
    while after <= source.1 && t.tokens[after].start < mention.end {
        after += 1;
    }
    // A preposition before it, outside brackets: `the mayor of Kyiv`.
    if (source.0..first).any(|i| lexicon::one_of(t.lower(i), "of for from at in with to by"))
        && first > source.0
    {
        // `a spokesman for the ministry, X` keeps a person's name as head.
        let direct = first > source.0
            && lexicon::one_of(t.lower(first - 1), "of for from at in with to by the a");
        if direct || !person {
            return false;
        }
    }
    if after > source.1 {
        return true;
    }
    if t.tokens[after].kind == Kind::Clitic {
        return false;
    }
    if person {
        // `Putin in Moscow`, `Putin (above)`, `Lavrov and Blinken`: still the first name.
        return !t.tokens[after].is_word()
            || !t.tokens[after].capitalised()
                && !OFFICIALS.contains(&t.lower(after))
                && !lexicon::is_people(t.lower(after));
    }
    // `NATO in a statement`, `the ministry of …`
    lexicon::one_of(t.lower(after), "in on and ( ,")
}

/// The noun that a phrase is about: the last word before a preposition, relative or bracket.
fn head_noun(t: &Tokens, source: Range) -> Option<String> {
    let mut last = None;
    for i in source.0..=source.1 {
        let w = t.lower(i);
        if i > source.0
            && (lexicon::is_preposition(w) || lexicon::one_of(w, "who which familiar close , ("))
        {
            break;
        }
        if t.tokens[i].is_word() {
            last = Some(w.to_string());
        }
    }
    last
}

fn noun_is_plural(noun: &str) -> bool {
    noun.ends_with('s')
        && !noun.ends_with("ss")
        && !lexicon::one_of(noun, "forces states nations services headquarters")
}

fn is_office_noun(noun: &str) -> bool {
    lexicon::one_of(
        noun,
        "spokesman spokeswoman spokesperson minister president premier prime commissioner \
governor mayor speaker director patriarch pope prosecutor diplomat negotiator \
delegate chairman chairwoman admiral colonel king queen emir chancellor secretary \
general chief ambassador envoy commander leader head representative adviser advisor",
    )
}

/// The lower-case words of a description, without article and possessive marks.
fn description(t: &Tokens, source: Range) -> Vec<String> {
    (source.0..=source.1)
        .filter(|&i| t.tokens[i].is_word())
        .map(|i| t.lower(i).to_string())
        .filter(|w| !lexicon::one_of(w.as_str(), "the this that a an"))
        .flat_map(|w| w.split('-').map(normal).collect::<Vec<_>>())
        .collect()
}

/// The words of the office itself, without the names in the phrase.
fn office_words(t: &Tokens, source: Range, inside: &[&Found]) -> Vec<String> {
    (source.0..=source.1)
        .filter(|&i| t.tokens[i].is_word() && !inside.iter().any(|f| f.span.overlaps(t.span(i, i))))
        .map(|i| normal(t.lower(i)))
        .filter(|w| {
            !lexicon::one_of(
                w.as_str(),
                "the this that a an for of chief top official main senior",
            )
        })
        .collect()
}

/// One spelling for words that differ by gender or country.
pub(crate) fn normal(w: &str) -> String {
    match w {
        "spokesman" | "spokeswoman" | "spokesperson" => "spokesperson".into(),
        "defense" => "defence".into(),
        "advisor" => "adviser".into(),
        "premier" => "prime".into(),
        _ => w.to_string(),
    }
}

/// Whether the words of a description all occur in the forms of a role, and fit the holder's gender.
pub(crate) fn role_says(role: &sides::Role, words: &[String], _holder: &Actor) -> bool {
    // The description's head must be an office, not the body it belongs to (`the ministry`).
    if !words.last().is_some_and(|w| is_office_noun(w)) {
        return false;
    }
    let says = |form: &str| {
        let form: Vec<String> = form
            .to_lowercase()
            .replace(['’', '\''], " ")
            .split([' ', '-'])
            .map(normal)
            .collect();
        let all: bool = words.iter().all(|w| form.contains(w));
        // `general` alone is no secretary general.
        let compound = words.last().is_some_and(|w| w == "general")
            && !words.iter().any(|w| w == "secretary" || w == "attorney")
            && form.iter().any(|w| w == "secretary" || w == "attorney");
        all && !compound
    };
    std::iter::once(&role.title)
        .chain(&role.short)
        .any(|f| says(f))
}

/// Whether `actor` is, or is part of, the actor at `body`, directly or through another.
pub(crate) fn belongs(sides: &Sides, actor: &Actor, body: usize) -> bool {
    let id = &sides.actors[body].id;
    let mut queue: Vec<&str> = actor.member_of.iter().map(String::as_str).collect();
    let mut seen = 0;
    while let Some(m) = queue.get(seen).copied() {
        if m == id {
            return true;
        }
        seen += 1;
        if seen > 40 {
            return false;
        }
        if let Some(a) = sides.actor(m) {
            for n in &a.member_of {
                if !queue.contains(&n.as_str()) {
                    queue.push(n);
                }
            }
        }
    }
    false
}

/// The role that the text itself gives: the apposition, else the words before the name.
pub(crate) fn text_role(t: &Tokens, source: Range, full: Range) -> Option<String> {
    let clean = |s: &str| {
        let s = s
            .trim()
            .trim_matches([',', '.', ' ', '—', '–', '(', ')'])
            .trim();
        let s = ["the ", "a ", "an ", "who is "]
            .iter()
            .find_map(|p| s.strip_prefix(p))
            .unwrap_or(s);
        (!s.is_empty() && s.len() < 120).then(|| s.to_string())
    };
    if full.1 > source.1 + 1 {
        let apposition = t.span(source.1 + 1, full.1).of(t.text)?;
        return clean(apposition);
    }
    // Words before a name of one to three capitals that begins after a title or noun of office.
    let split = (source.0..source.1).rev().find(|&i| {
        let w = t.lower(i);
        words::is_title(w) || lexicon::is_people(w)
    })?;
    let name =
        (split + 1..=source.1).all(|i| t.tokens[i].capitalised() || t.tokens[i].kind != Kind::Word);
    if !name || lexicon::one_of(t.lower(split), "mr mr. mrs. ms. mrs ms dr. dr") {
        return None;
    }
    clean(t.span(source.0, split).of(t.text)?)
}
