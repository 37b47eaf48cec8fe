//! Who says it: actor mentions with their sides, and speaker, cue and content
//! of attributions.
//!
//! [`Attributor`] is built once from a sides file and shared between threads.
//! [`mentions`] finds all actors of a text in one pass, [`rules`] finds who is
//! reported to say what, [`coreference`] resolves pronouns and descriptions
//! within a document, and [`merge`] joins the rules with a learned tagger.

pub mod mentions;
mod names;
#[cfg(test)]
pub(crate) mod testing;
mod words;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::record::{Mention, Speaker};
use crate::sides::Sides;
use crate::Result;

use mentions::{Finder, Found};

/// What was found in one statement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attribution {
    /// Who says it; `None` if the statement attributes nothing to anyone.
    pub speaker: Option<Speaker>,
    /// Actors of the sides file, in the order of the text, not overlapping.
    pub mentions: Vec<Mention>,
}

/// Finds actors and speakers with the knowledge of a sides file.
#[derive(Debug, Clone)]
pub struct Attributor {
    sides: Arc<Sides>,
    finder: Arc<Finder>,
}

impl Attributor {
    /// Prepares the search for the actors of `sides`.
    pub fn new(sides: Arc<Sides>) -> Result<Attributor> {
        let finder = Arc::new(Finder::new(&sides)?);
        Ok(Attributor { sides, finder })
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
        let _ = order_reliable;
        self.finder
            .document(&self.sides, statements, title, date)
            .into_iter()
            .take(statements.len())
            .map(|found| Attribution {
                speaker: None,
                mentions: found.iter().map(|f| self.mention(f)).collect(),
            })
            .collect()
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
