//! Statements, embeddings and a judge for the tests of this module.

use chrono::NaiveDate;
use rust_stemmers::{Algorithm, Stemmer};

use super::{Embeddings, Judge};
use crate::document::Span;
use crate::labels::SideNames;
use crate::record::{scored_side, scored_stance, Mention, StatementRecord, SCHEMA};
use crate::Result;

pub(crate) fn names() -> SideNames {
    SideNames::new("left", "right")
}

/// A statement of the first bloc, escalation, no date.
pub(crate) fn statement(id: &str, text: &str) -> StatementRecord {
    StatementRecord {
        schema: SCHEMA,
        id: id.into(),
        document: None,
        title: None,
        date: None,
        url: None,
        outlet: None,
        span: None,
        text: text.into(),
        side: scored_side(&names(), &[0.9, 0.05, 0.05]),
        stance: scored_stance(&[0.8, 0.1, 0.1]),
        abstained: false,
        truncated: false,
        language: Some("en".into()),
        speaker: None,
        mentions: Vec::new(),
        explanation: None,
        extra: Default::default(),
    }
}

/// Changes on the way.
pub(crate) trait With {
    fn side(self, index: usize) -> Self;
    fn on(self, date: &str) -> Self;
    fn naming(self, actors: &[&str]) -> Self;
}

impl With for StatementRecord {
    fn side(mut self, index: usize) -> Self {
        let mut p = [0.05; 3];
        p[index] = 0.9;
        self.side = scored_side(&names(), &p);
        self
    }

    fn on(mut self, date: &str) -> Self {
        self.date = Some(NaiveDate::parse_from_str(date, "%Y-%m-%d").unwrap());
        self
    }

    fn naming(mut self, actors: &[&str]) -> Self {
        self.mentions = actors
            .iter()
            .map(|a| Mention {
                span: Span::new(0, 0),
                actor: (*a).into(),
                side: "other".into(),
            })
            .collect();
        self
    }
}

/// Embeddings made of the content words alone: each adds to a few places of the row.
pub(crate) fn embed(statements: &[StatementRecord]) -> Embeddings {
    const WIDTH: usize = 1024;
    let stemmer = Stemmer::create(Algorithm::English);
    let mut data = Vec::new();
    for s in statements {
        let mut row = vec![0f32; WIDTH];
        for (term, _) in super::terms::content_words(s, &stemmer) {
            let h = term.bytes().fold(7u64, |h, b| {
                h.wrapping_mul(1_099_511_628_211) ^ u64::from(b)
            });
            for k in 0..3 {
                row[(h >> (8 * k)) as usize % WIDTH] += 1.0;
            }
        }
        data.extend(row);
    }
    Embeddings::new(data, WIDTH).unwrap()
}

/// Takes texts for opposed if exactly one of them has a negation.
pub(crate) struct FakeJudge;

impl Judge for FakeJudge {
    fn judge(
        &self,
        pairs: &[(&str, &str)],
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<[f64; 3]>> {
        let denies = |t: &str| t.contains("not") || t.contains("denied") || t.contains("No ");
        let out = pairs
            .iter()
            .map(|(a, b)| {
                if denies(a) == denies(b) {
                    [0.1, 0.3, 0.6]
                } else {
                    [0.9, 0.02, 0.08]
                }
            })
            .collect();
        done(pairs.len());
        Ok(out)
    }
}
