//! What did not fit together: every record that was not used, by name and reason.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Why a record was not used, or is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The file holds no record.
    EmptyFile,
    /// Not JSON, not an object, or a field of the wrong type.
    Malformed,
    /// No label in it.
    NoLabel,
    /// A label that is not one of the labels in force.
    UnknownLabel,
    /// A second record with the same id.
    DuplicateId,
    /// A span that does not fall on the text.
    BadSpan,
    /// Scores that are not probabilities; the label is used, the scores are not.
    BadScores,
    /// Annotators of one record disagree and none is marked as the truth.
    Undecided,
    /// The annotator skipped or rejected it.
    Skipped,
    /// A gold record without a prediction.
    MissingPrediction,
    /// A prediction without a gold record.
    ExtraPrediction,
    /// Gold and prediction have the same id but not the same text.
    TextMismatch,
    /// The predicting program reported an error in the record's place.
    PredictionError,
    /// The gold records hold one class only: some figures do not exist.
    OneClass,
    /// Labels that nothing was predicted for: a whole task, or a whole kind of gold.
    NotScored,
}

impl ProblemKind {
    /// In words, for a heading.
    pub fn title(self) -> &'static str {
        match self {
            ProblemKind::EmptyFile => "empty file",
            ProblemKind::Malformed => "malformed record",
            ProblemKind::NoLabel => "record without a label",
            ProblemKind::UnknownLabel => "unknown label",
            ProblemKind::DuplicateId => "duplicate id",
            ProblemKind::BadSpan => "span outside the text",
            ProblemKind::BadScores => "unusable scores",
            ProblemKind::Undecided => "annotators disagree",
            ProblemKind::Skipped => "skipped by the annotator",
            ProblemKind::MissingPrediction => "missing prediction",
            ProblemKind::ExtraPrediction => "prediction without gold",
            ProblemKind::TextMismatch => "texts differ",
            ProblemKind::PredictionError => "error in place of a prediction",
            ProblemKind::OneClass => "one class only",
            ProblemKind::NotScored => "not scored",
        }
    }

    /// Whether a record was left out because of it (exit code 3); the others are warnings.
    pub fn rejects(self) -> bool {
        !matches!(
            self,
            ProblemKind::Skipped
                | ProblemKind::OneClass
                | ProblemKind::BadScores
                | ProblemKind::NotScored
        )
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// File, and line or record number where known.
    pub source: String,
    /// The record's id, if it has one.
    pub id: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Problem {
    /// A problem with a record.
    pub fn new(
        kind: ProblemKind,
        source: impl Into<String>,
        id: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        Problem {
            kind,
            source: source.into(),
            id: id.map(String::from),
            message: message.into(),
        }
    }

    /// One line for a terminal.
    pub fn line(&self) -> String {
        let id = self
            .id
            .as_ref()
            .map(|id| format!(" [{id}]"))
            .unwrap_or_default();
        format!(
            "{}{id}: {}: {}",
            self.source,
            self.kind.title(),
            self.message
        )
    }
}

/// Number of problems of every kind, in the order of the enum.
pub fn count(problems: &[Problem]) -> IndexMap<ProblemKind, usize> {
    let mut kinds: Vec<ProblemKind> = problems.iter().map(|p| p.kind).collect();
    kinds.sort();
    let mut out = IndexMap::new();
    for k in kinds {
        *out.entry(k).or_insert(0) += 1;
    }
    out
}
