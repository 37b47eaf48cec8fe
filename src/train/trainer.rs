//! The training loop: length-bucketed batches, schedule, early stopping on a
//! held-out part, checkpoints that resume with equal weights.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::augment::Augment;
use super::network::{soft_cross_entropy, Logits, Network};
use super::optimizer::{schedule, AdamW};
use crate::encoder::weights::Storage;
use crate::encoder::Batch;
use crate::encoder::{Encoded, TokenMarks, Weights};
use crate::error::{Error, Result};
use crate::home::write_whole;

/// Token class that is not trained on.
pub const IGNORE: u8 = 255;

/// One training example, encoded.
#[derive(Debug, Clone)]
pub struct Example {
    pub text: Encoded,
    /// The same pair in the other order, used half of the time.
    pub swapped: Option<Encoded>,
    pub marks: TokenMarks,
    /// Per sentence head: probabilities over its labels, or nothing to learn.
    pub targets: Vec<Option<Vec<f32>>>,
    /// Token classes, or nothing to learn; [`IGNORE`] leaves a token out.
    pub tags: Option<Vec<u8>>,
    pub weight: f32,
}

/// A set of examples and how many of them one epoch takes (all by default).
#[derive(Debug)]
pub struct Source {
    pub examples: Vec<Example>,
    pub per_epoch: Option<usize>,
}

impl Source {
    /// A part of the examples, chosen by `seed`; a larger share holds a smaller one.
    pub fn share(&self, share: f64, seed: u64) -> Source {
        let part = |n: usize| (n as f64 * share).ceil() as usize;
        let mut order: Vec<usize> = (0..self.examples.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        order.truncate(part(order.len()));
        order.sort_unstable();
        Source {
            examples: order.iter().map(|&i| self.examples[i].clone()).collect(),
            per_epoch: self.per_epoch.map(part),
        }
    }
}

/// Settings of a training run. All of them are recorded beside the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The encoder's name.
    pub encoder: String,
    /// SHA-256 of the weights it starts from: the encoder's, then those of every model of `--init`.
    pub start: Vec<String>,
    /// Rank of the adapters; 0 if the encoder is trained as a whole.
    pub adapter_rank: i64,
    /// Longest text or pair in tokens.
    pub max_tokens: usize,
    pub epochs: usize,
    /// Examples a step.
    pub batch: usize,
    pub learning_rate: f64,
    /// Factor on the learning rate for the heads.
    pub head_rate: f64,
    /// The same for the marks.
    pub mark_rate: f64,
    pub warmup: f64,
    pub weight_decay: f64,
    pub clip: f64,
    pub smoothing: f64,
    /// Exponent on inverse class frequency: 0 none, 0.5 square root, 1 balanced.
    pub class_weights: f64,
    pub average_decay: f64,
    /// Lower layers that are not trained.
    pub frozen_layers: usize,
    /// Epochs without gain on the held-out part before stopping; 0 never stops.
    pub patience: usize,
    pub seed: u64,
    pub augment: Augment,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            encoder: crate::encoder::ENCODER.to_string(),
            start: Vec::new(),
            adapter_rank: 0,
            max_tokens: 192,
            epochs: 4,
            batch: 16,
            learning_rate: 7e-5,
            head_rate: 10.0,
            mark_rate: 10.0,
            warmup: 0.08,
            weight_decay: 0.01,
            clip: 1.0,
            smoothing: 0.05,
            class_weights: 0.5,
            average_decay: 0.997,
            frozen_layers: 0,
            patience: 0,
            seed: 17,
            augment: Augment::default(),
        }
    }
}

/// What the held-out part said after an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The figure that decides which weights are kept; higher is better.
    pub decisive: f64,
    /// Named figures to show and record.
    pub figures: indexmap::IndexMap<String, f64>,
}

impl std::fmt::Display for Scores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (name, value)) in self.figures.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {value:.3}")?;
        }
        Ok(())
    }
}

/// The epoch whose weights are kept: the first with the best decisive score.
pub fn best(log: &[EpochLog]) -> Option<&EpochLog> {
    log.iter()
        .rev()
        .max_by(|a, b| a.scores.decisive.total_cmp(&b.scores.decisive))
}

/// One line of the training log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    pub epoch: usize,
    pub steps: u64,
    /// Mean training loss of the epoch.
    pub loss: f64,
    pub scores: Scores,
    /// What its steps took, without evaluation and saving.
    pub seconds: f64,
}

