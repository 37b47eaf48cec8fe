//! `standoff analyze`: the main job, from files to reports.

use std::collections::{BTreeMap, HashSet};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use clap::Args;
use serde_json::{json, Value};

use super::Context;
use crate::classify::{Embedder, Explainer, Relater};
use crate::config::REPORT_MIN_CONFIDENCE;
use crate::contrast::{self, contrast, Embeddings, Judge, Stage};
use crate::document::Document;
use crate::encoder::Architecture;
use crate::error::{Error, Result};
use crate::input;
use crate::pipeline::{Pipeline, Statement};
use crate::record::{
    Analysis, DocumentRecord, Explanation, FilteredRecord, Rejected, Setup, StatementRecord, SCHEMA,
};
use crate::report::{self, Format};
use crate::segment::{segment, SegmentOptions};
use crate::state::{self, key, Kind, State};

/// Statements worked on between two commits.
const CHUNK: usize = 1024;
/// Statements in pairs that are explained, best pairs first.
const EXPLAINED: usize = 200;

/// Arguments of `standoff analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// Files, folders, or - for stdin: article dumps, prose, JSONL, CSV, HTML, Parquet, or a classified statements.jsonl
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Folder for the reports
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What to write: html, md, json, jsonl, csv, parquet (comma-separated) [default: all but parquet]
    #[arg(long, value_name = "LIST")]
    pub format: Option<String>,
    /// Go on after a stop, or add what is new to a finished run
    #[arg(long)]
    pub resume: bool,
    /// Begin anew in a folder that holds results
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,
    /// Also contrast with the statements of an earlier run
    #[arg(long, value_name = "RUN_DIR")]
    pub against: Option<PathBuf>,
    /// Documents prepared at the same time [default: all cores]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Most days between two statements that may meet
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub window: i64,
    /// Only read and classify: no pairs, no issues
    #[arg(long, conflicts_with = "against")]
    pub no_contrast: bool,
    /// Keep bylines, captions, cookie notices and the like
    #[arg(long)]
    pub keep_boilerplate: bool,
    /// Do not abstain on text that is not English
    #[arg(long)]
    pub any_language: bool,
}

