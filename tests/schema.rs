//! Holds `docs/schema/` and the records of `standoff::record` together: every
//! field that serde writes is in the schema and described, every field of the
//! schema is written, and what may be absent is what serde leaves out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use indexmap::IndexMap;
use jsonschema::{Resource, Validator};
use serde_json::{json, Map, Value};

use standoff::document::{Filtered, Layout, Span};
use standoff::labels::{Label, Relation, SideNames, Stance};
use standoff::record::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

/// All schemas by file name.
fn schemas() -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = std::fs::read_dir(folder())
        .expect("docs/schema is there")
        .map(|e| e.expect("the folder can be read").path())
        .filter(|p| p.to_string_lossy().ends_with(".schema.json"))
        .map(|p| {
            let text = std::fs::read_to_string(&p).expect("the schema can be read");
            let name = p.file_name().unwrap().to_string_lossy().into_owned();
            let value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", p.display()));
            (name, value)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// A validator for `reference`, such as `pairs.schema.json` or `common.schema.json#/$defs/span`.
fn validator(reference: &str) -> Validator {
    let resources = schemas().into_iter().map(|(name, value)| {
        let resource = Resource::from_contents(value).expect("a schema of a known draft");
        (format!("json-schema:///{name}"), resource)
    });
    jsonschema::options()
        .with_resources(resources)
        .should_validate_formats(true)
        .build(&json!({ "$ref": reference }))
        .unwrap_or_else(|e| panic!("{reference}: {e}"))
}

fn check(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|e| format!("{}: {e}", e.instance_path))
        .collect();
    assert!(
        errors.is_empty(),
        "{what}: {}\n{value:#}",
        errors.join("\n")
    );
}

/// The schema of an object that `reference` names, following `$ref` inside this folder.
fn object(reference: &str) -> Value {
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let (_, schema) = schemas()
        .into_iter()
        .find(|(name, _)| name == file)
        .unwrap_or_else(|| panic!("{file} is missing"));
    schema
        .pointer(pointer)
        .unwrap_or_else(|| panic!("{reference} is missing"))
        .clone()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect()
}

/// The type's fullest and barest records show exactly the schema's properties and required ones.
fn same_fields(reference: &str, full: &impl serde::Serialize, bare: &impl serde::Serialize) {
    let (full, bare) = (json!(full), json!(bare));
    let schema = object(reference);
    let required: BTreeSet<String> = schema["required"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|v| v.as_str().expect("a name").to_string())
        .collect();
    assert_eq!(schema["additionalProperties"], false, "{reference}");
    assert_eq!(keys(&schema["properties"]), keys(&full), "{reference}");
    assert_eq!(required, keys(&bare), "{reference}");
    let validator = validator(reference);
    for value in [full, bare] {
        check(&validator, &value, reference);
        let mut more = value.clone();
        more["unheard_of"] = json!(1);
        assert!(
            !validator.is_valid(&more),
            "{reference}: an unknown field passes"
        );
        for name in &required {
            let mut less = value.clone();
            less.as_object_mut().unwrap().shift_remove(name);
            assert!(
                !validator.is_valid(&less),
                "{reference}: {name} may be absent"
            );
        }
    }
}

// --- samples of every type -------------------------------------------------

const TEXT: &str = "“Nothing of the kind was planned”, Łucja Example said.";

fn side(p: &[f64]) -> ScoredSide {
    scored_side(&SideNames::new("russian", "western"), p)
}

fn date() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2022, 2, 3)
}

fn speaker(how: How) -> Speaker {
    Speaker {
        text: "Łucja Example".into(),
        span: Span::new(39, 53),
        actor: Some("lucja-example".into()),
        name: "Łucja Example".into(),
        role: Some("spokeswoman".into()),
        side: Some("western".into()),
        cue: Some(Span::new(54, 58)),
        content: vec![Span::new(3, 34)],
        how,
        note: None,
        nested: Vec::new(),
    }
}