/// What a listener is told.
pub enum Event<'a> {
    Step { step: u64, total: u64, loss: f64 },
    Epoch(&'a EpochLog),
    Resumed { step: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    options: Options,
    examples: usize,
    step: u64,
    epoch_loss: f64,
    log: Vec<EpochLog>,
    best: Option<f64>,
}

/// Where and how often to save.
pub struct Checkpoint {
    pub folder: PathBuf,
    pub every: Duration,
}

impl Checkpoint {
    fn state(&self) -> PathBuf {
        self.folder.join("state.json")
    }
    fn tensors(&self, step: u64) -> PathBuf {
        self.folder.join(format!("step-{step}.safetensors"))
    }
    fn best(&self) -> PathBuf {
        self.folder.join("best.safetensors")
    }
}

/// Trains `network` and leaves the best averaged weights in it. Gives the log.
pub fn train(
    network: &mut Network,
    sources: &[Source],
    options: &Options,
    checkpoint: Option<&Checkpoint>,
    evaluate: &mut dyn FnMut(&Network) -> Result<Scores>,
    listen: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<EpochLog>> {
    let variables = network.variables(options.frozen_layers, options.head_rate, options.mark_rate);
    let mut adam = AdamW::new(variables, options.weight_decay, options.average_decay);
    let class_weights = class_weights(sources, options.class_weights);
    let plans: Vec<Vec<Vec<(usize, usize)>>> = (0..options.epochs)
        .map(|e| epoch_plan(sources, options, e))
        .collect();
    let total: u64 = plans.iter().map(|p| p.len() as u64).sum();
    let examples: usize = sources.iter().map(|s| s.examples.len()).sum();
    if options.epochs == 0 {
        return Ok(Vec::new());
    }
    if total == 0 {
        return Err(Error::Usage(
            "there is nothing to train on: every training file is empty".into(),
        ));
    }
    let mut state = State {
        options: options.clone(),
        examples,
        step: 0,
        epoch_loss: 0.0,
        log: Vec::new(),
        best: None,
    };
    if let Some(c) = checkpoint {
        std::fs::create_dir_all(&c.folder).map_err(|e| Error::io(&c.folder, e))?;
        if let Some(found) = resume(c, options, examples)? {
            adam.restore(&Weights::load(&c.tensors(found.step), None)?, found.step)?;
            listen(Event::Resumed { step: found.step });
            state = found;
        }
    }
    let mut best: Option<Weights> = match (checkpoint, state.best) {
        (Some(c), Some(_)) => Some(Weights::load(&c.best(), None)?),
        _ => None,
    };
    let mut done = 0u64;
    let mut since_save = Instant::now();
    'epochs: for (epoch, plan) in plans.iter().enumerate() {
        let last = done + plan.len() as u64;
        let started = Instant::now();
        for rows in plan {
            if done < state.step {
                done += 1;
                continue;
            }
            tch::manual_seed((options.seed ^ (done << 8)) as i64);
            let batch: Vec<&Example> = rows.iter().map(|&(s, i)| &sources[s].examples[i]).collect();
            let loss = step_loss(network, &batch, &class_weights, options, done)?;
            loss.backward();
            let rate = options.learning_rate * schedule(done, total, options.warmup);
            adam.step(rate, options.clip)?;
            let loss = loss.double_value(&[]);
            if !loss.is_finite() {
                return Err(Error::Other(format!(
                    "training diverged at step {done}: lower --learning-rate"
                )));
            }
            state.epoch_loss += loss;
            done += 1;
            state.step = done;
            listen(Event::Step {
                step: done,
                total,
                loss,
            });
            if let Some(c) = checkpoint {
                if since_save.elapsed() >= c.every && done < last {
                    save(c, &adam, &state)?;
                    since_save = Instant::now();
                }
            }
        }
        if state.log.iter().any(|l| l.epoch == epoch + 1) {
            continue;
        }
        let seconds = started.elapsed().as_secs_f64();
        adam.swap_average()?;
        let scores = evaluate(network)?;
        let gained = state.best.is_none_or(|b| scores.decisive > b);
        if gained {
            state.best = Some(scores.decisive);
            let weights = adam.weights();
            if let Some(c) = checkpoint {
                weights.save(&c.best(), Storage::Full)?;
            }
            best = Some(weights);
        }
        adam.swap_average()?;
        let log = EpochLog {
            epoch: epoch + 1,
            steps: done,
            loss: state.epoch_loss / plan.len().max(1) as f64,
            scores,
            seconds,
        };
        listen(Event::Epoch(&log));
        state.epoch_loss = 0.0;
        state.log.push(log);
        if let Some(c) = checkpoint {
            save(c, &adam, &state)?;
            since_save = Instant::now();
        }
        if options.patience > 0 {
            let best_epoch = self::best(&state.log).map_or(0, |l| l.epoch);
            if epoch + 1 >= best_epoch + options.patience {
                break 'epochs;
            }
        }
    }
    if let Some(best) = best {
        network.load(&best)?;
    }
    Ok(state.log)
}

fn resume(c: &Checkpoint, options: &Options, examples: usize) -> Result<Option<State>> {
    let path = c.state();
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(None);
    };
    let state: State = serde_json::from_str(&text).map_err(|e| {
        Error::content(
            &path,
            None,
            format!("damaged checkpoint ({e}); delete the folder to start again"),
        )
    })?;
    if state.options != *options || state.examples != examples {
        return Err(Error::Usage(format!(
            "{}: the checkpoint was made with other settings or data; delete the folder to start again, or run with the same ones",
            c.folder.display()
        )));
    }
    Ok(Some(state))
}

