//! `standoff report`: the reports again, without a model.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::error::Result;
use crate::report::{self, Format};

/// Arguments of `standoff report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folder of a finished run (with analysis.json)
    #[arg(value_name = "RUN_DIR")]
    pub run: PathBuf,
    /// Folder to write to [default: RUN_DIR]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to write: html, md, json, jsonl, csv, parquet (comma-separated) [default: all but parquet]
    #[arg(long, value_name = "LIST")]
    pub format: Option<String>,
}

/// Runs the command; gives the exit code.
pub fn run(args: ReportArgs, context: &Context) -> Result<u8> {
    let analysis = report::read(&args.run)?;
    let formats = match &args.format {
        Some(list) => Format::parse_list(list)?,
        None => Format::DEFAULT.to_vec(),
    };
    let out = args.out.as_deref().unwrap_or(&args.run);
    report::write_all(&analysis, out, &formats)?;
    super::analyze::summary(&analysis, out, context)?;
    Ok(0)
}