/// Seconds by stage, in order.
#[derive(Default)]
struct Timings(Vec<(&'static str, f64)>);

impl Timings {
    fn time<T>(&mut self, stage: &'static str, f: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let out = f();
        self.0.push((stage, start.elapsed().as_secs_f64()));
        out
    }
}

/// What is loaded when it is first needed, and let go with its owner.
struct Lazy<'a, T> {
    load: &'a (dyn Fn() -> Result<T> + Sync),
    loaded: OnceLock<T>,
}

impl<'a, T> Lazy<'a, T> {
    fn new(load: &'a (dyn Fn() -> Result<T> + Sync)) -> Self {
        Lazy {
            load,
            loaded: OnceLock::new(),
        }
    }

    fn get(&self) -> Result<&T> {
        Ok(match self.loaded.get() {
            Some(loaded) => loaded,
            None => {
                let loaded = (self.load)()?;
                self.loaded.get_or_init(|| loaded)
            }
        })
    }
}

/// Runs the command; gives the exit code.
pub fn run(args: AnalyzeArgs, context: &Context) -> Result<u8> {
    let started = chrono::Utc::now();
    let clock = Instant::now();
    let formats = match &args.format {
        Some(list) => Format::parse_list(list)?,
        None => Format::DEFAULT.to_vec(),
    };
    if args.jobs == Some(0) {
        return Err(Error::Usage("--jobs 0: expected 1 or more".into()));
    }
    let workers = rayon::ThreadPoolBuilder::new()
        .num_threads(args.jobs.unwrap_or(context.settings.run.threads))
        .build()
        .map_err(|e| Error::Other(format!("--jobs: {e}")))?;
    let options = input::Options::default();
    let sources = input::sources(&args.inputs, &options)?;
    prepare(&args)?;
    let floor = context
        .settings
        .min_confidence
        .unwrap_or(REPORT_MIN_CONFIDENCE);
    let model = context.model()?;
    let sides = context.sides()?;
    let mut state = State::open(&args.out)?;
    let mut timings = Timings::default();
    let setup = Setup {
        version: env!("CARGO_PKG_VERSION").into(),
        model: model.file.name.clone(),
        model_hash: model.hash(),
        sides: sides.name.clone(),
        sides_hash: sides.hash.clone(),
        precision: context.settings.run.precision.name().into(),
        min_confidence: floor,
    };
    let load = || {
        let pipeline = Pipeline::load(&model, sides.clone(), &context.settings, floor)?;
        Ok(pipeline.accept_other_languages(args.any_language))
    };
    let mut run = Run {
        args: &args,
        context,
        state: &mut state,
        pipeline: Lazy::new(&load),
        setup_key: setup_key(&setup, &args),
        documents: Vec::new(),
        statements: Vec::new(),
        rejected: Vec::new(),
        inputs: Vec::new(),
        reused: 0,
        workers: &workers,
        stop: stop_flag(),
    };
    timings.time("read and classify", || run.read(&sources, &options))?;
    let Run {
        pipeline,
        documents,
        mut statements,
        rejected,
        inputs,
        reused,
        ..
    } = run;
    // What follows needs the memory.
    drop(pipeline);
    if documents.is_empty() && statements.is_empty() && !rejected.is_empty() {
        for r in &rejected {
            context
                .progress
                .warn(format!("rejected {}: {}", r.source, r.error));
        }
        return Err(Error::Other(
            "nothing could be read: every input was rejected".into(),
        ));
    }
    let earlier = match &args.against {
        Some(dir) => {
            let mut old = report::read(dir)?.statements;
            let new: HashSet<&str> = statements.iter().map(|s| s.id.as_str()).collect();
            old.retain(|s| !new.contains(s.id.as_str()));
            old
        }
        None => Vec::new(),
    };
    let count = earlier.len();
    let all: Vec<StatementRecord> = earlier.into_iter().chain(statements.drain(..)).collect();
    let contrasted = if args.no_contrast {
        &all[..0]
    } else {
        &all[..]
    };
    let texts: Vec<&str> = contrasted.iter().map(|s| s.text.as_str()).collect();
    let width = Architecture::read(&crate::model::encoder_dir(&model.file.encoder)?)?.hidden;
    let vectors = timings.time("embed", || {
        let work = Cached {
            width,
            state: &mut state,
            context,
            model_key: format!(
                "{} {}",
                model.file.encoder_sha256,
                context.settings.run.precision.name()
            ),
        };
        work.embeddings(&texts, || Embedder::load(&model, &context.settings.run))
    })?;
    let found = timings.time("contrast", || {
        let load = || Relater::screened(&model, &context.settings.run);
        let judge = CachedJudge {
            state: std::sync::Mutex::new(&mut state),
            model_key: format!(
                "{} {} {SCREEN}",
                model.hash(),
                context.settings.run.precision.name()
            ),
            relater: Lazy::new(&load),
        };
        let embeddings = Embeddings::new(vectors, width)?;
        let options = contrast::Options {
            min_side_confidence: floor,
            window_days: args.window,
            threads: context.settings.run.threads,
            ..contrast::Options::default()
        };
        let bars: std::sync::Mutex<BTreeMap<&'static str, indicatif::ProgressBar>> =
            std::sync::Mutex::default();
        let input = contrast::Input {
            statements: contrasted,
            embeddings: &embeddings,
            names: sides.names(),
            earlier: count,
        };
        let out = contrast(&input, &judge, &options, &|stage, more, total| {
            let (name, what) = match stage {
                Stage::Copies => ("copies", "statements"),
                Stage::Search => ("searching", "blocks"),
                Stage::Judge => ("judging", "pairs"),
                Stage::Group => ("grouping", "pairs"),
            };
            if let Ok(mut bars) = bars.lock() {
                let bar = bars.entry(name).or_insert_with(|| {
                    let bar = context.progress.bar(total as u64, what);
                    bar.set_message(name);
                    bar
                });
                bar.inc(more as u64);
                if bar.position() >= total as u64 {
                    bar.finish_and_clear();
                }
            }
        })?;
        if let Ok(bars) = bars.lock() {
            bars.values()
                .for_each(indicatif::ProgressBar::finish_and_clear);
        }
        Ok(out)
    })?;
    let paired_earlier: HashSet<&str> = found
        .pairs
        .iter()
        .flat_map(|p| [p.a.as_str(), p.b.as_str()])
        .collect();
    let mut analysis = Analysis {
        schema: SCHEMA,
        setup,
        blocs: sides.bloc_records(),
        documents,
        statements: all
            .into_iter()
            .enumerate()
            .filter(|(i, s)| *i >= count || paired_earlier.contains(s.id.as_str()))
            .map(|(_, s)| s)
            .collect(),
        pairs: found.pairs,
        issues: found.issues,
        unanswered: found.unanswered,
        copies: found.copies,
        rejected,
    };
    timings.time("explain", || {
        explain(&mut analysis, &mut state, &model, &sides.names(), context)
    })?;
    timings.time("report", || {
        report::write_all(&analysis, &args.out, &formats)
    })?;
    let record = json!({
        "schema": SCHEMA,
        "version": env!("CARGO_PKG_VERSION"),
        "commit": env!("STANDOFF_COMMIT"),
        "started": started.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "finished": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "seconds": round(clock.elapsed().as_secs_f64()),
        "settings": {
            "min_confidence": floor,
            "precision": context.settings.run.precision.name(),
            "threads": context.settings.run.threads,
            "batch_tokens": context.settings.run.batch_tokens,
            "window_days": args.window,
            "no_contrast": args.no_contrast,
            "keep_boilerplate": args.keep_boilerplate,
            "any_language": args.any_language,
            "formats": formats.iter().map(|f| f.name()).collect::<Vec<_>>(),
            "resume": args.resume,
        },
        "model": { "name": model.file.name, "hash": model.hash() },
        "sides": { "name": sides.name, "hash": sides.hash },
        "inputs": inputs,
        "counts": counts(&analysis, reused),
        "timings": timings.0.iter().map(|(k, v)| ((*k).to_string(), json!(round(*v)))).collect::<serde_json::Map<_, _>>(),
        "rejected": analysis.rejected,
    });
    let text = serde_json::to_string_pretty(&record).map_err(|e| Error::Other(e.to_string()))?;
    crate::home::write_whole(&args.out.join("run.json"), format!("{text}\n").as_bytes())?;
    for r in &analysis.rejected {
        context
            .progress
            .warn(format!("rejected {}: {}", r.source, r.error));
    }
    summary(&analysis, &args.out, context)?;
    Ok(if analysis.rejected.is_empty() { 0 } else { 3 })
}

fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Refuses a folder with results, or clears it, as asked.
fn prepare(args: &AnalyzeArgs) -> Result<()> {
    let out = &args.out;
    std::fs::create_dir_all(out).map_err(|e| Error::io(out, e))?;
    let finished = out.join("run.json");
    let begun = out.join(state::FILE);
    if args.force {
        for path in [&finished, &begun] {
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io(path, e))
                }
                _ => {}
            }
        }
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(out.join(format!("{}{suffix}", state::FILE)));
        }
    } else if !args.resume && (finished.exists() || begun.exists()) {
        return Err(Error::Usage(format!(
            "--out {}: holds results of an earlier run; --resume goes on with it (only what is new is computed), --force begins anew",
            out.display()
        )));
    }
    Ok(())
}

