//! Finds every actor of a text in one pass of an Aho–Corasick automaton
//! (Aho & Corasick 1975), then keeps the leftmost longest matches that pass the
//! rules of case, word boundary, date and support.
//!
//! The automaton is searched for overlapping matches, so that a match refused by
//! a rule (`German foreign minister` without a known holder) gives way to the
//! shorter one inside it (`German`).

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use chrono::NaiveDate;

use super::lexicon;
use super::names;
use super::words::{self, Case};
use crate::document::Span;
use crate::sides::{Actor, Kind, Sides};
use crate::{Error, Result};

/// How a surface form stands for an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// A name that needs no support.
    Name,
    /// A name shared with others; counts only with support.
    Ambiguous,
    /// Adjective or people's name of a state.
    Demonym,
    /// The office, held on the document's date (index into the actor's roles).
    Role(usize),
}

/// An actor found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub span: Span,
    /// Position in [`Sides::actors`].
    pub actor: usize,
    pub form: Form,
}

/// One way a surface form can be read.
#[derive(Debug, Clone)]
struct Reading {
    actor: usize,
    form: Form,
    /// The form as the file writes it, for the rules of case.
    surface: String,
}

/// A match that passed the rules of boundary and case; holders and support are still open.
#[derive(Debug, Clone)]
struct Candidate {
    span: Span,
    pattern: usize,
}

/// The automaton over all names of a sides file.
#[derive(Debug)]
pub struct Finder {
    automaton: AhoCorasick,
    /// Readings of each pattern, in the file's order.
    readings: Vec<Vec<Reading>>,
}

/// What a document says about who is meant.
#[derive(Debug, Default)]
struct Support {
    /// Actors named without doubt.
    actors: HashSet<usize>,
}

