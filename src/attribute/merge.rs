//! Joins the rules with a learned tagger, so that each alone and both together
//! can be compared.

use super::{Attribution, Attributor};
use crate::document::Span;
use crate::record::{How, Speaker};

/// What a tagged span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TagKind {
    Source,
    Cue,
    Content,
}

/// A span found by a learned tagger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TagSpan {
    pub kind: TagKind,
    pub span: Span,
    /// The tagger's probability, 0 to 1.
    pub probability: f64,
}

/// What to do with the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The rules; the tagger speaks where they are silent.
    RulesFirst,
    /// The tagger; the rules speak where it is silent.
    TagsFirst,
    /// The tagger alone.
    TagsOnly,
}

/// Placeholder until the body below.
pub fn merge(attributor: &Attributor, text: &str, rules: Attribution, tags: &[TagSpan], strategy: Strategy) -> Attribution {
    let _ = (attributor, text, tags, strategy, How::Direct, None::<Speaker>);
    rules
}