fn setup_key(setup: &Setup, args: &AnalyzeArgs) -> String {
    format!(
        "{}/{}/{}/{}/{}/{}/{}",
        setup.version,
        setup.model_hash,
        setup.sides_hash,
        setup.precision,
        setup.min_confidence,
        args.keep_boilerplate,
        args.any_language
    )
}

/// Set when the user asks to stop (Ctrl-C, or a polite kill).
fn stop_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = flag.clone();
    let _ = ctrlc::set_handler(move || {
        if set.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    flag
}

struct Run<'a> {
    args: &'a AnalyzeArgs,
    context: &'a Context,
    state: &'a mut State,
    /// Loaded when a document is met that the state does not know.
    pipeline: Lazy<'a, Pipeline>,
    setup_key: String,
    documents: Vec<DocumentRecord>,
    statements: Vec<StatementRecord>,
    rejected: Vec<Rejected>,
    inputs: Vec<Value>,
    /// Documents taken from the state.
    reused: usize,
    /// Prepare documents: segmentation and attribution.
    workers: &'a rayon::ThreadPool,
    stop: Arc<AtomicBool>,
}

/// A document cut into statements, waiting to be classified or already known.
struct Prepared {
    record: DocumentRecord,
    key: [u8; 32],
    known: Option<Vec<StatementRecord>>,
    statements: Vec<Statement>,
    spans: Vec<crate::document::Span>,
    attributions: Vec<crate::attribute::Attribution>,
}