fn save(c: &Checkpoint, adam: &AdamW, state: &State) -> Result<()> {
    adam.state().save(&c.tensors(state.step), Storage::Full)?;
    let json = serde_json::to_vec_pretty(state).map_err(|e| Error::Other(e.to_string()))?;
    write_whole(&c.state(), &json)?;
    // Older tensors are not needed once the state names the new ones.
    let keep = c.tensors(state.step);
    for entry in std::fs::read_dir(&c.folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let old = path
            .file_name()
            .and_then(|n| n.to_str())
            .is_some_and(|n| n.starts_with("step-"));
        if old && path != keep {
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

/// The batches of one epoch, as (source, example) indices: every source in a
/// seeded order, cut into windows of many batches, each sorted by length, and
/// the batches shuffled.
fn epoch_plan(sources: &[Source], options: &Options, epoch: usize) -> Vec<Vec<(usize, usize)>> {
    let mut rows: Vec<(usize, usize)> = Vec::new();
    for (s, source) in sources.iter().enumerate() {
        let n = source.examples.len();
        if n == 0 {
            continue;
        }
        let take = source.per_epoch.unwrap_or(n);
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed.wrapping_add(s as u64));
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut rng);
        rows.extend((0..take).map(|k| (s, order[(epoch * take + k) % n])));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed.wrapping_mul(31) + epoch as u64);
    rows.shuffle(&mut rng);
    let mut batches: Vec<Vec<(usize, usize)>> = Vec::new();
    for window in rows.chunks_mut(options.batch * 40) {
        window.sort_by_key(|&(s, i)| (sources[s].examples[i].text.len(), s, i));
        batches.extend(window.chunks(options.batch).map(<[_]>::to_vec));
    }
    batches.shuffle(&mut rng);
    batches
}

/// Per head and label: a weight that lifts rare labels, with mean 1 over the examples.
fn class_weights(sources: &[Source], power: f64) -> Vec<Vec<f32>> {
    let heads = sources
        .iter()
        .flat_map(|s| &s.examples)
        .map(|e| e.targets.len())
        .max()
        .unwrap_or(0);
    (0..heads)
        .map(|h| {
            let mut mass: Vec<f64> = Vec::new();
            for e in sources.iter().flat_map(|s| &s.examples) {
                if let Some(Some(t)) = e.targets.get(h) {
                    mass.resize(mass.len().max(t.len()), 0.0);
                    for (m, &p) in mass.iter_mut().zip(t) {
                        *m += f64::from(p * e.weight);
                    }
                }
            }
            let total: f64 = mass.iter().sum();
            let raw: Vec<f64> = mass
                .iter()
                .map(|&m| {
                    if m > 0.0 {
                        (total / m).powf(power)
                    } else {
                        1.0
                    }
                })
                .collect();
            let mean = raw.iter().zip(&mass).map(|(r, m)| r * m).sum::<f64>() / total.max(1e-9);
            raw.iter().map(|r| (r / mean.max(1e-9)) as f32).collect()
        })
        .collect()
}

fn step_loss(
    network: &Network,
    examples: &[&Example],
    class_weights: &[Vec<f32>],
    options: &Options,
    step: u64,
) -> Result<Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed.wrapping_mul(1_000_003) ^ step);
    let changed: Vec<(Encoded, TokenMarks)> = examples
        .iter()
        .map(|e| {
            let text = match &e.swapped {
                Some(other) if rng.gen_bool(0.5) => other,
                _ => &e.text,
            };
            options
                .augment
                .apply(text, &e.marks, e.tags.is_some(), &mut rng)
        })
        .collect();
    let texts: Vec<&Encoded> = changed.iter().map(|c| &c.0).collect();
    let marks: Vec<&TokenMarks> = changed.iter().map(|c| &c.1).collect();
    let width = texts.iter().map(|t| t.len()).max().unwrap_or(1);
    let batch = Batch::new(&texts, &marks, width);
    let logits = network.forward(&batch, true)?;
    let mut parts: Vec<Tensor> = Vec::new();
    for (h, out) in logits.sentence.iter().enumerate() {
        let n = out.size()[1] as usize;
        let mut targets = vec![0f32; examples.len() * n];
        let mut weights = vec![0f32; examples.len()];
        for (r, e) in examples.iter().enumerate() {
            if let Some(Some(t)) = e.targets.get(h) {
                let mut w = 0.0;
                for (k, &p) in t.iter().enumerate() {
                    targets[r * n + k] = (p as f64 * (1.0 - options.smoothing)
                        + options.smoothing / n as f64)
                        as f32;
                    w += p * class_weights.get(h).and_then(|c| c.get(k)).unwrap_or(&1.0);
                }
                weights[r] = e.weight * w;
            }
        }
        let targets = Tensor::from_slice(&targets).view([examples.len() as i64, n as i64]);
        parts.push(soft_cross_entropy(
            out,
            &targets,
            &Tensor::from_slice(&weights),
        ));
    }
    if let Some(tags) = &logits.tags {
        if let Some(l) = tag_loss(tags, examples, width) {
            parts.push(l);
        }
    }
    Ok(Tensor::stack(&parts, 0).sum(Kind::Float))
}

