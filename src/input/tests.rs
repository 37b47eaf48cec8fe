use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::document::Layout;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn put(dir: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

fn read_with(path: &Path, opts: &Options) -> (Vec<Document>, Vec<Rejected>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for source in sources(&[path.to_path_buf()], opts).unwrap() {
        for item in source.documents(opts) {
            match item {
                Ok(d) => good.push(d),
                Err(r) => bad.push(r),
            }
        }
    }
    (good, bad)
}

fn read(path: &Path) -> (Vec<Document>, Vec<Rejected>) {
    read_with(path, &Options::default())
}

/// The only rejection of a file without any document.
fn refusal(path: &Path) -> String {
    let (good, bad) = read(path);
    assert!(good.is_empty(), "{good:?}");
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert!(bad[0]
        .source
        .contains(path.file_name().unwrap().to_str().unwrap()));
    bad[0].error.clone()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    e.write_all(content).unwrap();
    e.finish().unwrap()
}

const DUMP: &str = "Talks go on\n20220215\nhttps://www.example.org/a\nThe talks go on. So does the war.\n“No,” he said.\n";

#[test]
fn folders_are_walked_in_order_and_hidden_files_left_out() {
    let dir = folder();
    put(dir.path(), "b.txt", DUMP);
    put(dir.path(), "a/z.txt", DUMP);
    put(dir.path(), "a/.hidden.txt", DUMP);
    put(dir.path(), ".git/x.txt", DUMP);
    put(dir.path(), "picture.png", b"\x89PNG");
    put(
        dir.path(),
        "c.jsonl",
        "{\"text\":\"One.\"}\n{\"id\":\"own\",\"text\":\"Two.\"}\n",
    );
    let (good, bad) = read(dir.path());
    let ids: Vec<_> = good.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["a/z.txt", "b.txt", "c.jsonl:1", "own"]);
    assert!(bad.is_empty());
    assert_eq!(good[0].layout, Layout::Dump);
    assert_eq!(good[0].outlet.as_deref(), Some("example.org"));
    assert_eq!(good[0].hash, good[1].hash);
    assert!(good[2].source.ends_with("c.jsonl:1"));
}

#[test]
fn a_file_named_twice_is_read_once() {
    let dir = folder();
    let file = put(dir.path(), "b.txt", DUMP);
    let all = sources(&[dir.path().to_path_buf(), file], &Options::default()).unwrap();
    assert_eq!(all.len(), 1);
}

#[test]
fn missing_inputs_and_empty_folders_are_errors() {
    let dir = folder();
    let e = sources(&[dir.path().join("none.txt")], &Options::default()).unwrap_err();
    assert!(e.to_string().contains("check the path"), "{e}");
    put(dir.path(), "x.png", "x");
    let e = sources(&[dir.path().to_path_buf()], &Options::default()).unwrap_err();
    assert!(
        e.to_string().contains("no file to read") && e.to_string().contains("1 with other endings"),
        "{e}"
    );
}

#[cfg(unix)]
#[test]
fn link_loops_and_unreadable_files_are_rejected_alone() {
    use std::os::unix::fs::{symlink, PermissionsExt};
    let dir = folder();
    put(dir.path(), "a.txt", DUMP);
    fs::create_dir(dir.path().join("sub")).unwrap();
    symlink(dir.path(), dir.path().join("sub/loop")).unwrap();
    symlink("nowhere", dir.path().join("dead.txt")).unwrap();
    let locked = put(dir.path(), "locked.txt", DUMP);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let readable_anyway = fs::File::open(&locked).is_ok(); // as root
    let (good, bad) = read(dir.path());
    assert_eq!(good.len(), 1 + usize::from(readable_anyway));
    let errors: String = bad
        .iter()
        .map(|r| format!("{}: {}\n", r.source, r.error))
        .collect();
    assert!(errors.contains("leads back"), "{errors}");
    assert!(errors.contains("dead.txt"), "{errors}");
    assert!(
        readable_anyway || errors.contains("check the permissions"),
        "{errors}"
    );
}

