//! `standoff train`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use self::inputs::Inputs;
use self::start::Start;
use super::Context;
use crate::attribute::Attributor;
use crate::encoder::weights::Storage;
use crate::error::{Error, Result};
use crate::model::{self, Base, Model, ModelFile, RelationPart, StatementsPart};
use crate::progress::Progress;
use crate::train::augment::Augment;
use crate::train::data::{self, FileSpec};
use crate::train::network::Network;
use crate::train::trainer::{self, Checkpoint, EpochLog, Event, Options, Scores, Source};
use crate::train::{relation, statements};

mod inputs;
mod start;

/// What to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Side and stance of statements
    Statements,
    /// How two statements meet
    Relation,
    /// The same, for a quicker model that reads every candidate pair first in `analyze`; the relation model reads what it lets pass
    Screen,
}

/// Arguments of `standoff train`.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// What to train
    #[arg(long, value_enum, default_value = "statements")]
    pub task: Task,
    /// Labelled records (JSONL or CSV), as FILE, FILE@WEIGHT or FILE@WEIGHT@PER_EPOCH; repeatable
    #[arg(long = "train", required = true, value_name = "FILE")]
    pub train: Vec<FileSpec>,
    /// Annotated attributions (JSONL: context, source, cue, content) for the tagger, as FILE or FILE@1@PER_EPOCH
    #[arg(long, value_name = "FILE")]
    pub tags: Vec<FileSpec>,
    /// Do not mark actors and attribution in the encoder's input
    #[arg(long)]
    pub no_marks: bool,
    /// Take pairs only in the order given, premise first, as an intermediate task on inference corpora needs
    #[arg(long)]
    pub ordered: bool,
    /// Records to report scores on after every epoch; never trained on
    #[arg(long, value_name = "FILE")]
    pub dev: Vec<PathBuf>,
    /// Model folder to write (its other parts are kept)
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Start from the weights of this model instead of the base encoder; of several, from the mean of their weights
    #[arg(long, value_name = "NAME|DIR")]
    pub init: Vec<String>,
    /// Encoder to train on, a folder under models/base [default: the one that --init was trained on, or all-MiniLM-L6-v2]
    #[arg(long, value_name = "NAME")]
    pub encoder: Option<String>,
    /// Leave the encoder's matrices as they are and train adapters of this rank beside them (LoRA); those of --init are
    /// cut to it if theirs is higher; 0 trains the encoder as a whole [default: the rank of the adapters that --init has, or 0]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(i64).range(0..=512))]
    pub adapter_rank: Option<i64>,
    /// Share of the first training file (by `doc`) held out to choose the epoch and fit the temperature
    #[arg(long, default_value_t = 0.06)]
    pub hold_out: f64,
    /// Passes over the training data; 0 only calibrates and writes what --init gave
    #[arg(long, default_value_t = 4)]
    pub epochs: usize,
    /// Examples a step
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Peak learning rate of the encoder [default: 7e-5, with adapters 4e-4]
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// Lower encoder layers left as they are
    #[arg(long, default_value_t = 0)]
    pub freeze_layers: usize,
    /// Stop after this many epochs without gain; 0 never
    #[arg(long, default_value_t = 0)]
    pub patience: usize,
    /// Weighting of rare labels: 0 none, 0.5 square root, 1 balanced
    #[arg(long, default_value_t = 0.5)]
    pub class_weights: f64,
    /// Longest text or pair in tokens
    #[arg(long, default_value_t = 192, value_parser = tokens)]
    pub max_tokens: usize,
    /// Seed of every random choice
    #[arg(long, default_value_t = 17)]
    pub seed: u64,
    /// Train once on each of these shares of the data (as in 0.25,0.5,1) and write OUT/learning-curve.json, no weights
    #[arg(long, value_name = "SHARES", value_delimiter = ',', value_parser = share)]
    pub learning_curve: Vec<f64>,
    /// Write the encoder's matrices in 8 bits: half the size, slightly less exact
    #[arg(long)]
    pub compact: bool,
    /// Minutes between checkpoints (kept in OUT/checkpoint until the end)
    #[arg(long, default_value_t = 5.0)]
    pub checkpoint_minutes: f64,
}

impl TrainArgs {
    fn storage(&self) -> Storage {
        if self.compact {
            Storage::Compact
        } else {
            Storage::Half
        }
    }

    fn options(&self, start: &Start) -> Result<Options> {
        let (head_rate, mark_rate) = start.rates();
        Ok(Options {
            encoder: start.base.name.clone(),
            start: start.hashes.clone(),
            adapter_rank: start.rank,
            max_tokens: self.max_tokens,
            head_rate,
            mark_rate,
            augment: Augment::of(&start.tokenizer)?,
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate.unwrap_or(start.learning_rate()),
            frozen_layers: self.freeze_layers,
            patience: self.patience,
            class_weights: self.class_weights,
            seed: self.seed,
            ..Options::default()
        })
    }
}

