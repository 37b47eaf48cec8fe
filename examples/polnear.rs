//! Scores attribution on PolNeAR rows: the rules, the learned tagger, and both together.
//!
//! ```text
//! cargo run --release --example polnear -- polnear_attributions.jsonl dev
//! ```
//!
//! The rows have no offsets, so they are aligned by text: source, cue and content
//! are looked for in their context, runs of white space counting as one space. Of
//! several occurrences of a cue the one nearest to the content is taken, then
//! the source nearest to the cue. A content that is not contiguous is cut greedily
//! into the longest pieces that occur in the context (see [`pieces`]); a row is
//! left out if its cue is not found or less than nine tenths of its content is.
//! Rows of the same document and context are grouped, and each finder runs once on
//! each context. Rows without source count for cue and content only.
//!
//! Token level: a word is a speaker's (cue's, content's) word if any row says so;
//! precision and recall over all words of all contexts. Exact: a span counts if its
//! words are the same as those of a gold span of the same kind, quotation marks
//! and punctuation at its edges left aside.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::Deserialize;
use standoff::attribute::{merge_claims, Attributor, Claim, Strategy, TagKind, TagSpan};
use standoff::classify::statements::Input;
use standoff::classify::Classifier;
use standoff::config::Given;
use standoff::document::Span;
use standoff::model::Model;
use standoff::sides::Sides;
use standoff::train::data::TagKind as Class;

/// What is compared; the first is the default of the program.
const FINDERS: [(&str, Strategy); 5] = [
    ("rules, then tagger", Strategy::RulesFirst),
    ("rules alone", Strategy::RulesOnly),
    ("tagger alone", Strategy::TagsOnly),
    ("tagger, then rules", Strategy::TagsFirst),
    ("rules the tagger supports", Strategy::Agreed),
];

#[derive(Deserialize)]
struct Row {
    split: String,
    doc: String,
    source: String,
    cue: String,
    content: String,
    context: String,
}

type Words = BTreeSet<usize>;

#[derive(Default)]
struct Gold {
    source: Vec<Words>,
    cue: Vec<Words>,
    content: Vec<Words>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    hit: usize,
    said: usize,
    gold: usize,
}

