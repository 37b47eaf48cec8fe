//! Attributions by a reporting verb: who is its subject, what is its content.

use super::complement;
use super::content;
use super::cues::{self, Cue};
use super::following;
use super::subject::{self, Phrase};
use super::{Form, Range, Raw};
use crate::attribute::lexicon::{self, Inflection, Takes};
use crate::attribute::tokens::{Kind, Tokens};

/// All attributions by verbs.
pub(super) fn find(t: &Tokens) -> Vec<Raw> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut i = 0;
    while i < t.len() {
        if let Some(c) = cues::quoted_as_saying(t, i).or_else(|| cues::cue(t, i)) {
            i = c.group.1.max(i) + 1;
            cues.push(c);
        } else {
            i += 1;
        }
    }
    let tails: Vec<usize> = cues.iter().filter_map(|c| tail(t, *c)).collect();
    let mut out: Vec<Raw> = Vec::new();
    for (n, c) in cues.iter().enumerate() {
        let is_cue = |i: usize| cues.iter().any(|o| o.at == i);
        if let Some(raw) = attribution(
            t,
            *c,
            n.checked_sub(1).map(|p| cues[p]),
            &out,
            &tails,
            &is_cue,
        ) {
            out.push(raw);
        }
    }
    out
}

/// Whether the clause of a subject at `left` is a subordinate one that opens the
/// sentence (`Even as he says …, the army …`).
fn opens_subordinate(t: &Tokens, start: usize, left: usize) -> bool {
    let opener = lexicon::one_of(
        t.lower(start),
        "as while although though when after since if because even before once whereas",
    );
    let second = t.lower(start) != "even"
        || lexicon::one_of(t.lower(start + 1), "as though if when after before");
    opener && second && left > start && !(start..left).any(|i| t.tokens[i].is_comma())
}

/// The comma before a reporting clause that ends its sentence: `…, X said (on Friday).`
fn tail(t: &Tokens, c: Cue) -> Option<usize> {
    let (first, last) = c.group;
    let start = t.sentence_start(c.at);
    if c.passive
        || t.tokens[c.at].quoted
        || !matches!(c.verb.takes, Takes::Clause | Takes::HearerClause)
        || c.verb.inflection == Inflection::Ing
    {
        return None;
    }
    if complement::complement(t, last, c.verb.takes).is_some() {
        return None;
    }
    let s = subject::before(t, first)?;
    let comma = s.full.0.checked_sub(1)?;
    (comma > start + 1
        && t.tokens[comma].is_comma()
        && (last + 1..=t.sentence_end(c.at)).all(|i| !t.tokens[i].is_comma()))
    .then_some(comma)
}

