//! `standoff eval` through its command function, with a fake model.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value;
use standoff::cli::eval::{run, EvalArgs, Screen};
use standoff::document::Span;
use standoff::eval::gold::{GoldAttribution, GoldCoreference, GoldPair, GoldStatement};
use standoff::eval::predictions::Predictor;
use standoff::labels::SideNames;
use standoff::record::{
    scored_relation, scored_side, scored_stance, How, RelationRecord, Speaker, StatementRecord,
    SCHEMA,
};
use standoff::{Error, Result};
use tempfile::TempDir;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: EvalArgs,
}

/// Judges by words: `north…` and `south…` are sides, `attack` and `talk` stances.
struct Fake {
    clumsy: bool,
}

fn names() -> SideNames {
    SideNames::new("north", "south")
}

impl Fake {
    fn record(&self, id: &str, text: &str) -> StatementRecord {
        let side = match (text.contains("North"), text.contains("South")) {
            (true, _) if self.clumsy => [0.1, 0.7, 0.2],
            (true, _) => [0.8, 0.1, 0.1],
            (_, true) => [0.1, 0.8, 0.1],
            _ => [0.2, 0.2, 0.6],
        };
        let stance = match (text.contains("attack"), text.contains("talk")) {
            (true, _) => [0.9, 0.05, 0.05],
            (_, true) => [0.1, 0.8, 0.1],
            _ => [0.2, 0.1, 0.7],
        };
        let speaker = text.find(" said ").map(|at| Speaker {
            text: text[..at].into(),
            span: Span::new(0, at),
            actor: Some(text[..at].to_lowercase()),
            name: text[..at].into(),
            role: None,
            side: None,
            cue: Some(Span::new(at + 1, at + 5)),
            content: vec![Span::new(at + 6, text.len() - 1)],
            how: How::Indirect,
            note: None,
            nested: vec![],
        });
        StatementRecord {
            schema: SCHEMA,
            id: id.into(),
            document: None,
            title: None,
            date: None,
            url: None,
            outlet: None,
            span: None,
            text: text.into(),
            side: scored_side(&names(), &side),
            stance: scored_stance(&stance),
            abstained: false,
            truncated: false,
            language: Some("en".into()),
            speaker,
            mentions: vec![],
            explanation: None,
            extra: Default::default(),
        }
    }
}

impl Predictor for Fake {
    fn name(&self) -> String {
        if self.clumsy { "clumsy" } else { "fake" }.into()
    }
    fn statements(&self, gold: &[GoldStatement]) -> Result<Vec<StatementRecord>> {
        Ok(gold
            .iter()
            .map(|g| self.record(&g.meta.id, &g.text))
            .collect())
    }
    fn attributions(&self, gold: &[GoldAttribution]) -> Result<Vec<StatementRecord>> {
        Ok(gold
            .iter()
            .map(|g| self.record(&g.meta.id, &g.text))
            .collect())
    }
    fn pairs(&self, gold: &[GoldPair]) -> Result<Vec<RelationRecord>> {
        Ok(gold
            .iter()
            .map(|g| RelationRecord {
                schema: SCHEMA,
                id: g.meta.id.clone(),
                relation: scored_relation(if g.b.contains("not") {
                    &[0.7, 0.1, 0.2]
                } else {
                    &[0.1, 0.2, 0.7]
                }),
                similarity: 0.5,
                extra: Default::default(),
            })
            .collect())
    }
    fn coreferences(&self, gold: &[GoldCoreference]) -> Result<Option<Vec<Option<String>>>> {
        Ok(Some(gold.iter().map(|_| Some("orlov".into())).collect()))
    }
}

struct Outcome {
    code: Result<u8>,
    out: String,
    err: String,
}

impl Outcome {
    fn code(&self) -> u8 {
        match &self.code {
            Ok(c) => *c,
            Err(e) => panic!("{e}\n{}", self.err),
        }
    }
    fn failure(&self) -> (u8, String) {
        match &self.code {
            Ok(c) => panic!("ended with {c}"),
            Err(e) => (e.exit_code(), e.to_string()),
        }
    }
}