fn full_speaker() -> Speaker {
    Speaker {
        note: Some("the only woman named before".into()),
        nested: vec![bare_speaker()],
        ..speaker(How::Coreference)
    }
}

fn bare_speaker() -> Speaker {
    Speaker {
        actor: None,
        role: None,
        side: None,
        cue: None,
        content: Vec::new(),
        ..speaker(How::Direct)
    }
}

fn weight() -> Weight {
    Weight {
        span: Span::new(3, 10),
        weight: -0.25,
    }
}

fn mention() -> Mention {
    Mention {
        span: Span::new(39, 53),
        actor: "lucja-example".into(),
        side: "other".into(),
    }
}

fn explanation() -> Explanation {
    Explanation {
        side: vec![weight()],
        stance: vec![weight(), weight()],
    }
}

fn full_statement(id: &str) -> StatementRecord {
    StatementRecord {
        schema: SCHEMA,
        id: id.into(),
        document: Some("wire/1.txt".into()),
        title: Some("A title".into()),
        date: date(),
        url: Some("https://wire.example.org/1".into()),
        outlet: Some("Example Wire".into()),
        span: Some(Span::new(0, TEXT.len())),
        text: TEXT.into(),
        side: side(&[0.1, 0.7, 0.2]),
        stance: scored_stance(&[0.2, 0.7, 0.1]),
        abstained: false,
        truncated: true,
        language: Some("en".into()),
        speaker: Some(full_speaker()),
        mentions: vec![mention()],
        explanation: Some(explanation()),
        extra: Map::from_iter([("desk".to_string(), json!({"name": "foreign"}))]),
    }
}

fn bare_statement(id: &str) -> StatementRecord {
    StatementRecord {
        schema: SCHEMA,
        id: id.into(),
        document: None,
        title: None,
        date: None,
        url: None,
        outlet: None,
        span: None,
        text: String::new(),
        side: side(&[0.5, 0.5, 0.0]),
        stance: scored_stance(&[0.0, 0.0, 1.0]),
        abstained: true,
        truncated: false,
        language: None,
        speaker: None,
        mentions: Vec::new(),
        explanation: None,
        extra: Map::new(),
    }
}

fn full_relation() -> RelationRecord {
    RelationRecord {
        schema: SCHEMA,
        id: "1".into(),
        relation: scored_relation(&[0.8, 0.15, 0.05]),
        similarity: -0.0312,
        extra: Map::from_iter([("topic".to_string(), json!("grain"))]),
    }
}

fn full_evidence() -> Evidence {
    Evidence {
        actors: vec!["lucja-example".into()],
        terms: vec!["planned".into()],
        days_apart: Some(3),
        parts: IndexMap::from_iter([("similarity".to_string(), 0.4), ("base".to_string(), -1.2)]),
    }
}

fn pair() -> Pair {
    Pair {
        id: "0123456789ab".into(),
        issue: "i1".into(),
        a: "wire/1.txt:0-61".into(),
        b: "wire/2.txt:0-61".into(),
        similarity: 0.61,
        relation: scored_relation(&[0.8, 0.15, 0.05]),
        score: 0.77,
        primary: true,
        evidence: full_evidence(),
    }
}

fn issue(from: Option<NaiveDate>) -> Issue {
    Issue {
        id: "i1".into(),
        headline: "Nothing of the kind was planned".into(),
        central: "wire/1.txt:0-61".into(),
        keywords: vec!["planned".into()],
        weight: 0.77,
        from,
        to: from,
        pairs: vec!["0123456789ab".into()],
        neighbours: vec!["wire/3.txt:0-61".into()],
    }
}

fn document(known: bool) -> DocumentRecord {
    let text = |s: &str| known.then(|| s.to_string());
    DocumentRecord {
        id: "wire/1.txt".into(),
        source: "wire/1.txt".into(),
        title: text("A title"),
        date: date().filter(|_| known),
        url: text("https://wire.example.org/1"),
        outlet: text("Example Wire"),
        layout: Layout::Prose,
        text: TEXT.into(),
        filtered: vec![FilteredRecord {
            span: Span::new(0, 3),
            reason: Filtered::ReadMore,
        }],
    }
}

