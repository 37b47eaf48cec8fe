//! `standoff train`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::Context;
use crate::attribute::Attributor;
use crate::encoder::engine::{RANGES, RANGES_PER_LAYER};
use crate::encoder::{Batch, Encoded, Engine, Precision, TokenMarks, Tokenizer, Weights, LAYERS};
use crate::error::{Error, Result};
use crate::labels::Relation;
use crate::model::{self, Model, ModelFile, RelationPart, StatementsPart};
use crate::progress::Progress;
use crate::record::Rejected;
use crate::train::data::{self, FileSpec};
use crate::train::network::Network;
use crate::train::trainer::{self, Checkpoint, Event, Example, Options, Source};
use crate::train::{relation, statements};

/// What to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Side and stance of statements
    Statements,
    /// How two statements meet
    Relation,
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
    /// Start from the weights of this model instead of the base encoder
    #[arg(long, value_name = "NAME|DIR")]
    pub init: Option<String>,
    /// Share of the first training file (by `doc`) held out to choose the epoch and fit the temperature
    #[arg(long, default_value_t = 0.06)]
    pub hold_out: f64,
    /// Passes over the training data
    #[arg(long, default_value_t = 4)]
    pub epochs: usize,
    /// Examples a step
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    /// Peak learning rate of the encoder
    #[arg(long, default_value_t = 7e-5)]
    pub learning_rate: f64,
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
    #[arg(long, default_value_t = 192)]
    pub max_tokens: usize,
    /// Seed of every random choice
    #[arg(long, default_value_t = 17)]
    pub seed: u64,
    /// Minutes between checkpoints (kept in OUT/checkpoint until the end)
    #[arg(long, default_value_t = 5.0)]
    pub checkpoint_minutes: f64,
}

impl TrainArgs {
    fn options(&self) -> Options {
        Options {
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            frozen_layers: self.freeze_layers,
            patience: self.patience,
            class_weights: self.class_weights,
            seed: self.seed,
            ..Options::default()
        }
    }
}

/// Runs the command; gives the exit code.
pub fn run(args: TrainArgs, context: &Context) -> Result<u8> {
    let progress = &context.progress;
    tch::set_num_threads(context.settings.run.threads as i32);
    std::fs::create_dir_all(&args.out).map_err(|e| Error::io(&args.out, e))?;
    match args.task {
        Task::Relation => train_relation(&args, progress),
        Task::Statements => train_statements(&args, context, progress),
    }
}

fn report(rejected: &[Rejected], warnings: &[String], progress: &Progress) {
    for w in warnings {
        progress.warn(format!("warning: {w}"));
    }
    for r in rejected.iter().take(20) {
        progress.warn(format!("rejected {}: {}", r.source, r.error));
    }
    if rejected.len() > 20 {
        progress.warn(format!(
            "… and {} more rejected records",
            rejected.len() - 20
        ));
    }
}