/// Runs with words of a command line; `@` in front of a word stands for the folder.
fn eval(folder: &Path, line: &str) -> Outcome {
    let words = line.split_whitespace().map(|w| match w.strip_prefix('@') {
        Some(name) => folder.join(name).display().to_string(),
        None => w.to_string(),
    });
    let args = Cli::parse_from(std::iter::once("eval".to_string()).chain(words)).args;
    let open = |other: Option<&Path>| -> Result<Box<dyn Predictor>> {
        match other.map(|o| o.display().to_string()) {
            None => Ok(Box::new(Fake { clumsy: false })),
            Some(name) if name.ends_with("clumsy") => Ok(Box::new(Fake { clumsy: true })),
            Some(name) => Err(Error::Usage(format!("no model {name}"))),
        }
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&args, open, &names(), Screen::default(), &mut out, &mut err);
    Outcome {
        code,
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap(),
    }
}

const STATEMENTS: &str = r#"{"id":"s1","text":"North will attack <b>today</b>.","side":"north","stance":"escalation","doc":"d1","outlet":"A","date":"2022-02-01"}
{"id":"s2","text":"South offers talks.","side":"south","stance":"de-escalation","doc":"d1","outlet":"A","date":"2022-02-02"}
{"id":"s3","text":"North talks of attack.","side":"north","stance":"neutral","doc":"d2","outlet":"B","date":"2023-02-01"}
{"id":"s4","text":"Markets fell.","side":"other","stance":"neutral","doc":"d3","outlet":"B","date":"2023-02-01"}
{"id":"s5","text":"North of the river it rained.","side":"other","stance":"neutral","doc":"d4","outlet":"B","date":"2023-02-01"}
{"id":"s6","text":"South attacks at dawn.","side":"south","stance":"escalation","doc":"d5","outlet":"A"}"#;

const PAIRS: &str = r#"{"id":"p1","a":"We did it.","b":"They did not.","relation":"opposed"}
{"id":"p2","a":"We did it.","b":"It rained.","relation":"unrelated"}
{"id":"p3","a":"We did it.","b":"Why not?","relation":"unrelated"}"#;

const ATTRIBUTIONS: &str = r#"{"id":"a1","text":"Orlov said it rained.","speaker":{"text":"Orlov","actor":"orlov","span":[0,5]},"cue":[6,10],"content":[[11,20]],"form":"plain"}
{"id":"a2","text":"It rained, Orlov said.","speaker":{"text":"Orlov","actor":"orlov","span":[11,16]},"cue":[17,21],"content":[[0,9]],"form":"after"}
{"id":"a3","text":"It rained.","speaker":null,"cue":null,"content":[],"form":"none"}"#;

const CASES: &str = r#"{"id":"c1","statements":["Orlov came.","He said no."],"target":1,"actor":"orlov"}
{"id":"c2","statements":["He said no."],"target":0,"actor":null}"#;

fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in [
        ("s.jsonl", STATEMENTS),
        ("p.jsonl", PAIRS),
        ("a.jsonl", ATTRIBUTIONS),
        ("c.jsonl", CASES),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn everything_at_once_on_the_spot() {
    let dir = folder();
    let all = "@s.jsonl @p.jsonl @a.jsonl @c.jsonl --by outlet,year --out @o";
    let r = eval(dir.path(), all);
    assert_eq!(r.code(), 0, "{}", r.err);
    for part in [
        "Side",
        "Stance",
        "Relation",
        "Ranking",
        "Attribution",
        "Coreference",
        "Side by outlet",
    ] {
        assert!(r.out.contains(part), "{part}: {}", r.out);
    }
    let e = json(dir.path().join("o/eval.json"));
    assert_eq!(e["schema"], 1);
    assert_eq!(e["predictions"], "fake");
    let close = |key: &str, v: f64| {
        let is = e["figures"][key].as_f64().unwrap();
        assert!((is - v).abs() < 1e-12, "{key}: {is}");
    };
    close("side.accuracy", 5.0 / 6.0);
    close("stance.accuracy", 5.0 / 6.0);
    close("both.accuracy", 4.0 / 6.0);
    close("relation.opposed.precision", 0.5);
    // p1 and p3 tie: one of two is opposed.
    close("relation.opposed.ap", 0.5);
    close("attribution.found.recall", 0.5);
    close("attribution.actor.accuracy", 0.5);
    close("coreference.accuracy", 0.5);
    assert_eq!(e["figures"]["relation.aligned.recall"], Value::Null);
    assert_eq!(e["figures"]["relation.opposed.p_at_5"], Value::Null);
    assert_eq!(e["resampled_by"]["statements"], "doc");
    assert_eq!(e["resampled_by"]["pairs"], "record");
    assert_eq!(e["tasks"]["side"]["confusion"][2][0], 1);

    let errors = std::fs::read_to_string(dir.path().join("o/errors.jsonl")).unwrap();
    let rows: Vec<Value> = errors
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        (&rows[0]["id"], &rows[0]["task"]),
        (&"s3".into(), &"stance".into())
    );
    let c: Vec<f64> = rows
        .iter()
        .map(|r| r["confidence"].as_f64().unwrap_or(-1.0))
        .collect();
    assert!(c.windows(2).all(|w| w[0] >= w[1]), "{c:?}");

    let page = std::fs::read_to_string(dir.path().join("o/eval.html")).unwrap();
    assert!(page.contains("Content-Security-Policy") && page.matches("<svg").count() >= 4);
    assert!(!page.contains("<script") && !page.contains("src="));
    let markdown = std::fs::read_to_string(dir.path().join("o/eval.md")).unwrap();
    assert!(markdown.contains("| label | precision |"));
    let errors = std::fs::read_to_string(dir.path().join("o/errors.html")).unwrap();
    assert!(errors.contains("North talks of attack."));
}

#[test]
fn the_same_bytes_every_time() {
    let dir = folder();
    for out in ["o1", "o2"] {
        assert_eq!(
            eval(dir.path(), &format!("@s.jsonl @p.jsonl --out @{out}")).code(),
            0
        );
    }
    for name in [
        "eval.json",
        "eval.md",
        "eval.html",
        "errors.jsonl",
        "errors.html",
    ] {
        let read = |o: &str| std::fs::read(dir.path().join(o).join(name)).unwrap();
        assert_eq!(read("o1"), read("o2"), "{name}");
    }
}

#[test]
fn data_cannot_break_out_of_the_page() {
    let dir = folder();
    let evil = r#"{"id":"<img src=x>","text":"<script>alert(1)</script> North","side":"other","stance":"neutral","outlet":"<b>|x"}
{"id":"x","text":"\u001b[31mred North attack","side":"other","stance":"neutral","outlet":"B"}"#;
    std::fs::write(dir.path().join("e.jsonl"), evil).unwrap();
    let r = eval(dir.path(), "@e.jsonl --by outlet --out @o --compare clumsy");
    assert_eq!(r.code(), 0, "{}", r.err);
    assert!(!r.out.contains('\u{1b}') && !r.err.contains('\u{1b}'));
    for name in ["eval.html", "errors.html"] {
        let page = std::fs::read_to_string(dir.path().join("o").join(name)).unwrap();
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"));
        assert!(page.contains("&lt;"), "{name}");
    }
}

#[test]
fn an_evaluation_is_not_overwritten_unasked() {
    let dir = folder();
    assert_eq!(eval(dir.path(), "@s.jsonl --out @o").code(), 0);
    let (code, message) = eval(dir.path(), "@s.jsonl --out @o").failure();
    assert_eq!(code, 2);
    assert!(message.contains("--force"));
    assert_eq!(eval(dir.path(), "@s.jsonl --out @o --force").code(), 0);
}

