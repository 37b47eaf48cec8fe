//! Joins the rules with a learned tagger, so that each alone and both together
//! can be compared. The tagger marks sources, cues and contents without saying
//! which belong together; [`claims_from_tags`] puts each cue with the nearest
//! source and content.

use chrono::NaiveDate;

use super::link::{self, Known};
use super::speaker;
use super::tokens::Tokens;
use super::{Attribution, Attributor, Claim};
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

/// Which of the two holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The rules alone.
    RulesOnly,
    /// The tagger alone.
    TagsOnly,
    /// The rules; the tagger speaks where they are silent.
    RulesFirst,
    /// The tagger; the rules speak where it is silent.
    TagsFirst,
    /// The rules where the tagger marks the same cue or content, else the tagger.
    Agreed,
}

/// Spans below this probability are not used.
pub const LEAST_PROBABILITY: f64 = 0.5;

/// Puts tagged spans together: every cue with the source and the contents nearest to it.
/// Contents without any cue form an attribution with the nearest source.
pub fn claims_from_tags(tags: &[TagSpan]) -> Vec<Claim> {
    let of = |kind: TagKind| -> Vec<Span> {
        let mut spans: Vec<Span> = tags
            .iter()
            .filter(|t| t.kind == kind && t.probability >= LEAST_PROBABILITY && !t.span.is_empty())
            .map(|t| t.span)
            .collect();
        spans.sort();
        spans.dedup();
        spans
    };
    let (sources, cues, contents) = (of(TagKind::Source), of(TagKind::Cue), of(TagKind::Content));
    let mut out: Vec<Claim> = cues
        .iter()
        .map(|&cue| Claim {
            source: None,
            source_full: None,
            cue,
            content: Vec::new(),
        })
        .collect();
    if out.is_empty() {
        return out;
    }
    for content in contents {
        let nearest = (0..out.len())
            .min_by_key(|&i| (gap(out[i].cue, content), i))
            .unwrap_or(0);
        out[nearest].content.push(content);
    }
    for claim in &mut out {
        claim.source = sources
            .iter()
            .copied()
            .min_by_key(|s| (gap(*s, claim.cue), s.start));
        claim.source_full = claim.source;
    }
    out.retain(|c| !c.content.is_empty());
    out
}

fn gap(a: Span, b: Span) -> usize {
    if a.overlaps(b) {
        0
    } else if a.end <= b.start {
        b.start - a.end
    } else {
        a.start - b.end
    }
}

/// All attributions of a text from both finders.
pub fn merge_claims(rules: Vec<Claim>, tags: &[TagSpan], strategy: Strategy) -> Vec<Claim> {
    let tagged = claims_from_tags(tags);
    let meets = |a: &Claim, list: &[Claim]| list.iter().any(|b| a.cue.overlaps(b.cue));
    let mut out = match strategy {
        Strategy::RulesOnly => rules,
        Strategy::TagsOnly => tagged,
        Strategy::RulesFirst => {
            let more: Vec<Claim> = tagged.into_iter().filter(|t| !meets(t, &rules)).collect();
            rules.into_iter().chain(more).collect()
        }
        Strategy::TagsFirst => {
            let more: Vec<Claim> = rules.into_iter().filter(|r| !meets(r, &tagged)).collect();
            tagged.into_iter().chain(more).collect()
        }
        Strategy::Agreed => {
            let kept: Vec<Claim> = rules
                .into_iter()
                .filter(|r| supported(r.cue, &r.content, tags))
                .collect();
            let more: Vec<Claim> = tagged.into_iter().filter(|t| !meets(t, &kept)).collect();
            kept.into_iter().chain(more).collect()
        }
    };
    out.sort_by_key(|c| (c.cue, c.source));
    out
}

