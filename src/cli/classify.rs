//! `standoff classify`: a filter from statements to records.

use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use serde_json::Value;

use super::stream::{filter, json, object, take_id, Bad, Line};
use super::Context;
use crate::classify::Explainer;
use crate::error::Result;
use crate::pipeline::{outlet_of, Pipeline, Statement};
use crate::segment;

/// Arguments of `standoff classify`.
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// JSONL files ({"id","text","date"?,"outlet"?}) or plain text, one sentence a line; stdin if none or `-`
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Add the words that weighed most for each label (slower; computed in fp32)
    #[arg(long)]
    pub explain: bool,
    /// Do not abstain on text that is not English
    #[arg(long)]
    pub any_language: bool,
}

/// Runs the command; gives the exit code.
pub fn run(args: ClassifyArgs, context: &Context) -> Result<u8> {
    let model = context.model()?;
    let sides = context.sides()?;
    let floor = context.settings.min_confidence.unwrap_or(0.0);
    let pipeline = Pipeline::load(&model, sides.clone(), &context.settings, floor)?
        .accept_other_languages(args.any_language);
    let explainer = args
        .explain
        .then(|| Explainer::load(&model, sides.names()))
        .transpose()?;
    filter(args.inputs, context, "statements", parse, |statements| {
        let mut records = pipeline.records(statements, &|_| {})?;
        if let Some(e) = &explainer {
            for r in &mut records {
                r.explanation = Some(e.explain(r)?);
            }
        }
        records.par_iter().map(json).collect()
    })
}

fn parse(line: &Line) -> std::result::Result<Statement, Bad> {
    let bad = |id: Option<String>, error: String| Bad {
        id,
        line: line.number,
        error,
    };
    let content = line.content.as_ref().map_err(|e| bad(None, e.clone()))?;
    if !content.trim_start().starts_with('{') {
        let text = content.trim().to_string();
        return Ok(Statement {
            id: line.number.to_string(),
            language: language(&text),
            text,
            ..Statement::default()
        });
    }
    let mut row = object(content).map_err(|e| bad(None, e))?;
    let id = take_id(&mut row, line.number);
    let text = match row.remove("text") {
        Some(Value::String(s)) if !s.trim().is_empty() => s,
        Some(Value::String(_)) => return Err(bad(Some(id), "the field `text` is empty".into())),
        Some(_) => return Err(bad(Some(id), "the field `text` is not a string".into())),
        None => return Err(bad(Some(id), "the field `text` is missing".into())),
    };
    let date = match row.remove("date") {
        None | Some(Value::Null) => None,
        Some(Value::String(s)) if s.trim().is_empty() => None,
        Some(Value::String(s)) => {
            Some(crate::input::parse_date(&s).map_err(|e| bad(Some(id.clone()), e))?)
        }
        Some(other) => {
            return Err(bad(
                Some(id),
                format!("the date {other} is not a string; write it as \"YYYY-MM-DD\""),
            ))
        }
    };
    let document = match row.remove("doc") {
        Some(Value::String(s)) => Some(s),
        Some(Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    };
    Ok(Statement {
        id,
        language: language(&text),
        text,
        date,
        document,
        outlet: outlet_of(&row).map(str::to_string),
        extra: row,
    })
}

fn language(text: &str) -> Option<String> {
    segment::language::detect(text).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(s: &str) -> Line {
        Line {
            number: 7,
            content: Ok(s.to_string()),
        }
    }

    #[test]
    fn known_fields_are_used_and_others_carried_through() {
        let s = parse(&line(
            r#"{"id":3,"text":"A b.","date":"2022-02-15","doc":"d","note":{"x":1}}"#,
        ))
        .unwrap();
        assert_eq!(s.id, "3");
        assert_eq!(s.document.as_deref(), Some("d"));
        assert_eq!(s.date.unwrap().to_string(), "2022-02-15");
        assert_eq!(s.extra.keys().collect::<Vec<_>>(), ["note"]);
        let s = parse(&line("Plain words.")).unwrap();
        assert_eq!((s.id.as_str(), s.text.as_str()), ("7", "Plain words."));
    }

    #[test]
    fn a_bad_record_says_why_and_keeps_its_id() {
        for (row, word) in [
            (r#"{"id":"x","text":""}"#, "empty"),
            (r#"{"id":"x","text":5}"#, "not a string"),
            (r#"{"id":"x"}"#, "missing"),
            (r#"{"id":"x","text":"a","date":"soon"}"#, "soon"),
        ] {
            let bad = parse(&line(row)).unwrap_err();
            assert!(bad.error.contains(word), "{}", bad.error);
            assert_eq!(bad.id.as_deref(), Some("x"));
        }
        assert!(parse(&line("{broken")).unwrap_err().id.is_none());
    }
}
