//! Reports of a made-up dispute: the same bytes each time, nothing from outside
//! escapes its cell, and what is written reads back.

mod report_sample;

use std::collections::BTreeMap;
use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use report_sample::{dispute, hostile, large};
use standoff::record::{Analysis, PairRecord, StatementRecord};
use standoff::report::{read, terminal, write_all, Format};

fn written(analysis: &Analysis, dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = write_all(analysis, dir, &Format::ALL).unwrap();
    assert_eq!(paths.len(), std::fs::read_dir(dir).unwrap().count());
    paths
        .iter()
        .map(|p| {
            let name = p.file_name().unwrap().to_str().unwrap().to_string();
            (name, std::fs::read(p).unwrap())
        })
        .collect()
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

#[test]
fn the_analysis_alone_gives_the_same_bytes_again() {
    for analysis in [dispute(), hostile(), large(300)] {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let once = written(&analysis, first.path());
        let back = read(first.path()).unwrap();
        assert_eq!(back, analysis);
        let again = written(&back, second.path());
        assert_eq!(
            once.keys().collect::<Vec<_>>(),
            again.keys().collect::<Vec<_>>()
        );
        for (name, bytes) in &once {
            assert!(bytes == &again[name], "{name} differs");
        }
    }
}

#[test]
fn the_default_files_are_those_that_are_promised() {
    let dir = tempfile::tempdir().unwrap();
    let paths = write_all(&dispute(), dir.path(), &Format::DEFAULT).unwrap();
    let names: Vec<_> = paths
        .iter()
        .map(|p| p.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "analysis.json",
            "statements.jsonl",
            "pairs.jsonl",
            "pairs.csv",
            "report.md",
            "report.html"
        ]
    );
}

#[test]
fn a_folder_without_a_run_and_a_broken_one_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let e = read(dir.path()).unwrap_err();
    assert_eq!(e.exit_code(), 2);
    assert!(e.to_string().contains("standoff analyze"), "{e}");
    std::fs::write(dir.path().join("analysis.json"), "{\"schema\":1}").unwrap();
    let e = read(dir.path()).unwrap_err().to_string();
    assert!(e.contains("analysis.json:1") && e.contains("again"), "{e}");
}

#[test]
fn json_lines_are_the_records() {
    let analysis = hostile();
    let dir = tempfile::tempdir().unwrap();
    let files = written(&analysis, dir.path());
    let statements: Vec<StatementRecord> = text(&files, "statements.jsonl")
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(statements, analysis.statements);
    let pairs: Vec<PairRecord> = text(&files, "pairs.jsonl")
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(pairs, analysis.pair_records().collect::<Vec<_>>());
}

#[test]
fn no_csv_cell_is_a_formula_and_every_text_reads_back() {
    let analysis = hostile();
    let dir = tempfile::tempdir().unwrap();
    let files = written(&analysis, dir.path());
    let mut csv = csv::Reader::from_reader(files["pairs.csv"].as_slice());
    let header = csv.headers().unwrap().clone();
    let column = |n: &str| header.iter().position(|h| h == n).unwrap();
    let rows: Vec<csv::StringRecord> = csv.records().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), analysis.pairs.len());
    for (row, pair) in rows.iter().zip(analysis.pair_records()) {
        for cell in row {
            let number = cell.parse::<f64>().is_ok();
            let first = cell.trim_start().chars().next().unwrap_or('x');
            assert!(number || !"=+-@\t\r".contains(first), "{cell}");
        }
        let shown = &row[column("a_text")];
        let plain = pair.a.text.replace('\0', "\u{fffd}");
        assert_eq!(
            shown
                .strip_prefix('\'')
                .filter(|_| !plain.starts_with('\''))
                .unwrap_or(shown),
            plain
        );
    }
}

#[test]
fn parquet_reads_back_with_the_same_texts() {
    let analysis = hostile();
    let dir = tempfile::tempdir().unwrap();
    let files = written(&analysis, dir.path());
    for (name, column, wanted) in [
        (
            "statements.parquet",
            "text",
            analysis
                .statements
                .iter()
                .map(|s| s.text.clone())
                .collect::<Vec<_>>(),
        ),
        (
            "pairs.parquet",
            "b_text",
            analysis.pair_records().map(|p| p.b.text).collect(),
        ),
    ] {
        let path = dir.path().join(name);
        assert_eq!(&files[name][..4], b"PAR1");
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
        let mut texts = vec![];
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let array = batch.column_by_name(column).unwrap();
            let array = array
                .as_any()
                .downcast_ref::<arrow::array::StringArray>()
                .unwrap();
            texts.extend(array.iter().map(|v| v.unwrap().to_string()));
        }
        assert_eq!(texts, wanted);
    }
}