fn tokens(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(n) if n >= model::LEAST_TOKENS => Ok(n),
        _ => Err(format!("a whole number from {} on", model::LEAST_TOKENS)),
    }
}

fn share(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(s) if s > 0.0 && s <= 1.0 => Ok(s),
        _ => Err("a share is a number above 0 and at most 1".into()),
    }
}

/// Runs the command; gives the exit code.
pub fn run(args: TrainArgs, context: &Context) -> Result<u8> {
    let progress = &context.progress;
    tch::set_num_threads(context.settings.run.threads as i32);
    std::fs::create_dir_all(&args.out).map_err(|e| Error::io(&args.out, e))?;
    // What stands in the way of writing the model is told before the training.
    open_or_new(&args.out)?;
    match args.task {
        Task::Relation | Task::Screen => train_relation(&args, progress),
        Task::Statements => train_statements(&args, context, progress),
    }
}

fn train_relation(args: &TrainArgs, progress: &Progress) -> Result<u8> {
    let screen = args.task == Task::Screen;
    let start = Start::find(args, |m| match &m.file.screen {
        Some(part) if screen => Ok(m.source(part)),
        _ => Ok(m.source(m.relation()?)),
    })?;
    let inputs = Inputs::read(args, progress, data::pairs, |rows, weight| {
        relation::examples(
            &start.tokenizer,
            rows,
            weight,
            args.max_tokens,
            args.ordered,
        )
    })?;
    let fresh = || start.network(args, &relation::HEADS, 0);
    let evaluate = |n: &Network| {
        inputs.scores(|l| relation::evaluate(n, &l.examples, &l.rows, &format!("{}.", l.name)))
    };
    let Some((network, log)) = learn(args, &start, &inputs.sources, fresh, evaluate, progress)?
    else {
        return Ok(inputs.code());
    };
    let temperature =
        relation::calibrate(&network, &inputs.held_out.examples, &inputs.held_out.rows)?;
    let name = if screen { "screen" } else { "relation" };
    let (weights, sha256) = start.write(args, &network, &format!("{name}.safetensors"))?;
    let log_name = format!("{name}.training.json");
    finish(args, &start, &log_name, &log, progress, |file, encoder| {
        let part = Some(RelationPart {
            weights,
            sha256,
            max_tokens: args.max_tokens,
            temperature,
            encoder,
        });
        if screen {
            file.screen = part;
        } else {
            file.relation = part;
        }
    })?;
    Ok(inputs.code())
}

fn train_statements(args: &TrainArgs, context: &Context, progress: &Progress) -> Result<u8> {
    let start = Start::find(args, |m| match m.statements() {
        Ok(part) => Ok(m.source(part)),
        Err(_) => Ok(m.source(m.relation()?)),
    })?;
    let sides = context.sides()?;
    let names = sides.names();
    let attributor = Attributor::new(sides)?;
    let encoder = statements::Encoder {
        tokenizer: &start.tokenizer,
        attributor: (!args.no_marks).then_some(&attributor),
        names: &names,
        max_tokens: args.max_tokens,
    };
    let mut inputs = Inputs::read(
        args,
        progress,
        |path| data::statements(path, &names),
        |rows, weight| encoder.statements(rows, weight),
    )?;
    let mut held_tags = Vec::new();
    for spec in &args.tags {
        let loaded = inputs.checked(data::attributions(&spec.path, "train")?, progress);
        let (rows, held) = data::hold_out(loaded, 0.02, args.seed, |a| a.group.as_str());
        progress.say(format!(
            "{}: {} annotated contexts",
            spec.path.display(),
            rows.len()
        ));
        held_tags.extend(encoder.attributions(&held)?);
        inputs.sources.push(Source {
            examples: encoder.attributions(&rows)?,
            per_epoch: spec.per_epoch,
        });
    }
    let tagger = !args.tags.is_empty();
    let fresh = || start.network(args, &statements::HEADS, statements::token_classes(tagger));
    let evaluate = |n: &Network| {
        let mut scores = inputs
            .scores(|l| statements::evaluate(n, &l.examples, &l.rows, &format!("{}.", l.name)))?;
        if !held_tags.is_empty() {
            let s = statements::evaluate_tags(n, &held_tags, "held_out.")?;
            scores.figures.extend(s.figures);
        }
        Ok(scores)
    };
    let Some((network, log)) = learn(args, &start, &inputs.sources, fresh, evaluate, progress)?
    else {
        return Ok(inputs.code());
    };
    let fitted = statements::calibrate(&network, &inputs.held_out.examples, &inputs.held_out.rows)?;
    let (weights, sha256) = start.write(args, &network, "statements.safetensors")?;
    finish(
        args,
        &start,
        "statements.training.json",
        &log,
        progress,
        |file, encoder| {
            file.statements = Some(StatementsPart {
                weights,
                sha256,
                max_tokens: args.max_tokens,
                side_temperature: fitted.side_temperature,
                stance_temperature: fitted.stance_temperature,
                speaker_log_odds: fitted.speaker_log_odds,
                publisher_log_odds: fitted.publisher_log_odds,
                tagger,
                encoder,
            })
        },
    )?;
    Ok(inputs.code())
}

