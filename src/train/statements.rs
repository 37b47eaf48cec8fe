//! `--task statements`: side and stance of statements, with the attribution
//! tagger on the same encoder.

use super::data::{Attributed, Statement, TagKind};
use super::fit::{argmax, macro_f1, temperature, with_blocs, Row};
use super::network::{HeadSpec, Network};
use super::trainer::{predict, Example, Scores, IGNORE};
use crate::attribute::Attributor;
use crate::encoder::{Encoded, TokenMarks, Tokenizer};
use crate::error::Result;
use crate::labels::{Label, Side, SideNames, Stance};

/// Sentence heads of this task, in the order of [`Example::targets`].
pub const HEADS: [HeadSpec; 2] = [
    HeadSpec {
        name: "side",
        outputs: 3,
    },
    HeadSpec {
        name: "stance",
        outputs: 3,
    },
];

/// How a text becomes the encoder's input.
pub struct Encoder<'a> {
    pub tokenizer: &'a Tokenizer,
    /// `None` trains without marks.
    pub attributor: Option<&'a Attributor>,
    pub names: &'a SideNames,
    pub max_tokens: usize,
}

impl Encoder<'_> {
    fn encode(
        &self,
        text: &str,
        date: Option<chrono::NaiveDate>,
        outlet: Option<&str>,
    ) -> Result<(Encoded, TokenMarks)> {
        let encoded = self.tokenizer.encode(text, self.max_tokens)?;
        let marks = match self.attributor {
            Some(a) => {
                let found = a.statement(text, date);
                TokenMarks::new(
                    &encoded,
                    &found.mentions,
                    found.speaker.as_ref(),
                    self.names,
                )
                .published_by(outlet.and_then(|o| a.sides().publisher(o)))
            }
            None => TokenMarks::none(encoded.len()),
        };
        Ok((encoded, marks))
    }

    /// Encodes labelled statements.
    pub fn statements(&self, rows: &[Statement], weight: f32) -> Result<Vec<Example>> {
        let one_hot = |i: usize| {
            let mut t = vec![0.0; 3];
            t[i] = 1.0;
            t
        };
        rows.iter()
            .map(|s| {
                let (text, marks) = self.encode(&s.text, s.date, s.outlet.as_deref())?;
                let side = s
                    .side_scores
                    .clone()
                    .or_else(|| s.side.map(|l| one_hot(l.index())));
                let stance = s
                    .stance_scores
                    .clone()
                    .or_else(|| s.stance.map(|l| one_hot(l.index())));
                Ok(Example {
                    text,
                    swapped: None,
                    marks,
                    targets: vec![side, stance],
                    tags: None,
                    weight: s.weight * weight,
                })
            })
            .collect()
    }

    /// Encodes annotated attributions for the tagger. Special tokens are not trained on.
    pub fn attributions(&self, rows: &[Attributed]) -> Result<Vec<Example>> {
        rows.iter()
            .map(|a| {
                let (text, marks) = self.encode(&a.context, a.date, None)?;
                let mut tags: Vec<u8> = text
                    .offsets
                    .iter()
                    .map(|o| if o.is_empty() { IGNORE } else { 0 })
                    .collect();
                // Contents first: a nested source or cue inside one is painted over it.
                for kind in [TagKind::Content, TagKind::Source, TagKind::Cue] {
                    for (_, span) in a.parts.iter().filter(|p| p.0 == kind) {
                        for (tag, o) in tags.iter_mut().zip(&text.offsets) {
                            if !o.is_empty() && o.overlaps(*span) {
                                *tag = kind as u8;
                            }
                        }
                    }
                }
                Ok(Example {
                    text,
                    swapped: None,
                    marks,
                    targets: vec![None, None],
                    tags: Some(tags),
                    weight: 1.0,
                })
            })
            .collect()
    }
}

/// Rows of (predicted, true) label indices for side and stance.
type Rows = [Vec<(usize, usize)>; 2];

fn outcomes(logits: &[Vec<Vec<f32>>], gold: &[Statement]) -> Rows {
    let mut rows: Rows = [Vec::new(), Vec::new()];
    for (l, g) in logits.iter().zip(gold) {
        if let Some(s) = g.side {
            rows[0].push((argmax(&l[0]), s.index()));
        }
        if let Some(s) = g.stance {
            rows[1].push((argmax(&l[1]), s.index()));
        }
    }
    rows
}