impl Run<'_> {
    fn read(&mut self, sources: &[input::Source], options: &input::Options) -> Result<()> {
        let bar = self.context.progress.counter("statements");
        bar.set_message("classifying");
        let mut ids = input::Ids::default();
        let mut waiting: Vec<Document> = Vec::new();
        let mut bytes = 0;
        for source in sources {
            if source.is_classified() {
                for row in source.classified(options) {
                    match row {
                        Ok(s) => self.statements.push(s),
                        Err(r) => self.rejected.push(r),
                    }
                }
                continue;
            }
            for document in source.documents(options) {
                match document {
                    Ok(mut d) => {
                        ids.admit(&mut d);
                        self.inputs
                            .push(json!({"source": d.source, "hash": d.hash}));
                        bytes += d.text.len();
                        waiting.push(d);
                    }
                    Err(r) => self.rejected.push(r),
                }
                if bytes > CHUNK * 160 {
                    self.chunk(std::mem::take(&mut waiting), &bar)?;
                    bytes = 0;
                }
            }
        }
        self.chunk(waiting, &bar)?;
        bar.finish_and_clear();
        self.rejected.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(())
    }

    fn chunk(&mut self, documents: Vec<Document>, bar: &indicatif::ProgressBar) -> Result<()> {
        use rayon::prelude::*;
        if self.stop.load(Ordering::SeqCst) {
            return Err(Error::Other(format!(
                "stopped; what was finished is kept: run again with --resume --out {}",
                self.args.out.display()
            )));
        }
        let mut work: Vec<(Document, Option<Vec<StatementRecord>>)> = Vec::new();
        for d in documents {
            let key = key(&[&d.id, &d.hash, &self.setup_key]);
            let known = self.state.get(Kind::Document, &key)?;
            work.push((d, known.and_then(|bytes| unpack(&bytes))));
        }
        if work.iter().any(|(_, known)| known.is_none()) {
            // Before the workers ask for it, so that one loads it.
            self.pipeline.get()?;
        }
        let (pipeline, args, setup_key) = (&self.pipeline, self.args, &self.setup_key);
        let mut prepared: Vec<Prepared> = self.workers.install(|| {
            work.into_par_iter()
                .map(|(d, known)| prepare_document(d, known, pipeline, args, setup_key))
                .collect::<Result<_>>()
        })?;
        let fresh: Vec<Statement> = prepared
            .iter_mut()
            .filter(|p| p.known.is_none())
            .flat_map(|p| std::mem::take(&mut p.statements))
            .collect();
        let attributions = prepared
            .iter_mut()
            .filter(|p| p.known.is_none())
            .flat_map(|p| std::mem::take(&mut p.attributions))
            .collect();
        let mut records = if fresh.is_empty() {
            Vec::new()
        } else {
            let pipeline = self.pipeline.get()?;
            pipeline.attributed(&fresh, attributions, &|n| bar.inc(n as u64))?
        }
        .into_iter();
        let mut keep: Vec<([u8; 32], Vec<u8>)> = Vec::new();
        for p in prepared {
            let statements = match p.known {
                Some(known) => {
                    self.reused += 1;
                    bar.inc(known.len() as u64);
                    known
                }
                None => {
                    let list: Vec<StatementRecord> = p
                        .spans
                        .iter()
                        .filter_map(|span| {
                            let mut r = records.next()?;
                            r.document = Some(p.record.id.clone());
                            r.title.clone_from(&p.record.title);
                            r.url.clone_from(&p.record.url);
                            r.outlet.clone_from(&p.record.outlet);
                            r.span = Some(*span);
                            Some(r)
                        })
                        .collect();
                    keep.push((p.key, pack(&list)?));
                    list
                }
            };
            self.documents.push(p.record);
            self.statements.extend(statements);
        }
        self.state.put(
            Kind::Document,
            keep.iter().map(|(k, v)| (&k[..], v.as_slice())),
        )
    }
}

fn pack<T: serde::Serialize>(value: &T) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(value).map_err(|e| Error::Other(e.to_string()))?;
    zstd::encode_all(&json[..], 1).map_err(|e| Error::Other(e.to_string()))
}

fn unpack<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let json = zstd::decode_all(bytes).ok()?;
    serde_json::from_slice(&json).ok()
}