/// Trains once, or, for a learning curve, once for every share of the data; then there is no network.
fn learn(
    args: &TrainArgs,
    start: &Start,
    sources: &[Source],
    fresh: impl Fn() -> Result<Network>,
    evaluate: impl Fn(&Network) -> Result<Scores>,
    progress: &Progress,
) -> Result<Option<(Network, Vec<EpochLog>)>> {
    let options = args.options(start)?;
    let mut evaluate = |n: &Network| evaluate(n);
    if args.learning_curve.is_empty() {
        let checkpoint = Checkpoint {
            folder: args.out.join("checkpoint"),
            every: Duration::from_secs_f64(args.checkpoint_minutes.max(0.01) * 60.0),
        };
        let mut network = fresh()?;
        let log = fit(
            &options,
            Some(&checkpoint),
            &mut network,
            sources,
            &mut evaluate,
            progress,
        )?;
        return Ok(Some((network, log)));
    }
    let mut points = Vec::new();
    for &share in &args.learning_curve {
        let part: Vec<Source> = sources.iter().map(|s| s.share(share, args.seed)).collect();
        let examples: usize = part.iter().map(|s| s.examples.len()).sum();
        let log = fit(
            &options,
            None,
            &mut fresh()?,
            &part,
            &mut evaluate,
            progress,
        )?;
        let Some(best) = trainer::best(&log) else {
            continue;
        };
        progress.say(format!(
            "{:.0} % of the data, {examples} examples: {}",
            100.0 * share,
            best.scores
        ));
        points.push(serde_json::json!({
            "share": share, "examples": examples, "epoch": best.epoch, "scores": best.scores.figures
        }));
    }
    let path = args.out.join("learning-curve.json");
    let value = serde_json::json!({ "options": options, "points": points });
    let json = serde_json::to_vec_pretty(&value).map_err(|e| Error::Other(e.to_string()))?;
    crate::home::write_whole(&path, &json)?;
    progress.say(format!("wrote {}", path.display()));
    Ok(None)
}

/// Enters what was trained into the model file and clears up.
fn finish(
    args: &TrainArgs,
    start: &Start,
    log_name: &str,
    log: &[EpochLog],
    progress: &Progress,
    enter: impl FnOnce(&mut ModelFile, Option<Base>),
) -> Result<()> {
    let options = args.options(start)?;
    trainer::write_log(&args.out.join(log_name), &options, log)?;
    let mut model = open_or_new(&args.out)?;
    let of_model = (&model.file.encoder, &model.file.encoder_sha256);
    let own = ((&start.base.name, &start.base.sha256) != of_model).then(|| start.base.clone());
    enter(&mut model.file, own);
    model.save()?;
    let _ = std::fs::remove_dir_all(args.out.join("checkpoint"));
    progress.say(format!("wrote {}", args.out.display()));
    Ok(())
}

/// The training loop with progress on stderr.
fn fit(
    options: &Options,
    checkpoint: Option<&Checkpoint>,
    network: &mut Network,
    sources: &[Source],
    evaluate: &mut dyn FnMut(&Network) -> Result<Scores>,
    progress: &Progress,
) -> Result<Vec<EpochLog>> {
    let bar = progress.bar(0, "steps");
    bar.set_message("training");
    let mut last = Instant::now();
    let mut smooth: Option<f64> = None;
    let mut listen = |e: Event<'_>| match e {
        Event::Step { step, total, loss } => {
            let s = smooth.map_or(loss, |s| 0.97 * s + 0.03 * loss);
            smooth = Some(s);
            bar.set_length(total);
            bar.set_position(step);
            bar.set_message(format!("loss {s:.3}"));
            if bar.is_hidden() && last.elapsed() > Duration::from_secs(60) {
                last = Instant::now();
                progress.say(format!("step {step}/{total} loss {s:.3}"));
            }
        }
        Event::Epoch(log) => progress.say(format!(
            "epoch {}: loss {:.3}, {:.1} s, {}",
            log.epoch, log.loss, log.seconds, log.scores
        )),
        Event::Resumed { step } => progress.say(format!("going on after step {step}")),
    };
    let log = trainer::train(network, sources, options, checkpoint, evaluate, &mut listen);
    bar.finish_and_clear();
    log
}

fn open_or_new(folder: &Path) -> Result<Model> {
    if folder.join(model::FILE).is_file() {
        return Model::find(&folder.to_string_lossy());
    }
    let base = Base::installed(crate::encoder::ENCODER)?;
    Ok(Model {
        folder: folder.to_path_buf(),
        file: ModelFile {
            schema: model::SCHEMA,
            name: folder
                .file_name()
                .map_or("model".into(), |n| n.to_string_lossy().into_owned()),
            encoder_sha256: base.sha256,
            encoder: base.name,
            statements: None,
            relation: None,
            screen: None,
        },
    })
}