#[test]
fn bad_files_are_refused_with_a_remedy() {
    let dir = folder();
    let d = dir.path();
    assert!(refusal(&put(d, "empty.txt", "")).contains("empty"));
    assert!(refusal(&put(d, "blank.txt", "\n".repeat(1_000_000))).contains("blank lines"));
    assert!(refusal(&put(d, "blank.jsonl", "\n".repeat(1_000_000))).contains("empty"));
    assert!(refusal(&put(d, "head.csv", "id,text\n")).contains("no rows"));
    assert!(refusal(&put(d, "binary.txt", [0u8, 159, 146, 150, 0, 1, 2])).contains("UTF-8"));
    assert!(refusal(&put(d, "a.pdf.txt", "%PDF-1.7")).contains("PDF"));
    assert!(refusal(&put(d, "bad.json", "{\"text\":")).contains("not valid JSON"));
    assert!(refusal(&put(d, "run.json", "{\"schema\":1}")).contains("`text`"));
    assert!(refusal(&put(d, "bad.parquet", "PAR1 but not really PAR1")).contains("damaged"));
    assert!(refusal(&put(d, "no.csv", "a,b\n1,2\n")).contains("no column `text` (found: a, b)"));
    assert!(refusal(&put(d, "date.txt", "T\n20221399\nhttps://x.org/a\nOne.")).contains("YYYY"));
    assert!(refusal(&put(d, "head.txt", "T\n20220215\nhttps://x.org/a\n")).contains("no text"));
    assert!(refusal(&put(
        d,
        "cut.txt.gz",
        &gzip(DUMP.repeat(50).as_bytes())[..40]
    ))
    .contains("damaged"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refusal(&put(d, "deep.json", deep)).contains("not valid JSON"));
}

#[test]
fn a_file_without_title_or_date_is_read_and_noticed() {
    let dir = folder();
    let (good, bad) = read(&put(
        dir.path(),
        "x.txt",
        "The talks went on. Nobody won.\n",
    ));
    assert!(bad.is_empty());
    assert_eq!((good[0].title.as_deref(), good[0].date), (None, None));
    let all = notices(&good[0]).join("\n");
    assert!(all.contains("no date") && all.contains("no title") && all.contains("x.txt"));
}

#[test]
fn a_line_of_five_megabytes() {
    let dir = folder();
    let line = "word ".repeat(1_000_000);
    let (good, _) = read(&put(dir.path(), "x.txt", &line));
    assert_eq!(good[0].text.len(), line.len());
    let (good, _) = read(&put(
        dir.path(),
        "x.jsonl",
        format!("{{\"text\":\"{line}\"}}"),
    ));
    assert_eq!(good[0].text.len(), line.len());
}

#[test]
fn one_bad_record_does_not_stop_the_rest() {
    let dir = folder();
    let lines = "{\"text\":\"One.\"}\n\nnonsense\n[1]\n{\"text\":\"Two.\",\"date\":\"soon\"}\r\n{\"text\":\"\"}\n{\"text\":\"Six.\"}";
    let (good, bad) = read(&put(dir.path(), "x.jsonl", lines));
    assert_eq!(good.len(), 2);
    assert_eq!(good[1].id, "x.jsonl:7");
    let places: Vec<_> = bad
        .iter()
        .map(|r| r.source.rsplit(':').next().unwrap())
        .collect();
    assert_eq!(places, ["3", "4", "5", "6"]);

    let (good, bad) = read(&put(
        dir.path(),
        "x.csv",
        "id,Text,date\n1,\"One,\nand more\",2022-02-15\n2,Two\n3,Three,\n",
    ));
    assert_eq!(good.len(), 2);
    assert_eq!(good[0].text, "One,\nand more");
    assert_eq!(bad.len(), 1);
    assert!(
        bad[0].source.ends_with(":4") && bad[0].error.contains("header has 3"),
        "{bad:?}"
    );
}

#[test]
fn long_records_are_skipped_within_bounds() {
    let dir = folder();
    let opts = Options {
        max_record_bytes: 1000,
        max_file_bytes: 5000,
        ..Options::default()
    };
    let long = "x".repeat(200_000);
    let file = put(
        dir.path(),
        "x.jsonl",
        format!("{{\"text\":\"{long}\"}}\n{{\"text\":\"Two.\"}}\n"),
    );
    let (good, bad) = read_with(&file, &opts);
    assert_eq!((good.len(), bad.len()), (1, 1));
    assert!(bad[0].error.contains("limit of 1000 bytes"));
    let file = put(dir.path(), "x.csv", format!("text\nOne.\n\"{long}"));
    let (good, bad) = read_with(&file, &opts);
    assert!(good.len() <= 1);
    assert!(bad[0].error.contains("quotation mark"), "{bad:?}");
    let (_, bad) = read_with(&put(dir.path(), "x.txt", long), &opts);
    assert!(bad[0].error.contains("limit of 4 KiB"), "{bad:?}");
}

#[test]
fn compressed_files_and_bombs() {
    let dir = folder();
    let d = dir.path();
    let (good, _) = read(&put(d, "a.txt.gz", gzip(DUMP.as_bytes())));
    assert_eq!(good[0].title.as_deref(), Some("Talks go on"));
    let lines = b"{\"text\":\"One.\"}\n{\"text\":\"Two.\"}\n";
    let two = [gzip(lines), gzip(lines)].concat();
    assert_eq!(read(&put(d, "a.jsonl.gz", two)).0.len(), 4);
    assert_eq!(
        read(&put(
            d,
            "a.jsonl.zst",
            zstd::encode_all(&lines[..], 3).unwrap()
        ))
        .0
        .len(),
        2
    );

    let zeros = vec![b' '; 50 << 20];
    for (name, bomb) in [
        ("b.txt.gz", gzip(&zeros)),
        ("b.jsonl.gz", gzip(&zeros)),
        ("b.txt.zst", zstd::encode_all(&zeros[..], 3).unwrap()),
        ("b.csv.gz", gzip(&[b"text\n", &zeros[..]].concat())),
        ("b.parquet.gz", gzip(&[b"PAR1", &zeros[..]].concat())),
    ] {
        let (good, bad) = read(&put(d, name, bomb));
        assert!(good.is_empty());
        assert!(bad[0].error.contains("bomb"), "{name}: {bad:?}");
    }
    let opts = Options {
        max_decompressed_bytes: 100,
        ..Options::default()
    };
    let (_, bad) = read_with(&put(d, "c.txt.gz", gzip(DUMP.repeat(9).as_bytes())), &opts);
    assert!(bad[0].error.contains("limit of 100 bytes"), "{bad:?}");
}

#[test]
fn encodings_through_files() {
    let dir = folder();
    let utf16 = |s: &str| -> Vec<u8> {
        "\u{FEFF}"
            .encode_utf16()
            .chain(s.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    let crlf = DUMP.replace('\n', "\r\n");
    for (name, content) in [
        ("a.txt", utf16(DUMP)),
        ("b.txt", encoding_rs::WINDOWS_1252.encode(&crlf).0.to_vec()),
        ("c.txt", format!("\u{FEFF}{crlf}").into_bytes()),
    ] {
        let (good, bad) = read(&put(dir.path(), name, content));
        assert!(bad.is_empty(), "{bad:?}");
        assert!(
            good[0].text.contains("“No,” he said."),
            "{name}: {}",
            good[0].text
        );
        assert_eq!(good[0].title.as_deref(), Some("Talks go on"));
    }
    let (good, bad) = read(&put(
        dir.path(),
        "d.jsonl",
        utf16("{\"text\":\"Да.\"}\n{\"text\":\"Нет.\"}\n"),
    ));
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(good[1].text, "Нет.");
    let (good, bad) = read(&put(
        dir.path(),
        "e.csv",
        b"\xEF\xBB\xBFtext;title\nOne.;T\n",
    ));
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(
        (good[0].text.as_str(), good[0].title.as_deref()),
        ("One.", Some("T"))
    );
    let row = encoding_rs::WINDOWS_1252
        .encode("{\"text\":\"Café – “so”\"}")
        .0
        .to_vec();
    assert_eq!(
        read(&put(dir.path(), "f.jsonl", row)).0[0].text,
        "Café – “so”"
    );
}

#[test]
fn content_tells_the_format_of_other_endings() {
    let dir = folder();
    let d = dir.path();
    for (name, content, n) in [
        ("a.log", "{\"text\":\"One.\"}\n{\"text\":\"Two.\"}\n", 2),
        ("b.data", "{\n \"text\": \"One.\"\n}\n", 1),
        (
            "c.data",
            "[\n {\"text\": \"One.\"}, {\"text\": \"Two.\"}]",
            2,
        ),
        ("d.data", "id,text\n1,One.\n2,Two.\n3,Three.\n", 3),
        ("e", DUMP, 1),
        ("f.jsn", "[Music] It begins. It goes on.", 1),
    ] {
        let (good, bad) = read(&put(d, name, content));
        assert_eq!((good.len(), bad.len()), (n, 0), "{name}: {bad:?}");
    }
    let (good, _) = read(&put(
        d,
        "list.json",
        "{\"articles\":[{\"text\":\"One.\"},{\"statements\":[\"A.\",\"B.\"]}]}",
    ));
    assert_eq!(good[1].layout, Layout::Statements);
    assert_eq!(good[1].id, "list.json:2");
}

#[test]
fn parquet_rows() {
    use arrow::array::{ArrayRef, Date32Array, StringArray, TimestampMillisecondArray};
    use arrow::record_batch::RecordBatch;
    let dir = folder();
    let n = 200;
    let text: Vec<Option<String>> = (0..n)
        .map(|i| (i != 7).then(|| format!("Statement {i}.")))
        .collect();
    let batch = RecordBatch::try_from_iter([
        (
            "junk",
            Arc::new(StringArray::from(vec!["x"; n])) as ArrayRef,
        ),
        ("Title", Arc::new(StringArray::from(vec!["T"; n]))),
        ("body", Arc::new(StringArray::from(text))),
        ("date", Arc::new(Date32Array::from(vec![19038; n]))),
        (
            "time",
            Arc::new(TimestampMillisecondArray::from(vec![0; n])),
        ),
    ])
    .unwrap();
    let mut content = Vec::new();
    let mut w = parquet::arrow::ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    w.write(&batch).unwrap();
    w.close().unwrap();
    for (name, bytes) in [
        ("a.parquet", content.clone()),
        ("a.parquet.gz", gzip(&content)),
        ("a.bin", content.clone()),
    ] {
        let (good, bad) = read(&put(dir.path(), name, bytes));
        assert_eq!((good.len(), bad.len()), (n - 1, 1), "{name}: {bad:?}");
        assert!(bad[0].source.ends_with("row 8"));
        assert_eq!(good[0].date.unwrap().to_string(), "2022-02-15");
        assert_eq!(
            (good[9].text.as_str(), good[9].title.as_deref()),
            ("Statement 10.", Some("T"))
        );
    }
    // Damage anywhere must not panic.
    for at in (0..content.len()).step_by(7) {
        let mut broken = content.clone();
        broken[at] ^= 0x55;
        let _ = read(&put(dir.path(), "broken.parquet", broken));
    }
}

#[test]
fn ids_are_kept_apart() {
    let dir = folder();
    let (docs, _) = read(&put(
        dir.path(),
        "x.jsonl",
        "{\"id\":\"a\",\"text\":\"1.\"}\n{\"id\":\"a~2\",\"text\":\"2.\"}\n{\"id\":\"a\",\"text\":\"3.\"}\n{\"id\":\"a\",\"text\":\"4.\"}\n",
    ));
    let mut ids = Ids::default();
    let got: Vec<String> = docs
        .into_iter()
        .map(|mut d| {
            ids.admit(&mut d);
            d.id
        })
        .collect();
    assert_eq!(got, ["a", "a~2", "a~3", "a~4"]);
}

#[test]
fn classified_statements_are_recognised() {
    let dir = folder();
    let record = r#"{"schema":1,"id":"d:0-4","document":"d","text":"One.","side":{"label":"x","confidence":0.9,"scores":{"x":0.9,"y":0.1,"other":0.0}},"stance":{"label":"neutral","confidence":1.0,"scores":{"escalation":0.0,"de-escalation":0.0,"neutral":1.0}},"abstained":false,"truncated":false,"language":"en","speaker":null,"mentions":[],"extra":{}}"#;
    let error = r#"{"schema":1,"id":null,"line":1,"error":"no text"}"#;
    let newer = record.replace("\"schema\":1", "\"schema\":99");
    let file = put(
        dir.path(),
        "s.jsonl",
        format!("{error}\n{record}\n{{\"a\":1}}\n{newer}\n"),
    );
    assert!(is_classified(&file));
    let got: Vec<_> = classified(&file, &Options::default()).collect();
    assert_eq!(got.len(), 4);
    assert!(got[0]
        .as_ref()
        .unwrap_err()
        .error
        .contains("earlier run: no text"));
    assert_eq!(got[1].as_ref().unwrap().id, "d:0-4");
    assert!(got[3].as_ref().unwrap_err().error.contains("schema 99"));
    assert!(!is_classified(&put(
        dir.path(),
        "d.jsonl",
        "{\"text\":\"One.\",\"side\":\"x\",\"stance\":\"y\",\"schema\":1}"
    )));
    assert!(!is_classified(&put(dir.path(), "e.jsonl", "")));
    assert!(!is_classified(&dir.path().join("none")));
    let all = sources(&[file], &Options::default()).unwrap();
    assert!(all[0].is_classified());
    assert_eq!(all[0].classified(&Options::default()).count(), 4);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(200))]

    /// Whatever the bytes and the ending, reading ends and does not panic, and no document is blank.
    #[test]
    fn any_bytes_under_any_ending(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
        head in proptest::sample::select(vec!["", "PAR1", "\u{FEFF}", "{\"text\":", "id,text\n", "<html>", "T\n20220215\n", "---\ntitle: x\n"]),
        ending in proptest::sample::select(vec!["txt", "md", "json", "jsonl", "csv", "html", "parquet", "txt.gz", "bin"]),
    ) {
        let dir = folder();
        let file = put(dir.path(), &format!("x.{ending}"), [head.as_bytes(), &bytes].concat());
        let (good, bad) = read(&file);
        assert!(!good.is_empty() || !bad.is_empty());
        assert!(good.iter().all(|d| !d.text.trim().is_empty() && !d.id.is_empty()));
        assert!(bad.iter().all(|r| r.source.contains("x.") && !r.error.is_empty()));
    }
}
