//! `statements.parquet` and `pairs.parquet`: the same records in columns, flat
//! where a record nests, for data tools. Texts are UTF-8, dates `date32`,
//! confidences `float64`; lists and maps that differ from record to record are
//! JSON texts. Columns are documented in `docs/report.md`.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, RecordBatch,
    StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::NaiveDate;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use super::{io, Reporter};
use crate::error::{Error, Result};
use crate::record::{Analysis, PairRecord, StatementRecord, SCHEMA};

/// `statements.parquet`: a statement a row, in document order.
pub struct StatementsParquet;

/// `pairs.parquet`: a pair a row with both statements, best first.
pub struct PairsParquet;

impl Reporter for StatementsParquet {
    fn file_name(&self) -> &str {
        "statements.parquet"
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        let mut columns = Columns::default();
        statements(&mut columns, "", analysis.statements.iter());
        columns.write(out)
    }
}

impl Reporter for PairsParquet {
    fn file_name(&self) -> &str {
        "pairs.parquet"
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        let pairs: Vec<PairRecord> = analysis.pair_records().collect();
        let mut columns = Columns::default();
        columns.text("id", pairs.iter().map(|p| Some(p.id.clone())));
        columns.text("issue", pairs.iter().map(|p| Some(p.issue.clone())));
        columns.text(
            "relation",
            pairs.iter().map(|p| Some(p.relation.label.name().into())),
        );
        columns.number(
            "relation_confidence",
            pairs.iter().map(|p| Some(p.relation.confidence)),
        );
        columns.json(
            "relation_scores",
            pairs.iter().map(|p| Some(&p.relation.scores)),
        );
        columns.number("similarity", pairs.iter().map(|p| Some(p.similarity)));
        columns.number("score", pairs.iter().map(|p| Some(p.score)));
        columns.truth("primary", pairs.iter().map(|p| p.primary));
        columns.whole("days_apart", pairs.iter().map(|p| p.evidence.days_apart));
        columns.json("evidence", pairs.iter().map(|p| Some(&p.evidence)));
        statements(&mut columns, "a_", pairs.iter().map(|p| &p.a));
        statements(&mut columns, "b_", pairs.iter().map(|p| &p.b));
        columns.write(out)
    }
}

fn statements<'a>(
    c: &mut Columns,
    prefix: &str,
    rows: impl Iterator<Item = &'a StatementRecord> + Clone,
) {
    let name = |n: &str| format!("{prefix}{n}");
    let speaker = |s: &'a StatementRecord| s.speaker.as_ref();
    c.text(&name("id"), rows.clone().map(|s| Some(s.id.clone())));
    c.text(&name("document"), rows.clone().map(|s| s.document.clone()));
    c.text(&name("title"), rows.clone().map(|s| s.title.clone()));
    c.date(&name("date"), rows.clone().map(|s| s.date));
    c.text(&name("url"), rows.clone().map(|s| s.url.clone()));
    c.text(&name("outlet"), rows.clone().map(|s| s.outlet.clone()));
    c.whole(
        &name("start"),
        rows.clone().map(|s| s.span.map(|p| p.start as i64)),
    );
    c.whole(
        &name("end"),
        rows.clone().map(|s| s.span.map(|p| p.end as i64)),
    );
    c.text(&name("text"), rows.clone().map(|s| Some(s.text.clone())));
    c.text(
        &name("side"),
        rows.clone().map(|s| Some(s.side.label.clone())),
    );
    c.number(
        &name("side_confidence"),
        rows.clone().map(|s| Some(s.side.confidence)),
    );
    c.json(
        &name("side_scores"),
        rows.clone().map(|s| Some(&s.side.scores)),
    );
    c.text(
        &name("stance"),
        rows.clone().map(|s| Some(s.stance.label.name().into())),
    );
    c.number(
        &name("stance_confidence"),
        rows.clone().map(|s| Some(s.stance.confidence)),
    );
    c.json(
        &name("stance_scores"),
        rows.clone().map(|s| Some(&s.stance.scores)),
    );
    c.truth(&name("abstained"), rows.clone().map(|s| s.abstained));
    c.truth(&name("truncated"), rows.clone().map(|s| s.truncated));
    c.text(&name("language"), rows.clone().map(|s| s.language.clone()));
    c.text(
        &name("speaker_name"),
        rows.clone().map(|s| speaker(s).map(|p| p.name.clone())),
    );
    c.text(
        &name("speaker_role"),
        rows.clone()
            .map(|s| speaker(s).and_then(|p| p.role.clone())),
    );
    c.text(
        &name("speaker_actor"),
        rows.clone()
            .map(|s| speaker(s).and_then(|p| p.actor.clone())),
    );
    c.text(
        &name("speaker_side"),
        rows.clone()
            .map(|s| speaker(s).and_then(|p| p.side.clone())),
    );
    c.json(&name("speaker"), rows.clone().map(speaker));
    c.json(&name("mentions"), rows.clone().map(|s| Some(&s.mentions)));
    c.json(
        &name("explanation"),
        rows.clone().map(|s| s.explanation.as_ref()),
    );
    c.json(
        &name("extra"),
        rows.map(|s| (!s.extra.is_empty()).then_some(&s.extra)),
    );
}