fn attribution(
    t: &Tokens,
    c: Cue,
    previous: Option<Cue>,
    done: &[Raw],
    tails: &[usize],
    is_cue: &dyn Fn(usize) -> bool,
) -> Option<Raw> {
    let quoted = t.tokens[c.at].quoted;
    let start = t.sentence_start(c.at);
    let (first, last) = c.group;
    // `That said, …` and `All told, …`.
    if first == start + 1 && t.lower(last + 1) == "," && matches!(t.lower(start), "that" | "all") {
        return None;
    }
    if c.passive {
        return by_agent(t, c);
    }
    // Inside a quotation only plain reports count, not the speaker's own `I think`.
    if quoted
        && (!matches!(c.verb.takes, Takes::Clause | Takes::HearerClause)
            || c.verb.inflection == Inflection::Base
                && matches!(t.lower(first.saturating_sub(1)), "i" | "you" | "we"))
    {
        return None;
    }
    let claimed = |i: usize| done.iter().any(|r| r.cue.0 <= i && i <= r.cue.1);
    let quotable = matches!(
        c.verb.takes,
        Takes::Clause | Takes::HearerClause | Takes::Object | Takes::Marked
    );
    let end = t.sentence_end(c.at);

    // `"…," said X` and `…, said X`.
    if quotable
        && first == last
        && matches!(c.verb.inflection, Inflection::Past | Inflection::Third)
        && c.verb.takes != Takes::Object
    {
        let q = content::quote_before(t, first);
        let comma = first > start && t.tokens[first - 1].is_comma();
        // `Ann Low, the head of the office, said …` has its subject before it.
        let before = q.is_none() && comma && subject::before(t, first).is_some();
        if q.is_some() || comma && !before {
            if let Some(p) = following::following(t, last + 1, end) {
                let content = match q {
                    Some(q) => {
                        let mut all = content::quoted_before(t, q, &claimed);
                        all.extend(content::continued(t, p.full.1, is_cue));
                        Some(all)
                    }
                    None => clause_before(t, start, first - 1, &claimed)
                        .map(|c| unclosed(t, c, p.full.1, is_cue)),
                };
                if let Some(content) = content {
                    return Some(raw(c, Some(p), content, quoted));
                }
            }
        }
    }

    let participle = c.verb.inflection == Inflection::Ing && c.group.0 == c.at;
    let loose = participle && first > start && t.tokens[first - 1].is_comma();
    let mut inherited = false;
    let own = if loose {
        None
    } else {
        subject::before(t, first)
    };
    let subject = own.or_else(|| {
        inherited = true;
        inherit(t, c, previous, done, start)
    });
    if inherited && subject.is_none() && !participle {
        return None;
    }
    if participle && !inherited && !t.tokens[first - 1].is_comma() && subject.is_some() {
        // `a statement saying that`: keep only with a clear complement, or after `with`
        // (`…, with the bloc saying its doors were open`).
        let with = subject.is_some_and(|s| s.full.0 > start && t.lower(s.full.0 - 1) == "with");
        if !with
            && t.lower(last + 1) != "that"
            && t.tokens.get(last + 1).is_none_or(|n| n.kind != Kind::Open)
        {
            return None;
        }
    }
    let left = subject.map_or(first, |s| if s.full.1 < first { s.full.0 } else { first });

    // Quotation before: `"…," X said`.
    if quotable && !inherited {
        if let Some(q) = content::quote_before(t, left) {
            let mut all = content::quoted_before(t, q, &claimed);
            all.extend(content::continued(t, last, is_cue));
            return Some(raw(c, subject, all, quoted));
        }
    }
    // Quotation after: `X said: "…"`.
    if quotable {
        if let Some(q) = content::quote_after(t, last, is_cue) {
            let spoken = t.tokens[q.first - 1].text == ":"
                || t.tokens[q.first - 1].is_comma()
                || c.verb.takes == Takes::Clause;
            let rest = (q.last + 1..=t.sentence_end(q.last))
                .take_while(|&k| !is_cue(k))
                .filter(|&k| t.tokens[k].is_word())
                .count();
            if spoken
                && (rest == 0
                    || t.tokens[q.first - 1].text == ":"
                    || t.tokens[q.last - 1].text == ","
                    || t.tokens[q.first - 1].is_comma())
            {
                let mut all = vec![(q.first, q.last)];
                let mut next = t.sentence_end(q.last) + 1;
                while let Some(more) = t.quote_from(next) {
                    let close = t.sentence_end(more.last);
                    if (more.last + 1..=close).any(|k| t.tokens[k].is_word()) {
                        break;
                    }
                    all.push((more.first, more.last));
                    next = close + 1;
                }
                return Some(raw(c, subject, all, quoted));
            }
        }
    }
    // Clause after.
    if let Some(from) = complement::complement(t, last, c.verb.takes) {
        if accepts(t, c, from) {
            let past = c.verb.inflection == Inflection::Past;
            let fronted = left > start && matches!(t.lower(left - 1), "which" | "what" | "whom");
            let relative = subject.is_some_and(|s| {
                s.full.0 == s.full.1
                    && matches!(t.lower(s.full.0), "who" | "which")
                    && s.full.0 > start
                    && t.tokens[s.full.0 - 1].is_comma()
            });
            let subordinate = !inherited && opens_subordinate(t, start, left);
            let to = content::clause_end(
                t,
                from,
                past,
                fronted || relative || subordinate,
                tails,
                is_cue,
            );
            if to >= from {
                let mut all = vec![(from, to)];
                if fronted {
                    all.insert(0, (left - 1, left - 1));
                }
                return Some(raw(c, subject, all, quoted));
            }
        }
        return None;
    }
    // Clause before, or on both sides: `…, X said.` and `Russia, he said, will …`.
    let clausal = matches!(
        c.verb.takes,
        Takes::Clause | Takes::HearerClause | Takes::Thought
    ) || lexicon::one_of(t.lower(c.at), "found showed shows show learned it");
    if clausal
        && !inherited
        && left > start
        && (t.tokens[left - 1].is_comma() || matches!(t.tokens[left - 1].text, "—" | "–" | "--"))
    {
        let whole = tails.contains(&(left - 1));
        let mut content = clause_before(t, start, left - 1, &|i| !whole && claimed(i))?;
        if let Some(after) = clause_resumed(t, last, end, content[0]) {
            content.push(after);
        } else {
            content = unclosed(t, content, last, is_cue);
        }
        return Some(raw(c, subject, content, quoted));
    }
    None
}

