//! From attributions in tokens to the records: which speaker holds, what is
//! nested in his words, and how he was found.

use chrono::NaiveDate;

use super::lexicon;
use super::link::{self, Anaphor, Known, Link};
use super::mentions::Found;
use super::rules::{Form, Range, Raw};
use super::tokens::{Kind, Tokens};
use crate::record::{How, Speaker};
use crate::sides::Sides;

/// A speaker whose actor may still be open.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub speaker: Speaker,
    pub anaphor: Option<Anaphor>,
    /// Position of the actor in the sides file.
    pub actor: Option<usize>,
    pub nested: Vec<Draft>,
}

impl Draft {
    /// The finished record.
    pub fn finish(self) -> Speaker {
        let mut speaker = self.speaker;
        speaker.nested = self.nested.into_iter().map(Draft::finish).collect();
        speaker
    }
}

/// The speaker that holds in a statement: the outermost, and of several the first.
pub(crate) fn choose(known: &Known, t: &Tokens, found: &[Found], raws: &[Raw]) -> Option<Draft> {
    let usable: Vec<&Raw> = raws.iter().filter(|r| r.source.is_some()).collect();
    let outer = |r: &Raw| {
        !r.quoted
            && !usable.iter().any(|o| {
                o.cue != r.cue && !o.quoted && o.holds(r) && (!r.holds(o) || o.cue < r.cue)
            })
    };
    let outermost: Vec<&&Raw> = usable.iter().filter(|r| outer(r)).collect();
    // Quoted speech outweighs what may be no more than an act (`ordered`, `welcomed`).
    let first = outermost.first().copied().or_else(|| usable.first())?;
    let main = if is_act(t, first) {
        outermost
            .iter()
            .copied()
            .find(|r| r.cue > first.cue && how(t, r) == How::Direct)
            .unwrap_or(first)
    } else {
        first
    };
    let mut draft = draft(known, t, found, main);
    // What the same speaker says further in the statement belongs to his words.
    for r in &usable {
        if r.cue > main.cue && r.inherited && r.source == main.source && !main.holds(r) && !r.quoted
        {
            for c in &r.content {
                let span = t.span(c.0, c.1);
                let spoken = t.lower(c.0) == "that"
                    || (c.0..=c.1).any(|k| {
                        t.tokens[k].kind == Kind::Open
                            || lexicon::is_other_verb(t.lower(k))
                            || lexicon::verb(t.lower(k)).is_some_and(|v| !v.noun)
                    });
                if !spoken {
                    continue;
                }
                if !draft.speaker.content.iter().any(|s| s.overlaps(span)) {
                    draft.speaker.content.push(span);
                }
            }
        }
    }
    for r in &usable {
        if r.cue != main.cue && main.holds(r) && r.source != main.source {
            let mut inner = self::draft(known, t, found, r);
            inner
                .speaker
                .content
                .retain(|c| draft.speaker.content.iter().any(|o| o.overlaps(*c)));
            for c in &mut inner.speaker.content {
                if let Some(o) = draft.speaker.content.iter().find(|o| o.overlaps(*c)) {
                    c.start = c.start.max(o.start);
                    c.end = c.end.min(o.end);
                }
            }
            draft.nested.push(inner);
        }
    }
    Some(draft)
}

/// Whether the attribution may be an act rather than words: a verb with an object and no quotation.
fn is_act(t: &Tokens, raw: &Raw) -> bool {
    raw.form == Form::Verb
        && how(t, raw) == How::Indirect
        && (raw.cue.0..=raw.cue.1).any(|i| {
            lexicon::verb(t.lower(i)).is_some_and(|v| {
                matches!(v.takes, lexicon::Takes::Object | lexicon::Takes::Thought)
            })
        })
}

fn draft(known: &Known, t: &Tokens, found: &[Found], raw: &Raw) -> Draft {
    let source = raw.source.unwrap_or(raw.cue);
    let link = link::link(known, t, found, source, raw.full.unwrap_or(source));
    let span = t.span(source.0, source.1);
    let text = span.of(t.text).unwrap_or_default().to_string();
    let content: Vec<_> = raw.content.iter().map(|c| t.span(c.0, c.1)).collect();
    let how = how(t, raw);
    let mut speaker = Speaker {
        name: text.clone(),
        text,
        span,
        actor: None,
        role: link::text_role(t, source, raw.full.unwrap_or(source)),
        side: None,
        cue: Some(t.span(raw.cue.0, raw.cue.1)),
        content,
        how,
        note: None,
        nested: Vec::new(),
    };
    name(known.sides, &mut speaker, &link, known.date);
    Draft {
        speaker,
        anaphor: link.anaphor.clone(),
        actor: link.actor,
        nested: Vec::new(),
    }
}

/// Puts the actor's canonical name, role and side on a speaker.
pub(crate) fn name(sides: &Sides, speaker: &mut Speaker, link: &Link, date: Option<NaiveDate>) {
    let names = sides.names();
    speaker.side = link.side.map(|s| names.name(s).to_string());
    if let Some(i) = link.actor {
        let actor = &sides.actors[i];
        speaker.actor = Some(actor.id.clone());
        speaker.name.clone_from(&actor.name);
        speaker.side = Some(names.name(actor.side).to_string());
        if let Some(role) = actor.role_on(date) {
            speaker.role = Some(role.title.clone());
        }
    }
}

fn how(t: &Tokens, raw: &Raw) -> How {
    if raw.form == Form::Headline {
        return How::Headline;
    }
    let marked = |c: &Range| {
        if t.lower(c.0) == "that" {
            return false;
        }
        let open = t.tokens[c.0].kind == Kind::Open;
        let close = t.tokens[c.1].kind == Kind::Close;
        t.quotes
            .iter()
            .any(|q| q.first == c.0 && (q.last >= c.1 || close))
            && (open || close)
            || (t.quote_to(c.1).is_some_and(|q| q.first <= c.0 + 1) && close)
    };
    if raw.content.iter().all(marked) {
        return How::Direct;
    }
    let some = raw
        .content
        .iter()
        .any(|c| t.quotes.iter().any(|q| c.0 <= q.first && q.first <= c.1));
    if some {
        How::Mixed
    } else {
        How::Indirect
    }
}
