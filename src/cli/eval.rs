//! `standoff eval`: scores predictions against hand-labelled data, compares
//! two models, or measures the agreement of two annotators.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::eval::annotators::annotators;
use crate::eval::bootstrap::Bootstrap;
use crate::eval::breakdown;
use crate::eval::evaluate::{evaluate, keys, Settings};
use crate::eval::gold::{Format, Gold};
use crate::eval::label_map::LabelMap;
use crate::eval::predicted::Predicted;
use crate::eval::predictions::{Predictions, Predictor};
use crate::eval::problem::{Problem, ProblemKind};
use crate::eval::report::{self, terminal, view};
use crate::labels::SideNames;
use crate::record::Analysis;
use crate::{Error, Result};

/// Arguments of `standoff eval`.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// Labelled files: JSONL, CSV, or an export of doccano, Label Studio or Prodigy.
    /// Statements, attributions, pairs and coreference cases are told apart by their fields
    #[arg(
        value_name = "GOLD",
        required_unless_present = "agreement",
        conflicts_with = "agreement"
    )]
    pub gold: Vec<PathBuf>,

    /// Score the predictions in FILE (JSONL or CSV) instead of computing them
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,

    /// Add to every wrong statement the words that decided (slower; computed in fp32)
    #[arg(long, conflicts_with_all = ["predictions", "agreement"])]
    pub explain: bool,

    /// TOML file that translates another tool's field names and labels
    #[arg(long, value_name = "FILE")]
    pub label_map: Option<PathBuf>,

    /// Compare with another model (name or folder) or predictions file
    #[arg(long, value_name = "OTHER")]
    pub compare: Option<PathBuf>,

    /// Agreement between two annotators' files
    #[arg(long, num_args = 2, value_names = ["A", "B"],
          conflicts_with_all = ["predictions", "compare", "by", "analysis", "missing"])]
    pub agreement: Option<Vec<PathBuf>>,

    /// Score the contrasts of a finished run (a folder of `analyze`) against GOLD of true contrasts
    #[arg(long, value_name = "RUN_DIR")]
    pub analysis: Option<PathBuf>,

    /// Exit with 1 if a figure is below a value, as in side.macro_f1=0.8 (may be repeated)
    #[arg(long, value_name = "KEY=V")]
    pub fail_under: Vec<String>,

    /// Exit with 1 if a figure is above a value, as in side.ece=0.06 (may be repeated)
    #[arg(long, value_name = "KEY=V")]
    pub fail_over: Vec<String>,

    /// Write eval.json, eval.md, eval.html, errors.jsonl and errors.html to a folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Overwrite an evaluation in the --out folder
    #[arg(long)]
    pub force: bool,

    /// Bootstrap samples for the 95 % intervals; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub bootstrap: usize,

    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Break the figures down by a field: outlet, kind, year, month, length, file, … (may be repeated)
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub by: Vec<String>,

    /// What becomes of gold records without a prediction: named and left out, or counted as wrong
    #[arg(long, value_enum, value_name = "HOW", default_value = "skip")]
    pub missing: Missing,

    /// Write GOLD to stdout in another format instead of scoring
    #[arg(long, value_enum, value_name = "FORMAT",
          conflicts_with_all = ["predictions", "compare", "agreement", "analysis", "out", "fail_under", "fail_over"])]
    pub to: Option<Format>,
}

/// What becomes of gold records without a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Missing {
    /// Named and left out.
    Skip,
    /// Counted as wrong.
    Wrong,
}

/// What the output goes to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Screen {
    pub color: bool,
    /// Columns; `None` for no limit.
    pub width: Option<u16>,
}

/// Problems named one by one on stderr, by kind, where the full list is in a file.
const NAMED: usize = 20;

