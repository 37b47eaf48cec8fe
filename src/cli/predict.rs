//! Predictions of a model for `standoff eval`.

use crate::classify::{Embedder, Explainer, Relater};
use crate::config::Settings;
use crate::error::Result;
use crate::eval::gold::{GoldAttribution, GoldCoreference, GoldPair, GoldStatement, Meta};
use crate::eval::predictions::Predictor;
use crate::model::Model;
use crate::pipeline::{outlet_of, Pipeline, Statement};
use crate::record::{RelationRecord, StatementRecord};
use crate::sides::Sides;
use std::sync::{Arc, OnceLock};

use super::relate::{records, PairInput};

/// Predictions made on the spot; each part of the model is loaded when it is needed.
pub struct ModelPredictor {
    pub model: Model,
    pub sides: Arc<Sides>,
    pub settings: Settings,
    pub pipeline: OnceLock<Pipeline>,
    /// Whether wrong statements get the words that decided.
    explain: bool,
}

impl ModelPredictor {
    /// Predictions of a model.
    pub fn new(model: Model, sides: Arc<Sides>, settings: Settings, explain: bool) -> Self {
        ModelPredictor {
            model,
            sides,
            settings,
            pipeline: OnceLock::new(),
            explain,
        }
    }

    fn pipeline(&self) -> Result<&Pipeline> {
        if self.pipeline.get().is_none() {
            let floor = self.settings.min_confidence.unwrap_or(0.0);
            let p = Pipeline::load(&self.model, self.sides.clone(), &self.settings, floor)?;
            let _ = self.pipeline.set(p);
        }
        self.pipeline
            .get()
            .ok_or_else(|| crate::Error::Model("the classifier is not loaded".into()))
    }
}

fn statement(meta: &Meta, text: &str) -> Statement {
    Statement {
        id: meta.id.clone(),
        text: text.to_string(),
        date: meta.date,
        outlet: outlet_of(&meta.fields).map(str::to_string),
        ..Statement::default()
    }
}

impl Predictor for ModelPredictor {
    fn name(&self) -> String {
        self.model.file.name.clone()
    }

    fn statements(&self, gold: &[GoldStatement]) -> Result<Vec<StatementRecord>> {
        let rows: Vec<Statement> = gold.iter().map(|g| statement(&g.meta, &g.text)).collect();
        let mut records = self.pipeline()?.records(&rows, &|_| {})?;
        if self.explain {
            let names = self.sides.names();
            let explainer = Explainer::load(&self.model, names.clone())?;
            for (record, gold) in records.iter_mut().zip(gold) {
                let side = gold.side.is_some() && gold.side != record.side(&names);
                if side || gold.stance.is_some_and(|s| s != record.stance.label) {
                    record.explanation = Some(explainer.explain(record)?);
                }
            }
        }
        Ok(records)
    }

    fn attributions(&self, gold: &[GoldAttribution]) -> Result<Vec<StatementRecord>> {
        let rows: Vec<Statement> = gold.iter().map(|g| statement(&g.meta, &g.text)).collect();
        self.pipeline()?.records(&rows, &|_| {})
    }

    fn pairs(&self, gold: &[GoldPair]) -> Result<Vec<RelationRecord>> {
        let relater = Relater::load(&self.model, &self.settings.run)?;
        let embedder = Embedder::load(&self.model, &self.settings.run)?;
        let rows: Vec<PairInput> = gold
            .iter()
            .map(|g| PairInput {
                id: g.meta.id.clone(),
                a: g.a.clone(),
                b: g.b.clone(),
                extra: serde_json::Map::new(),
            })
            .collect();
        records(&rows, &relater, &embedder)
    }

    fn coreferences(&self, gold: &[GoldCoreference]) -> Result<Option<Vec<Option<String>>>> {
        let pipeline = self.pipeline()?;
        Ok(Some(
            gold.iter()
                .map(|g| {
                    let texts: Vec<&str> = g.statements.iter().map(String::as_str).collect();
                    let found =
                        pipeline
                            .attributor()
                            .document(&texts, g.meta.date, g.ordered(), None);
                    found
                        .get(g.target)
                        .and_then(|a| a.speaker.as_ref())
                        .and_then(|s| s.actor.clone())
                })
                .collect(),
        ))
    }
}