fn analysis(full: bool) -> Analysis {
    let bloc = |id: &str| BlocRecord {
        id: id.into(),
        name: id.to_uppercase(),
        color: "#b3261e".into(),
        color_dark: "#F2B8B5".into(),
    };
    let some = |n: usize| if full { n } else { 0 };
    let pair = pair();
    Analysis {
        schema: SCHEMA,
        setup: Setup {
            version: "0.1.0".into(),
            model: "default".into(),
            model_hash: "00".repeat(32),
            sides: "russia-west".into(),
            sides_hash: "11".repeat(32),
            precision: "int8".into(),
            min_confidence: 0.5,
        },
        blocs: [bloc("russian"), bloc("western")],
        documents: vec![document(true), document(false)][..some(2)].to_vec(),
        statements: vec![full_statement(&pair.a), full_statement(&pair.b)][..some(2)].to_vec(),
        pairs: vec![pair][..some(1)].to_vec(),
        issues: vec![issue(date()), issue(None)][..some(2)].to_vec(),
        unanswered: [vec!["wire/3.txt:0-61".to_string()], Vec::new()],
        copies: vec![Copies {
            statement: "wire/1.txt:0-61".into(),
            copies: vec!["wire/4.txt:0-61".into()],
        }],
        rejected: vec![Rejected {
            source: "wire/5.txt".into(),
            error: "empty".into(),
        }],
    }
}

// --- tests -----------------------------------------------------------------

#[test]
fn every_schema_is_valid_and_every_field_described() {
    fn described(value: &Value, path: &str) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    if key == "properties" {
                        for (name, property) in inner.as_object().expect("properties") {
                            let text = property["description"].as_str().unwrap_or_default();
                            assert!(!text.is_empty(), "{path}: {name} has no description");
                        }
                    }
                    described(inner, &format!("{path}/{key}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|v| described(v, path)),
            _ => {}
        }
    }
    let all = schemas();
    assert!(!all.is_empty());
    for (name, schema) in &all {
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{name}"
        );
        jsonschema::meta::validate(schema).unwrap_or_else(|e| panic!("{name}: {e}"));
        validator(name);
        described(schema, name);
    }
}

#[test]
fn statement_records_and_the_schema_have_the_same_fields() {
    same_fields(
        "common.schema.json#/$defs/statement",
        &full_statement("a"),
        &bare_statement("b"),
    );
    same_fields(
        "common.schema.json#/$defs/speaker",
        &full_speaker(),
        &bare_speaker(),
    );
    same_fields("common.schema.json#/$defs/mention", &mention(), &mention());
    same_fields("common.schema.json#/$defs/weight", &weight(), &weight());
    same_fields(
        "common.schema.json#/$defs/explanation",
        &explanation(),
        &Explanation::default(),
    );
    same_fields(
        "common.schema.json#/$defs/scored_side",
        &side(&[0.1, 0.2, 0.7]),
        &side(&[0.0, 0.0, 1.0]),
    );
    let stance = scored_stance(&[0.1, 0.2, 0.7]);
    same_fields("common.schema.json#/$defs/scored_stance", &stance, &stance);
    let relation = scored_relation(&[0.1, 0.2, 0.7]);
    same_fields(
        "common.schema.json#/$defs/scored_relation",
        &relation,
        &relation,
    );
}

#[test]
fn filter_lines_and_the_schema_have_the_same_fields() {
    let error = |id: Option<&str>| ErrorRecord {
        schema: SCHEMA,
        id: id.map(String::from),
        line: 17,
        error: "not JSON: expected value".into(),
    };
    same_fields("error.schema.json", &error(Some("x")), &error(None));
    let bare = RelationRecord {
        extra: Map::new(),
        ..full_relation()
    };
    same_fields(
        "relate.schema.json#/$defs/relation",
        &full_relation(),
        &bare,
    );

    let classify = validator("classify.schema.json");
    check(&classify, &json!(full_statement("a")), "classify");
    check(&classify, &json!(bare_statement("b")), "classify");
    check(&classify, &json!(error(None)), "classify");
    assert!(!classify.is_valid(&json!(full_relation())));
    let relate = validator("relate.schema.json");
    check(&relate, &json!(full_relation()), "relate");
    check(&relate, &json!(error(None)), "relate");
    assert!(!relate.is_valid(&json!(full_statement("a"))));
}