fn prepare_document(
    d: Document,
    known: Option<Vec<StatementRecord>>,
    pipeline: &Lazy<Pipeline>,
    args: &AnalyzeArgs,
    setup_key: &str,
) -> Result<Prepared> {
    let segments = segment(
        &d,
        &SegmentOptions {
            filter_boilerplate: !args.keep_boilerplate,
            detect_language: true,
        },
    );
    let kept: Vec<_> = segments.iter().filter(|s| s.filtered.is_none()).collect();
    let mut statements = Vec::new();
    let mut attributions = Vec::new();
    if known.is_none() {
        let texts: Vec<&str> = kept
            .iter()
            .map(|s| s.span.of(&d.text).unwrap_or_default())
            .collect();
        let ordered = d.layout != crate::document::Layout::Dump;
        attributions =
            pipeline
                .get()?
                .attributor()
                .document(&texts, d.date, ordered, d.title.as_deref());
        statements = kept
            .iter()
            .zip(&texts)
            .map(|(s, text)| Statement {
                id: format!("{}:{}-{}", d.id, s.span.start, s.span.end),
                text: (*text).to_string(),
                date: d.date,
                document: None,
                language: s.language.clone(),
                outlet: d.outlet.clone(),
                extra: serde_json::Map::new(),
            })
            .collect();
    }
    Ok(Prepared {
        key: key(&[&d.id, &d.hash, setup_key]),
        known,
        statements,
        spans: kept.iter().map(|s| s.span).collect(),
        attributions,
        record: DocumentRecord {
            filtered: segments
                .iter()
                .filter_map(|s| {
                    Some(FilteredRecord {
                        span: s.span,
                        reason: s.filtered?,
                    })
                })
                .collect(),
            id: d.id,
            source: d.source,
            title: d.title,
            date: d.date,
            url: d.url,
            outlet: d.outlet,
            layout: d.layout,
            text: d.text,
        },
    })
}

struct Cached<'a> {
    state: &'a mut State,
    context: &'a Context,
    model_key: String,
    /// Numbers in an embedding.
    width: usize,
}

impl Cached<'_> {
    /// Embeddings of texts, row-major; the same text is computed once.
    fn embeddings(
        self,
        texts: &[&str],
        load: impl FnOnce() -> Result<Embedder>,
    ) -> Result<Vec<f32>> {
        let keys: Vec<[u8; 32]> = texts.iter().map(|t| key(&[t, &self.model_key])).collect();
        let mut rows: std::collections::HashMap<[u8; 32], Vec<f32>> =
            std::collections::HashMap::new();
        let mut missing: Vec<usize> = Vec::new();
        let mut asked: HashSet<[u8; 32]> = HashSet::new();
        for (i, k) in keys.iter().enumerate() {
            if !asked.insert(*k) {
                continue;
            }
            match self.state.get(Kind::Embedding, k)? {
                Some(bytes) if bytes.len() == self.width * 4 => {
                    let row = bytes
                        .chunks_exact(4)
                        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                        .collect();
                    rows.insert(*k, row);
                }
                _ => missing.push(i),
            }
        }
        if !missing.is_empty() {
            let embedder = load()?;
            let bar = self
                .context
                .progress
                .bar(missing.len() as u64, "statements");
            bar.set_message("embedding");
            for part in missing.chunks(4 * CHUNK) {
                let list: Vec<&str> = part.iter().map(|&i| texts[i]).collect();
                let vectors = embedder.embed(&list, &|n| bar.inc(n as u64))?;
                let bytes: Vec<Vec<u8>> = vectors
                    .iter()
                    .map(|v| v.iter().flat_map(|x| x.to_le_bytes()).collect())
                    .collect();
                self.state.put(
                    Kind::Embedding,
                    part.iter()
                        .zip(&bytes)
                        .map(|(&i, b)| (&keys[i][..], b.as_slice())),
                )?;
                rows.extend(part.iter().map(|&i| keys[i]).zip(vectors));
            }
            bar.finish_and_clear();
        }
        Ok(keys.iter().flat_map(|k| rows[k].iter().copied()).collect())
    }
}

/// Pairs whose first reading gives `opposed` less are not read again: they would seldom
/// reach [`contrast::Options::min_opposed`] (see docs/contrast.md).
const SCREEN: f64 = 0.1;

/// The relation model behind the state: a pair that was judged before is not judged again.
struct CachedJudge<'a> {
    state: std::sync::Mutex<&'a mut State>,
    model_key: String,
    relater: Lazy<'a, Relater>,
}