fn train_relation(args: &TrainArgs, progress: &Progress) -> Result<u8> {
    let encoder_dir = model::encoder_dir(crate::encoder::ENCODER)?;
    let tokenizer = Tokenizer::load(&encoder_dir.join("tokenizer.json"))?;
    let mut rejected = 0;
    let mut sources = Vec::new();
    let mut held_pairs = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for (i, spec) in args.train.iter().enumerate() {
        let loaded = data::pairs(&spec.path)?;
        report(&loaded.rejected, &loaded.warnings, progress);
        rejected += loaded.rejected.len();
        let rows = if i == 0 && args.hold_out > 0.0 {
            let (rows, held) =
                data::hold_out(loaded.rows, args.hold_out, args.seed, |p| p.group.as_str());
            held_pairs = held;
            rows
        } else {
            loaded.rows
        };
        texts.extend(rows.iter().map(|p| format!("{} {}", p.a, p.b)));
        progress.say(format!("{}: {} pairs", spec.path.display(), rows.len()));
        sources.push(Source {
            examples: relation::examples(
                &tokenizer,
                &rows,
                spec.weight,
                args.max_tokens,
                args.ordered,
            )?,
            per_epoch: spec.per_epoch,
        });
    }
    let held = relation::examples(&tokenizer, &held_pairs, 1.0, args.max_tokens, args.ordered)?;
    let held_gold: Vec<Relation> = held_pairs.iter().map(|p| p.relation).collect();
    let mut dev = Vec::new();
    for path in &args.dev {
        let loaded = data::pairs(path)?;
        report(&loaded.rejected, &loaded.warnings, progress);
        rejected += loaded.rejected.len();
        let dev_texts: Vec<String> = loaded
            .rows
            .iter()
            .map(|p| format!("{} {}", p.a, p.b))
            .collect();
        warn_overlap(&texts, &dev_texts, path, progress);
        let gold: Vec<Relation> = loaded.rows.iter().map(|p| p.relation).collect();
        dev.push((
            stem(path),
            relation::examples(&tokenizer, &loaded.rows, 1.0, args.max_tokens, args.ordered)?,
            gold,
        ));
    }
    let mut network = relation::network(&encoder_dir, tch::Device::Cpu)?;
    if let Some(init) = &args.init {
        let m = Model::find(init)?;
        let part = m.relation()?;
        network.load(&m.weights(&part.weights, &part.sha256)?)?;
    }
    let options = args.options();
    let mut evaluate = |n: &Network| {
        let mut scores = if held.is_empty() {
            trainer::Scores {
                decisive: 0.0,
                figures: indexmap::IndexMap::new(),
            }
        } else {
            relation::evaluate(n, &held, &held_gold, "held_out.")?
        };
        for (name, examples, gold) in &dev {
            let s = relation::evaluate(n, examples, gold, &format!("{name}."))?;
            scores.figures.extend(s.figures);
        }
        Ok(scores)
    };
    let log = fit(
        args,
        &options,
        &mut network,
        &sources,
        &mut evaluate,
        progress,
    )?;
    let temperature = relation::calibrate(&network, &held, &held_gold)?;
    let sample: Vec<&Example> = sources.iter().flat_map(|s| s.examples.iter()).collect();
    let (weights, sha256) = write_weights(args, &network, &sample, "relation.safetensors")?;
    trainer::write_log(&args.out.join("relation.training.json"), &options, &log)?;
    let mut model = open_or_new(&args.out)?;
    model.file.relation = Some(RelationPart {
        weights,
        sha256,
        max_tokens: args.max_tokens,
        temperature,
    });
    model.save()?;
    clear_checkpoint(args);
    progress.say(format!("wrote {}", args.out.display()));
    Ok(if rejected > 0 { 3 } else { 0 })
}

