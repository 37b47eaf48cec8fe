//! From texts to statement records: attribution, classification, abstention.

use std::sync::Arc;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde_json::{Map, Value};

use crate::attribute::merge::TagSpan;
use crate::attribute::{self, Attribution, Attributor};
use crate::classify::statements::Input;
use crate::classify::{Classified, Classifier};
use crate::config::Settings;
use crate::error::Result;
use crate::labels::SideNames;
use crate::model::Model;
use crate::record::{scored_side, scored_stance, StatementRecord, SCHEMA};
use crate::sides::Sides;
use crate::train::data::TagKind;

/// The language the encoder reads.
const LANGUAGE: &str = "en";

/// Anything that gives side and stance: the real classifier, or a stand-in for tests.
pub trait Classify: Sync {
    /// One answer per input, in order, each depending on its own input alone.
    fn classify(
        &self,
        inputs: &[Input<'_>],
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Classified>>;
}

impl Classify for Classifier {
    fn classify(
        &self,
        inputs: &[Input<'_>],
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Classified>> {
        Classifier::classify(self, inputs, done)
    }
}

/// One statement to classify.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statement {
    pub id: String,
    pub text: String,
    pub date: Option<NaiveDate>,
    pub document: Option<String>,
    pub language: Option<String>,
    /// Name or host of what it was published in.
    pub outlet: Option<String>,
    pub extra: Map<String, Value>,
}

/// The outlet of a record of statements that stand alone; some tools put it into `meta`.
pub fn outlet_of(row: &Map<String, Value>) -> Option<&str> {
    row.get("outlet")
        .or_else(|| row.get("meta")?.get("outlet"))?
        .as_str()
}

/// Everything that makes records out of statements.
pub struct Pipeline {
    pub names: SideNames,
    attributor: Attributor,
    classifier: Box<dyn Classify + Send>,
    /// Abstain below this confidence.
    min_confidence: f64,
    /// Abstain where the language is known and not English.
    other_languages: bool,
}

impl Pipeline {
    /// The pipeline of a model and a sides file.
    pub fn load(
        model: &Model,
        sides: Arc<Sides>,
        settings: &Settings,
        min_confidence: f64,
    ) -> Result<Self> {
        let (classifier, attributor) = rayon::join(
            || Classifier::load(model, sides.names(), &settings.run),
            || Attributor::new(sides.clone()),
        );
        Ok(Self::of(
            Box::new(classifier?),
            sides.names(),
            attributor?,
            min_confidence,
        ))
    }

    /// A pipeline over any classifier.
    pub fn new(
        classifier: Box<dyn Classify + Send>,
        sides: Arc<Sides>,
        min_confidence: f64,
    ) -> Result<Self> {
        let names = sides.names();
        let attributor = Attributor::new(sides)?;
        Ok(Self::of(classifier, names, attributor, min_confidence))
    }

    fn of(
        classifier: Box<dyn Classify + Send>,
        names: SideNames,
        attributor: Attributor,
        min_confidence: f64,
    ) -> Self {
        Pipeline {
            names,
            attributor,
            classifier,
            min_confidence,
            other_languages: false,
        }
    }

    /// Classifies statements of other languages like English ones, instead of abstaining.
    pub fn accept_other_languages(mut self, accept: bool) -> Self {
        self.other_languages = accept;
        self
    }

    /// The attributor in use.
    pub fn attributor(&self) -> &Attributor {
        &self.attributor
    }

    /// Records for statements that stand alone.
    pub fn records(
        &self,
        statements: &[Statement],
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<StatementRecord>> {
        let attributions: Vec<Attribution> = statements
            .par_iter()
            .map(|s| self.attributor.statement(&s.text, s.date))
            .collect();
        self.attributed(statements, attributions, done)
    }

    /// Records for statements whose attributions were found already.
    pub fn attributed(
        &self,
        statements: &[Statement],
        attributions: Vec<Attribution>,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<StatementRecord>> {
        let inputs: Vec<Input<'_>> = statements
            .iter()
            .zip(&attributions)
            .map(|(s, a)| Input {
                text: &s.text,
                attribution: a,
                publisher: s
                    .outlet
                    .as_deref()
                    .and_then(|o| self.attributor.sides().publisher(o)),
            })
            .collect();
        let classified = self.classifier.classify(&inputs, done)?;
        drop(inputs);
        Ok(statements
            .par_iter()
            .zip(attributions)
            .zip(classified)
            .map(|((s, a), c)| self.record(s, a, c))
            .collect())
    }

    fn record(&self, s: &Statement, a: Attribution, c: Classified) -> StatementRecord {
        let side = scored_side(&self.names, &c.side);
        let stance = scored_stance(&c.stance);
        let foreign = !self.other_languages && s.language.as_deref().is_some_and(|l| l != LANGUAGE);
        let unsure =
            side.confidence < self.min_confidence || stance.confidence < self.min_confidence;
        let tags: Vec<TagSpan> = c
            .tags
            .iter()
            .filter_map(|t| {
                let kind = match t.kind {
                    TagKind::Source => attribute::merge::TagKind::Source,
                    TagKind::Cue => attribute::merge::TagKind::Cue,
                    TagKind::Content => attribute::merge::TagKind::Content,
                    TagKind::Outside => return None,
                };
                Some(TagSpan {
                    kind,
                    span: t.span,
                    probability: t.probability,
                })
            })
            .collect();
        let a = attribute::merge::merge(
            &self.attributor,
            &s.text,
            s.date,
            a,
            &tags,
            attribute::merge::Strategy::RulesFirst,
        );
        StatementRecord {
            schema: SCHEMA,
            id: s.id.clone(),
            document: s.document.clone(),
            title: None,
            date: s.date,
            url: None,
            outlet: None,
            span: None,
            text: s.text.clone(),
            side,
            stance,
            abstained: foreign || unsure,
            truncated: c.truncated,
            language: s.language.clone(),
            speaker: a.speaker,
            mentions: a.mentions,
            explanation: None,
            extra: s.extra.clone(),
        }
    }
}
