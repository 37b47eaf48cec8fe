//! `standoff train` as a user runs it, on a few of the project's own statements.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn own_statements(count: usize) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/training/own_statements.jsonl");
    let text = std::fs::read_to_string(path).expect("the statements are there");
    text.lines().take(count).map(|l| format!("{l}\n")).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    }
}

fn command(out: &Path, args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_standoff"));
    c.arg("train")
        .arg("--out")
        .arg(out)
        .args(["--batch", "8", "--max-tokens", "64", "--threads", "1"])
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    c
}

fn train(out: &Path, args: &[&str]) -> Output {
    command(out, args).output().expect("the program starts")
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn weights(out: &Path) -> Vec<u8> {
    std::fs::read(out.join("statements.safetensors")).expect("weights")
}

#[test]
fn a_training_that_was_killed_ends_with_the_same_weights() {
    let folder = Folder::new();
    let file = folder.write("train.jsonl", &own_statements(80));
    let args = [
        "--train",
        &file,
        "--epochs",
        "2",
        "--hold-out",
        "0.2",
        "--checkpoint-minutes",
        "0",
    ];
    let whole = folder.path("whole");
    let done = train(&whole, &args);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));

    let broken = folder.path("broken");
    let mut child = command(&broken, &args).spawn().expect("the program starts");
    let started = Instant::now();
    while !broken.join("checkpoint/state.json").is_file() {
        assert!(started.elapsed() < Duration::from_secs(300));
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(!broken.join("statements.safetensors").exists());
    let resumed = train(&broken, &args);
    assert_eq!(resumed.status.code(), Some(0), "{}", said(&resumed));
    assert!(said(&resumed).contains("going on after step"));
    assert_eq!(weights(&whole), weights(&broken));
    assert!(!broken.join("checkpoint").exists());

    // The mean of a model with itself is that model.
    let model = whole.to_string_lossy();
    let again = |name: &str, init: &[&str]| {
        let out = folder.path(name);
        let mut args = vec!["--train", &file, "--epochs", "0"];
        args.extend(init.iter().flat_map(|i| ["--init", i]));
        let done = train(&out, &args);
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        weights(&out)
    };
    assert_eq!(again("one", &[&model]), again("two", &[&model, &model]));
}

/// What a model says about a statement, as `classify` writes it.
fn said_of(model: &Path, text: &str) -> serde_json::Value {
    let folder = Folder::new();
    let file = folder.write("text.txt", text);
    let out = Command::new(env!("CARGO_BIN_EXE_standoff"))
        .args(["classify", &file, "--precision", "fp32", "--model"])
        .arg(model)
        .output()
        .expect("the program starts");
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    serde_json::from_slice(&out.stdout).expect("one record")
}

#[test]
fn adapters_are_small_and_go_on_from_where_they_were() {
    let folder = Folder::new();
    let file = folder.write("train.jsonl", &own_statements(60));
    let data = ["--train", &file, "--hold-out", "0.2"];
    let run = |name: &str, more: &[&str]| {
        let out = folder.path(name);
        let done = train(&out, &[&data[..], more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        out
    };
    let first = run("first", &["--epochs", "1", "--adapter-rank", "4"]);
    // 36 matrices of rank 4 in half precision, against 21 MB for the encoder trained as a whole.
    assert!(weights(&first).len() < 1_200_000);
    assert_eq!(
        weights(&first),
        weights(&run("again", &["--epochs", "1", "--adapter-rank", "4"]))
    );

    let text = "Moscow will answer with more strikes, the ministry said.\n";
    let before = said_of(&first, text);
    let model = first.to_string_lossy().into_owned();
    let same = run(
        "same",
        &["--epochs", "0", "--init", &model, "--init", &model],
    );
    // The adapters of both stand side by side; what they add is what each added.
    assert!(weights(&same).len() > 3 * weights(&first).len() / 2);
    let scores = |r: &serde_json::Value| r["side"]["scores"]["russian"].as_f64().expect("a number");
    assert!((scores(&said_of(&same, text)) - scores(&before)).abs() < 0.002);

    // Cut to the rank of one, which was all there is to them.
    let cut = run(
        "cut",
        &[
            &["--epochs", "0", "--init", &model, "--init", &model][..],
            &["--adapter-rank", "4"],
        ]
        .concat(),
    );
    assert_eq!(weights(&cut).len(), weights(&first).len());
    assert!((scores(&said_of(&cut, text)) - scores(&before)).abs() < 0.002);

    let whole = run(
        "whole",
        &["--epochs", "1", "--init", &model, "--adapter-rank", "0"],
    );
    assert!(weights(&whole).len() > 20_000_000);

    let out = train(
        &folder.path("other"),
        &[&data[..], &["--init", &model, "--adapter-rank", "8"]].concat(),
    );
    assert_eq!(out.status.code(), Some(2));
    assert!(said(&out).contains("adapters of rank 4"), "{}", said(&out));
    let out = train(
        &folder.path("large"),
        &[&data[..], &["--encoder", "all-mpnet-base-v2"]].concat(),
    );
    assert_eq!(out.status.code(), Some(2));
    assert!(said(&out).contains("--adapter-rank"), "{}", said(&out));
}

#[test]
fn a_learning_curve_has_a_point_for_every_share() {
    let folder = Folder::new();
    let file = folder.write("train.jsonl", &own_statements(60));
    let out = folder.path("curve");
    let done = train(
        &out,
        &[
            "--train",
            &file,
            "--epochs",
            "1",
            "--hold-out",
            "0.3",
            "--learning-curve",
            "0.5,1",
        ],
    );
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let text = std::fs::read_to_string(out.join("learning-curve.json")).expect("the curve");
    let curve: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let points = curve["points"].as_array().expect("points");
    assert_eq!(points.len(), 2);
    assert!(points[0]["examples"].as_u64() < points[1]["examples"].as_u64());
    assert!(points[1]["scores"]["held_out.side.macro_f1"].is_f64());
    assert!(!out.join("statements.safetensors").exists());
    let wrong = train(&out, &["--train", &file, "--learning-curve", "1.5"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn what_makes_a_training_doubtful_is_said() {
    let folder = Folder::new();
    let row = |id: &str, text: &str, stance: &str| {
        format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"side\":\"western\",\"stance\":\"{stance}\"}}\n")
    };
    let rows = row("a", "Berlin sent tanks.", "escalation")
        + &row("a", "Paris offered talks.", "de-escalation")
        + &row("b", "Rome counted its tanks.", "unheard-of");
    let file = folder.write("train.jsonl", &rows);
    let dev = folder.write("dev.jsonl", &row("d", "Berlin sent tanks.", "escalation"));
    let done = train(
        &folder.path("model"),
        &[
            "--train",
            &file,
            "--dev",
            &dev,
            "--epochs",
            "1",
            "--hold-out",
            "0",
        ],
    );
    let said = said(&done);
    assert_eq!(done.status.code(), Some(3), "{said}");
    for expected in [
        "the id a stood already",
        "train.jsonl:3",
        "unheard-of",
        "all statements have the same side",
        "dev.jsonl: 1 record(s) stand in the training data too",
    ] {
        assert!(said.contains(expected), "{expected} is not in {said}");
    }
}