fn sentence_logits(network: &Network, examples: &[Example]) -> Result<Vec<Vec<Vec<f32>>>> {
    let rows: Vec<(&Encoded, &TokenMarks)> = examples.iter().map(|e| (&e.text, &e.marks)).collect();
    Ok(predict(network, &rows, 4096)?
        .into_iter()
        .map(|r| r.0)
        .collect())
}

/// Macro-F1 of side and stance on labelled statements.
pub fn evaluate(
    network: &Network,
    examples: &[Example],
    gold: &[Statement],
    prefix: &str,
) -> Result<Scores> {
    let rows = outcomes(&sentence_logits(network, examples)?, gold);
    let mut figures = indexmap::IndexMap::new();
    let mut decisive = 0.0;
    if let Some(f) = macro_f1::<Side>(&rows[0]) {
        figures.insert(format!("{prefix}side.macro_f1"), f);
        decisive += f;
    }
    if let Some(f) = macro_f1::<Stance>(&rows[1]) {
        figures.insert(format!("{prefix}stance.macro_f1"), f);
        decisive += f;
    }
    Ok(Scores { decisive, figures })
}

/// Token-level F1 of source, cue and content on annotated attributions.
pub fn evaluate_tags(network: &Network, examples: &[Example], prefix: &str) -> Result<Scores> {
    let rows: Vec<(&Encoded, &TokenMarks)> = examples.iter().map(|e| (&e.text, &e.marks)).collect();
    let predicted = predict(network, &rows, 4096)?;
    let n = TagKind::ALL.len();
    let mut counts = vec![[0usize; 3]; n];
    for (e, (_, logits)) in examples.iter().zip(&predicted) {
        for (gold, token) in e.tags.iter().flatten().zip(logits.chunks_exact(n)) {
            if *gold == IGNORE {
                continue;
            }
            let (said, gold) = (argmax(token), usize::from(*gold));
            counts[said][0] += 1;
            counts[gold][1] += 1;
            if said == gold {
                counts[gold][2] += 1;
            }
        }
    }
    let mut figures = indexmap::IndexMap::new();
    for (name, c) in ["outside", "source", "cue", "content"]
        .iter()
        .zip(&counts)
        .skip(1)
    {
        if c[0] + c[1] > 0 {
            let f1 = 2.0 * c[2] as f64 / (c[0] + c[1]) as f64;
            figures.insert(format!("{prefix}{name}.token_f1"), f1);
        }
    }
    Ok(Scores {
        decisive: 0.0,
        figures,
    })
}

/// What is fitted on held-out statements after training.
#[derive(Debug, Clone, Copy)]
pub struct Fitted {
    pub side_temperature: f64,
    pub stance_temperature: f64,
    /// See [`super::fit::shift`].
    pub speaker_log_odds: f64,
    /// The same for the bloc whose own channel a statement stands in.
    pub publisher_log_odds: f64,
}

/// Temperatures for side and stance, and what a known speaker and a known publisher add, on held-out statements.
pub fn calibrate(network: &Network, examples: &[Example], gold: &[Statement]) -> Result<Fitted> {
    let logits = sentence_logits(network, examples)?;
    let rows = || logits.iter().zip(gold).zip(examples);
    let side: Vec<Row<2>> = rows()
        .filter_map(|((l, g), e)| {
            let blocs = [e.marks.speaker, e.marks.publisher].map(|s| s.map(Label::index));
            Some((l[0].clone(), blocs, g.side?.index()))
        })
        .collect();
    let stance: Vec<(Vec<f32>, usize)> = rows()
        .filter_map(|((l, g), _)| Some((l[1].clone(), g.stance?.index())))
        .collect();
    let (side_temperature, [speaker_log_odds, publisher_log_odds]) = with_blocs(&side);
    Ok(Fitted {
        side_temperature,
        stance_temperature: temperature(&stance),
        speaker_log_odds,
        publisher_log_odds,
    })
}

/// Token classes of a network with or without the tagger.
pub fn token_classes(tagger: bool) -> i64 {
    if tagger {
        TagKind::ALL.len() as i64
    } else {
        0
    }
}