#[test]
fn the_files_of_a_run_and_the_schema_have_the_same_fields() {
    let (full, bare) = (analysis(true), analysis(false));
    same_fields("analysis.schema.json", &full, &bare);
    same_fields(
        "analysis.schema.json#/$defs/setup",
        &full.setup,
        &full.setup,
    );
    same_fields(
        "analysis.schema.json#/$defs/bloc",
        &full.blocs[0],
        &full.blocs[1],
    );
    let (known, unknown) = (&full.documents[0], &full.documents[1]);
    same_fields("analysis.schema.json#/$defs/document", known, unknown);
    let filtered = &known.filtered[0];
    same_fields("analysis.schema.json#/$defs/filtered", filtered, filtered);
    same_fields(
        "analysis.schema.json#/$defs/pair",
        &full.pairs[0],
        &full.pairs[0],
    );
    same_fields(
        "analysis.schema.json#/$defs/issue",
        &full.issues[0],
        &full.issues[1],
    );
    same_fields(
        "analysis.schema.json#/$defs/copies",
        &full.copies[0],
        &full.copies[0],
    );
    same_fields(
        "analysis.schema.json#/$defs/rejected",
        &full.rejected[0],
        &full.rejected[0],
    );
    let evidence = full_evidence();
    let none = Evidence {
        days_apart: None,
        ..Evidence::default()
    };
    same_fields("common.schema.json#/$defs/evidence", &evidence, &none);

    let record = full.pair_records().next().expect("a pair");
    same_fields("pairs.schema.json", &record, &record);
    check(
        &validator("statements.schema.json"),
        &json!(full.statements[0]),
        "statements",
    );
    assert!(
        !validator("statements.schema.json").is_valid(&json!(bare_statement("a"))),
        "a line of statements.jsonl needs its document"
    );
}

/// The names that serde writes for these values, which must be all there are.
fn names<T: serde::Serialize>(all: &[T]) -> BTreeSet<String> {
    all.iter()
        .map(|v| json!(v).as_str().expect("a name").to_string())
        .collect()
}

fn listed(reference: &str) -> BTreeSet<String> {
    let list = object(reference);
    list["enum"]
        .as_array()
        .unwrap_or_else(|| panic!("{reference} has no enum"))
        .iter()
        .map(|v| v.as_str().expect("a name").to_string())
        .collect()
}

#[test]
fn the_schemas_list_every_name() {
    // A new variant does not compile here until it is dealt with; then it belongs into the lists below.
    match How::Direct {
        How::Direct | How::Indirect | How::Mixed => {}
        How::Headline | How::Coreference | How::Unresolved => {}
    }
    match Filtered::Empty {
        Filtered::Byline | Filtered::Caption | Filtered::ReadMore | Filtered::CookieNotice => {}
        Filtered::TimeStamp | Filtered::SocialEmbed | Filtered::Navigation | Filtered::Empty => {}
    }
    match Layout::Dump {
        Layout::Dump | Layout::Prose | Layout::Statements => {}
    }
    let how = [
        How::Direct,
        How::Indirect,
        How::Mixed,
        How::Headline,
        How::Coreference,
        How::Unresolved,
    ];
    let filtered = [
        Filtered::Byline,
        Filtered::Caption,
        Filtered::ReadMore,
        Filtered::CookieNotice,
        Filtered::TimeStamp,
        Filtered::SocialEmbed,
        Filtered::Navigation,
        Filtered::Empty,
    ];
    let layouts = [Layout::Dump, Layout::Prose, Layout::Statements];
    let common = |name: &str| listed(&format!("common.schema.json#/$defs/{name}"));
    let analysis = |name: &str| listed(&format!("analysis.schema.json#/$defs/{name}"));
    assert_eq!(common("stance_id"), names(Stance::ALL));
    assert_eq!(common("relation_id"), names(Relation::ALL));
    assert_eq!(common("speaker/properties/how"), names(&how));
    assert_eq!(analysis("filtered/properties/reason"), names(&filtered));
    assert_eq!(analysis("document/properties/layout"), names(&layouts));
}

