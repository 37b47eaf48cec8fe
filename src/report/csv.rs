//! `pairs.csv`: a pair a row, made so that a spreadsheet shows text as text.
//!
//! Quoting follows RFC 4180 with line feeds between rows: text is always in
//! double quotes, a double quote inside is doubled, numbers are bare. A
//! spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a
//! carriage return as a formula or may come to; such a text gets an apostrophe
//! put before it.

use std::io::Write;

use super::{io, Reporter};
use crate::error::{Error, Result};
use crate::record::{Analysis, PairRecord, StatementRecord};

/// `pairs.csv`: a pair a row, best first.
pub struct PairsCsv;

/// Columns of `pairs.csv`; those of a statement appear for `a` and `b`.
const PAIR: [&str; 10] = [
    "issue",
    "issue_headline",
    "pair",
    "relation",
    "relation_confidence",
    "similarity",
    "score",
    "primary",
    "days_apart",
    "shared_terms",
];
const STATEMENT: [&str; 14] = [
    "id",
    "text",
    "side",
    "side_confidence",
    "stance",
    "stance_confidence",
    "abstained",
    "truncated",
    "speaker",
    "role",
    "date",
    "outlet",
    "title",
    "url",
];

impl Reporter for PairsCsv {
    fn file_name(&self) -> &str {
        "pairs.csv"
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        let mut csv = ::csv::WriterBuilder::new()
            .quote_style(::csv::QuoteStyle::NonNumeric)
            .from_writer(out);
        let mut header: Vec<String> = PAIR.iter().map(|c| c.to_string()).collect();
        for who in ["a", "b"] {
            header.extend(STATEMENT.iter().map(|c| format!("{who}_{c}")));
        }
        csv.write_record(&header).map_err(failed)?;
        let headlines: std::collections::HashMap<&str, &str> = analysis
            .issues
            .iter()
            .map(|i| (i.id.as_str(), i.headline.as_str()))
            .collect();
        for pair in analysis.pair_records() {
            let headline = headlines.get(pair.issue.as_str()).copied().unwrap_or("");
            csv.write_record(row(&pair, headline)).map_err(failed)?;
        }
        csv.flush().map_err(io)
    }
}

fn failed(e: ::csv::Error) -> Error {
    match e.into_kind() {
        ::csv::ErrorKind::Io(e) => io(e),
        e => Error::Other(format!("cannot be written as CSV: {e:?}")),
    }
}

fn row(p: &PairRecord, headline: &str) -> Vec<String> {
    let mut row = vec![
        safe(&p.issue),
        safe(headline),
        safe(&p.id),
        p.relation.label.name().to_string(),
        p.relation.confidence.to_string(),
        p.similarity.to_string(),
        p.score.to_string(),
        p.primary.to_string(),
        p.evidence
            .days_apart
            .map(|d| d.to_string())
            .unwrap_or_default(),
        safe(&p.evidence.terms.join(" ")),
    ];
    for s in [&p.a, &p.b] {
        row.extend(statement(s));
    }
    row
}

fn statement(s: &StatementRecord) -> [String; 14] {
    let text = |o: &Option<String>| o.as_deref().map(safe).unwrap_or_default();
    let speaker = s.speaker.as_ref();
    [
        safe(&s.id),
        safe(&s.text),
        safe(&s.side.label),
        s.side.confidence.to_string(),
        s.stance.label.name().to_string(),
        s.stance.confidence.to_string(),
        s.abstained.to_string(),
        s.truncated.to_string(),
        speaker.map(|p| safe(&p.name)).unwrap_or_default(),
        speaker.map(|p| text(&p.role)).unwrap_or_default(),
        s.date.map(|d| d.to_string()).unwrap_or_default(),
        text(&s.outlet),
        text(&s.title),
        text(&s.url),
    ]
}

/// Text with an apostrophe before it if a spreadsheet could take it for a
/// formula. Leading white space is looked through, since some programs drop it,
/// and so are the full-width forms of the four signs.
fn safe(text: &str) -> String {
    // NUL ends a cell in some programs and is refused by others.
    let text = text.replace('\0', "\u{fffd}");
    let first = text.trim_start_matches([' ', '\n', '\u{a0}', '\u{feff}']);
    if first.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_become_text() {
        for bad in ["=1+1", "+x", "-x", "@x", "\tx", "\rx", " =1", "\n=1", "＝1"] {
            assert!(safe(bad).starts_with('\''), "{bad:?}");
        }
        for good in ["Moscow said", "'quoted'", "2 - 1", ""] {
            assert_eq!(safe(good), good);
        }
    }

    proptest! {
        #[test]
        fn no_text_begins_as_a_formula(s in any::<String>()) {
            let t = safe(&s);
            prop_assert!(!t.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
