//! Whose voice a quotation cannot be. Only wording that no partisan uses of his
//! own side counts: contempt joined to a side's name (`Western propaganda`), a
//! call on an actor to step back (`it is for X to withdraw`), and first-person
//! words that name the speaker's own people (`we Russian diplomats`).

use super::lexicon;
use super::link;
use super::mentions::Found;
use super::tokens::Tokens;
use crate::document::Span;
use crate::record::Speaker;
use crate::sides::Sides;

const CONTEMPT: &[&str] = &[
    "propaganda",
    "hysteria",
    "lies",
    "liars",
    "fairy",
    "provocation",
    "provocations",
    "aggression",
    "aggressor",
    "aggressors",
    "hypocrisy",
    "puppets",
    "puppet",
    "disinformation",
    "paranoia",
    "madness",
    "occupiers",
    "invaders",
    "warmongers",
    "militarism",
    "russophobia",
    "terrorists",
    "barbarians",
    "blackmail",
    "regime",
    "fake",
    "fakes",
];

const RETREAT: &[&str] = &[
    "withdraw",
    "stop",
    "end",
    "halt",
    "cease",
    "leave",
    "pull",
    "retreat",
    "de-escalate",
    "deescalate",
    "return",
    "release",
    "choose",
    "step",
];

/// Why the actor at `actor` cannot have spoken these words; `None` if nothing speaks against it.
pub(crate) fn rules_out(
    sides: &Sides,
    t: &Tokens,
    found: &[Found],
    speaker: &Speaker,
    actor: usize,
) -> Option<String> {
    let side = sides.actors[actor].side;
    let inside = |s: Span| speaker.content.iter().any(|c| c.contains(s));
    for f in found.iter().filter(|f| inside(f.span)) {
        let of = &sides.actors[f.actor];
        let (first, last) = tokens_of(t, f.span)?;
        let words =
            |from: usize, n: usize| (from..from + n).map(|i| t.lower(i)).collect::<Vec<_>>();
        let quote = |a: usize, b: usize| {
            let b = b.min(t.len() - 1);
            t.span(a, b).of(t.text).unwrap_or_default().to_string()
        };
        let before: Vec<&str> = (first.saturating_sub(6)..first)
            .map(|i| t.lower(i))
            .collect();
        // `we Russian diplomats`, `we in Moscow`, `for the government in Berlin I say`
        let own = before.last().is_some_and(|w| matches!(*w, "we" | "us"))
            || (matches!(before.last(), Some(&("in" | "of")))
                && first >= 2
                && matches!(t.lower(first - 2), "we" | "us"))
            || (before.contains(&"for")
                && matches!(
                    words(last + 1, 2)[..],
                    ["i", "say" | "speak" | "can"] | ["we", "say" | "speak"]
                ));
        if own && f.actor != actor && !link::belongs(sides, &sides.actors[actor], f.actor) {
            return Some(format!(
                "\"{}\" is said by one of {}",
                quote(first.saturating_sub(1), last + 1),
                of.name
            ));
        }
        if of.side != side || matches!(of.side, crate::labels::Side::Other) {
            continue;
        }
        // `Western war propaganda`
        let reach = (last + 1..=last + 3).take_while(|&i| {
            let w = t.lower(i);
            !(lexicon::is_preposition(w)
                || lexicon::is_conjunction(w)
                || lexicon::one_of(w, "and or , .")
                || lexicon::is_aux(w)
                || lexicon::verb(w).is_some_and(|v| !v.noun))
        });
        if let Some(k) = reach.into_iter().find(|&i| CONTEMPT.contains(&t.lower(i))) {
            return Some(format!(
                "\"{}\" is contempt for {}",
                quote(first, k),
                of.name
            ));
        }
        // `it is for Moscow to withdraw`, `up to Kyiv to stop`
        let call = (matches!(
            before[..],
            [.., "it", "is", "for"]
                | [.., "is", "up", "to"]
                | [.., "lies", "with"]
                | [.., "on", "to"]
        ) && t.lower(last + 1) == "to")
            || (matches!(t.lower(last + 1), "must" | "should")
                && (last + 2..=last + 4).any(|i| RETREAT.contains(&t.lower(i))));
        if call {
            return Some(format!(
                "\"{}\" calls on {} to step back",
                quote(first.saturating_sub(3), last + 2),
                of.name
            ));
        }
        let blame = matches!(
            before[..],
            [.., "responsibility", _, "with"]
                | [.., "lies", "with"]
                | [.., "clearly", "with"]
                | [.., "fault", "of"]
        );
        if blame {
            return Some(format!(
                "\"{}\" lays the blame on {}",
                quote(first.saturating_sub(3), last),
                of.name
            ));
        }
    }
    None
}

fn tokens_of(t: &Tokens, s: Span) -> Option<(usize, usize)> {
    let first = t.tokens.iter().position(|k| k.end > s.start)?;
    let last = t.tokens.iter().rposition(|k| k.start < s.end)?;
    Some((first, last.max(first)))
}
