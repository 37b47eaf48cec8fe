//! The JSON formats: `analysis.json`, which holds everything, and the records a
//! line for scripts.

use std::io::Write;

use serde::Serialize;

use super::{io, Reporter, ANALYSIS};
use crate::error::{Error, Result};
use crate::record::Analysis;

/// `analysis.json`: the whole analysis on one line.
pub struct AnalysisJson;

impl Reporter for AnalysisJson {
    fn file_name(&self) -> &str {
        ANALYSIS
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        line(analysis, out)
    }
}

/// `statements.jsonl`: a statement a line, in document order.
pub struct StatementsJsonl;

impl Reporter for StatementsJsonl {
    fn file_name(&self) -> &str {
        "statements.jsonl"
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        analysis.statements.iter().try_for_each(|s| line(s, out))
    }
}

/// `pairs.jsonl`: a pair a line with both statements in full, best first.
pub struct PairsJsonl;

impl Reporter for PairsJsonl {
    fn file_name(&self) -> &str {
        "pairs.jsonl"
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        analysis.pair_records().try_for_each(|p| line(&p, out))
    }
}

fn line(value: &impl Serialize, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(|e| {
        if e.is_io() {
            io(e.into())
        } else {
            Error::Other(format!("cannot be written as JSON: {e}"))
        }
    })?;
    out.write_all(b"\n").map_err(io)
}
