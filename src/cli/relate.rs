//! `standoff relate`: a filter from pairs to their relation.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value};

use super::stream::{filter, json, object, take_id, Bad, Line};
use super::Context;
use crate::classify::{Embedder, Relater};
use crate::error::Result;
use crate::record::{rounded, scored_relation, RelationRecord, SCHEMA};

/// Arguments of `standoff relate`.
#[derive(Debug, Args)]
pub struct RelateArgs {
    /// JSONL files ({"id","a","b"}); stdin if none or `-`
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
}

/// A pair to judge.
#[derive(Debug, Clone)]
pub struct PairInput {
    pub id: String,
    pub a: String,
    pub b: String,
    pub extra: Map<String, Value>,
}

/// Relation records for pairs.
pub fn records(
    pairs: &[PairInput],
    relater: &Relater,
    embedder: &Embedder,
) -> Result<Vec<RelationRecord>> {
    let texts: Vec<(&str, &str)> = pairs.iter().map(|p| (p.a.as_str(), p.b.as_str())).collect();
    let relations = relater.relate(&texts, &|_| {})?;
    let all: Vec<&str> = pairs
        .iter()
        .flat_map(|p| [p.a.as_str(), p.b.as_str()])
        .collect();
    let vectors = embedder.embed(&all, &|_| {})?;
    Ok(pairs
        .iter()
        .zip(relations)
        .zip(vectors.chunks_exact(2))
        .map(|((p, r), v)| RelationRecord {
            schema: SCHEMA,
            id: p.id.clone(),
            relation: scored_relation(&r),
            similarity: rounded(f64::from(crate::classify::head::dot(&v[0], &v[1]))),
            extra: p.extra.clone(),
        })
        .collect())
}

/// Runs the command; gives the exit code.
pub fn run(args: RelateArgs, context: &Context) -> Result<u8> {
    let model = context.model()?;
    let relater = Relater::load(&model, &context.settings.run)?;
    let embedder = Embedder::load(&model, &context.settings.run)?;
    filter(args.inputs, context, "pairs", parse, |pairs| {
        records(pairs, &relater, &embedder)?
            .iter()
            .map(json)
            .collect()
    })
}

fn parse(line: &Line) -> std::result::Result<PairInput, Bad> {
    let bad = |id: Option<String>, error: String| Bad {
        id,
        line: line.number,
        error,
    };
    let content = line.content.as_ref().map_err(|e| bad(None, e.clone()))?;
    let mut row = object(content).map_err(|e| bad(None, e))?;
    let id = take_id(&mut row, line.number);
    let mut text = |key: &str| match row.remove(key) {
        Some(Value::String(s)) if !s.trim().is_empty() => Ok(s),
        Some(_) => Err(bad(
            Some(id.clone()),
            format!("the field `{key}` is empty or not a string"),
        )),
        None => Err(bad(
            Some(id.clone()),
            format!("the field `{key}` is missing"),
        )),
    };
    let (a, b) = (text("a")?, text("b")?);
    Ok(PairInput {
        id,
        a,
        b,
        extra: row,
    })
}
