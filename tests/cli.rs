//! The program as a user runs it, with the shipped weights and real files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn standoff(args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_standoff"));
    // From a folder that is not the source tree: files are found all the same.
    c.args(args).current_dir(std::env::temp_dir());
    c
}

fn run(args: &[&str]) -> Output {
    standoff(args).output().expect("the program starts")
}

fn pipe(args: &[&str], input: &[u8]) -> Output {
    let mut child = standoff(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let out = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    out
}

fn lines(out: &Output) -> Vec<serde_json::Value> {
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).expect("a JSON line"))
        .collect()
}

fn err(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn path(p: &Path) -> &str {
    p.to_str().expect("a plain path")
}

#[test]
fn classify_gives_one_line_a_record_in_order_and_an_error_in_place_of_a_bad_one() {
    let input = concat!(
        "{\"id\":\"a\",\"text\":\"Lavrov said the West was fuelling the war.\",\"date\":\"2022-05-01\",\"x\":[1]}\n",
        "The alliance rejected the demands.\n",
        "{\"id\":\"c\"}\n",
        "\n",
        "{\"id\":\"d\",\"text\":\"Moscow denied that it plans to invade.\"}\n",
    );
    let out = pipe(&["classify"], input.as_bytes());
    assert_eq!(out.status.code(), Some(3), "{}", err(&out));
    let rows = lines(&out);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0]["id"], "a");
    assert_eq!(rows[0]["side"]["label"], "russian");
    assert_eq!(rows[0]["speaker"]["actor"], "sergey-lavrov");
    assert_eq!(rows[0]["extra"]["x"][0], 1);
    assert_eq!(rows[1]["id"], "2");
    assert_eq!(rows[2]["id"], "c");
    assert_eq!(rows[2]["line"], 3);
    assert!(rows[2]["error"]
        .as_str()
        .is_some_and(|e| e.contains("text")));
    assert_eq!(rows[3]["id"], "d");
    let sum: f64 = rows[3]["stance"]["scores"]
        .as_object()
        .expect("scores")
        .values()
        .filter_map(serde_json::Value::as_f64)
        .sum();
    assert!((sum - 1.0).abs() < 0.001);
}

/// Exactly the same bytes whatever the company, the order, the batch size and the threads.
#[test]
fn a_statement_gets_the_same_answer_alone_and_in_any_company() {
    let gold = std::fs::read_to_string(root().join("eval/gold/statements.jsonl")).expect("gold");
    let mut texts: Vec<String> = gold
        .lines()
        .take(120)
        .map(|l| {
            let row: serde_json::Value = serde_json::from_str(l).expect("JSON");
            serde_json::json!({"id": row["id"], "text": row["text"]}).to_string()
        })
        .collect();
    for precision in ["int8", "fp32"] {
        let all = pipe(
            &["classify", "--precision", precision, "-q"],
            texts.join("\n").as_bytes(),
        );
        assert!(all.status.success(), "{}", err(&all));
        let mut expected: Vec<String> = String::from_utf8_lossy(&all.stdout)
            .lines()
            .map(str::to_string)
            .collect();
        texts.reverse();
        expected.reverse();
        let reversed = pipe(
            &[
                "classify",
                "--precision",
                precision,
                "--batch-tokens",
                "100",
                "--threads",
                "1",
            ],
            texts.join("\n").as_bytes(),
        );
        let got: Vec<String> = String::from_utf8_lossy(&reversed.stdout)
            .lines()
            .map(str::to_string)
            .collect();
        assert_eq!(expected, got, "{precision}");
        let alone = pipe(&["classify", "--precision", precision], texts[7].as_bytes());
        assert_eq!(
            String::from_utf8_lossy(&alone.stdout).trim_end(),
            expected[7],
            "{precision}"
        );
        texts.reverse();
    }
}

#[test]
fn relate_is_symmetric_and_answers_in_order() {
    let input = concat!(
        "{\"id\":\"1\",\"a\":\"Moscow denied shelling the plant.\",\"b\":\"Kyiv said Russian troops shelled the plant.\"}\n",
        "{\"id\":\"2\",\"a\":\"Kyiv said Russian troops shelled the plant.\",\"b\":\"Moscow denied shelling the plant.\"}\n",
        "{\"id\":\"3\",\"a\":\"only one\"}\n",
    );
    let out = pipe(&["relate"], input.as_bytes());
    assert_eq!(out.status.code(), Some(3));
    let rows = lines(&out);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["relation"], rows[1]["relation"]);
    assert_eq!(rows[0]["similarity"], rows[1]["similarity"]);
    assert!(rows[2]["error"].as_str().is_some_and(|e| e.contains('b')));
}

#[test]
fn explanations_point_at_words_of_the_text() {
    let out = pipe(
        &["classify", "--explain"],
        "Stoltenberg warned that Russia keeps massing troops.".as_bytes(),
    );
    let rows = lines(&out);
    let text = rows[0]["text"].as_str().expect("text");
    let weights = rows[0]["explanation"]["stance"].as_array().expect("list");
    assert!(!weights.is_empty());
    for w in weights {
        let s = w["span"][0].as_u64().expect("start") as usize;
        let e = w["span"][1].as_u64().expect("end") as usize;
        assert!(text.get(s..e).is_some_and(|w| !w.is_empty()));
    }
}