#[test]
fn parquet_has_the_same_columns_for_every_run() {
    let columns = |analysis: &Analysis, name: &str| {
        let dir = tempfile::tempdir().unwrap();
        written(analysis, dir.path());
        let file = std::fs::File::open(dir.path().join(name)).unwrap();
        ParquetRecordBatchReaderBuilder::try_new(file)
            .unwrap()
            .schema()
            .fields()
            .clone()
    };
    let mut empty = dispute();
    (empty.statements, empty.pairs) = (vec![], vec![]);
    for name in ["statements.parquet", "pairs.parquet"] {
        assert_eq!(columns(&dispute(), name), columns(&hostile(), name));
        assert_eq!(columns(&dispute(), name), columns(&empty, name));
    }
}

#[test]
fn markdown_keeps_its_tables_and_lets_no_markup_in() {
    let dir = tempfile::tempdir().unwrap();
    let files = written(&hostile(), dir.path());
    let md = text(&files, "report.md");
    for tag in [
        "<script",
        "<img",
        "<iframe",
        "<a ",
        "<svg",
        "<style",
        "javascript:window.pwned=1)",
    ] {
        assert!(!md.contains(tag), "{tag}");
    }
    let mut columns = None;
    for line in md.lines() {
        if line.starts_with('|') {
            // Bars that no backslash escapes divide cells.
            let bars = line
                .match_indices('|')
                .filter(|(i, _)| *i == 0 || line.as_bytes()[i - 1] != b'\\')
                .count();
            assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        } else {
            columns = None;
        }
    }
    let files = written(&dispute(), tempfile::tempdir().unwrap().path());
    let md = text(&files, "report.md");
    assert!(md.contains("# Norland and The Coast League: opposing claims"));
    assert!(md.contains("[Northern Wire](<https://northern-wire.example/2031/05/03/drills>)"));
}

#[test]
fn the_page_allows_only_its_own_script_and_style() {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let loads = regex::Regex::new(r#"<[a-z]+\s[^>]*\b(src|srcset|data|poster)="#).unwrap();
    for analysis in [dispute(), hostile()] {
        let dir = tempfile::tempdir().unwrap();
        let page = text(&written(&analysis, dir.path()), "report.html");
        let between = |open: &str, close: &str| {
            let at = page.rfind(open).unwrap() + open.len();
            &page[at..at + page[at..].find(close).unwrap()]
        };
        let policy = html_escape::decode_html_entities(between(
            "Content-Security-Policy\" content=\"",
            "\">",
        ))
        .to_string();
        for (directive, content) in [
            ("script-src", between("<script>", "</script>")),
            ("style-src", between("<style>", "</style>")),
        ] {
            let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(content));
            assert!(
                policy.contains(&format!("{directive} 'sha256-{digest}'")),
                "{directive}"
            );
        }
        assert!(policy.starts_with("default-src 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("<style").count(), 1);
        assert!(!page.contains(" style=\""));
        let outside_data = &page[..page.find("<script").unwrap()];
        assert!(!loads.is_match(outside_data), "something is loaded");
    }
}

#[test]
fn the_terminal_summary_fits_and_obeys_nobody() {
    for analysis in [dispute(), hostile(), large(100)] {
        for width in [20, 40, 59, 60, 80, 100, 200] {
            let plain = terminal(&analysis, width, false);
            assert!(plain.ends_with('\n'));
            assert!(!plain.contains('\u{1b}') && !plain.contains('\u{202e}'));
            for line in plain.lines() {
                assert!(line.chars().count() <= width.max(20), "{width}: {line}");
            }
        }
    }
    let colored = terminal(&dispute(), 80, true);
    assert!(colored.contains('\u{1b}'));
    let plain = terminal(&dispute(), 100, false);
    assert!(
        plain.contains("Norland")
            && plain.contains("The Coast League")
            && plain.contains("opposed")
    );
}

#[test]
fn an_empty_analysis_gives_reports() {
    let mut a = dispute();
    a.documents.clear();
    a.statements.clear();
    a.pairs.clear();
    a.issues.clear();
    a.copies.clear();
    a.unanswered = Default::default();
    let dir = tempfile::tempdir().unwrap();
    let files = written(&a, dir.path());
    assert!(text(&files, "report.html").contains("No opposing claims were found"));
    assert!(text(&files, "report.md").contains("No opposing claims were found"));
    terminal(&a, 80, false);
}

#[test]
fn twenty_thousand_statements_stay_below_thirty_megabytes() {
    let dir = tempfile::tempdir().unwrap();
    let files = written(&large(20_000), dir.path());
    assert!(files["report.html"].len() < 30_000_000);
}