fn supported(cue: Span, content: &[Span], tags: &[TagSpan]) -> bool {
    tags.iter().any(|t| {
        t.probability >= LEAST_PROBABILITY
            && match t.kind {
                TagKind::Cue => t.span.overlaps(cue),
                TagKind::Content => content.iter().any(|c| c.overlaps(t.span)),
                TagKind::Source => false,
            }
    })
}

/// The attribution of a statement from both finders. `rules` is what
/// [`Attributor::document`] found, with pronouns resolved; a tagged source that
/// overlaps its speaker takes over the actor found there.
pub fn merge(
    attributor: &Attributor,
    text: &str,
    date: Option<NaiveDate>,
    rules: Attribution,
    tags: &[TagSpan],
    strategy: Strategy,
) -> Attribution {
    let by_rules = rules.speaker.clone();
    let by_tags = || from_tags(attributor, text, date, by_rules.as_ref(), tags);
    let speaker = match strategy {
        Strategy::RulesOnly => by_rules,
        Strategy::TagsOnly => by_tags(),
        Strategy::RulesFirst => by_rules.clone().or_else(by_tags),
        Strategy::TagsFirst => by_tags().or_else(|| by_rules.clone()),
        Strategy::Agreed => match &by_rules {
            Some(s)
                if s.how == How::Headline
                    || s.cue.is_some_and(|c| supported(c, &s.content, tags)) =>
            {
                by_rules.clone()
            }
            _ => by_tags(),
        },
    };
    Attribution {
        speaker,
        mentions: rules.mentions,
    }
}

