//! The records that Standoff writes and reads, field by field. They are the
//! contract with scripts: a change of meaning raises [`SCHEMA`]. JSON Schemas
//! of the same records stand in `docs/schema/`, and tests hold the two together.

use chrono::NaiveDate;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::{Filtered, Layout, Span};
use crate::labels::{Label, Relation, Side, SideNames, Stance};

/// Version of all records below.
pub const SCHEMA: u32 = 1;

/// Scores are written with this many decimals.
pub const DECIMALS: i32 = 4;

/// Rounds a probability or weight to [`DECIMALS`] places, as written to files.
pub fn rounded(x: f64) -> f64 {
    let k = 10f64.powi(DECIMALS);
    let r = (x * k).round() / k;
    if r == 0.0 {
        0.0
    } else {
        r
    }
}

/// A label with its calibrated probabilities, which sum to 1 up to rounding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored<L> {
    /// The likeliest label (the first in label order on a tie).
    pub label: L,
    /// Its probability.
    pub confidence: f64,
    /// Probability of every label, in label order.
    pub scores: IndexMap<String, f64>,
}

impl<L: Clone> Scored<L> {
    /// From probabilities in label order; `names` are the keys of `scores`.
    pub fn new(labels: &[L], names: &[&str], probabilities: &[f64]) -> Self {
        let best = (0..probabilities.len()).fold(0, |b, i| {
            if probabilities[i] > probabilities[b] {
                i
            } else {
                b
            }
        });
        Scored {
            label: labels[best].clone(),
            confidence: rounded(probabilities[best]),
            scores: names
                .iter()
                .zip(probabilities)
                .map(|(n, &p)| ((*n).to_string(), rounded(p)))
                .collect(),
        }
    }
}

/// A side prediction as written: the label is a bloc id of the sides file, or `other`.
pub type ScoredSide = Scored<String>;

/// Names a side prediction with the ids of the sides file.
pub fn scored_side(names: &SideNames, probabilities: &[f64]) -> ScoredSide {
    let keys: Vec<&str> = names.0.iter().map(String::as_str).collect();
    Scored::new(&names.0, &keys, probabilities)
}

/// A stance prediction as written.
pub fn scored_stance(probabilities: &[f64]) -> Scored<Stance> {
    let keys: Vec<&str> = Stance::ALL.iter().map(|s| s.name()).collect();
    Scored::new(Stance::ALL, &keys, probabilities)
}

/// A relation prediction as written.
pub fn scored_relation(probabilities: &[f64]) -> Scored<Relation> {
    let keys: Vec<&str> = Relation::ALL.iter().map(|s| s.name()).collect();
    Scored::new(Relation::ALL, &keys, probabilities)
}

/// How a speaker was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Quoted words with a speaker and a cue.
    Direct,
    /// Reported without quotation marks.
    Indirect,
    /// Partly quoted.
    Mixed,
    /// `X: …`, `… — X`, `…, X says`.
    Headline,
    /// A pronoun or description resolved to an actor named elsewhere in the document.
    Coreference,
    /// A pronoun or description that could not be resolved.
    Unresolved,
}

/// Who says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Speaker {
    /// The words that name the speaker, as they stand in the statement.
    pub text: String,
    /// Where they stand (bytes in the statement's text).
    pub span: Span,
    /// Id of the actor in the sides file; null if he is not in it or not resolved.
    pub actor: Option<String>,
    /// The actor's canonical name, else the speaker's words.
    pub name: String,
    /// The role he held on the document's date, or the role the text gives him.
    pub role: Option<String>,
    /// The actor's side (bloc id or `other`); null if not known.
    pub side: Option<String>,
    /// The reporting words (`said`, `according to`, a headline's colon).
    pub cue: Option<Span>,
    /// The words attributed to him; several spans if they are interrupted.
    pub content: Vec<Span>,
    /// How he was found.
    pub how: How,
    /// For `coreference` and `unresolved`: the reason in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Speakers quoted inside this one's words, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<Speaker>,
}

