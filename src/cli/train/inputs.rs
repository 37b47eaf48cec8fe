//! What a training reads: labelled files, the part held out, the files to report on.

use std::path::Path;

use super::TrainArgs;
use crate::error::Result;
use crate::labels::Label;
use crate::progress::Progress;
use crate::train::data::{self, Loaded, Pair, Statement};
use crate::train::trainer::{Example, Scores, Source};

/// A labelled record.
pub trait Row {
    /// Records in the plural, as a reader is told of them.
    const WHAT: &'static str;
    /// Records of a group are held out together.
    fn group(&self) -> &str;
    /// What must not stand in the training data and in a dev file.
    fn text(&self) -> String;
    /// Every kind of label with the one this record has.
    fn labels(&self) -> Vec<(&'static str, Option<usize>)>;
}

impl Row for Statement {
    const WHAT: &'static str = "statements";
    fn group(&self) -> &str {
        &self.group
    }
    fn text(&self) -> String {
        self.text.clone()
    }
    fn labels(&self) -> Vec<(&'static str, Option<usize>)> {
        vec![
            ("side", self.side.map(Label::index)),
            ("stance", self.stance.map(Label::index)),
        ]
    }
}

impl Row for Pair {
    const WHAT: &'static str = "pairs";
    fn group(&self) -> &str {
        &self.group
    }
    fn text(&self) -> String {
        format!("{} {}", self.a, self.b)
    }
    fn labels(&self) -> Vec<(&'static str, Option<usize>)> {
        vec![("relation", Some(self.relation.index()))]
    }
}

/// Labelled records with their encoded form.
pub struct Labelled<T> {
    pub name: String,
    pub examples: Vec<Example>,
    pub rows: Vec<T>,
}

/// Everything a training reads.
pub struct Inputs<T> {
    pub sources: Vec<Source>,
    /// A part of the first training file, to choose the epoch and fit the temperature on.
    pub held_out: Labelled<T>,
    /// Only reported.
    pub dev: Vec<Labelled<T>>,
    rejected: usize,
}

impl<T: Row> Inputs<T> {
    /// Reads and encodes `--train` and `--dev`, and warns of what makes the scores doubtful.
    pub fn read(
        args: &TrainArgs,
        progress: &Progress,
        load: impl Fn(&Path) -> Result<Loaded<T>>,
        encode: impl Fn(&[T], f32) -> Result<Vec<Example>>,
    ) -> Result<Self> {
        let mut inputs = Inputs {
            sources: Vec::new(),
            held_out: Labelled {
                name: "held_out".into(),
                examples: Vec::new(),
                rows: Vec::new(),
            },
            dev: Vec::new(),
            rejected: 0,
        };
        let mut texts: Vec<String> = Vec::new();
        for (i, spec) in args.train.iter().enumerate() {
            let mut rows = inputs.checked(load(&spec.path)?, progress);
            if i == 0 && args.hold_out > 0.0 {
                let held;
                (rows, held) = data::hold_out(rows, args.hold_out, args.seed, Row::group);
                inputs.held_out.examples = encode(&held, 1.0)?;
                inputs.held_out.rows = held;
            }
            warn_one_label(&rows, &spec.path, progress);
            texts.extend(rows.iter().map(Row::text));
            progress.say(format!(
                "{}: {} {}",
                spec.path.display(),
                rows.len(),
                T::WHAT
            ));
            inputs.sources.push(Source {
                examples: encode(&rows, spec.weight)?,
                per_epoch: spec.per_epoch,
            });
        }
        for path in &args.dev {
            let rows = inputs.checked(load(path)?, progress);
            warn_overlap(&texts, &rows, path, progress);
            inputs.dev.push(Labelled {
                name: path
                    .file_stem()
                    .map_or("dev".into(), |s| s.to_string_lossy().into_owned()),
                examples: encode(&rows, 1.0)?,
                rows,
            });
        }
        Ok(inputs)
    }

    /// The rows of a file; what is wrong with it is told and counted.
    pub fn checked<R>(&mut self, loaded: Loaded<R>, progress: &Progress) -> Vec<R> {
        for w in &loaded.warnings {
            progress.warn(format!("warning: {w}"));
        }
        for r in loaded.rejected.iter().take(20) {
            progress.warn(format!("rejected {}: {}", r.source, r.error));
        }
        if loaded.rejected.len() > 20 {
            progress.warn(format!(
                "… and {} more rejected records",
                loaded.rejected.len() - 20
            ));
        }
        self.rejected += loaded.rejected.len();
        loaded.rows
    }

    /// Scores on the held-out part, which decide, and on every dev file.
    pub fn scores(&self, score: impl Fn(&Labelled<T>) -> Result<Scores>) -> Result<Scores> {
        let mut all = if self.held_out.rows.is_empty() {
            Scores {
                decisive: 0.0,
                figures: indexmap::IndexMap::new(),
            }
        } else {
            score(&self.held_out)?
        };
        for dev in &self.dev {
            all.figures.extend(score(dev)?.figures);
        }
        Ok(all)
    }

    /// Exit code: 3 if records were rejected.
    pub fn code(&self) -> u8 {
        if self.rejected > 0 {
            3
        } else {
            0
        }
    }
}

fn warn_one_label<T: Row>(rows: &[T], path: &Path, progress: &Progress) {
    let all: Vec<Vec<(&str, Option<usize>)>> = rows.iter().map(Row::labels).collect();
    for head in 0..all.first().map_or(0, Vec::len) {
        let used: std::collections::BTreeSet<usize> =
            all.iter().filter_map(|l| l[head].1).collect();
        if used.len() == 1 {
            progress.warn(format!(
                "warning: {}: all {} have the same {}; nothing can be learnt about it from this file",
                path.display(),
                T::WHAT,
                all[0][head].0
            ));
        }
    }
}

fn warn_overlap<T: Row>(train: &[String], dev: &[T], path: &Path, progress: &Progress) {
    let texts: Vec<String> = dev.iter().map(Row::text).collect();
    let both = data::overlap(
        train.iter().map(String::as_str),
        texts.iter().map(String::as_str),
    );
    if let Some(first) = both.iter().next() {
        progress.warn(format!(
            "warning: {}: {} record(s) stand in the training data too, so the scores flatter; the first: {first:?}",
            path.display(),
            both.len()
        ));
    }
}
