//! The command line: raw arguments, checked settings, and one file per command.

pub mod train;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::progress::Progress;

/// Sorts statements about a dispute by side and stance, and lines up the opposing claims.
#[derive(Debug, Parser)]
#[command(name = "standoff", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Model by name (under models/) or folder
    #[arg(long, global = true, value_name = "NAME|DIR")]
    pub model: Option<String>,
    /// Sides file: the two blocs and their actors
    #[arg(long, global = true, value_name = "FILE")]
    pub sides: Option<std::path::PathBuf>,
    /// Where to compute: cpu, or cuda if libtorch has it
    #[arg(long, global = true, value_name = "DEVICE")]
    pub device: Option<String>,
    /// CPU threads (default: all cores)
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Tokens a batch at most
    #[arg(long, global = true, value_name = "N")]
    pub batch_tokens: Option<usize>,
    /// Abstain below this confidence, 0 to 1
    #[arg(long, global = true, value_name = "P")]
    pub min_confidence: Option<f64>,
    /// No progress and no summary; errors are still shown
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fine-tune on your own labels, on this machine
    Train(train::TrainArgs),
}

/// Parses the arguments, runs the command and maps the outcome to an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let progress = Progress::new(cli.common.quiet);
    match run(cli, &progress) {
        Ok(code) => ExitCode::from(code),
        Err(Error::BrokenPipe) => ExitCode::SUCCESS,
        Err(e) => {
            progress.warn(format!("error: {e}"));
            ExitCode::from(e.exit_code())
        }
    }
}

fn run(cli: Cli, progress: &Progress) -> Result<u8> {
    match cli.command {
        Command::Train(args) => train::run(args, &cli.common, progress),
    }
}

/// Where the sides file is: the flag, else `models/sides/russia-west.toml` under the usual roots.
fn sides_path(common: &Common) -> Result<std::path::PathBuf> {
    if let Some(path) = &common.sides {
        return Ok(path.clone());
    }
    crate::home::find("models/sides/russia-west.toml").ok_or_else(|| {
        Error::Usage(
            "no sides file: models/sides/russia-west.toml was not found; give --sides FILE, or set STANDOFF_HOME to the folder that holds models/"
                .into(),
        )
    })
}