#[test]
fn analyze_writes_all_reports_and_report_writes_the_same_bytes_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("run");
    let samples = root().join("eval/samples");
    let first = run(&["analyze", path(&samples), "--out", path(&out), "-q"]);
    assert!(first.status.success(), "{}", err(&first));
    let names = [
        "report.html",
        "report.md",
        "analysis.json",
        "statements.jsonl",
        "pairs.jsonl",
        "pairs.csv",
    ];
    let read = |folder: &Path, name: &str| std::fs::read(folder.join(name)).expect(name);
    let again = dir.path().join("again");
    let second = run(&["report", path(&out), "--out", path(&again), "-q"]);
    assert!(second.status.success(), "{}", err(&second));
    for name in names {
        assert_eq!(read(&out, name), read(&again, name), "{name}");
    }
    // The same input gives the same bytes; a finished run is not overwritten unasked.
    let refused = run(&["analyze", path(&samples), "--out", path(&out)]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("--resume"));
    let third = dir.path().join("third");
    run(&[
        "analyze",
        path(&samples),
        "--out",
        path(&third),
        "-q",
        "--threads",
        "1",
    ]);
    let resumed = run(&[
        "analyze",
        path(&samples),
        "--out",
        path(&out),
        "--resume",
        "-q",
    ]);
    assert!(resumed.status.success(), "{}", err(&resumed));
    for name in names {
        assert_eq!(read(&third, name), read(&out, name), "{name}");
    }
    let run_json: serde_json::Value =
        serde_json::from_slice(&read(&out, "run.json")).expect("run.json");
    assert_eq!(
        run_json["counts"]["documents"],
        run_json["counts"]["documents_reused"]
    );
    // Every statement slices back out of its document.
    let analysis: standoff::record::Analysis =
        serde_json::from_slice(&read(&out, "analysis.json")).expect("analysis.json");
    for s in &analysis.statements {
        let d = analysis
            .documents
            .iter()
            .find(|d| Some(&d.id) == s.document.as_ref())
            .expect("its document");
        assert_eq!(s.span.and_then(|x| x.of(&d.text)), Some(s.text.as_str()));
    }
    // Classified statements alone can be contrasted again.
    let only = dir.path().join("only");
    let fourth = run(&[
        "analyze",
        path(&out.join("statements.jsonl")),
        "--out",
        path(&only),
        "-q",
    ]);
    assert!(fourth.status.success(), "{}", err(&fourth));
    assert_eq!(read(&out, "pairs.csv"), read(&only, "pairs.csv"));
}

#[test]
fn bad_input_costs_itself_and_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let inputs = dir.path().join("in");
    std::fs::create_dir(&inputs).expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(inputs.join(name), bytes).expect(name);
    write("good.txt", b"Headline of the day\n20220215\nhttps://news.example/a\nMoscow denied that it plans to invade.\nThe alliance rejected the demands.\n");
    write("empty.txt", b"");
    write("binary.txt", &[0, 1, 2, 3, 0, 255, 254, 0, 0, 7]);
    write(
        "undated.txt",
        b"Kyiv said the shells came from the east. Donetsk said Ukraine fired first.",
    );
    let out = dir.path().join("out");
    let done = run(&["analyze", path(&inputs), "--out", path(&out), "-q"]);
    assert_eq!(done.status.code(), Some(3), "{}", err(&done));
    assert!(err(&done).contains("binary.txt"), "{}", err(&done));
    assert!(out.join("report.html").is_file());

    let nothing = dir.path().join("nothing");
    std::fs::create_dir(&nothing).expect("a folder");
    let e = run(&[
        "analyze",
        path(&nothing),
        "--out",
        path(&dir.path().join("o2")),
    ]);
    assert!(e.status.code().is_some_and(|c| c != 0), "{}", err(&e));
    assert!(err(&e).contains("nothing"), "{}", err(&e));

    let e = run(&["classify", "--model", "no-such-model"]);
    assert_eq!(e.status.code(), Some(2));
    assert!(err(&e).contains("no-such-model"));

    let sides = dir.path().join("sides.toml");
    std::fs::write(&sides, "schema = 1\nname = 5\n").expect("a file");
    let e = run(&["info", "--sides", path(&sides)]);
    assert_eq!(e.status.code(), Some(2), "{}", err(&e));
    assert!(err(&e).contains("sides.toml"), "{}", err(&e));

    let e = run(&["analyze", path(&inputs), "--out", "/proc/standoff"]);
    assert_eq!(e.status.code(), Some(1));
    assert!(err(&e).contains("/proc/standoff"));
}