impl Count {
    fn line(&self) -> String {
        let p = self.hit as f64 / self.said.max(1) as f64;
        let r = self.hit as f64 / self.gold.max(1) as f64;
        let f = if p + r > 0.0 {
            2.0 * p * r / (p + r)
        } else {
            0.0
        };
        format!("P {p:.3}  R {r:.3}  F1 {f:.3}")
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let path = args.get(1).context("usage: polnear FILE SPLIT [SHOW]")?;
    let split = args.get(2).map_or("dev", String::as_str);
    let show: usize = args.get(3).map_or(Ok(0), |s| s.parse())?;
    let settings = Given::default().check()?;
    let sides = Arc::new(Sides::load(&settings.sides)?);
    let names = sides.names();
    let attributor = Attributor::new(sides)?;
    let classifier = Classifier::load(&Model::find(&settings.model)?, names, &settings.run)?;

    let mut groups: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
    for line in std::io::BufReader::new(std::fs::File::open(path)?).lines() {
        let row: Row = serde_json::from_str(&line?)?;
        if split.split(',').any(|s| s == row.split) {
            groups
                .entry((row.doc.clone(), row.context.clone()))
                .or_default()
                .push(row);
        }
    }

    let contexts: Vec<&str> = groups.keys().map(|k| k.1.as_str()).collect();
    let attributions: Vec<_> = contexts
        .iter()
        .map(|c| attributor.statement(c, None))
        .collect();
    let inputs: Vec<Input> = contexts
        .iter()
        .zip(&attributions)
        .map(|(text, attribution)| Input {
            text,
            attribution,
            publisher: None,
        })
        .collect();
    let tagged = classifier.classify(&inputs, &|_| {})?;

    let (mut rows, mut unaligned, mut sourceless) = (0, 0, 0);
    let mut token = [[Count::default(); 4]; FINDERS.len()];
    let mut exact = [[Count::default(); 4]; FINDERS.len()];
    let mut seconds = 0.0;
    let mut shown = 0;
    for (((_, context), group), classified) in groups.iter().zip(&tagged) {
        let words = words(context);
        let mut gold = Gold::default();
        for row in group {
            rows += 1;
            let Some((source, cue, content)) = align(&words, row) else {
                unaligned += 1;
                continue;
            };
            match source {
                Some(s) => gold.source.push(s),
                None => sourceless += 1,
            }
            gold.cue.push(cue);
            gold.content.push(content);
        }
        if gold.cue.is_empty() {
            continue;
        }
        let start = std::time::Instant::now();
        let by_rules = attributor.claims(context);
        seconds += start.elapsed().as_secs_f64();
        let tags: Vec<TagSpan> = classified
            .tags
            .iter()
            .filter_map(|t| {
                let kind = match t.kind {
                    Class::Source => TagKind::Source,
                    Class::Cue => TagKind::Cue,
                    Class::Content => TagKind::Content,
                    Class::Outside => return None,
                };
                Some(TagSpan {
                    kind,
                    span: t.span,
                    probability: t.probability,
                })
            })
            .collect();
        let cover = |spans: &[Span]| -> Words {
            (0..words.len())
                .filter(|&i| {
                    spans
                        .iter()
                        .any(|s| s.start < words[i].1 && words[i].0 < s.end)
                })
                .collect()
        };
        for (f, (_, strategy)) in FINDERS.iter().enumerate() {
            let claims = merge_claims(by_rules.clone(), &tags, *strategy);
            let list = |part: &dyn Fn(&Claim) -> Vec<Span>| -> Vec<Words> {
                claims
                    .iter()
                    .map(|c| cover(&part(c)))
                    .filter(|w| !w.is_empty())
                    .collect()
            };
            let said = [
                list(&|c| c.source.into_iter().collect()),
                list(&|c| vec![c.cue]),
                list(&|c| c.content.clone()),
                list(&|c| c.source_full.into_iter().collect()),
            ];
            for (k, (s, g)) in said
                .iter()
                .zip([&gold.source, &gold.cue, &gold.content, &gold.source])
                .enumerate()
            {
                add(&mut token[f][k], &mut exact[f][k], s, g);
            }
            if f == 0
                && shown < show
                && (said[2].iter().any(|s| !gold.content.contains(s))
                    || gold.content.iter().any(|g| !said[2].contains(g)))
            {
                shown += 1;
                let say = |w: &Words| {
                    w.iter()
                        .map(|&i| &context[words[i].0..words[i].1])
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                println!("\n{context}");
                for r in group {
                    println!("   gold: {} | {} | {}", r.source, r.cue, r.content);
                }
                for c in &claims {
                    println!(
                        "   said: {} | {} | {}",
                        c.source_full.map(|s| say(&cover(&[s]))).unwrap_or_default(),
                        say(&cover(&[c.cue])),
                        say(&cover(&c.content))
                    );
                }
            }
        }
    }
    println!("split {split}: {rows} rows, {} contexts; {unaligned} rows not aligned, {sourceless} without (aligned) source", groups.len());
    for (f, (name, _)) in FINDERS.iter().enumerate() {
        println!("{name}");
        for (k, part) in [
            "source (head)",
            "cue",
            "content",
            "source (with apposition)",
        ]
        .iter()
        .enumerate()
        {
            println!(
                "  {part:25} tokens {}   exact {}",
                token[f][k].line(),
                exact[f][k].line()
            );
        }
    }
    println!(
        "rules: {:.4} ms a context",
        1000.0 * seconds / groups.len() as f64
    );
    Ok(())
}

fn add(token: &mut Count, exact: &mut Count, said: &[Words], gold: &[Words]) {
    let flat = |l: &[Words]| -> Words { l.iter().flatten().copied().collect() };
    let (s, g) = (flat(said), flat(gold));
    token.hit += s.intersection(&g).count();
    token.said += s.len();
    token.gold += g.len();
    let (s, g): (BTreeSet<&Words>, BTreeSet<&Words>) =
        (said.iter().collect(), gold.iter().collect());
    exact.hit += s.intersection(&g).count();
    exact.said += s.len();
    exact.gold += g.len();
}

/// Words as byte ranges: runs of letters and digits, joined by inner marks.
fn words(text: &str) -> Vec<(usize, usize, String)> {
    let mut out = Vec::new();
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() {
            start.get_or_insert(i);
        } else if let Some(s) = start.take() {
            out.push((s, i, text[s..i].to_lowercase()));
        }
    }
    // A colon or dash as a cue has no letters: keep marks as words of their own.
    for (i, c) in text.char_indices() {
        if matches!(c, ':' | '—' | '–' | '―') {
            out.push((i, i + c.len_utf8(), c.to_string()));
        }
    }
    out.sort();
    out
}

type Aligned = (Option<Words>, Words, Words);

fn align(context: &[(usize, usize, String)], row: &Row) -> Option<Aligned> {
    let own = |s: &str| -> Vec<String> { words(s).into_iter().map(|w| w.2).collect() };
    let (source, cue, content) = (own(&row.source), own(&row.cue), own(&row.content));
    let cues = occurrences(context, &cue);
    if cues.is_empty() || content.is_empty() {
        return None;
    }
    let content_words = pieces(context, &content)?;
    let (first, last) = (*content_words.first()?, *content_words.last()?);
    let away = |at: usize| {
        if at < first {
            first - at
        } else {
            at.saturating_sub(last)
        }
    };
    let best = cues
        .iter()
        .copied()
        .filter(|&c| !(c..c + cue.len()).any(|i| content_words.contains(&i)))
        .min_by_key(|&c| away(c))
        .or_else(|| cues.first().copied())?;
    let cue_words: Words = (best..best + cue.len()).collect();
    let source_words = occurrences(context, &source)
        .into_iter()
        .filter(|&s| {
            !(s..s + source.len()).any(|i| content_words.contains(&i) || cue_words.contains(&i))
        })
        .min_by_key(|&s| s.abs_diff(best))
        .map(|s| (s..s + source.len()).collect());
    Some((source_words, cue_words, content_words))
}

fn occurrences(context: &[(usize, usize, String)], words: &[String]) -> Vec<usize> {
    if words.is_empty() || words.len() > context.len() {
        return Vec::new();
    }
    (0..=context.len() - words.len())
        .filter(|&i| {
            words
                .iter()
                .enumerate()
                .all(|(k, w)| context[i + k].2 == *w)
        })
        .collect()
}

/// The content's words in the context: whole, else cut greedily into the longest
/// pieces that occur, each used once; at least nine tenths must be found.
fn pieces(context: &[(usize, usize, String)], content: &[String]) -> Option<Words> {
    let mut out = Words::new();
    let mut i = 0;
    while i < content.len() {
        let mut best: Option<(usize, usize)> = None;
        for at in 0..context.len() {
            let mut n = 0;
            while i + n < content.len()
                && at + n < context.len()
                && context[at + n].2 == content[i + n]
                && !out.contains(&(at + n))
            {
                n += 1;
            }
            if n > best.map_or(0, |b| b.1) {
                best = Some((at, n));
            }
        }
        match best {
            Some((at, n)) => {
                out.extend(at..at + n);
                i += n;
            }
            None => i += 1,
        }
    }
    (out.len() * 10 >= content.len() * 9).then_some(out)
}