fn train_statements(args: &TrainArgs, context: &Context, progress: &Progress) -> Result<u8> {
    let encoder_dir = model::encoder_dir(crate::encoder::ENCODER)?;
    let tokenizer = Tokenizer::load(&encoder_dir.join("tokenizer.json"))?;
    let sides = context.sides()?;
    let names = sides.names();
    let attributor = Attributor::new(sides)?;
    let encoder = statements::Encoder {
        tokenizer: &tokenizer,
        attributor: (!args.no_marks).then_some(&attributor),
        names: &names,
        max_tokens: args.max_tokens,
    };
    let mut rejected = 0;
    let mut sources = Vec::new();
    let mut held_rows = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for (i, spec) in args.train.iter().enumerate() {
        let loaded = data::statements(&spec.path, &names)?;
        report(&loaded.rejected, &loaded.warnings, progress);
        rejected += loaded.rejected.len();
        let rows = if i == 0 && args.hold_out > 0.0 {
            let (rows, held) =
                data::hold_out(loaded.rows, args.hold_out, args.seed, |s| s.group.as_str());
            held_rows = held;
            rows
        } else {
            loaded.rows
        };
        warn_one_label(&rows, &spec.path, progress);
        texts.extend(rows.iter().map(|s| s.text.clone()));
        progress.say(format!(
            "{}: {} statements",
            spec.path.display(),
            rows.len()
        ));
        sources.push(Source {
            examples: encoder.statements(&rows, spec.weight)?,
            per_epoch: spec.per_epoch,
        });
    }
    let held = encoder.statements(&held_rows, 1.0)?;
    let mut held_tags = Vec::new();
    for spec in &args.tags {
        let loaded = data::attributions(&spec.path, "train")?;
        report(&loaded.rejected, &loaded.warnings, progress);
        rejected += loaded.rejected.len();
        let (rows, held) = data::hold_out(loaded.rows, 0.02, args.seed, |a| a.group.as_str());
        progress.say(format!(
            "{}: {} annotated contexts",
            spec.path.display(),
            rows.len()
        ));
        held_tags.extend(encoder.attributions(&held)?);
        sources.push(Source {
            examples: encoder.attributions(&rows)?,
            per_epoch: spec.per_epoch,
        });
    }
    let mut dev = Vec::new();
    for path in &args.dev {
        let loaded = data::statements(path, &names)?;
        report(&loaded.rejected, &loaded.warnings, progress);
        rejected += loaded.rejected.len();
        let dev_texts: Vec<String> = loaded.rows.iter().map(|s| s.text.clone()).collect();
        warn_overlap(&texts, &dev_texts, path, progress);
        dev.push((
            stem(path),
            encoder.statements(&loaded.rows, 1.0)?,
            loaded.rows,
        ));
    }
    let tagger = !args.tags.is_empty();
    let mut network = statements::network(&encoder_dir, tagger, tch::Device::Cpu)?;
    if let Some(init) = &args.init {
        let m = Model::find(init)?;
        let weights = match m.statements() {
            Ok(part) => m.weights(&part.weights, &part.sha256)?,
            Err(_) => {
                let part = m.relation()?;
                m.weights(&part.weights, &part.sha256)?
            }
        };
        network.load(&weights)?;
    }
    let options = args.options();
    let mut evaluate = |n: &Network| {
        let mut scores = statements::evaluate(n, &held, &held_rows, "held_out.")?;
        for (name, examples, gold) in &dev {
            let s = statements::evaluate(n, examples, gold, &format!("{name}."))?;
            scores.figures.extend(s.figures);
        }
        if !held_tags.is_empty() {
            let s = statements::evaluate_tags(n, &held_tags, "held_out.")?;
            scores.figures.extend(s.figures);
        }
        Ok(scores)
    };
    let log = fit(
        args,
        &options,
        &mut network,
        &sources,
        &mut evaluate,
        progress,
    )?;
    let (side_temperature, stance_temperature) =
        statements::calibrate(&network, &held, &held_rows)?;
    let sample: Vec<&Example> = sources.iter().flat_map(|s| s.examples.iter()).collect();
    let (weights, sha256) = write_weights(args, &network, &sample, "statements.safetensors")?;
    trainer::write_log(&args.out.join("statements.training.json"), &options, &log)?;
    let mut model = open_or_new(&args.out)?;
    model.file.statements = Some(StatementsPart {
        weights,
        sha256,
        max_tokens: args.max_tokens,
        side_temperature,
        stance_temperature,
        tagger,
    });
    model.save()?;
    clear_checkpoint(args);
    progress.say(format!("wrote {}", args.out.display()));
    Ok(if rejected > 0 { 3 } else { 0 })
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map_or("dev".into(), |s| s.to_string_lossy().into_owned())
}

fn warn_one_label(rows: &[data::Statement], path: &Path, progress: &Progress) {
    let sides: std::collections::BTreeSet<_> = rows.iter().filter_map(|r| r.side).collect();
    let stances: std::collections::BTreeSet<_> = rows.iter().filter_map(|r| r.stance).collect();
    if sides.len() == 1 || stances.len() == 1 {
        progress.warn(format!(
            "warning: {}: all statements have the same {}; nothing can be learnt about it from this file",
            path.display(),
            if sides.len() == 1 { "side" } else { "stance" }
        ));
    }
}

fn warn_overlap(train: &[String], dev: &[String], path: &Path, progress: &Progress) {
    let both = data::overlap(
        train.iter().map(String::as_str),
        dev.iter().map(String::as_str),
    );
    if let Some(first) = both.iter().next() {
        progress.warn(format!(
            "warning: {}: {} record(s) stand in the training data too, so the scores flatter; the first: {first:?}",
            path.display(),
            both.len()
        ));
    }
}