#[test]
fn damaged_weights_are_noticed() {
    let dir = tempfile::tempdir().expect("a folder");
    let shipped = root().join("models").join(standoff::model::DEFAULT);
    for entry in std::fs::read_dir(&shipped).expect("the model") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), dir.path().join(entry.file_name())).expect("a copy");
    }
    let weights = dir.path().join("statements.safetensors");
    let mut bytes = std::fs::read(&weights).expect("weights");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(&weights, bytes).expect("weights");
    let e = pipe(&["classify", "--model", path(dir.path())], b"A sentence.\n");
    assert_eq!(e.status.code(), Some(1));
    assert!(err(&e).contains("damaged"), "{}", err(&e));
    assert!(e.stdout.is_empty());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = standoff(&["classify", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("piped");
    for _ in 0..200 {
        if stdin.write_all(b"Moscow denied it.\n").is_err() {
            break;
        }
    }
    drop(stdin);
    let out = child.wait_with_output().expect("the program ends");
    assert_eq!(out.status.code(), Some(0), "{}", err(&out));
}

#[test]
fn info_and_help_say_what_there_is() {
    let out = run(&["info", "--json"]);
    assert!(out.status.success(), "{}", err(&out));
    let info: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(info["model"]["name"], standoff::model::DEFAULT);
    let help = String::from_utf8_lossy(&run(&["--help"]).stdout).into_owned();
    for command in [
        "analyze", "classify", "relate", "eval", "train", "report", "info",
    ] {
        assert!(help.contains(command), "{command}");
    }
}

#[test]
fn train_learns_from_a_users_own_labels_and_stops_at_wrong_ones() {
    let dir = tempfile::tempdir().expect("a folder");
    let csv = dir.path().join("mine.csv");
    let mut text = String::from("text,side,stance\n");
    for i in 0..12 {
        text.push_str(&format!(
            "\"Moscow fired {i} rockets\",russian,escalation\n\"Berlin offered talks on day {i}\",western,de-escalation\n"
        ));
    }
    text.push_str("\"Nobody said anything\",martian,neutral\n");
    std::fs::write(&csv, text).expect("a file");
    let out = dir.path().join("model");
    let done = run(&[
        "train",
        "--train",
        path(&csv),
        "--out",
        path(&out),
        "--epochs",
        "1",
        "--hold-out",
        "0",
    ]);
    assert_eq!(done.status.code(), Some(3), "{}", err(&done));
    assert!(err(&done).contains("martian"));
    let row = pipe(
        &["classify", "--model", path(&out)],
        b"Moscow fired rockets\n",
    );
    assert!(row.status.success(), "{}", err(&row));
    let empty = dir.path().join("empty.jsonl");
    std::fs::write(&empty, "").expect("a file");
    let e = run(&["train", "--train", path(&empty), "--out", path(&out)]);
    assert_eq!(e.status.code(), Some(1));
    assert!(err(&e).contains("empty"));
}

#[test]
fn a_blocs_own_channel_speaks_for_it_unless_the_other_bloc_is_quoted() {
    let open = "This will have consequences for security in the whole region.";
    let quoted = "Stoltenberg said the alliance would keep its door open.";
    let rows: Vec<String> = [
        (open, ""),
        (open, "Russian MFA Telegram (EN)"),
        (open, "mid.ru"),
        (open, "White House"),
        (open, "The Moscow Times"),
        (quoted, ""),
        (quoted, "Russian MFA Telegram (EN)"),
    ]
    .iter()
    .map(|(text, outlet)| serde_json::json!({"text": text, "outlet": outlet}).to_string())
    .collect();
    for model in ["standoff-1", "standoff-2"] {
        let out = pipe(&["classify", "--model", model], rows.join("\n").as_bytes());
        assert!(out.status.success(), "{}", err(&out));
        let sides: Vec<serde_json::Value> = lines(&out)
            .iter()
            .map(|r| r["side"]["scores"].clone())
            .collect();
        let p = |row: usize, side: &str| sides[row][side].as_f64().expect("a score");
        assert!(p(1, "russian") > p(0, "russian") + 0.02, "{sides:?}");
        assert_eq!(sides[1], sides[2]);
        assert!(p(3, "western") > p(0, "western") + 0.02, "{sides:?}");
        assert_eq!(sides[0], sides[4]);
        assert_eq!(sides[5], sides[6]);
    }
}

/// Twenty thousand statements, none like another, take no more memory than the first three thousand.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    use std::io::{BufRead, BufReader};
    // The most it has held so far, in kB; nothing once it has ended.
    let peak = |pid: u32| -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    let mut child = standoff(&["classify", "--model", "standoff-1", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || {
        for i in 0..20_000 {
            let text = format!("Convoy {i} left depot {} for town {}.", i % 977, i * 31);
            writeln!(stdin, "{text}").expect("it reads on");
        }
    });
    let (mut early, mut late) = (0, 0);
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let mut count = 0;
    for line in out.lines() {
        line.expect("a line");
        count += 1;
        if count % 100 == 0 {
            if let Some(now) = peak(child.id()) {
                if count <= 3_000 {
                    early = now;
                }
                late = now;
            }
        }
    }
    writer.join().expect("the writer ends");
    assert!(child.wait().expect("the program ends").success());
    assert_eq!(count, 20_000);
    // The last answers are remembered, some 15 MB of them; a leak of a statement's vectors would be gigabytes.
    assert!(early > 0);
    assert!(late < early + 40_000, "{early} kB at first, then {late} kB");
}