fn tag_loss(tags: &Tensor, examples: &[&Example], width: usize) -> Option<Tensor> {
    let mut classes = vec![i64::from(IGNORE); examples.len() * width];
    let mut any = false;
    for (r, e) in examples.iter().enumerate() {
        for (i, &c) in e.tags.iter().flatten().enumerate().take(width) {
            classes[r * width + i] = i64::from(c);
            any |= c != IGNORE;
        }
    }
    any.then(|| {
        let n = tags.size()[2];
        tags.reshape([-1, n]).cross_entropy_loss::<Tensor>(
            &Tensor::from_slice(&classes),
            None,
            tch::Reduction::Mean,
            i64::from(IGNORE),
            0.0,
        )
    })
}

/// Logits of every sentence head, and of every token (flat) where there is a token head.
pub type Predicted = (Vec<Vec<f32>>, Vec<f32>);

/// Runs the network over examples without dropout, in their order. Gives, per
/// example, the logits of every sentence head and, if there is a token head,
/// the token logits `[tokens * classes]`.
pub fn predict(
    network: &Network,
    texts: &[(&Encoded, &TokenMarks)],
    batch_tokens: usize,
) -> Result<Vec<Predicted>> {
    let _guard = tch::no_grad_guard();
    let lengths: Vec<usize> = texts.iter().map(|t| t.0.len()).collect();
    let mut out = vec![(Vec::new(), Vec::new()); texts.len()];
    for rows in crate::encoder::plan(&lengths, batch_tokens) {
        let encoded: Vec<&Encoded> = rows.iter().map(|&i| texts[i].0).collect();
        let marks: Vec<&TokenMarks> = rows.iter().map(|&i| texts[i].1).collect();
        let width = lengths[rows[0]];
        let batch = Batch::new(&encoded, &marks, width);
        let Logits { sentence, tags } = network.forward(&batch, false)?;
        for (r, &i) in rows.iter().enumerate() {
            let row = r as i64;
            out[i].0 = sentence
                .iter()
                .map(|t| Vec::<f32>::try_from(t.get(row).to_kind(Kind::Float)))
                .collect::<std::result::Result<_, _>>()?;
            if let Some(t) = &tags {
                let t = t.get(row).narrow(0, 0, lengths[i] as i64);
                out[i].1 = Vec::<f32>::try_from(t.contiguous().view(-1))?;
            }
        }
    }
    Ok(out)
}

/// Writes the training log beside the weights.
pub fn write_log(path: &Path, options: &Options, log: &[EpochLog]) -> Result<()> {
    let value = serde_json::json!({ "options": options, "epochs": log });
    let json = serde_json::to_vec_pretty(&value).map_err(|e| Error::Other(e.to_string()))?;
    write_whole(path, &json)
}
