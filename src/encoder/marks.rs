//! Marks added to the encoder's input: which tokens name an actor of which
//! side, and which belong to the speaker, the cue and the attributed words.
//!
//! The marks are rows of two small trained tables that are added to the token
//! embeddings, so that one set of weights learns "side A said / side B did"
//! rather than names, and serves another dispute by another sides file. They
//! take no room in the token window.

use crate::document::Span;
use crate::labels::{Label, Side, SideNames};
use crate::record::{Mention, Speaker};

use super::tokenize::Encoded;

/// Rows of the actor table: none, first bloc, second bloc, other.
pub const ACTOR_MARKS: i64 = 4;
/// Rows of the role table: none, speaker, cue, content.
pub const ROLE_MARKS: i64 = 4;

/// One mark per token for each of the two tables; 0 is "none".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenMarks {
    pub actors: Vec<u8>,
    pub roles: Vec<u8>,
    /// The bloc of the statement's speaker, where both are known. The encoder does not
    /// see it; it shifts the answer (see [`crate::train::fit::shift`]).
    pub speaker: Option<Side>,
    /// The bloc whose own channel the statement stands in, unless someone of the other one speaks; used in the same way.
    pub publisher: Option<Side>,
}

/// The actor table's row for a side.
pub fn actor_mark(side: Side) -> u8 {
    side.index() as u8 + 1
}

/// Role table rows.
pub const SPEAKER: u8 = 1;
pub const CUE: u8 = 2;
pub const CONTENT: u8 = 3;

impl TokenMarks {
    /// No marks, for `tokens` tokens.
    pub fn none(tokens: usize) -> Self {
        TokenMarks {
            actors: vec![0; tokens],
            roles: vec![0; tokens],
            speaker: None,
            publisher: None,
        }
    }

    /// Marks from what attribution found in a statement. A speaker whose side is
    /// known is marked with it even where the words themselves (`she`) name nobody.
    pub fn new(
        text: &Encoded,
        mentions: &[Mention],
        speaker: Option<&Speaker>,
        names: &SideNames,
    ) -> Self {
        let mut marks = TokenMarks::none(text.len());
        for m in mentions {
            if let Some(side) = names.parse(&m.side) {
                paint(&mut marks.actors, &text.offsets, m.span, actor_mark(side));
            }
        }
        if let Some(s) = speaker {
            for &c in &s.content {
                paint(&mut marks.roles, &text.offsets, c, CONTENT);
            }
            if let Some(c) = s.cue {
                paint(&mut marks.roles, &text.offsets, c, CUE);
            }
            paint(&mut marks.roles, &text.offsets, s.span, SPEAKER);
            if let Some(side) = s.side.as_deref().and_then(|n| names.parse(n)) {
                paint(&mut marks.actors, &text.offsets, s.span, actor_mark(side));
                marks.speaker = (side != Side::Other).then_some(side);
            }
        }
        marks
    }

    /// The same for a statement in a bloc's own channel. Whoever of the other bloc is quoted there speaks for himself.
    pub fn published_by(mut self, bloc: Option<Side>) -> Self {
        self.publisher = bloc.filter(|&p| self.speaker.is_none_or(|s| s == p));
        self
    }
}

fn paint(marks: &mut [u8], offsets: &[Span], span: Span, value: u8) {
    for (mark, token) in marks.iter_mut().zip(offsets) {
        if !token.is_empty() && token.overlaps(span) {
            *mark = value;
        }
    }
}