/// Columns as they are gathered.
#[derive(Default)]
struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
    /// The first value that could not be written.
    failed: Option<String>,
}

impl Columns {
    fn push(&mut self, name: &str, kind: DataType, array: ArrayRef) {
        self.fields.push(Field::new(
            name,
            kind,
            array.null_count() > 0 || nullable(name),
        ));
        self.arrays.push(array);
    }

    fn text(&mut self, name: &str, values: impl Iterator<Item = Option<String>>) {
        let mut b = StringBuilder::new();
        values.for_each(|v| b.append_option(v));
        self.push(name, DataType::Utf8, Arc::new(b.finish()));
    }

    /// A JSON text; null where there is nothing.
    fn json<'a, T: Serialize + 'a>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = Option<&'a T>>,
    ) {
        let mut b = StringBuilder::new();
        for v in values {
            match v.map(serde_json::to_string).transpose() {
                Ok(v) => b.append_option(v),
                Err(e) => {
                    self.failed.get_or_insert(format!("{name}: {e}"));
                    b.append_null();
                }
            }
        }
        self.push(name, DataType::Utf8, Arc::new(b.finish()));
    }

    fn number(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        let mut b = Float64Builder::new();
        values.for_each(|v| b.append_option(v));
        self.push(name, DataType::Float64, Arc::new(b.finish()));
    }

    fn whole(&mut self, name: &str, values: impl Iterator<Item = Option<i64>>) {
        let mut b = Int64Builder::new();
        values.for_each(|v| b.append_option(v));
        self.push(name, DataType::Int64, Arc::new(b.finish()));
    }

    fn truth(&mut self, name: &str, values: impl Iterator<Item = bool>) {
        let mut b = BooleanBuilder::new();
        values.for_each(|v| b.append_value(v));
        self.push(name, DataType::Boolean, Arc::new(b.finish()));
    }

    fn date(&mut self, name: &str, values: impl Iterator<Item = Option<NaiveDate>>) {
        let mut b = Date32Builder::new();
        let days = |d: NaiveDate| (d - NaiveDate::default()).num_days() as i32;
        values.for_each(|v| b.append_option(v.map(days)));
        self.push(name, DataType::Date32, Arc::new(b.finish()));
    }

    fn write(self, out: &mut dyn Write) -> Result<()> {
        let broken = |e: String| Error::Other(format!("cannot be written as Parquet: {e}"));
        if let Some(e) = self.failed {
            return Err(broken(e));
        }
        let metadata = [("standoff.schema".to_string(), SCHEMA.to_string())];
        let schema = Arc::new(Schema::new_with_metadata(self.fields, metadata.into()));
        let batch =
            RecordBatch::try_new(schema.clone(), self.arrays).map_err(|e| broken(e.to_string()))?;
        let level = ZstdLevel::try_new(3).map_err(|e| broken(e.to_string()))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_created_by("standoff".into())
            .build();
        // The writer wants to own what it writes to.
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties))
            .map_err(|e| broken(e.to_string()))?;
        writer.write(&batch).map_err(|e| broken(e.to_string()))?;
        writer.close().map_err(|e| broken(e.to_string()))?;
        out.write_all(&bytes).map_err(io)
    }
}

/// Columns that may hold nulls, so that the schema is the same for every run.
fn nullable(name: &str) -> bool {
    let name = name
        .strip_prefix("a_")
        .or(name.strip_prefix("b_"))
        .unwrap_or(name);
    matches!(
        name,
        "document"
            | "title"
            | "date"
            | "url"
            | "outlet"
            | "start"
            | "end"
            | "language"
            | "explanation"
            | "extra"
            | "days_apart"
    ) || name.starts_with("speaker")
}
