//! The classifier: side, stance and attribution tags in one encoder pass.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::head::Head;
use super::{pool, RunOptions};
use crate::attribute::Attribution;
use crate::document::Span;
use crate::encoder::pool::sentence_features;
use crate::encoder::{Encoded, Pool, TokenMarks, Tokenizer};
use crate::error::Result;
use crate::labels::{Label, Side, SideNames};
use crate::model::Model;
use crate::train::data::TagKind;
use crate::train::fit::{argmax, shift, softmax};

/// A statement with what attribution found in it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub text: &'a str,
    pub attribution: &'a Attribution,
    /// The bloc whose own channel the statement stands in.
    pub publisher: Option<Side>,
}

/// A stretch of text that the tagger takes for a speaker, cue or content.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    pub kind: TagKind,
    pub span: Span,
    /// Mean probability over its tokens.
    pub probability: f64,
}

/// What the classifier says about one statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    /// Calibrated probabilities in the order of [`crate::labels::Side`].
    pub side: Vec<f64>,
    /// Calibrated probabilities in the order of [`crate::labels::Stance`].
    pub stance: Vec<f64>,
    /// What the tagger found; empty without a tagger.
    pub tags: Vec<Tag>,
    pub truncated: bool,
}

/// The classifier of a model, ready to run.
pub struct Classifier {
    tokenizer: Tokenizer,
    pool: Pool,
    side: Head,
    stance: Head,
    tags: Option<Head>,
    side_temperature: f64,
    stance_temperature: f64,
    speaker_log_odds: f64,
    publisher_log_odds: f64,
    max_tokens: usize,
    names: SideNames,
    /// The last answers.
    remembered: Mutex<LruCache<Key, Classified>>,
}

/// Answers remembered at most: some 15 MB.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1 << 15).unwrap();

/// SHA-256 over everything an answer depends on.
type Key = [u8; 32];

fn key(text: &str, marks: &TokenMarks) -> Key {
    Sha256::new()
        .chain_update(marks.actors.len().to_le_bytes())
        .chain_update(&marks.actors)
        .chain_update(&marks.roles)
        .chain_update(
            [marks.speaker, marks.publisher].map(|s| s.map_or(u8::MAX, |s| s.index() as u8)),
        )
        .chain_update(text)
        .finalize()
        .into()
}

impl Classifier {
    /// Loads the classifier of a model. `names` are the sides of the sides file in use.
    pub fn load(model: &Model, names: SideNames, options: &RunOptions) -> Result<Self> {
        let part = model.statements()?;
        let opened = model.open(part)?;
        let (weights, hidden) = (opened.weights, opened.architecture.hidden);
        Ok(Classifier {
            tokenizer: opened.tokenizer,
            pool: pool(&weights, &opened.architecture, options)?,
            side: Head::load(&weights, "side", 3, 2 * hidden)?,
            stance: Head::load(&weights, "stance", 3, 2 * hidden)?,
            tags: part
                .tagger
                .then(|| Head::load(&weights, "tags", TagKind::ALL.len(), hidden))
                .transpose()?,
            side_temperature: part.side_temperature,
            stance_temperature: part.stance_temperature,
            speaker_log_odds: part.speaker_log_odds,
            publisher_log_odds: part.publisher_log_odds,
            max_tokens: part.max_tokens,
            names,
            remembered: Mutex::new(LruCache::new(REMEMBERED)),
        })
    }

    /// Classifies statements; the results are in input order and each depends on
    /// its own text, attribution and publisher alone. What the encoder reads alike is computed
    /// once, also across calls, as long as it is remembered. `done` is told of
    /// finished statements.
    pub fn classify(
        &self,
        inputs: &[Input<'_>],
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Classified>> {
        let (texts, marks): (Vec<Encoded>, Vec<TokenMarks>) = inputs
            .par_iter()
            .map(|i| {
                let text = self.tokenizer.encode(i.text, self.max_tokens)?;
                let a = i.attribution;
                let marks = TokenMarks::new(&text, &a.mentions, a.speaker.as_ref(), &self.names)
                    .published_by(i.publisher);
                Ok((text, marks))
            })
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let keys: Vec<Key> = inputs
            .iter()
            .zip(&marks)
            .map(|(i, m)| key(i.text, m))
            .collect();
        let mut known: HashMap<Key, Classified> = HashMap::new();
        let mut open: Vec<usize> = Vec::new();
        {
            let mut remembered = self.remembered();
            let mut seen = HashSet::new();
            for (i, key) in keys.iter().enumerate() {
                if !seen.insert(*key) {
                    continue;
                }
                match remembered.get(key) {
                    Some(c) => {
                        known.insert(*key, c.clone());
                    }
                    None => open.push(i),
                }
            }
        }
        let computed = self.pool.run(
            &open.iter().map(|&i| &texts[i]).collect::<Vec<_>>(),
            &open.iter().map(|&i| &marks[i]).collect::<Vec<_>>(),
            |at, hidden| self.finish(&texts[open[at]], &marks[open[at]], hidden),
            done,
        )?;
        done(inputs.len() - open.len());
        let mut remembered = self.remembered();
        for (&i, c) in open.iter().zip(computed) {
            remembered.put(keys[i], c.clone());
            known.insert(keys[i], c);
        }
        Ok(keys.iter().map(|key| known[key].clone()).collect())
    }

    fn remembered(&self) -> MutexGuard<'_, LruCache<Key, Classified>> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, text: &Encoded, marks: &TokenMarks, hidden: &[f32]) -> Classified {
        let features = sentence_features(hidden, self.pool.hidden);
        let mut side = softmax(&self.side.logits(&features), self.side_temperature);
        for (bloc, log_odds) in [
            (marks.speaker, self.speaker_log_odds),
            (marks.publisher, self.publisher_log_odds),
        ] {
            if let Some(bloc) = bloc {
                shift(&mut side, bloc.index(), log_odds);
            }
        }
        Classified {
            side,
            stance: softmax(&self.stance.logits(&features), self.stance_temperature),
            tags: self
                .tags
                .as_ref()
                .map(|head| tags(head, text, hidden, self.pool.hidden))
                .unwrap_or_default(),
            truncated: text.truncated,
        }
    }
}

/// Joins neighbouring tokens of the same class into spans.
fn tags(head: &Head, text: &Encoded, vectors: &[f32], hidden: usize) -> Vec<Tag> {
    let mut out: Vec<(Tag, usize)> = Vec::new();
    let mut open = false;
    for (offset, row) in text.offsets.iter().zip(vectors.chunks_exact(hidden)) {
        if offset.is_empty() {
            open = false;
            continue;
        }
        let p = softmax(&head.logits(row), 1.0);
        let best = argmax(&p.iter().map(|&x| x as f32).collect::<Vec<_>>());
        let kind = TagKind::ALL[best];
        match out.last_mut() {
            Some((tag, n)) if open && tag.kind == kind => {
                tag.span.end = offset.end;
                tag.probability += p[best];
                *n += 1;
            }
            _ if kind != TagKind::Outside => {
                let tag = Tag {
                    kind,
                    span: *offset,
                    probability: p[best],
                };
                out.push((tag, 1));
            }
            _ => {}
        }
        open = kind != TagKind::Outside;
    }
    out.into_iter()
        .map(|(mut tag, n)| {
            tag.probability /= n as f64;
            tag
        })
        .collect()
}
