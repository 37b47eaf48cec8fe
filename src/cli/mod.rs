//! The command line: raw arguments, checked settings, and one file per command.

pub mod analyze;
pub mod classify;
pub mod eval;
pub mod info;
mod predict;
pub mod relate;
pub mod report;
mod stream;
pub mod train;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use crate::config::{Given, Settings};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::progress::Progress;
use crate::sides::Sides;

/// Sorts statements about a dispute by side and stance, and lines up the opposing claims.
#[derive(Debug, Parser)]
#[command(
    name = "standoff",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 success; 1 failure; 2 wrong usage or configuration; 3 finished, but some records were rejected."
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
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
    /// CPU threads [default: all cores]
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Tokens a batch at most [default: 1024]
    #[arg(long, global = true, value_name = "N")]
    pub batch_tokens: Option<usize>,
    /// Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs
    #[arg(long, global = true, value_name = "P")]
    pub min_confidence: Option<f64>,
    /// Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]
    #[arg(long, global = true, value_name = "PRECISION")]
    pub precision: Option<String>,
    /// No progress and no summary; errors are still shown
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colour in the terminal: auto, always or never
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<String>,
    /// What to log on stderr: off, error, warn, info, debug or trace [default: warn]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

impl Common {
    fn given(&self) -> Given {
        Given {
            model: self.model.clone(),
            sides: self.sides.clone(),
            device: self.device.clone(),
            threads: self.threads,
            batch_tokens: self.batch_tokens,
            min_confidence: self.min_confidence,
            precision: self.precision.clone(),
            quiet: self.quiet.then_some(true),
            color: self.color.clone(),
            log_level: self.log_level.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read articles, classify every statement, line up the opposing claims, write reports
    Analyze(analyze::AnalyzeArgs),
    /// Label statements: JSONL or plain lines in, one JSON line out per record
    Classify(classify::ClassifyArgs),
    /// Judge how pairs of statements meet: JSONL in, one JSON line out per pair
    Relate(relate::RelateArgs),
    /// Score predictions against labelled statements, attributions or pairs
    Eval(eval::EvalArgs),
    /// Fine-tune on your own labels, on this machine
    Train(train::TrainArgs),
    /// Write the reports of a finished run again, without a model
    Report(report::ReportArgs),
    /// Show versions, device, model, hashes and sides file
    Info(info::InfoArgs),
}

/// What every command works with: checked settings, and the files they name.
pub struct Context {
    pub settings: Settings,
    pub progress: Progress,
}

impl Context {
    fn new(common: &Common) -> Result<Self> {
        let settings = common.given().or(Given::from_file()?).check()?;
        let progress = Progress::new(settings.quiet);
        let filter = tracing_subscriber::EnvFilter::new(&settings.log_level);
        // A second start in one process (tests) keeps the first's.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .try_init();
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(settings.run.threads)
            .build_global();
        Ok(Context { settings, progress })
    }

    /// The model in use.
    pub fn model(&self) -> Result<Model> {
        Model::find(&self.settings.model)
    }

    /// The sides file in use.
    pub fn sides(&self) -> Result<Arc<Sides>> {
        // A sides file that cannot be used is wrong configuration, not a failed run.
        let sides = Sides::load(&self.settings.sides).map_err(|e| match e {
            Error::Content { .. } => Error::Usage(e.to_string()),
            other => other,
        })?;
        Ok(Arc::new(sides))
    }
}

/// Parses the arguments, runs the command and maps the outcome to an exit code.
pub fn main() -> ExitCode {
    crate::memory::set_up();
    let cli = Cli::parse();
    let outcome = Context::new(&cli.common).and_then(|context| run(cli.command, &context));
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(Error::BrokenPipe) => ExitCode::SUCCESS,
        Err(e) => {
            Progress::new(true).warn(format!("error: {e}"));
            ExitCode::from(e.exit_code())
        }
    }
}

fn run(command: Command, context: &Context) -> Result<u8> {
    match command {
        Command::Analyze(args) => analyze::run(args, context),
        Command::Classify(args) => classify::run(args, context),
        Command::Relate(args) => relate::run(args, context),
        Command::Eval(args) => evaluate(&args, context),
        Command::Report(args) => report::run(args, context),
        Command::Train(args) => train::run(args, context),
        Command::Info(args) => info::run(args, context),
    }
}

fn evaluate(args: &eval::EvalArgs, context: &Context) -> Result<u8> {
    use std::io::IsTerminal;
    let sides = context.sides()?;
    let names = sides.names();
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let screen = eval::Screen {
        color: context.settings.color.on(terminal),
        width: terminal_size::terminal_size().map(|(w, _)| w.0),
    };
    let open =
        |other: Option<&std::path::Path>| -> Result<Box<dyn crate::eval::predictions::Predictor>> {
            let model = match other {
                Some(path) => Model::find(&path.to_string_lossy())?,
                None => context.model()?,
            };
            Ok(Box::new(predict::ModelPredictor::new(
                model,
                sides.clone(),
                context.settings.clone(),
                args.explain && other.is_none(),
            )))
        };
    eval::run(
        args,
        open,
        &names,
        screen,
        &mut stdout.lock(),
        &mut std::io::stderr().lock(),
    )
}