#[test]
fn marks_decide_the_exit_code() {
    let dir = folder();
    assert_eq!(
        eval(dir.path(), "@s.jsonl --fail-under side.accuracy=0.8").code(),
        0
    );
    let r = eval(
        dir.path(),
        "@s.jsonl --fail-under side.accuracy=0.9 --fail-under stance.mcc=0",
    );
    assert_eq!(r.code(), 1);
    assert!(
        r.err.contains("side.accuracy=0.9: the figure is 0.8333"),
        "{}",
        r.err
    );
    assert_eq!(
        eval(dir.path(), "@s.jsonl --fail-over side.ece=0.01").code(),
        1
    );
    let r = eval(
        dir.path(),
        "@p.jsonl --fail-under relation.aligned.recall=0.1",
    );
    assert_eq!(r.code(), 1);
    assert!(r.err.contains("does not exist"));
    let (code, message) = eval(dir.path(), "@s.jsonl --fail-under side.f1=0.9").failure();
    assert_eq!(code, 2);
    assert!(message.contains("side.macro_f1") && message.contains("stance.escalation.f1"));
    let (code, _) = eval(dir.path(), "@s.jsonl --fail-under side.macro_f1").failure();
    assert_eq!(code, 2);
}

#[test]
fn unknown_fields_are_a_usage_error() {
    let dir = folder();
    let (code, message) = eval(dir.path(), "@s.jsonl --by colour").failure();
    assert_eq!(code, 2);
    assert!(message.contains("outlet") && message.contains("year"));
}