fn raw(c: Cue, subject: Option<Phrase>, content: Vec<Range>, quoted: bool) -> Raw {
    let inherited = subject.is_some_and(|s| {
        // Another verb stands between the subject and this cue.
        s.full.1 + 1 < c.group.0
    });
    Raw {
        source: subject.map(|s| s.head),
        full: subject.map(|s| s.full),
        cue: c.group,
        content,
        form: Form::Verb,
        inherited,
        quoted,
    }
}

/// `was criticised by X`: the agent speaks, the subject is the content.
fn by_agent(t: &Tokens, c: Cue) -> Option<Raw> {
    if t.lower(c.at + 1) != "by" || matches!(c.verb.takes, Takes::Thought | Takes::Marked) {
        return None;
    }
    let agent = following::following(t, c.at + 2, t.sentence_end(c.at))?;
    let patient = subject::before(t, c.group.0)?;
    Some(Raw {
        source: Some(agent.head),
        full: Some(agent.full),
        cue: (c.group.0, c.at + 1),
        content: vec![patient.head],
        form: Form::Verb,
        inherited: false,
        quoted: t.tokens[c.at].quoted,
    })
}

/// Whether what follows may be the content of this verb.
fn accepts(t: &Tokens, c: Cue, from: usize) -> bool {
    let tok = &t.tokens[from];
    let w = tok.lower.as_str();
    let clause = lexicon::one_of(w, "that how why what whether if");
    let starts_np = tok.capitalised()
        || lexicon::is_determiner(w)
        || lexicon::is_pronoun(w)
        || lexicon::one_of(w, "his her their its there not no");
    match c.verb.takes {
        Takes::Clause => {
            let with = w == "with"
                && lexicon::one_of(
                    t.lower(c.at),
                    "hinted hints agreed agree agrees disagreed added replied responded",
                );
            let other = lexicon::one_of(w, "and or but by of as when while after before because until");
            clause || !(with || other)
        }
        Takes::HearerClause => {
            let end = t.sentence_end(from);
            !lexicon::one_of(w, "and or but by as when while after before") && (clause
                || w == "to"
                || tok.kind == Kind::Open
                || (from..=end).any(|i| subject::finite(t, i) || t.tokens[i].kind == Kind::Open))
        }
        Takes::Object => {
            let other = lexicon::one_of(
                w,
                "and or but by as when while after before because in at up away down off out back into \
                 during since of from",
            );
            !(other || (w == "on" && c.group.1 == c.at))
        }
        Takes::Thought => {
            clause
                || w == "to"
                    && lexicon::one_of(t.lower(c.at), "hope hopes hoped hoping expect expects wants want wanted intends intend plan plans \
planned decided decide prefer")
                || ((starts_np || clause_ahead(t, from)) && thought_np(t, c, from))
        }
        Takes::Marked => {
            w == "that"
                || starts_np
                    && lexicon::one_of(t.lower(c.at), "show shows showed found finds find shown reveals revealed")
                    && research(t, c)
                || tok.kind == Kind::Open
                || t.tokens[from - 1].text == ":"
        }
    }
}

/// Whether the subject is a study or document, which shows what it says.
fn research(t: &Tokens, c: Cue) -> bool {
    let start = t.sentence_start(c.at);
    (c.group.0.saturating_sub(10).max(start)..c.group.0).any(|i| {
        lexicon::one_of(
            t.lower(i),
            "poll polls survey surveys study studies data results report reports records figures \
statistics documents document analysis investigation review footage images video \
numbers polling research inquiry audit",
        )
    })
}

/// A bare clause after a verb of thinking: its subject is followed by a finite verb soon.
fn thought_np(t: &Tokens, c: Cue, from: usize) -> bool {
    if !lexicon::one_of(
        t.lower(c.at),
        "believe believes believed think thinks thought hope hopes hoped hoping fear fears \
feared feel feels felt know knows knew suspect suspects suspected doubt doubts \
doubted wish wishes wished want wants wanted believing thinking assume assumes \
assumed see sees saw regard regards view views viewed regarded",
    ) {
        return false;
    }
    let _ = from;
    true
}

/// Whether a finite verb follows within a few words: the mark of a bare clause.
fn clause_ahead(t: &Tokens, from: usize) -> bool {
    let end = t.sentence_end(from);
    (from + 1..=end.min(from + 8))
        .take_while(|&i| t.tokens[i].is_word())
        .any(|i| subject::finite(t, i))
}

