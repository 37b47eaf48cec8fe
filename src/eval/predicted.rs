//! Predictions in the order of the gold records, from a file or a model.

use super::gold::Gold;
use super::matching::Index;
use super::predictions::{Prediction, Predictions, Predictor};
use super::problem::Problem;
use crate::labels::SideNames;
use crate::{Error, Result};

/// Predictions by gold position.
#[derive(Debug, Clone, Default)]
pub struct Predicted {
    /// Model or file.
    pub source: String,
    pub statements: Vec<Option<Prediction>>,
    pub attributions: Vec<Option<Prediction>>,
    pub pairs: Vec<Option<Prediction>>,
    /// `None` if the predictor cannot do it.
    pub coreferences: Option<Vec<Option<String>>>,
}

impl Predicted {
    /// Finds the predictions of a file that belong to the gold records.
    pub fn from_file(predictions: &Predictions, gold: &Gold, problems: &mut Vec<Problem>) -> Self {
        problems.extend(predictions.problems.iter().cloned());
        let mut index = Index::new(predictions, problems);
        let owned = |p: Vec<Option<&Prediction>>| p.into_iter().map(Option::<&_>::cloned).collect();
        let out = Predicted {
            source: predictions.source.clone(),
            statements: owned(index.partners(gold, &gold.statements, false, problems)),
            attributions: owned(index.partners(gold, &gold.attributions, false, problems)),
            pairs: owned(index.partners(gold, &gold.pairs, true, problems)),
            coreferences: None,
        };
        index.extras(problems);
        out
    }

    /// Has the predictions computed.
    pub fn compute(predictor: &dyn Predictor, gold: &Gold, names: &SideNames) -> Result<Self> {
        let statement = |r| Some(Prediction::from_statement(r, names));
        let relation = |r| Some(Prediction::from_relation(r, names));
        let mut out = Predicted {
            source: predictor.name(),
            ..Predicted::default()
        };
        if !gold.statements.is_empty() {
            let records = predictor.statements(&gold.statements)?;
            out.statements = records.into_iter().map(statement).collect();
        }
        if !gold.attributions.is_empty() {
            let records = predictor.attributions(&gold.attributions)?;
            out.attributions = records.into_iter().map(statement).collect();
        }
        if !gold.pairs.is_empty() {
            let records = predictor.pairs(&gold.pairs)?;
            out.pairs = records.into_iter().map(relation).collect();
        }
        if !gold.coreferences.is_empty() {
            out.coreferences = predictor.coreferences(&gold.coreferences)?;
        }
        let lengths = [
            (out.statements.len(), gold.statements.len()),
            (out.attributions.len(), gold.attributions.len()),
            (out.pairs.len(), gold.pairs.len()),
            (
                out.coreferences
                    .as_ref()
                    .map_or(gold.coreferences.len(), Vec::len),
                gold.coreferences.len(),
            ),
        ];
        if let Some((is, should)) = lengths.iter().find(|(a, b)| a != b) {
            return Err(Error::Model(format!(
                "{}: {is} predictions for {should} records",
                out.source
            )));
        }
        Ok(out)
    }
}
