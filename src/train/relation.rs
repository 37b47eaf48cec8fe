//! `--task relation`: the cross-encoder that judges how two statements meet.

use super::data::Pair;
use super::fit::{argmax, macro_f1, temperature};
use super::network::{HeadSpec, Network};
use super::trainer::{predict, Example, Scores};
use crate::encoder::{Encoded, TokenMarks, Tokenizer};
use crate::error::Result;
use crate::eval::ranking::{Ranked, Ranking};
use crate::labels::{Label, Relation};

/// The one head of this task.
pub const HEADS: [HeadSpec; 1] = [HeadSpec {
    name: "relation",
    outputs: 3,
}];

/// Encodes pairs in both orders, or, if `ordered`, only as they stand: the
/// labels of inference corpora hold from premise to hypothesis and not back.
pub fn examples(
    tokenizer: &Tokenizer,
    pairs: &[Pair],
    weight: f32,
    max_tokens: usize,
    ordered: bool,
) -> Result<Vec<Example>> {
    pairs
        .iter()
        .map(|p| {
            let text = tokenizer.encode_pair(&p.a, &p.b, max_tokens)?;
            let mut target = vec![0.0; 3];
            target[p.relation.index()] = 1.0;
            Ok(Example {
                marks: TokenMarks::none(text.len()),
                text,
                swapped: if ordered {
                    None
                } else {
                    Some(tokenizer.encode_pair(&p.b, &p.a, max_tokens)?)
                },
                targets: vec![Some(target)],
                tags: None,
                weight: p.weight * weight,
            })
        })
        .collect()
}

/// Logits per pair, the mean over the orders it was encoded in. With both,
/// swapping a pair changes nothing.
pub fn logits(network: &Network, examples: &[Example]) -> Result<Vec<Vec<f32>>> {
    let one = |text: fn(&Example) -> &Encoded| -> Result<Vec<Vec<f32>>> {
        let rows: Vec<(&Encoded, &TokenMarks)> =
            examples.iter().map(|e| (text(e), &e.marks)).collect();
        Ok(predict(network, &rows, 4096)?
            .into_iter()
            .map(|mut r| r.0.swap_remove(0))
            .collect())
    };
    let there = one(|e| &e.text)?;
    if examples.iter().all(|e| e.swapped.is_none()) {
        return Ok(there);
    }
    let back = one(|e| e.swapped.as_ref().unwrap_or(&e.text))?;
    Ok(there
        .into_iter()
        .zip(back)
        .map(|(a, b)| a.iter().zip(&b).map(|(x, y)| (x + y) / 2.0).collect())
        .collect())
}

/// Scores on labelled pairs.
pub fn evaluate(
    network: &Network,
    examples: &[Example],
    gold: &[Pair],
    prefix: &str,
) -> Result<Scores> {
    let logits = logits(network, examples)?;
    let rows: Vec<(usize, usize)> = logits
        .iter()
        .zip(gold)
        .map(|(l, g)| (argmax(l), g.relation.index()))
        .collect();
    let ranked: Vec<Ranked> = logits
        .iter()
        .zip(gold)
        .map(|(l, g)| Ranked {
            score: super::fit::softmax(l, 1.0)[Relation::Opposed.index()],
            positive: g.relation == Relation::Opposed,
        })
        .collect();
    let accuracy = rows.iter().filter(|r| r.0 == r.1).count() as f64 / rows.len().max(1) as f64;
    let f1 = macro_f1::<Relation>(&rows).unwrap_or(0.0);
    let ap = Ranking::new(ranked).average_precision(None);
    let mut figures = indexmap::IndexMap::new();
    figures.insert(format!("{prefix}accuracy"), accuracy);
    figures.insert(format!("{prefix}macro_f1"), f1);
    if let Some(ap) = ap {
        figures.insert(format!("{prefix}ap_opposed"), ap);
    }
    Ok(Scores {
        decisive: f1 + ap.unwrap_or(0.0),
        figures,
    })
}

/// Temperature on held-out pairs.
pub fn calibrate(network: &Network, examples: &[Example], gold: &[Pair]) -> Result<f64> {
    let rows: Vec<(Vec<f32>, usize)> = logits(network, examples)?
        .into_iter()
        .zip(gold.iter().map(|g| g.relation.index()))
        .collect();
    Ok(temperature(&rows))
}