#[test]
fn every_mismatch_is_named() {
    let dir = folder();
    let predictions = r#"{"id":"s1","side":"north","stance":"escalation"}
{"id":"s1","side":"south","stance":"escalation"}
{"id":"s2","side":"east","stance":"escalation"}
{"id":"s3","text":"Another text.","side":"north","stance":"neutral"}
{"schema":1,"id":"s4","line":4,"error":"too long"}
{"id":"s6","side":"south"}
{"id":"s99","side":"south","stance":"neutral"}
{broken"#;
    std::fs::write(dir.path().join("pred.jsonl"), predictions).unwrap();
    let r = eval(dir.path(), "@s.jsonl --predictions @pred.jsonl --out @o");
    assert_eq!(r.code(), 3);
    for (what, id) in [
        ("duplicate id", "s1"),
        ("unknown label", "s2"),
        ("missing prediction", "s2"),
        ("texts differ", "s3"),
        ("error in place of a prediction", "s4"),
        ("missing prediction", "s5"),
        ("missing prediction", "s6"),
        ("prediction without gold", "s99"),
        ("malformed record", ""),
    ] {
        let named = r.err.lines().any(|l| l.contains(what) && l.contains(id));
        assert!(named, "{what} {id}:\n{}", r.err);
    }
    let e = json(dir.path().join("o/eval.json"));
    assert_eq!(e["problem_counts"]["missing-prediction"], 3);
    assert_eq!(e["tasks"]["side"]["n"], 2);
    assert_eq!(e["tasks"]["stance"]["n"], 1);
    assert_eq!(e["tasks"]["side"]["calibration"], Value::Null);

    let r = eval(
        dir.path(),
        "@s.jsonl --predictions @pred.jsonl --missing wrong --out @w",
    );
    assert_eq!(r.code(), 3);
    let e = json(dir.path().join("w/eval.json"));
    assert_eq!(e["tasks"]["side"]["n"], 6);
    assert_eq!(e["figures"]["side.accuracy"].as_f64(), Some(2.0 / 6.0));
    assert!(r.out.contains("no prediction"));
}

#[test]
fn gold_that_cannot_be_used() {
    let dir = folder();
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put("empty.jsonl", "");
    let r = eval(dir.path(), "@empty.jsonl");
    assert_eq!(r.failure().0, 1);
    assert!(r.err.contains("empty file"), "{}", r.err);
    assert_eq!(eval(dir.path(), "@empty.jsonl @s.jsonl").code(), 3);
    put("east.jsonl", r#"{"id":"1","text":"T.","side":"east"}"#);
    let r = eval(dir.path(), "@east.jsonl");
    assert!(r.failure().1.contains("unknown label"));
    let r = eval(dir.path(), "@nowhere.jsonl");
    assert_eq!(r.failure().0, 1);
    put("one.jsonl", "{\"id\":\"1\",\"text\":\"North.\",\"side\":\"north\"}\n{\"id\":\"2\",\"text\":\"Northern.\",\"side\":\"north\"}");
    let r = eval(dir.path(), "@one.jsonl --out @o");
    assert_eq!(r.code(), 0);
    assert!(r.err.contains("one class only"));
    let e = json(dir.path().join("o/eval.json"));
    assert_eq!(e["figures"]["side.mcc"], Value::Null);
    assert_eq!(e["figures"]["side.south.f1"], Value::Null);
    assert_eq!(e["figures"]["side.north.f1"], 1.0);
    assert!(r.out.contains('—'));
}

#[test]
fn another_tools_predictions_through_a_label_map() {
    let dir = folder();
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put(
        "other.csv",
        "sentence,camp,p\nNorth will attack <b>today</b>.,N,0.9\nSouth offers talks.,S,0.8\nNorth talks of attack.,N,0.7\nMarkets  fell.,nobody,0.6\nNorth of the river it rained.,N,0.5\nSouth attacks at dawn.,S,0.4\n",
    );
    put(
        "map.toml",
        "[fields]\ntext = \"sentence\"\nside = \"camp\"\nside_confidence = \"p\"\n[side]\nN = \"north\"\nS = \"south\"\nnobody = \"other\"\n",
    );
    let r = eval(
        dir.path(),
        "@s.jsonl --predictions @other.csv --label-map @map.toml --out @o",
    );
    assert_eq!(r.code(), 0, "{}", r.err);
    assert!(
        r.err.contains("no prediction has a stance; 6 gold labels"),
        "{}",
        r.err
    );
    let e = json(dir.path().join("o/eval.json"));
    assert_eq!(e["figures"]["side.accuracy"].as_f64(), Some(5.0 / 6.0));
    assert!(e["figures"]["side.ece"].is_number() && e["figures"]["side.brier"].is_null());
    assert!(e["tasks"].get("stance").is_none());
    put("bad.toml", "[side]\nN = \"east\"\n");
    let (code, message) = eval(
        dir.path(),
        "@s.jsonl --predictions @other.csv --label-map @bad.toml",
    )
    .failure();
    assert_eq!(code, 2);
    assert!(message.contains("north, south, other"));
}

#[test]
fn two_models_compared() {
    let dir = folder();
    let r = eval(dir.path(), "@s.jsonl @p.jsonl --compare clumsy --out @o");
    assert_eq!(r.code(), 0);
    assert!(r.out.contains("McNemar"));
    let e = json(dir.path().join("o/eval.json"));
    let side = &e["comparison"]["tasks"][0];
    assert_eq!(e["comparison"]["other"], "clumsy");
    assert_eq!(side["mcnemar"]["only_first"], 2);
    assert_eq!(side["mcnemar"]["only_second"], 0);
    let changed: Vec<(&str, &str)> = side["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["change"].as_str().unwrap(), c["id"].as_str().unwrap()))
        .collect();
    assert_eq!(
        changed,
        [("gained", "s1"), ("gained", "s3"), ("both-wrong", "s5")]
    );
    let (code, _) = eval(dir.path(), "@s.jsonl --compare nothing").failure();
    assert_eq!(code, 2);
}

#[test]
fn agreement_of_two_annotators() {
    let dir = folder();
    let second = STATEMENTS
        .replace(
            r#""id":"s5","text":"North of the river it rained.","side":"other""#,
            r#""id":"s5","text":"North of the river it rained.","side":"north""#,
        )
        .lines()
        .take(5)
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(dir.path().join("b.jsonl"), second).unwrap();
    let r = eval(
        dir.path(),
        "--agreement @s.jsonl @b.jsonl --out @o --fail-under agreement.side.kappa=0.5",
    );
    assert_eq!(r.code(), 3, "s6 is missing");
    assert!(r.err.contains("[s6]"), "{}", r.err);
    let e = json(dir.path().join("o/eval.json"));
    assert_eq!(e["tasks"][0]["n"], 5);
    assert_eq!(e["tasks"][0]["observed"]["value"], 0.8);
    assert_eq!(e["tasks"][1]["kappa"]["value"], 1.0);
    assert_eq!(e["disagreements"][0]["id"], "s5");
    assert!(r.out.contains("Disagreements (1)"));
    let r = eval(dir.path(), "--agreement @a.jsonl @a.jsonl");
    assert_eq!(r.code(), 0);
    assert!(r.out.contains("content, exact spans"));
}

/// An analysis of two documents with three statements each and the given pairs.
fn analysis(pairs: &[(&str, &str)]) -> Value {
    let fake = Fake { clumsy: false };
    let statement = |id: &str, document: &str, text: &str| {
        let mut s = serde_json::to_value(fake.record(id, text)).unwrap();
        s["document"] = document.into();
        s
    };
    let statements = [
        statement("n1", "in/north.txt", "North denies that it fired first."),
        statement("n2", "in/north.txt", "North wants the port."),
        statement("n3", "in/north.txt", "North closed its sky."),
        statement("s1", "in/south.txt", "South says that North fired first."),
        statement("s2", "in/south.txt", "South will keep the port."),
        statement("s3", "in/south.txt", "South froze the money of banks."),
    ];
    let relation = serde_json::to_value(scored_relation(&[0.8, 0.1, 0.1])).unwrap();
    let pairs: Vec<Value> = pairs
        .iter()
        .enumerate()
        .map(|(i, (a, b))| {
            serde_json::json!({"id": format!("p{i}"), "issue": format!("i{i}"), "a": a, "b": b,
                "similarity": 0.5, "relation": relation, "score": 0.9 - i as f64 / 10.0, "primary": true,
                "evidence": {"actors": [], "terms": [], "days_apart": 0, "parts": {}}})
        })
        .collect();
    let issues: Vec<Value> = (0..pairs.len())
        .map(|i| {
            serde_json::json!({"id": format!("i{i}"), "headline": "h", "central": "n1", "keywords": [],
                "weight": 1.0, "from": null, "to": null, "pairs": [format!("p{i}")], "neighbours": []})
        })
        .collect();
    let bloc = |id: &str| serde_json::json!({"id": id, "name": id, "color": "#000000", "color_dark": "#ffffff"});
    serde_json::json!({"schema": SCHEMA,
        "setup": {"version": "0", "model": "fake", "model_hash": "", "sides": "", "sides_hash": "",
            "precision": "fp32", "min_confidence": 0.0},
        "blocs": [bloc("north"), bloc("south")], "documents": [], "statements": statements,
        "pairs": pairs, "issues": issues, "unanswered": [[], []], "copies": [], "rejected": []})
}

#[test]
fn a_finished_run_is_scored_end_to_end() {
    let dir = folder();
    let truth = r#"{"event":"e1","a":{"document":"north.txt","text":"North denies that it fired first."},"b":{"document":"south.txt","text":"South says that North fired first."}}
{"event":"e2","a":{"document":"north.txt","text":"North wants the port."},"b":{"document":"south.txt","text":"South will keep the port."}}
{"event":"e2","a":{"document":"north.txt","text":"North wants the port."},"b":{"document":"south.txt","text":"This was said nowhere at all."}}
{"event":"e2","document":"north.txt","text":"North closed its sky."}"#;
    std::fs::write(dir.path().join("t.jsonl"), truth).unwrap();
    let run = dir.path().join("run");
    std::fs::create_dir(&run).unwrap();
    let found = analysis(&[("n1", "s1"), ("n3", "s2"), ("n2", "s3")]);
    std::fs::write(run.join("analysis.json"), found.to_string()).unwrap();

    let r = eval(dir.path(), "@t.jsonl --analysis @run --out @o");
    assert_eq!(r.code(), 3, "one marked statement is not in the run");
    assert!(r.err.contains("This was said nowhere"), "{}", r.err);
    let e = json(dir.path().join("o/eval.json"));
    let figure = |k: &str| e["figures"][k].as_f64();
    assert_eq!(figure("contrast.precision"), Some(1.0 / 3.0));
    assert_eq!(figure("contrast.recall"), Some(1.0 / 3.0));
    assert_eq!(figure("contrast.claim_recall"), Some(2.0 / 5.0));
    assert_eq!(figure("contrast.precision_at_5"), None);
    // Issues: {n1 s1} e1 e1, {n3 s2} e2 e2, {n2 s3} e2 and none.
    assert_eq!(figure("contrast.purity"), Some(5.0 / 6.0));
    assert_eq!(figure("contrast.inverse_purity"), Some(4.0 / 5.0));
    assert_eq!(
        e["contrast"]["wrong"][0]["events"],
        serde_json::json!(["e2", "e2"])
    );

    let (code, message) = eval(dir.path(), "@t.jsonl").failure();
    assert_eq!(code, 2);
    assert!(message.contains("--analysis"));
    assert_eq!(eval(dir.path(), "@s.jsonl --analysis @run").failure().0, 2);
}

/// 100,000 predictions with 1,000 bootstrap samples take under 20 s on two cores.
#[test]
fn a_hundred_thousand_predictions() {
    use std::fmt::Write;
    let dir = TempDir::new().unwrap();
    let (mut gold, mut predictions) = (String::new(), String::new());
    let (sides, stances) = (
        ["north", "south", "other"],
        ["escalation", "de-escalation", "neutral"],
    );
    let mut state = 1u64;
    let mut random = |n: u64| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) % n
    };
    for i in 0..100_000 {
        let (side, stance) = (random(3) as usize, random(3) as usize);
        let doc = random(20_000);
        writeln!(gold, r#"{{"id":"r{i}","text":"Statement number {i} of many.","side":"{}","stance":"{}","doc":"d{doc}"}}"#,
            sides[side], stances[stance]).unwrap();
        let mut scores = |labels: [&str; 3], right: usize| {
            let label = if random(10) < 8 {
                right
            } else {
                random(3) as usize
            };
            let top = 0.4 + random(600) as f64 / 1000.0;
            let rest = (1.0 - top) / 2.0;
            let of = |k: usize| if k == label { top } else { rest };
            format!(
                r#"{{"label":"{}","confidence":{top},"scores":{{"{}":{},"{}":{},"{}":{}}}}}"#,
                labels[label],
                labels[0],
                of(0),
                labels[1],
                of(1),
                labels[2],
                of(2)
            )
        };
        let (a, b) = (scores(sides, side), scores(stances, stance));
        writeln!(
            predictions,
            r#"{{"schema":1,"id":"r{i}","side":{a},"stance":{b}}}"#
        )
        .unwrap();
    }
    std::fs::write(dir.path().join("g.jsonl"), gold).unwrap();
    std::fs::write(dir.path().join("p.jsonl"), predictions).unwrap();
    let start = std::time::Instant::now();
    let r = eval(
        dir.path(),
        "@g.jsonl --predictions @p.jsonl --out @o --bootstrap 1000",
    );
    let took = start.elapsed();
    assert_eq!(r.code(), 0, "{}", r.err);
    eprintln!(
        "100,000 predictions, 1,000 samples: {:.1} s",
        took.as_secs_f64()
    );
    // Generous: the machine may be shared, or the build not optimised.
    let limit = if cfg!(debug_assertions) { 300 } else { 60 };
    assert!(took.as_secs() < limit, "{took:?}");
}

#[test]
fn gold_written_in_another_format_scores_the_same() {
    let dir = folder();
    for (format, name) in [
        ("doccano", "x.jsonl"),
        ("label-studio", "x.json"),
        ("prodigy", "y.jsonl"),
        ("csv", "x.csv"),
    ] {
        let r = eval(dir.path(), &format!("@s.jsonl --to {format}"));
        assert_eq!(r.code(), 0);
        std::fs::write(dir.path().join(name), &r.out).unwrap();
        let out = format!("o-{format}");
        assert_eq!(eval(dir.path(), &format!("@{name} --out @{out}")).code(), 0);
        let e = json(dir.path().join(out).join("eval.json"));
        assert_eq!(
            e["figures"]["side.accuracy"].as_f64(),
            Some(5.0 / 6.0),
            "{format}"
        );
        assert_eq!(e["resampled_by"]["statements"], "doc", "{format}");
    }
}