/// The speaker of the first tagged attribution that has a source.
fn from_tags(
    attributor: &Attributor,
    text: &str,
    date: Option<NaiveDate>,
    rules: Option<&Speaker>,
    tags: &[TagSpan],
) -> Option<Speaker> {
    let claims = claims_from_tags(tags);
    let inside = |c: &Claim| {
        claims
            .iter()
            .any(|o| o.cue != c.cue && o.content.iter().any(|s| s.contains(c.cue)))
    };
    let claim = claims
        .iter()
        .find(|c| c.source.is_some() && !inside(c))
        .or_else(|| claims.iter().find(|c| c.source.is_some()))?;
    let t = Tokens::new(text);
    let range = |s: Span| {
        let first = t.tokens.iter().position(|k| k.end > s.start)?;
        let last = t.tokens.iter().rposition(|k| k.start < s.end)?;
        (first <= last).then_some((first, last))
    };
    let (first, mut full) = range(claim.source?)?;
    while full > first && !t.tokens[full].is_word() {
        full -= 1;
    }
    // The head ends where an apposition begins.
    let head = (first + 1..=full)
        .find(|&i| t.tokens[i].is_comma())
        .map_or(full, |i| i - 1);
    let found = attributor
        .finder
        .document(&attributor.sides, &[text], None, date);
    let known = Known {
        sides: &attributor.sides,
        bags: &attributor.bags,
        date,
    };
    let span = t.span(first, head);
    let words = span.of(text)?.to_string();
    let how = match &text.get(claim.content.first()?.start..)?.chars().next()? {
        '"' | '“' | '„' | '«' => How::Direct,
        _ if claim
            .content
            .iter()
            .filter_map(|c| c.of(text))
            .any(|c| c.contains(['"', '“', '«'])) =>
        {
            How::Mixed
        }
        _ => How::Indirect,
    };
    let link = link::link(&known, &t, &found[0], (first, head), (first, full));
    let mut speaker = Speaker {
        name: words.clone(),
        text: words,
        span,
        actor: None,
        role: link::text_role(&t, (first, head), (first, full)),
        side: None,
        cue: Some(claim.cue),
        content: claim.content.clone(),
        how,
        note: None,
        nested: Vec::new(),
    };
    speaker::name(&attributor.sides, &mut speaker, &link, date);
    if link.actor.is_none() {
        match rules.filter(|r| r.span.overlaps(span)) {
            Some(r) => {
                speaker.actor.clone_from(&r.actor);
                speaker.side.clone_from(&r.side);
                if r.actor.is_some() {
                    speaker.name.clone_from(&r.name);
                    speaker.role.clone_from(&r.role);
                }
                if matches!(r.how, How::Coreference | How::Unresolved) {
                    speaker.how = r.how;
                    speaker.note.clone_from(&r.note);
                }
            }
            None if link.anaphor.is_some() => {
                speaker.how = How::Unresolved;
                speaker.note = Some("points to somebody named elsewhere".into());
            }
            None => {}
        }
    }
    Some(speaker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::testing::{attributor, day};

    fn tag(text: &str, kind: TagKind, part: &str, probability: f64) -> TagSpan {
        let start = text.find(part).unwrap();
        TagSpan {
            kind,
            span: Span::new(start, start + part.len()),
            probability,
        }
    }

    #[test]
    fn tags_fill_what_the_rules_do_not_find() {
        let a = attributor();
        let text = "Lavrov, the minister, let it be known there would be no talks.";
        let date = day("2022-02-15");
        let tags = [
            tag(text, TagKind::Source, "Lavrov, the minister,", 0.9),
            tag(text, TagKind::Cue, "let it be known", 0.8),
            tag(text, TagKind::Content, "there would be no talks", 0.7),
        ];
        let rules = a.statement(text, date);
        assert_eq!(rules.speaker, None);
        for strategy in [
            Strategy::RulesFirst,
            Strategy::TagsFirst,
            Strategy::TagsOnly,
            Strategy::Agreed,
        ] {
            let s = merge(&a, text, date, rules.clone(), &tags, strategy)
                .speaker
                .unwrap();
            assert_eq!(
                (s.text.as_str(), s.actor.as_deref()),
                ("Lavrov", Some("sergey-lavrov"))
            );
            assert_eq!(s.content[0].of(text), Some("there would be no talks"));
        }
        assert_eq!(
            merge(&a, text, date, rules.clone(), &tags, Strategy::RulesOnly).speaker,
            None
        );
        let weak = tags.map(|t| TagSpan {
            probability: 0.3,
            ..t
        });
        assert_eq!(
            merge(&a, text, date, rules, &weak, Strategy::TagsFirst).speaker,
            None
        );
    }

    #[test]
    fn a_tagged_pronoun_takes_the_resolved_actor() {
        let a = attributor();
        let date = day("2022-02-15");
        let texts = [
            "Maria Zakharova opened the briefing.",
            "The day was long, she said.",
        ];
        let rules = a.document(&texts, date, true, None).pop().unwrap();
        let tags = [
            tag(texts[1], TagKind::Source, "she", 0.9),
            tag(texts[1], TagKind::Cue, "said", 0.9),
            tag(texts[1], TagKind::Content, "The day was long", 0.9),
        ];
        let s = merge(&a, texts[1], date, rules, &tags, Strategy::TagsOnly)
            .speaker
            .unwrap();
        assert_eq!(s.actor.as_deref(), Some("maria-zakharova"));
        assert_eq!(s.how, How::Coreference);
    }

    #[test]
    fn claims_keep_each_cue_once() {
        let a = attributor();
        let text = "Lavrov said the talks were over, Peskov added.";
        let claims = a.claims(text);
        let tags = [
            tag(text, TagKind::Source, "Peskov", 0.9),
            tag(text, TagKind::Cue, "added", 0.9),
            tag(
                text,
                TagKind::Content,
                "Lavrov said the talks were over",
                0.9,
            ),
        ];
        for strategy in [Strategy::RulesFirst, Strategy::TagsFirst, Strategy::Agreed] {
            let merged = merge_claims(claims.clone(), &tags, strategy);
            let mut cues: Vec<Span> = merged.iter().map(|c| c.cue).collect();
            cues.dedup();
            assert_eq!(cues.len(), merged.len());
        }
    }
}
