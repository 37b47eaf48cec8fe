//! Parquet files: one document a row, columns as in CSV, a few rows at a time.

use std::fs::File;
use std::panic::{catch_unwind, AssertUnwindSafe};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Date64Type, Int32Type, Int64Type, TimeUnit};
use chrono::{DateTime, Days, NaiveDate};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::ProjectionMask;

use super::table::Columns;
use super::{bytes, rejected, Options};
use crate::document::Document;
use crate::record::Rejected;

/// Rows decoded at a time.
const BATCH: usize = 64;

const DAMAGED: &str = "the file is damaged or uses an encoding that is not supported; write it again with snappy, gzip or zstd";

/// The documents of a Parquet file.
pub struct Rows {
    reader: ParquetRecordBatchReader,
    columns: Columns,
    batch: Option<RecordBatch>,
    at: usize,
    row: usize,
    id: String,
    name: String,
    done: bool,
}

impl Rows {
    /// Reads the schema and checks the sizes that the file states.
    pub fn new(file: File, id: &str, name: &str, opts: &Options) -> Result<Self, Rejected> {
        let fail = |e: String| rejected(name, e);
        // The crate panics on some damaged files.
        let builder = catch_unwind(AssertUnwindSafe(|| {
            ParquetRecordBatchReaderBuilder::try_new(file)
        }))
        .map_err(|_| fail(DAMAGED.into()))?
        .map_err(|e| fail(format!("not a readable Parquet file ({e}); {DAMAGED}")))?;
        for group in builder.metadata().row_groups() {
            let plain = group.total_byte_size().max(0) as u64;
            if plain > opts.max_decompressed_bytes {
                return Err(fail(format!(
                    "a row group unpacks to more than the limit of {}; write it with smaller row groups",
                    bytes::size(opts.max_decompressed_bytes)
                )));
            }
        }
        let names: Vec<String> = builder
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        let columns = Columns::new(&names).map_err(fail)?;
        let wanted: Vec<usize> = columns.used().collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
        let mut kept: Vec<usize> = wanted;
        kept.sort_unstable();
        // Columns are numbered anew after the projection.
        let kept_names: Vec<&String> = kept.iter().map(|&i| &names[i]).collect();
        let columns = Columns::new(&kept_names).map_err(fail)?;
        let reader = builder
            .with_projection(mask)
            .with_batch_size(BATCH)
            .build()
            .map_err(|e| fail(format!("{e}; {DAMAGED}")))?;
        Ok(Rows {
            reader,
            columns,
            batch: None,
            at: 0,
            row: 0,
            id: id.into(),
            name: name.into(),
            done: false,
        })
    }

    fn stop(&mut self, error: String) -> Option<Result<Document, Rejected>> {
        self.done = true;
        Some(Err(rejected(
            format!("{}: after row {}", self.name, self.row),
            format!("{error}; the rows before were read"),
        )))
    }
}

impl Iterator for Rows {
    type Item = Result<Document, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            let Some(batch) = self.batch.as_ref().filter(|b| self.at < b.num_rows()) else {
                self.at = 0;
                let reader = &mut self.reader;
                match catch_unwind(AssertUnwindSafe(|| reader.next())) {
                    Err(_) => return self.stop(DAMAGED.into()),
                    Ok(Some(Err(e))) => return self.stop(format!("{e}; {DAMAGED}")),
                    Ok(Some(Ok(batch))) => self.batch = Some(batch),
                    Ok(None) => {
                        self.done = true;
                        if self.row == 0 {
                            return Some(Err(rejected(&*self.name, "empty: no rows in it")));
                        }
                    }
                }
                continue;
            };
            let at = self.at;
            self.at += 1;
            self.row += 1;
            let place = format!("{}: row {}", self.name, self.row);
            let fallback = format!("{}:{}", self.id, self.row);
            let document = self
                .columns
                .draft(|i| cell(batch.column(i), at))
                .and_then(|d| d.finish(&fallback, &place));
            return Some(document.map_err(|e| rejected(place, e)));
        }
        None
    }
}

/// A cell as text; dates and times as ISO dates. `None` for null and for types
/// that are neither text, number nor time.
fn cell(column: &ArrayRef, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    let iso = |d: Option<NaiveDate>| d.map(|d| d.to_string());
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().value(row).to_string()),
        DataType::LargeUtf8 => Some(column.as_string::<i64>().value(row).to_string()),
        DataType::Utf8View => Some(column.as_string_view().value(row).to_string()),
        DataType::Binary => {
            Some(String::from_utf8_lossy(column.as_binary::<i32>().value(row)).into_owned())
        }
        DataType::Int32 => Some(column.as_primitive::<Int32Type>().value(row).to_string()),
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().value(row).to_string()),
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().value(row);
            iso(
                NaiveDate::from_ymd_opt(1970, 1, 1).and_then(|d| match u64::try_from(days) {
                    Ok(n) => d.checked_add_days(Days::new(n)),
                    Err(_) => d.checked_sub_days(Days::new(days.unsigned_abs().into())),
                }),
            )
        }
        DataType::Date64 => iso(DateTime::from_timestamp_millis(
            column.as_primitive::<Date64Type>().value(row),
        )
        .map(|t| t.date_naive())),
        DataType::Timestamp(unit, _) => {
            let raw = timestamp(column, row, *unit)?;
            let t = match unit {
                TimeUnit::Second => DateTime::from_timestamp(raw, 0),
                TimeUnit::Millisecond => DateTime::from_timestamp_millis(raw),
                TimeUnit::Microsecond => DateTime::from_timestamp_micros(raw),
                TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(raw)),
            };
            iso(t.map(|t| t.date_naive()))
        }
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_any_dictionary_opt()?;
            let key = *dictionary.normalized_keys().get(row)?;
            cell(dictionary.values(), key)
        }
        _ => None,
    }
}

fn timestamp(column: &ArrayRef, row: usize, unit: TimeUnit) -> Option<i64> {
    use arrow::datatypes::{
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType,
    };
    Some(match unit {
        TimeUnit::Second => column.as_primitive_opt::<TimestampSecondType>()?.value(row),
        TimeUnit::Millisecond => column
            .as_primitive_opt::<TimestampMillisecondType>()?
            .value(row),
        TimeUnit::Microsecond => column
            .as_primitive_opt::<TimestampMicrosecondType>()?
            .value(row),
        TimeUnit::Nanosecond => column
            .as_primitive_opt::<TimestampNanosecondType>()?
            .value(row),
    })
}