#[test]
fn wrong_values_are_refused() {
    let statement = validator("common.schema.json#/$defs/statement");
    let wrong = [
        ("/schema", json!(2)),
        ("/id", json!("")),
        ("/date", json!("20220203")),
        ("/date", json!("2022-02-30")),
        ("/span", json!([0])),
        ("/span", json!([0, 1, 2])),
        ("/span", json!([-1, 2])),
        ("/side/confidence", json!(1.2)),
        ("/side/scores", json!({"russian": 1, "other": 0})),
        (
            "/side/scores",
            json!({"russian": 1, "western": 0, "third": 0}),
        ),
        ("/stance/label", json!("deescalation")),
        ("/speaker/how", json!("guessed")),
        ("/extra", json!({})),
    ];
    for (path, value) in wrong {
        let mut record = json!(full_statement("a"));
        *record.pointer_mut(path).expect("the field is there") = value.clone();
        assert!(!statement.is_valid(&record), "{path} = {value} passes");
    }
}

#[test]
fn run_records_are_checked() {
    let run = validator("run.schema.json");
    let mut record = json!({
        "schema": 1, "version": "0.1.0", "commit": null,
        "started": "2024-05-01T02:00:00Z", "finished": "2024-05-01T02:00:09.5Z", "seconds": 9.5,
        "settings": {"min_confidence": 0.5, "window": 30},
        "model": {"name": "default", "hash": "00"}, "sides": {"name": "russia-west", "hash": "11"},
        "inputs": [{"source": "wire/1.txt", "hash": "22"}],
        "counts": {"documents": 1, "statements": 2, "filtered": 0, "rejected": 1, "abstained": 0,
                   "truncated": 0, "pairs": 1, "issues": 1, "copies": 0},
        "timings": {"read": 0.1, "classify": 8.0},
        "rejected": [{"source": "wire/5.txt", "error": "empty"}],
    });
    check(&run, &record, "run");
    record["peak_memory_bytes"] = json!(123_456_789);
    check(&run, &record, "run");
    record["counts"]["pairs"] = json!(-1);
    assert!(!run.is_valid(&record));
}

/// Validates the outputs in the folders of `STANDOFF_OUTPUTS` (separated by `:`),
/// made by `analyze`; what a folder lacks is left out.
#[test]
fn real_outputs_follow_the_schemas() {
    let Some(folders) = std::env::var_os("STANDOFF_OUTPUTS") else {
        return;
    };
    for folder in std::env::split_paths(&folders) {
        check_outputs(&folder);
    }
}

fn check_outputs(folder: &Path) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let mut checked = 0;
    for (file, schema) in [
        ("analysis.json", "analysis.schema.json"),
        ("run.json", "run.schema.json"),
    ] {
        if let Some(text) = read(file) {
            let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
            check(&validator(schema), &value, file);
            checked += 1;
        }
    }
    for (file, schema) in [
        ("statements.jsonl", "statements.schema.json"),
        ("pairs.jsonl", "pairs.schema.json"),
        ("classify.jsonl", "classify.schema.json"),
        ("relate.jsonl", "relate.schema.json"),
    ] {
        let Some(text) = read(file) else { continue };
        let validator = validator(schema);
        for (n, line) in text.lines().enumerate() {
            let place = format!("{file}:{}", n + 1);
            let value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{place}: {e}"));
            check(&validator, &value, &place);
        }
        checked += 1;
    }
    assert!(checked > 0, "{}: no output of standoff", folder.display());
}