/// The clause before a reporting clause at the end (`…, X said`): from the sentence's beginning.
fn clause_before(
    t: &Tokens,
    start: usize,
    comma: usize,
    claimed: &dyn Fn(usize) -> bool,
) -> Option<Vec<Range>> {
    let mut first = start;
    // After an earlier reporting clause, or a lead-in that is closed by a colon.
    for i in start..comma {
        if claimed(i) || t.tokens[i].text == ";" {
            first = i + 1;
        }
    }
    while first < comma
        && (t.tokens[first].kind == Kind::Punct || t.tokens[first].kind == Kind::Close)
    {
        first += 1;
    }
    let last = comma.checked_sub(1)?;
    let words = (first..=last).filter(|&i| t.tokens[i].is_word()).count();
    if words == 0 || first > last {
        return None;
    }
    // A lead of time, place or manner is no content; one word before the comma neither, unless it resumes.
    let w = t.lower(first);
    let adjunct = (lexicon::is_preposition(w) && !(first..=last).any(|i| subject::finite(t, i)))
        && words <= 12
        || words <= 2
            && (lexicon::is_adverb(w)
                || w.ends_with("ly")
                || lexicon::one_of(w, "but and still meanwhile separately"))
        || lexicon::verb(w).is_some_and(|v| v.inflection == Inflection::Ing) && words <= 14;
    if adjunct {
        return None;
    }
    Some(vec![(first, last)])
}

/// Words that begin with a quotation mark which is never closed: their comma
/// belongs to them, and quotations may go on after the reporting clause.
fn unclosed(
    t: &Tokens,
    mut content: Vec<Range>,
    right: usize,
    is_cue: &dyn Fn(usize) -> bool,
) -> Vec<Range> {
    if let Some(c) = content.first_mut() {
        if t.tokens[c.0].kind == Kind::Open && t.tokens[c.1 + 1].is_comma() {
            c.1 += 1;
            content.extend(content::continued(t, right, is_cue));
        }
    }
    content
}

/// What goes on after `, X said,` if it is the same sentence's clause.
fn clause_resumed(t: &Tokens, last: usize, end: usize, before: Range) -> Option<Range> {
    let mut i = last + 1;
    while i <= end && !t.tokens[i].is_comma() {
        i += 1;
    }
    if i >= end || i > last + 8 {
        return None;
    }
    let from = i + 1;
    let w = t.lower(from);
    let has_verb = (before.0..=before.1).any(|k| subject::finite(t, k) && !t.tokens[k].quoted);
    let resumes =
        !has_verb || lexicon::is_aux(w) || lexicon::one_of(w, "but because which so that or");
    let breaks = lexicon::verb(w).is_some_and(|v| v.inflection == Inflection::Ing)
        || lexicon::one_of(w, "in as while according citing a an who");
    if !resumes || breaks {
        return None;
    }
    Some((from, content::strip_stop(t, from, end)))
}

/// The subject of a verb without one of its own: that of the reporting verb before
/// it in the same sentence, else of the sentence.
fn inherit(
    t: &Tokens,
    c: Cue,
    previous: Option<Cue>,
    done: &[Raw],
    start: usize,
) -> Option<Phrase> {
    let before = t.tokens.get(c.group.0.wrapping_sub(1))?;
    let linked = before.is_comma()
        || lexicon::one_of(
            before.lower.as_str(),
            "and but or then by while — – after before without in when",
        );
    if !linked {
        return None;
    }
    let same = |i: usize| t.tokens[i].sentence == t.tokens[c.at].sentence;
    let _ = previous;
    let outer = |r: &Raw| !done.iter().any(|o| o.cue != r.cue && o.holds(r));
    if let Some(r) = done
        .iter()
        .rev()
        .find(|r| same(r.cue.0) && !r.quoted && r.form == Form::Verb && outer(r))
    {
        if let (Some(head), Some(full)) = (r.source, r.full) {
            return Some(Phrase { head, full });
        }
    }
    main_subject(t, start, c.group.0).or_else(|| {
        let p = following::following(t, start, c.group.0 - 1)?;
        (p.head.1 + 1 < c.group.0).then_some(Phrase {
            head: p.head,
            full: p.head,
        })
    })
}

/// The subject of the sentence's first clause: the noun phrase before its first finite verb.
fn main_subject(t: &Tokens, start: usize, limit: usize) -> Option<Phrase> {
    let mut i = start;
    while i < limit {
        let w = t.lower(i);
        let verb = i > start
            && t.tokens[i].is_word()
            && !t.tokens[i].capitalised()
            && !t.tokens[i].quoted
            && (subject::finite(t, i) || (w.ends_with("ed") && w.len() > 4));
        if verb {
            let mut first = i;
            while first > start
                && (lexicon::is_aux(t.lower(first - 1)) || lexicon::is_adverb(t.lower(first - 1)))
            {
                first -= 1;
            }
            if let Some(p) = subject::before(t, first) {
                return Some(p);
            }
        }
        i += 1;
    }
    None
}