/// The training loop with progress on stderr.
fn fit(
    args: &TrainArgs,
    options: &Options,
    network: &mut Network,
    sources: &[Source],
    evaluate: &mut dyn FnMut(&Network) -> Result<trainer::Scores>,
    progress: &Progress,
) -> Result<Vec<trainer::EpochLog>> {
    let checkpoint = Checkpoint {
        folder: args.out.join("checkpoint"),
        every: Duration::from_secs_f64(args.checkpoint_minutes.max(0.01) * 60.0),
    };
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
        Event::Epoch(log) => {
            let figures: Vec<String> = log
                .scores
                .figures
                .iter()
                .map(|(k, v)| format!("{k} {v:.3}"))
                .collect();
            progress.say(format!(
                "epoch {}: loss {:.3}, {:.0} s, {}",
                log.epoch,
                log.loss,
                log.seconds,
                figures.join(", ")
            ));
        }
        Event::Resumed { step } => progress.say(format!("going on after step {step}")),
    };
    let log = trainer::train(
        network,
        sources,
        options,
        Some(&checkpoint),
        evaluate,
        &mut listen,
    );
    bar.finish_and_clear();
    log
}

/// Writes what was trained, with the int8 ranges calibrated on a sample of the training texts.
fn write_weights(
    args: &TrainArgs,
    network: &Network,
    sample: &[&Example],
    name: &str,
) -> Result<(String, String)> {
    let variables = network.variables(args.freeze_layers, 1.0);
    let mut weights = Weights::default();
    for (name, value, _) in variables {
        weights.insert(name, value.detach());
    }
    let mut all = Weights::default();
    for (name, value) in network.bert.vs.variables() {
        all.insert(name, value.detach());
    }
    let step = (sample.len() / 400).max(1);
    let chosen: Vec<&Example> = sample.iter().step_by(step).take(400).copied().collect();
    weights.insert(RANGES, ranges(&all, &chosen)?);
    let sha256 = weights.save_half(&args.out.join(name))?;
    Ok((name.to_string(), sha256))
}

/// Share of activations at each end that may fall outside a calibrated range.
const TAIL: f64 = 2e-5;

fn ranges(weights: &Weights, sample: &[&Example]) -> Result<tch::Tensor> {
    let mut engine = Engine::new(weights, Precision::Fp32, tch::Device::Cpu)?;
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); LAYERS * RANGES_PER_LAYER];
    let lengths: Vec<usize> = sample.iter().map(|e| e.text.len()).collect();
    for rows in crate::encoder::plan(&lengths, 4096) {
        let texts: Vec<&Encoded> = rows.iter().map(|&i| &sample[i].text).collect();
        let marks: Vec<&TokenMarks> = rows.iter().map(|&i| &sample[i].marks).collect();
        let width = crate::encoder::batch::padded(lengths[rows[0]]);
        let batch = Batch::new(&texts, &marks, width);
        for (end, (low, high)) in ends.iter_mut().zip(engine.extremes(&batch, TAIL)?) {
            *end = (end.0.min(low), end.1.max(high));
        }
    }
    let flat: Vec<f32> = ends
        .iter()
        .flat_map(|&(l, h)| [l as f32, h as f32])
        .collect();
    Ok(tch::Tensor::from_slice(&flat).view([ends.len() as i64, 2]))
}

fn open_or_new(folder: &Path) -> Result<Model> {
    if folder.join(model::FILE).is_file() {
        return Model::find(&folder.to_string_lossy());
    }
    let encoder = crate::encoder::ENCODER.to_string();
    let base = model::encoder_dir(&encoder)?.join("model.safetensors");
    Ok(Model {
        folder: folder.to_path_buf(),
        file: ModelFile {
            schema: model::SCHEMA,
            name: folder
                .file_name()
                .map_or("model".into(), |n| n.to_string_lossy().into_owned()),
            encoder_sha256: model::file_hash(&base)?,
            encoder,
            statements: None,
            relation: None,
        },
    })
}

fn clear_checkpoint(args: &TrainArgs) {
    let _ = std::fs::remove_dir_all(args.out.join("checkpoint"));
}