/// Runs the command and returns the exit code: 0, 1 if a figure missed its
/// mark, 3 if some records could not be used. `predictor` opens a model: the
/// default one, or the one that `--compare` names.
pub fn run(
    args: &EvalArgs,
    mut predictor: impl FnMut(Option<&Path>) -> Result<Box<dyn Predictor>>,
    names: &SideNames,
    screen: Screen,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8> {
    let marks = marks(args)?;
    if let Some(folder) = &args.out {
        if folder.join("eval.json").exists() && !args.force {
            return Err(Error::Usage(format!(
                "--out {}: holds an evaluation already; give another folder or --force",
                folder.display()
            )));
        }
    }
    if let Some(files) = &args.agreement {
        return agreement(args, files, &marks, names, screen, out, err);
    }
    let gold = Gold::read(&args.gold, names)?;
    if gold.is_empty() {
        name_problems(&gold.problems, args, err)?;
        return Err(gold.nothing_usable());
    }
    if let Some(format) = args.to {
        write(out, &gold.write(format, names)?)?;
        name_problems(&gold.problems, args, err)?;
        return Ok(code(false, gold.problems.iter().any(|p| p.kind.rejects())));
    }
    let analysis = analysis(args, &gold)?;
    check_fields(args, &gold)?;
    check_keys(&marks, &keys(&gold, names, analysis.is_some()))?;
    let map = match &args.label_map {
        Some(path) => LabelMap::read(path, names)?,
        None => LabelMap::default(),
    };
    let settings = Settings {
        bootstrap: bootstrap(args),
        by: args.by.clone(),
        missing_is_wrong: args.missing == Missing::Wrong,
    };

    let mut problems = Vec::new();
    let from_file = |path: &Path, problems: &mut Vec<Problem>| {
        let predictions = Predictions::read(path, names, &map)?;
        Ok::<_, Error>(Predicted::from_file(&predictions, &gold, problems))
    };
    let to_predict = gold.len() > gold.truths.len();
    let predicted = match &args.predictions {
        Some(path) => from_file(path, &mut problems)?,
        None if to_predict => Predicted::compute(predictor(None)?.as_ref(), &gold, names)?,
        None => Predicted {
            source: "none".into(),
            ..Predicted::default()
        },
    };
    let other = match &args.compare {
        None => None,
        Some(path) if path.is_file() => Some(from_file(path, &mut problems)?),
        Some(path) => Some(Predicted::compute(
            predictor(Some(path))?.as_ref(),
            &gold,
            names,
        )?),
    };
    if analysis.is_none() {
        problems.extend(gold.truths.first().map(|t| {
            Problem::new(
                ProblemKind::NotScored,
                t.a.document.clone(),
                None,
                format!(
                    "{} true contrasts; give a finished run with --analysis RUN_DIR",
                    gold.truths.len()
                ),
            )
        }));
    }
    let mut evaluation = evaluate(&gold, &predicted, names, &settings, problems);
    if let Some(other) = &other {
        evaluation.add_comparison(&gold, &predicted, other, names, &settings);
    }
    if let Some(analysis) = &analysis {
        evaluation.add_contrast(&gold, analysis);
    }
    let sections = view::evaluation(&evaluation)?;
    finish(args, screen, &sections, out)?;
    name_problems(&evaluation.problems, args, err)?;
    if let Some(folder) = &args.out {
        report::save(folder, &report::files(&evaluation)?)?;
    }
    let figures: Vec<(String, Option<f64>)> = evaluation.figures.clone().into_iter().collect();
    let failed = missed(&marks, &figures, err)?;
    Ok(code(failed, evaluation.rejected()))
}

fn agreement(
    args: &EvalArgs,
    files: &[PathBuf],
    marks: &[Mark],
    names: &SideNames,
    screen: Screen,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8> {
    let [a, b] = files else {
        return Err(Error::Usage("--agreement wants two files".into()));
    };
    let read = |path: &PathBuf| Gold::read(std::slice::from_ref(path), names);
    let (first, second) = (read(a)?, read(b)?);
    for gold in [&first, &second] {
        if gold.is_empty() {
            name_problems(&gold.problems, args, err)?;
            return Err(gold.nothing_usable());
        }
    }
    let shown = [a.display().to_string(), b.display().to_string()];
    let result = annotators(&first, &second, shown, names, bootstrap(args));
    let figures = result.figures();
    let known: Vec<String> = figures.iter().map(|f| f.0.clone()).collect();
    check_keys(marks, &known)?;
    let sections = report::agreement::annotators(&result);
    finish(args, screen, &sections, out)?;
    name_problems(&result.problems, args, err)?;
    if let Some(folder) = &args.out {
        report::save(folder, &report::agreement_files(&result)?)?;
    }
    let failed = missed(marks, &figures, err)?;
    Ok(code(
        failed,
        result.problems.iter().any(|p| p.kind.rejects()),
    ))
}

fn bootstrap(args: &EvalArgs) -> Bootstrap {
    Bootstrap {
        samples: args.bootstrap,
        seed: args.seed,
    }
}

fn code(failed: bool, rejected: bool) -> u8 {
    match (failed, rejected) {
        (true, _) => 1,
        (_, true) => 3,
        _ => 0,
    }
}

/// The finished run that contrasts are scored in.
fn analysis(args: &EvalArgs, gold: &Gold) -> Result<Option<Analysis>> {
    let Some(folder) = &args.analysis else {
        if gold.len() == gold.truths.len() {
            return Err(Error::Usage(
                "GOLD holds true contrasts only: give a finished run of their documents with --analysis RUN_DIR"
                    .into(),
            ));
        }
        return Ok(None);
    };
    if gold.truths.is_empty() {
        return Err(Error::Usage(
            "--analysis: GOLD holds no true contrasts (records with event, a and b)".into(),
        ));
    }
    let path = if folder.is_dir() {
        folder.join("analysis.json")
    } else {
        folder.clone()
    };
    let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
    serde_json::from_str(&text).map(Some).map_err(|e| {
        Error::content(
            &path,
            Some(e.line()),
            format!("not an analysis of this version: {e}"),
        )
    })
}

fn check_fields(args: &EvalArgs, gold: &Gold) -> Result<()> {
    match args.by.iter().find(|f| !breakdown::known(gold, f)) {
        Some(field) => Err(Error::Usage(format!(
            "--by {field}: no gold record has this field; there are {}",
            breakdown::fields(gold).join(", ")
        ))),
        None => Ok(()),
    }
}

/// A figure's mark.
struct Mark {
    flag: &'static str,
    key: String,
    value: f64,
}

fn marks(args: &EvalArgs) -> Result<Vec<Mark>> {
    let under = args.fail_under.iter().map(|s| ("--fail-under", s));
    let over = args.fail_over.iter().map(|s| ("--fail-over", s));
    under
        .chain(over)
        .map(|(flag, s)| {
            let wrong = || {
                Error::Usage(format!(
                    "{flag} {s}: wants KEY=VALUE, as in side.macro_f1=0.8"
                ))
            };
            let (key, value) = s.split_once('=').ok_or_else(wrong)?;
            let value: f64 = value.trim().parse().map_err(|_| wrong())?;
            if !value.is_finite() {
                return Err(wrong());
            }
            Ok(Mark {
                flag,
                key: key.trim().to_string(),
                value,
            })
        })
        .collect()
}

fn check_keys(marks: &[Mark], known: &[String]) -> Result<()> {
    match marks.iter().find(|m| !known.contains(&m.key)) {
        Some(m) => Err(Error::Usage(format!(
            "{} {}: no such figure for this gold; there are {}",
            m.flag,
            m.key,
            known.join(", ")
        ))),
        None => Ok(()),
    }
}

/// Names the figures that miss their marks. A figure that does not exist misses.
fn missed(marks: &[Mark], figures: &[(String, Option<f64>)], err: &mut dyn Write) -> Result<bool> {
    let mut failed = false;
    for m in marks {
        let value = figures.iter().find(|f| f.0 == m.key).and_then(|f| f.1);
        let bad = match value {
            None => true,
            Some(v) if m.flag == "--fail-under" => v < m.value,
            Some(v) => v > m.value,
        };
        if bad {
            failed = true;
            let is = value.map_or("does not exist".into(), |v| format!("is {v:.4}"));
            let line = format!("{} {}={}: the figure {is}\n", m.flag, m.key, m.value);
            write(err, line.as_bytes())?;
        }
    }
    Ok(failed)
}

fn finish(
    args: &EvalArgs,
    screen: Screen,
    sections: &[view::Section],
    out: &mut dyn Write,
) -> Result<()> {
    let mut text = terminal::render(sections, screen.width, screen.color);
    let long: Vec<&str> = sections
        .iter()
        .filter(|s| s.long)
        .map(|s| s.title.as_str())
        .collect();
    if !long.is_empty() && args.out.is_none() {
        text.push_str(&format!("\nWith --out also: {}.\n", long.join("; ")));
    }
    write(out, text.as_bytes())
}

/// Names problems on stderr: all of them, or the first of each kind where a file has all.
fn name_problems(problems: &[Problem], args: &EvalArgs, err: &mut dyn Write) -> Result<()> {
    let mut text = String::new();
    for (kind, n) in crate::eval::problem::count(problems) {
        let limit = if args.out.is_some() {
            NAMED
        } else {
            usize::MAX
        };
        for p in problems.iter().filter(|p| p.kind == kind).take(limit) {
            text.push_str(&p.line().replace(['\n', '\r', '\u{1b}'], " "));
            text.push('\n');
        }
        if n > limit {
            text.push_str(&format!(
                "… {} more of the kind “{}”, all in eval.json\n",
                n - limit,
                kind.title()
            ));
        }
    }
    write(err, text.as_bytes())
}

fn write(to: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    to.write_all(bytes)
        .and_then(|()| to.flush())
        .map_err(|e| Error::io("stdout", e))
}