impl Finder {
    /// Builds the automaton.
    pub fn new(sides: &Sides) -> Result<Finder> {
        let mut index: HashMap<String, usize> = HashMap::new();
        let mut patterns: Vec<String> = Vec::new();
        let mut readings: Vec<Vec<Reading>> = Vec::new();
        let mut add = |surface: &str, actor: usize, form: Form| {
            let surface = surface.trim();
            if surface.is_empty() {
                return;
            }
            for variant in [surface.to_string(), surface.replace('\'', "’")] {
                let key = variant.to_ascii_lowercase();
                let at = *index.entry(key.clone()).or_insert_with(|| {
                    patterns.push(key);
                    readings.push(Vec::new());
                    readings.len() - 1
                });
                if !readings[at]
                    .iter()
                    .any(|r| r.actor == actor && r.form == form && r.surface == variant)
                {
                    readings[at].push(Reading {
                        actor,
                        form,
                        surface: variant,
                    });
                }
            }
        };
        for (i, a) in sides.actors.iter().enumerate() {
            for name in a.names() {
                let open = a.ambiguous.iter().any(|x| x == name);
                add(name, i, if open { Form::Ambiguous } else { Form::Name });
            }
            for name in &a.ambiguous {
                add(name, i, Form::Ambiguous);
            }
            for name in &a.demonyms {
                add(name, i, Form::Demonym);
            }
            for (r, role) in a.roles.iter().enumerate() {
                for form in std::iter::once(&role.title).chain(&role.short) {
                    // A single word such as `president` describes many.
                    if form.contains(' ') || words::capitalised(form) {
                        add(form, i, Form::Role(r));
                    }
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(&patterns)
            .map_err(|e| Error::Other(format!("the sides file has too many names: {e}")))?;
        Ok(Finder {
            automaton,
            readings,
        })
    }

    /// The actors of each statement of a document, and of its title as the last element if there is one.
    pub fn document(
        &self,
        sides: &Sides,
        statements: &[&str],
        title: Option<&str>,
        date: Option<NaiveDate>,
    ) -> Vec<Vec<Found>> {
        let texts: Vec<&str> = statements.iter().copied().chain(title).collect();
        let candidates: Vec<Vec<Candidate>> = texts.iter().map(|t| self.candidates(t)).collect();
        let mut support = Support::default();
        let mut found = Vec::with_capacity(texts.len());
        // Twice: names without doubt first, then with the support they give. A
        // second pass that adds an actor cannot take support from another.
        for _ in 0..2 {
            found = texts
                .iter()
                .zip(&candidates)
                .map(|(t, c)| self.select(sides, t, c, date, &support))
                .collect();
            let before = support.actors.len();
            support
                .actors
                .extend(found.iter().flatten().map(|f: &Found| f.actor));
            if support.actors.len() == before {
                break;
            }
        }
        found
    }

    fn candidates(&self, text: &str) -> Vec<Candidate> {
        let mut out = Vec::new();
        for m in self.automaton.find_overlapping_iter(text) {
            if words::bounded(text, m.start(), m.end()) {
                out.push(Candidate {
                    span: Span::new(m.start(), m.end()),
                    pattern: m.pattern().as_usize(),
                });
            }
        }
        out.sort_by(|a, b| {
            (a.span.start, b.span.end, a.pattern).cmp(&(b.span.start, a.span.end, b.pattern))
        });
        out
    }

    /// Leftmost longest choice among the candidates that can be resolved.
    fn select(
        &self,
        sides: &Sides,
        text: &str,
        candidates: &[Candidate],
        date: Option<NaiveDate>,
        support: &Support,
    ) -> Vec<Found> {
        if candidates.is_empty() {
            return Vec::new();
        }
        let ctx = Context {
            sides,
            text,
            case: words::case(text),
            date,
            support,
        };
        let mut out: Vec<Found> = Vec::new();
        let mut free = 0;
        for c in candidates {
            if c.span.start < free {
                continue;
            }
            let readings = &self.readings[c.pattern];
            if let Some((actor, form)) = ctx.resolve(c.span, readings, out.last()) {
                free = c.span.end;
                out.push(Found {
                    span: c.span,
                    actor,
                    form,
                });
            }
        }
        ctx.join(out)
    }
}

struct Context<'a> {
    sides: &'a Sides,
    text: &'a str,
    case: Case,
    date: Option<NaiveDate>,
    support: &'a Support,
}

impl Context<'_> {
    /// Who is meant by a match, if the rules tell.
    fn resolve(
        &self,
        span: Span,
        readings: &[Reading],
        previous: Option<&Found>,
    ) -> Option<(usize, Form)> {
        let word = span.of(self.text)?;
        let mut names = Vec::new();
        let mut holders = Vec::new();
        for r in readings {
            if !case_fits(&r.surface, word, matches!(r.form, Form::Role(_)), self.case) {
                continue;
            }
            let actor = &self.sides.actors[r.actor];
            match r.form {
                Form::Name | Form::Demonym => {
                    if self.is_somebody_else(span, actor, &r.surface, previous)
                        || self.is_something_else(span, actor)
                    {
                        continue;
                    }
                    names.push((r.actor, r.form));
                }
                Form::Ambiguous => {
                    let own_office =
                        previous.is_some_and(|p| self.is_office_before(p, r.actor, span));
                    if !self.is_somebody_else(span, actor, &r.surface, previous)
                        && (self.support.actors.contains(&r.actor)
                            || own_office
                            || self.titled(span, actor, previous))
                    {
                        names.push((r.actor, r.form));
                    }
                }
                // `defence secretary` says of no country which: it needs its holder's name in the document.
                Form::Role(i) if bare(&r.surface) => {
                    if self.support.actors.contains(&r.actor) {
                        holders.push((r.actor, i));
                    }
                }
                Form::Role(i) => holders.push((r.actor, i)),
            }
        }
        names.dedup_by_key(|n| n.0);
        if let [one] = names[..] {
            return Some(one);
        }
        if names.len() > 1 {
            // Shared by several with support: only an office right before it decides.
            let mut titled = names.iter().filter(|(a, _)| {
                previous.is_some_and(|p| self.is_office_before(p, *a, span))
                    || self.titled(span, &self.sides.actors[*a], previous)
            });
            return match (titled.next(), titled.next()) {
                (Some(one), None) => Some(*one),
                _ => None,
            };
        }
        self.holder(span, &holders)
    }

    /// The holder of an office on the document's date.
    fn holder(&self, span: Span, readings: &[(usize, usize)]) -> Option<(usize, Form)> {
        if readings.is_empty() || self.is_another_office(span) {
            return None;
        }
        let role = |&(a, r): &(usize, usize)| &self.sides.actors[a].roles[r];
        let mut fit: Vec<(usize, usize)> = readings
            .iter()
            .copied()
            .filter(|x| self.date.is_none_or(|d| role(x).holds_on(d)))
            .collect();
        let several = |fit: &[(usize, usize)]| fit.iter().any(|x| x.0 != fit[0].0);
        if self.date.is_some() && several(&fit) {
            // A day of handing over: the new holder.
            let latest = fit.iter().map(|x| role(x).from).max()?;
            fit.retain(|x| role(x).from == latest);
        }
        if !fit.is_empty() && several(&fit) {
            fit.retain(|x| self.support.actors.contains(&x.0));
        }
        let &(actor, index) = fit.first()?;
        (!several(&fit) && !self.is_before_another_name(span, &self.sides.actors[actor]))
            .then_some((actor, Form::Role(index)))
    }

    /// Whether an office is followed by a name that is not its holder's.
    fn is_before_another_name(&self, span: Span, holder: &Actor) -> bool {
        let Some(word) = words::word_after(self.text, span.end) else {
            return false;
        };
        if !words::capitalised(word) || words::is_day_or_month(word) {
            return false;
        }
        let word = word.trim_end_matches("'s").trim_end_matches("’s");
        let own = |name: &str| name.split([' ', '-']).any(|w| w == word);
        if holder
            .names()
            .chain(holder.ambiguous.iter().map(String::as_str))
            .any(own)
        {
            return false;
        }
        self.case == Case::Sentence || names::gender(word).is_some()
    }

    /// Whether `found` is an office of `actor` that stands right before `span`.
    fn is_office_before(&self, found: &Found, actor: usize, span: Span) -> bool {
        found.actor == actor
            && matches!(found.form, Form::Role(_))
            && matches!(&self.text[found.span.end..span.start], " " | "\u{a0}")
    }

    /// Whether the word before an office makes it another one, or one that is over.
    fn is_another_office(&self, span: Span) -> bool {
        if let Some((_, w)) = words::word_before(self.text, span.start) {
            let w = w.to_ascii_lowercase();
            if lexicon::one_of(
                w.as_str(),
                "former ex late deputy vice next future previous onetime first-deputy",
            ) {
                return true;
            }
        }
        let head = self.text[..span.start].to_ascii_lowercase();
        head.ends_with("ex-") || head.ends_with("then-")
    }

    /// A bare surname after somebody else's given name.
    fn is_somebody_else(
        &self,
        span: Span,
        actor: &Actor,
        surface: &str,
        previous: Option<&Found>,
    ) -> bool {
        if actor.kind != Kind::Person {
            return false;
        }
        let hyphen = |c: Option<char>| c == Some('-');
        if hyphen(words::before(self.text, span.start))
            || (hyphen(words::after(self.text, span.end))
                && words::after(self.text, span.end + 1).is_some_and(char::is_uppercase)
                && self.text[span.end..]
                    .split(' ')
                    .next()
                    .is_some_and(|w| w.len() > 4))
        {
            return true;
        }
        if surface.contains(' ') {
            return false;
        }
        let Some((start, word)) = words::word_before(self.text, span.start) else {
            return false;
        };
        if !words::capitalised(word)
            || words::is_title(word)
            || previous.is_some_and(|p| p.span.end > start)
        {
            return false;
        }
        let own = actor.name.split(' ').next().unwrap_or("");
        names::gender(word).is_some() && !names::may_be_same(word, own)
    }

    /// A place name inside the name of something else (`Washington Post`).
    fn is_something_else(&self, span: Span, actor: &Actor) -> bool {
        matches!(actor.kind, Kind::State | Kind::Place)
            && words::word_after(self.text, span.end).is_some_and(|w| {
                lexicon::one_of(w, "Post Times Independent Journal Herald Tribune Convention Conventions Protocol Wall \
Examiner Star Globe Mirror")
            })
    }

    /// Whether an office of this actor, or a title from it, stands right before the name.
    fn titled(&self, span: Span, actor: &Actor, previous: Option<&Found>) -> bool {
        let Some((start, word)) = words::word_before(self.text, span.start) else {
            return false;
        };
        // `Britain's Wallace`
        if let Some(p) = previous {
            let possessive = matches!(
                &self.text[p.span.end..span.start],
                "'s " | "’s " | "' " | "’ "
            );
            if possessive
                && start <= p.span.start
                && super::link::belongs(self.sides, actor, p.actor)
            {
                return true;
            }
        }
        let word = word.to_ascii_lowercase();
        words::is_title(&word)
            && !lexicon::one_of(word.trim_end_matches('.'), "mr mrs ms miss")
            && actor
                .roles
                .iter()
                .filter(|r| self.date.is_none_or(|d| r.holds_on(d)))
                .any(|r| {
                    std::iter::once(&r.title)
                        .chain(&r.short)
                        .any(|t| t.split(' ').any(|x| x.eq_ignore_ascii_case(&word)))
                })
    }

    /// Joins an office with the name of its holder right after it.
    fn join(&self, found: Vec<Found>) -> Vec<Found> {
        let mut out: Vec<Found> = Vec::with_capacity(found.len());
        for f in found {
            if let Some(last) = out.last_mut() {
                let gap = &self.text[last.span.end..f.span.start];
                if last.actor == f.actor
                    && matches!(last.form, Form::Role(_))
                    && matches!(gap, " " | "\u{a0}")
                {
                    last.span.end = f.span.end;
                    last.form = f.form;
                    continue;
                }
            }
            out.push(f);
        }
        out
    }
}

/// Whether an office is written without any name in it.
fn bare(surface: &str) -> bool {
    !surface.chars().any(char::is_uppercase)
}

/// Whether a match has the letter case its form asks for, word by word:
/// capitals stay capitals (`US` is not `us`; of four letters and more also
/// `Nato`), a capital first letter stays one, small letters may be capital.
/// Offices may be written small after their first word.
fn case_fits(surface: &str, found: &str, role: bool, case: Case) -> bool {
    const COMMON: &[&str] = &["US", "WHO", "IT", "IS", "AM"];
    if case == Case::Capitals && COMMON.contains(&surface) {
        return false;
    }
    let separator = [' ', '-'];
    let mut words = surface
        .split(separator)
        .zip(found.split(separator))
        .enumerate();
    words.all(|(i, (want, got))| {
        let mut letters = want.chars().filter(|c| c.is_alphabetic());
        let Some(first) = letters.next() else {
            return true;
        };
        let count = 1 + letters.clone().count();
        if !first.is_uppercase() {
            return true;
        }
        let capitals = count > 1 && !letters.clone().any(char::is_lowercase);
        if capitals {
            return want == got || (count >= 4 && is_title_case(got));
        }
        (role && i > 0) || words::capitalised(got.trim_start_matches(|c: char| !c.is_alphabetic()))
    })
}

fn is_title_case(word: &str) -> bool {
    words::capitalised(word) && !word.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
#[path = "mentions_tests.rs"]
mod tests;
