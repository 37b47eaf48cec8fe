//! Who says it: actor mentions with their sides, and speaker, cue and content
//! of attributions.
//!
//! [`Attributor`] is built once from a sides file and shared between threads.
//! [`mentions`] finds all actors of a text in one pass, [`rules`] finds who is
//! reported to say what, [`coreference`] resolves pronouns and descriptions
//! within a document, and [`merge`] joins the rules with a learned tagger.

mod bags;
mod candidates;
mod coreference;
mod lexicon;
mod link;
pub mod mentions;
pub mod merge;
mod names;
mod rules;
mod speaker;
#[cfg(test)]
pub(crate) mod testing;
mod tokens;
mod voice;
mod words;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::document::Span;
use crate::record::{Mention, Speaker};
use crate::sides::Sides;
use crate::Result;

use mentions::{Finder, Found};
use speaker::Draft;
use tokens::Tokens;

pub use merge::{claims_from_tags, merge, merge_claims, Strategy, TagKind, TagSpan};

/// What was found in one statement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attribution {
    /// Who says it; `None` if the statement attributes nothing to anyone.
    pub speaker: Option<Speaker>,
    /// Actors of the sides file, in the order of the text, not overlapping.
    pub mentions: Vec<Mention>,
}

/// One attribution as spans, without actor and side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The speaker's noun phrase without trailing apposition.
    pub source: Option<Span>,
    /// The same with apposition.
    pub source_full: Option<Span>,
    pub cue: Span,
    pub content: Vec<Span>,
}

/// Finds actors and speakers with the knowledge of a sides file.
#[derive(Debug, Clone)]
pub struct Attributor {
    sides: Arc<Sides>,
    finder: Arc<Finder>,
    bags: Arc<bags::Bags>,
}

impl Attributor {
    /// Prepares the search for the actors of `sides`.
    pub fn new(sides: Arc<Sides>) -> Result<Attributor> {
        let finder = Arc::new(Finder::new(&sides)?);
        let bags = Arc::new(bags::Bags::new(&sides));
        Ok(Attributor {
            sides,
            finder,
            bags,
        })
    }

    /// The sides file in use.
    pub fn sides(&self) -> &Arc<Sides> {
        &self.sides
    }

    /// Mentions and speaker of a statement that stands alone.
    pub fn statement(&self, text: &str, date: Option<NaiveDate>) -> Attribution {
        self.document(&[text], date, false, None)
            .pop()
            .unwrap_or_default()
    }

    /// Mentions and speakers of all statements of a document, in their order.
    ///
    /// `title` gives support to names and antecedents to pronouns. Recency
    /// counts only if `order_reliable`.
    pub fn document(
        &self,
        statements: &[&str],
        date: Option<NaiveDate>,
        order_reliable: bool,
        title: Option<&str>,
    ) -> Vec<Attribution> {
        let found = self.finder.document(&self.sides, statements, title, date);
        let tokens: Vec<Tokens> = statements.iter().map(|s| Tokens::new(s)).collect();
        let mut drafts: Vec<Option<Draft>> = tokens
            .iter()
            .zip(&found)
            .map(|(t, f)| {
                let raws = rules::find(t, &|r| self.names_actor(t, f, r));
                speaker::choose(
                    &link::Known {
                        sides: &self.sides,
                        bags: &self.bags,
                        date,
                    },
                    t,
                    f,
                    &raws,
                )
            })
            .collect();
        let open = |d: &Option<Draft>| {
            d.as_ref().is_some_and(|d| {
                d.anaphor.is_some() || d.nested.iter().any(|n| n.anaphor.is_some())
            })
        };
        if drafts.iter().any(open) {
            let title_tokens = title.map(Tokens::new);
            let doc = coreference::Document {
                sides: &self.sides,
                tokens: &tokens,
                found: &found[..statements.len()],
                title: title_tokens
                    .as_ref()
                    .and_then(|t| Some((t, found.get(statements.len())?.as_slice()))),
                date,
                order_reliable,
            };
            coreference::resolve(&doc, &mut drafts);
        }
        drafts
            .into_iter()
            .zip(&found)
            .map(|(draft, found)| Attribution {
                speaker: draft.map(Draft::finish),
                mentions: found.iter().map(|f| self.mention(f)).collect(),
            })
            .collect()
    }

    /// All attributions that the rules find in a text, nested ones included, in
    /// the order of their cues. This is what corpora of attributions count.
    pub fn claims(&self, text: &str) -> Vec<Claim> {
        let found = self.finder.document(&self.sides, &[text], None, None);
        let t = Tokens::new(text);
        let span = |r: rules::Range| t.span(r.0, r.1);
        rules::find(&t, &|r| self.names_actor(&t, &found[0], r))
            .into_iter()
            .map(|r| Claim {
                source: r.source.map(span),
                source_full: r.full.map(span),
                cue: span(r.cue),
                content: r.content.into_iter().map(span).collect(),
            })
            .collect()
    }

    /// Whether the whole phrase is the name or office of an actor who can speak.
    fn names_actor(&self, t: &Tokens, found: &[Found], r: rules::Range) -> bool {
        let span = t.span(r.0, r.1);
        found.iter().any(|f| {
            f.form != mentions::Form::Demonym
                && f.span.end >= span.end
                && f.span.overlaps(span)
                && (f.span.start <= span.start
                    || self.sides.actors[f.actor].kind == crate::sides::Kind::Person
                    || t.text[span.start..f.span.start]
                        .split_whitespace()
                        .all(|w| matches!(w, "the" | "The")))
        })
    }

    fn mention(&self, found: &Found) -> Mention {
        let actor = &self.sides.actors[found.actor];
        Mention {
            span: found.span,
            actor: actor.id.clone(),
            side: self.sides.names().name(actor.side).to_string(),
        }
    }
}
