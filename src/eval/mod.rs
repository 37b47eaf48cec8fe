//! Evaluation against hand-labelled data: reads gold and predictions, matches
//! them, and computes figures with intervals, agreement, comparisons and lists
//! of errors. Every formula with its source: docs/evaluation.md.
//!
//! [`gold`] and [`predictions`] are read, [`evaluate`] makes an
//! [`evaluate::Evaluation`] of them, [`report`] writes it. The rest are the parts.

pub mod agreement;
pub mod annotators;
pub mod attribution;
pub mod bootstrap;
pub mod breakdown;
pub mod calibration;
pub mod classification;
pub mod compare;
pub mod contrast;
pub mod errors;
pub mod evaluate;
pub mod gold;
pub mod kinds;
pub mod label_map;
pub mod matching;
pub mod metrics;
pub mod pairs;
pub mod predicted;
pub mod predictions;
pub mod problem;
pub mod ranking;
pub mod records;
pub mod report;
pub mod significance;
pub mod spans;

#[cfg(test)]
mod expected;