/// An actor of the sides file named in a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub span: Span,
    /// Actor id in the sides file.
    pub actor: String,
    /// Bloc id or `other`.
    pub side: String,
}

/// One weighed word of an explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weight {
    pub span: Span,
    /// Signed share of the predicted label's score (see docs/methods.md); positive speaks for the label.
    pub weight: f64,
}

/// The words that weighed most for the predicted labels, heaviest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Explanation {
    pub side: Vec<Weight>,
    pub stance: Vec<Weight>,
}

/// One classified statement: a line of `classify`'s output and of `statements.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementRecord {
    pub schema: u32,
    /// The input's id; in `statements.jsonl` `DOCUMENT:START-END`, stable between runs.
    pub id: String,
    /// Id of the document it was cut from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Bytes in the document's decoded text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    pub text: String,
    pub side: ScoredSide,
    pub stance: Scored<Stance>,
    /// Whether either confidence is below `--min-confidence`, or the language is not English.
    pub abstained: bool,
    /// Whether the text was longer than the model reads; the rest was not seen.
    pub truncated: bool,
    /// ISO 639-1 code; null where the text is too short to tell.
    pub language: Option<String>,
    pub speaker: Option<Speaker>,
    pub mentions: Vec<Mention>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
    /// Input fields that Standoff does not know, as they came.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl StatementRecord {
    /// The predicted side as a type; `None` if the label is not one of `names`.
    pub fn side(&self, names: &SideNames) -> Option<Side> {
        names.parse(&self.side.label)
    }
}

/// What stands in the place of an input record that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRecord {
    pub schema: u32,
    pub id: Option<String>,
    /// Line in the input, from 1.
    pub line: usize,
    pub error: String,
}

/// One judged pair: a line of `relate`'s output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelationRecord {
    pub schema: u32,
    pub id: String,
    pub relation: Scored<Relation>,
    /// Cosine of the two sentence embeddings, -1 to 1.
    pub similarity: f64,
    /// Input fields that Standoff does not know, as they came.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// A pair of opposing statements with its evidence: `a` is of the first bloc, `b` of the second.
/// In `analysis.json` the two are ids; in `pairs.jsonl` whole statements (see [`PairRecord`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Stable id: `ID_A|ID_B`, hashed to 12 hex digits.
    pub id: String,
    /// Id of the issue it belongs to.
    pub issue: String,
    /// Statement id, first bloc.
    pub a: String,
    /// Statement id, second bloc.
    pub b: String,
    pub similarity: f64,
    pub relation: Scored<Relation>,
    /// The score pairs are ranked by, 0 to 1 (see docs/methods.md).
    pub score: f64,
    /// Whether it belongs to the one-to-one best matching, or is a further answer to a claim that has one.
    pub primary: bool,
    pub evidence: Evidence,
}

/// What a pair has in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Actor ids mentioned in both.
    pub actors: Vec<String>,
    /// Content words in both, most telling first.
    pub terms: Vec<String>,
    /// Days between the two dates; null if one has none.
    pub days_apart: Option<i64>,
    /// The named parts of the score.
    pub parts: IndexMap<String, f64>,
}

/// A line of `pairs.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairRecord {
    pub schema: u32,
    pub id: String,
    pub issue: String,
    pub a: StatementRecord,
    pub b: StatementRecord,
    pub similarity: f64,
    pub relation: Scored<Relation>,
    pub score: f64,
    pub primary: bool,
    pub evidence: Evidence,
}

/// A group of pairs about one matter in dispute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    pub id: String,
    /// Text of the most central statement, shortened to a headline.
    pub headline: String,
    /// Id of that statement.
    pub central: String,
    pub keywords: Vec<String>,
    /// Sum of the pairs' scores; issues are ordered by it.
    pub weight: f64,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// Ids of its pairs, best first.
    pub pairs: Vec<String>,
    /// Ids of further statements about the same matter, without a partner.
    pub neighbours: Vec<String>,
}