impl Judge for CachedJudge<'_> {
    fn judge(
        &self,
        pairs: &[(&str, &str)],
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<[f64; 3]>> {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let keys: Vec<[u8; 32]> = pairs
            .iter()
            .map(|(a, b)| {
                let (x, y) = if a <= b { (a, b) } else { (b, a) };
                key(&[x, y, &self.model_key])
            })
            .collect();
        let mut out: Vec<Option<[f64; 3]>> = Vec::with_capacity(pairs.len());
        for k in &keys {
            out.push(state.get(Kind::Relation, k)?.and_then(|b| {
                let v: Vec<f64> = b
                    .chunks_exact(8)
                    .filter_map(|c| Some(f64::from_le_bytes(c.try_into().ok()?)))
                    .collect();
                v.try_into().ok()
            }));
        }
        let missing: Vec<usize> = (0..pairs.len()).filter(|&i| out[i].is_none()).collect();
        done(pairs.len() - missing.len());
        if !missing.is_empty() {
            let relater = self.relater.get()?;
            for part in missing.chunks(CHUNK) {
                let list: Vec<(&str, &str)> = part.iter().map(|&i| pairs[i]).collect();
                let judged = relater.screen(&list, SCREEN, &|_| {})?;
                let mut bytes = Vec::with_capacity(part.len());
                for (&i, p) in part.iter().zip(&judged) {
                    let p = [p[0], p[1], p[2]];
                    out[i] = Some(p);
                    bytes.push(p.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
                }
                state.put(
                    Kind::Relation,
                    part.iter()
                        .zip(&bytes)
                        .map(|(&i, b)| (&keys[i][..], b.as_slice())),
                )?;
                done(part.len());
            }
        }
        out.into_iter()
            .map(|p| p.ok_or_else(|| Error::Model("a judgement is missing".into())))
            .collect()
    }
}

/// Adds the deciding words to the statements of the best pairs.
fn explain(
    analysis: &mut Analysis,
    state: &mut State,
    model: &crate::model::Model,
    names: &crate::labels::SideNames,
    context: &Context,
) -> Result<()> {
    let mut wanted: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for id in analysis
        .pairs
        .iter()
        .flat_map(|p| [p.a.as_str(), p.b.as_str()])
    {
        if wanted.len() < EXPLAINED && seen.insert(id) {
            wanted.push(id);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let wanted: HashSet<String> = wanted.into_iter().map(str::to_string).collect();
    let bar = context.progress.bar(wanted.len() as u64, "statements");
    bar.set_message("explaining");
    let mut explainer: Option<Explainer> = None;
    for s in &mut analysis.statements {
        if !wanted.contains(&s.id) {
            continue;
        }
        let shown = serde_json::to_string(&(&s.text, &s.speaker, &s.mentions, &s.side, &s.stance))
            .map_err(|e| Error::Other(e.to_string()))?;
        let k = key(&[&shown, &model.hash()]);
        let known: Option<Explanation> = state
            .get(Kind::Explanation, &k)?
            .and_then(|b| serde_json::from_slice(&b).ok());
        let e = match known {
            Some(e) => e,
            None => {
                if explainer.is_none() {
                    explainer = Some(Explainer::load(model, names.clone())?);
                }
                let e = match &explainer {
                    Some(x) => x.explain(s)?,
                    None => continue,
                };
                let bytes = serde_json::to_vec(&e).map_err(|e| Error::Other(e.to_string()))?;
                state.put(Kind::Explanation, [(&k[..], &bytes[..])].into_iter())?;
                e
            }
        };
        s.explanation = Some(e);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn counts(a: &Analysis, reused: usize) -> Value {
    json!({
        "documents": a.documents.len(),
        "documents_reused": reused,
        "statements": a.statements.len(),
        "filtered": a.documents.iter().map(|d| d.filtered.len()).sum::<usize>(),
        "rejected": a.rejected.len(),
        "abstained": a.statements.iter().filter(|s| s.abstained).count(),
        "truncated": a.statements.iter().filter(|s| s.truncated).count(),
        "pairs": a.pairs.len(),
        "issues": a.issues.len(),
        "copies": a.copies.iter().map(|c| c.copies.len()).sum::<usize>(),
    })
}

/// The summary on the terminal: stdout carries data only, so it goes to stderr.
pub fn summary(analysis: &Analysis, out: &Path, context: &Context) -> Result<()> {
    if context.settings.quiet {
        return Ok(());
    }
    let terminal = std::io::stderr().is_terminal();
    let width =
        terminal_size::terminal_size_of(std::io::stderr()).map_or(100, |(w, _)| usize::from(w.0));
    let text = report::terminal(analysis, width, context.settings.color.on(terminal));
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}\nReports: {}", out.display());
    Ok(())
}