/// Statements that say the same in (almost) the same words; the first stands for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copies {
    /// Id of the statement that stands for all.
    pub statement: String,
    /// Ids of the others.
    pub copies: Vec<String>,
}

/// A document as kept in `analysis.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentRecord {
    pub id: String,
    pub source: String,
    pub title: Option<String>,
    pub date: Option<NaiveDate>,
    pub url: Option<String>,
    pub outlet: Option<String>,
    pub layout: Layout,
    pub text: String,
    /// Stretches that are not statements, with the reason.
    pub filtered: Vec<FilteredRecord>,
}

/// A stretch of a document that was not taken as a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilteredRecord {
    pub span: Span,
    pub reason: Filtered,
}

/// An input that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Path, with the line or record where there are several.
    pub source: String,
    pub error: String,
}

/// A bloc as reports show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlocRecord {
    pub id: String,
    pub name: String,
    /// `#rrggbb` on a light ground.
    pub color: String,
    /// `#rrggbb` on a dark ground.
    pub color_dark: String,
}

/// What decided the result besides the input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// Version of the program.
    pub version: String,
    pub model: String,
    /// SHA-256 over the weights used, hex.
    pub model_hash: String,
    pub sides: String,
    /// SHA-256 of the sides file, hex.
    pub sides_hash: String,
    /// `fp32` or `int8`.
    pub precision: String,
    pub min_confidence: f64,
}

/// Everything a run found out: `analysis.json`. All reports are made from it alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    pub schema: u32,
    pub setup: Setup,
    /// The two blocs, left then right.
    pub blocs: [BlocRecord; 2],
    pub documents: Vec<DocumentRecord>,
    /// In document order, then by position.
    pub statements: Vec<StatementRecord>,
    /// Best first.
    pub pairs: Vec<Pair>,
    /// Heaviest first.
    pub issues: Vec<Issue>,
    /// Ids of claims without an answer, for the first and the second bloc, strongest first.
    pub unanswered: [Vec<String>; 2],
    pub copies: Vec<Copies>,
    pub rejected: Vec<Rejected>,
}

impl Analysis {
    /// The names of the sides in this analysis.
    pub fn side_names(&self) -> SideNames {
        SideNames::new(&self.blocs[0].id, &self.blocs[1].id)
    }

    /// Statements by id.
    pub fn index(&self) -> std::collections::HashMap<&str, &StatementRecord> {
        self.statements.iter().map(|s| (s.id.as_str(), s)).collect()
    }

    /// The pairs with both statements in full, best first.
    pub fn pair_records(&self) -> impl Iterator<Item = PairRecord> + '_ {
        let by_id = self.index();
        self.pairs.iter().filter_map(move |p| {
            Some(PairRecord {
                schema: SCHEMA,
                id: p.id.clone(),
                issue: p.issue.clone(),
                a: (*by_id.get(p.a.as_str())?).clone(),
                b: (*by_id.get(p.b.as_str())?).clone(),
                similarity: p.similarity,
                relation: p.relation.clone(),
                score: p.score,
                primary: p.primary,
                evidence: p.evidence.clone(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_label_wins_and_the_first_on_a_tie() {
        let s = scored_stance(&[0.2, 0.5, 0.3]);
        assert_eq!(s.label, Stance::DeEscalation);
        assert_eq!(s.confidence, 0.5);
        let s = scored_side(&SideNames::new("x", "y"), &[0.4, 0.4, 0.2]);
        assert_eq!(s.label, "x");
        assert_eq!(s.scores.keys().collect::<Vec<_>>(), ["x", "y", "other"]);
    }

    #[test]
    fn rounding_never_writes_a_negative_zero() {
        assert_eq!(format!("{}", rounded(-0.00001)), "0");
        assert_eq!(rounded(0.123_456), 0.1235);
    }
}
