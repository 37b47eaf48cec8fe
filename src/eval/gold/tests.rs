//! Every format there and back.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{json, Map, Value};

use super::*;

fn names() -> SideNames {
    SideNames::new("north", "south")
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Csv => "g.csv",
        Format::LabelStudio => "g.json",
        _ => "g.jsonl",
    }
}

const ALL: [Format; 5] = [
    Format::Jsonl,
    Format::Csv,
    Format::Doccano,
    Format::LabelStudio,
    Format::Prodigy,
];

fn there_and_back(gold: &Gold, format: Format) -> Gold {
    let bytes = gold.write(format, &names()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let back = Gold::parse(Path::new(extension(format)), &text, &names()).unwrap();
    assert_eq!(back.problems, vec![], "{format:?}: {text}");
    back
}

fn assert_same(a: &Gold, b: &Gold, format: Format) {
    assert_eq!(a.statements, b.statements, "{format:?}");
    assert_eq!(a.attributions, b.attributions, "{format:?}");
    assert_eq!(a.pairs, b.pairs, "{format:?}");
}

const SAMPLE: &str = r#"{"id":"1","text":"“Нет”, said the 🦊 minister.","side":"north","stance":"de-escalation","doc":"d1","date":"2022-02-24","outlet":"A, \"B\"","n":7,"note":"7","label":"mine","empty":"","data":{"x":[1,null]}}
{"id":"2","text":"Only a side\nover two lines, 100 % sure.","side":"other"}
{"id":"3","text":"Only a stance.","stance":"neutral","date":"spring","meta":{"k":1},"answer":"42","standoff_id":"z"}
{"id":"a1","text":"“Нет 🦊”, said Orlov, “never.”","speaker":{"text":"Orlov","actor":"orlov","span":[24,29],"name":"Ivan Orlov"},"cue":[19,23],"content":[[0,17],[31,43]],"how":"direct"}
{"id":"a2","text":"Nobody spoke.","speaker":null,"cue":null,"content":[],"how":null}
{"id":"a3","text":"He spoke.","speaker":{"text":"He","actor":null,"span":[0,2]},"cue":[3,8],"content":[],"side":"south","stance":"neutral"}
{"id":"p1","a":"One says.","b":"The other says.","relation":"opposed","kind":"headline","doc":"d2"}"#;

#[test]
fn the_sample_survives_every_format() {
    let gold = Gold::parse(Path::new("g.jsonl"), SAMPLE, &names()).unwrap();
    assert_eq!(gold.problems, vec![]);
    let counts = (
        gold.statements.len(),
        gold.attributions.len(),
        gold.pairs.len(),
    );
    assert_eq!(counts, (4, 3, 1));
    let speaker = gold.attributions[0].speaker.as_ref().unwrap();
    assert_eq!(speaker.span.of(&gold.attributions[0].text), Some("Orlov"));
    for format in ALL {
        assert_same(&gold, &there_and_back(&gold, format), format);
    }
}

#[test]
fn exports_as_the_tools_write_them() {
    let n = names();
    let read = |name: &str, text: &str| Gold::parse(Path::new(name), text, &n).unwrap();

    let doccano = read(
        "d.jsonl",
        r#"{"id":12,"text":"A text.","label":["south","escalation"],"Comments":[],"outlet":"X"}
{"id":13,"text":"Å said so.","label":[[0,1,"SPEAKER"],[2,6,"cue"],[7,9,"content"]]}
{"id":14,"text":"A text.","label":["east"]}
{"id":15,"text":"A text.","label":["north","south"]}"#,
    );
    assert_eq!(doccano.statements[0].side, Some(Side::Second));
    assert_eq!(doccano.statements[0].meta.id, "12");
    assert_eq!(doccano.attributions[0].cue, Some(Span::new(3, 7)));
    let kinds: Vec<ProblemKind> = doccano.problems.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::UnknownLabel, ProblemKind::Undecided]);

    let csv = read("d.csv", "id,text,label\n1,A text.,north#neutral\n");
    assert_eq!(csv.statements[0].stance, Some(Stance::Neutral));

    // Label Studio counts UTF-16 units in some versions: the fox is two of them.
    let studio = read(
        "l.json",
        r#"[{"id":5,"data":{"text":"🦊 Orlov said so.","outlet":"X"},"annotations":[
              {"id":1,"was_cancelled":true,"result":[]},
              {"id":2,"was_cancelled":false,"result":[
                {"from_name":"span","to_name":"text","type":"labels","value":{"start":3,"end":8,"text":"Orlov","labels":["speaker"]}},
                {"from_name":"side","to_name":"text","type":"choices","value":{"choices":["north"]}}]}]},
            {"id":6,"data":{"text":"Two minds."},"annotations":[
              {"id":3,"result":[{"from_name":"side","type":"choices","value":{"choices":["north"]}}]},
              {"id":4,"result":[{"from_name":"side","type":"choices","value":{"choices":["south"]}}]}]},
            {"id":7,"data":{"text":"Skipped."},"annotations":[{"id":8,"was_cancelled":true,"result":[]}]}]"#,
    );
    assert_eq!(studio.statements[0].side, Some(Side::First));
    let a = &studio.attributions[0];
    assert_eq!(a.speaker.as_ref().unwrap().span.of(&a.text), Some("Orlov"));
    let kinds: Vec<ProblemKind> = studio.problems.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::Undecided, ProblemKind::Skipped]);

    let min = read(
        "m.json",
        r#"[{"text":"A text.","id":9,"side":"north","stance":{"choices":["neutral"]},"annotator":1,"annotation_id":3,"lead_time":1.5},
            {"text":"Orlov said so.","id":10,"label":[{"start":0,"end":5,"text":"Orlov","labels":["speaker"]}],"annotator":1,"annotation_id":4}]"#,
    );
    assert_eq!(min.problems, vec![]);
    assert_eq!(min.statements[0].stance, Some(Stance::Neutral));
    assert_eq!(min.attributions.len(), 1);

    let prodigy = read(
        "p.jsonl",
        r#"{"text":"A text.","meta":{"id":"m1"},"options":[{"id":"north","text":"North"}],"accept":["north"],"answer":"accept","_input_hash":1,"_task_hash":2}
{"text":"A text.","label":"side:other","answer":"accept","_task_hash":3}
{"text":"A text.","label":"north","answer":"reject","_task_hash":4}
{"text":"Orlov said so.","spans":[{"start":0,"end":5,"label":"speaker","token_start":0,"token_end":0}],"tokens":[],"answer":"accept","_task_hash":5}"#,
    );
    assert_eq!(prodigy.statements[0].meta.id, "m1");
    assert_eq!(prodigy.statements[1].side, Some(Side::Other));
    assert_eq!(prodigy.statements[1].meta.id, "line-2");
    assert_eq!(prodigy.attributions.len(), 1);
    assert_eq!(prodigy.problems[0].kind, ProblemKind::Skipped);
}

#[test]
fn bad_records_are_named_with_line_and_remedy() {
    let text = r#"{"id":"1","text":"T.","side":"east"}
{"id":"2","text":"T."}
{"id":"3","text":"T.","side":"north"}
{"id":"3","text":"U.","side":"north"}
{"id":"4","text":"T.","side":5}
{"id":"5","text":"Тут","speaker":{"span":[0,1]},"content":[]}
{"id":"6","text":"He is.","speaker":{"text":"It","span":[0,2]},"content":[]}
{"id":"7","a":"x","b":"y"}
{"id":"8","a":"x","b":"y","relation":"near"}
{"id":"9","text":" ","side":"north"}"#;
    let gold = Gold::parse(Path::new("g.jsonl"), text, &names()).unwrap();
    use ProblemKind::*;
    let kinds: Vec<(ProblemKind, &str)> = gold
        .problems
        .iter()
        .map(|p| (p.kind, p.source.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            (UnknownLabel, "g.jsonl:1"),
            (NoLabel, "g.jsonl:2"),
            (DuplicateId, "g.jsonl:4"),
            (Malformed, "g.jsonl:5"),
            (BadSpan, "g.jsonl:6"),
            (BadSpan, "g.jsonl:7"),
            (NoLabel, "g.jsonl:8"),
            (UnknownLabel, "g.jsonl:9"),
            (Malformed, "g.jsonl:10"),
        ]
    );
    assert!(gold.problems[0].message.contains("north, south, other"));
    assert!(gold.problems[0].message.contains("--sides"));
    assert_eq!(gold.statements.len(), 1);
}

#[test]
fn a_file_about_another_dispute_is_not_mixed_in() {
    let text = r#"{"id":"1","text":"T.","side":"east"}
{"id":"2","text":"U.","side":"west"}
{"id":"3","text":"V.","side":"other"}"#;
    let gold = Gold::parse(Path::new("g.jsonl"), text, &names()).unwrap();
    assert!(gold.is_empty());
    assert_eq!(gold.problems.len(), 3);
    assert!(gold.problems[2].message.contains("--sides"));
}

#[test]
fn coreference_and_contrast_are_told_apart() {
    let text = r#"{"id":"c1","statements":["A.","B."],"target":1,"actor":null,"order":"unreliable","why":"w"}
{"event":"e1","a":{"document":"x.txt","text":"A."},"b":{"document":"y.txt","text":"B."}}
{"event":null,"document":"x.txt","text":"A."}
{"id":"c2","statements":["A."],"target":1,"actor":"z"}"#;
    let gold = Gold::parse(Path::new("g.jsonl"), text, &names()).unwrap();
    assert_eq!(
        (
            gold.coreferences.len(),
            gold.truths.len(),
            gold.events.len()
        ),
        (1, 1, 1)
    );
    assert!(!gold.coreferences[0].ordered());
    assert_eq!(gold.problems[0].kind, ProblemKind::Malformed);
    let mut only = Gold {
        coreferences: gold.coreferences.clone(),
        ..Gold::default()
    };
    only.files.push("g.jsonl".into());
    let back = there_and_back(&only, Format::Csv);
    assert_eq!(back.coreferences, only.coreferences);
    assert!(only.write(Format::Doccano, &names()).is_err());
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~é🦊\n]{0,8}".prop_map(Value::from),
        proptest::collection::vec("[a-z]{0,3}", 0..3).prop_map(Value::from),
    ]
}

fn any_fields() -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![
        "[a-z]{1,6}".prop_map(String::from),
        Just("label".to_string()),
        Just("spans".to_string()),
        Just("answer".to_string()),
        Just("entities".to_string()),
        Just("standoff_x".to_string()),
    ];
    proptest::collection::btree_map(key, any_value(), 0..5).prop_map(|m| {
        let known = [
            "id",
            "text",
            "doc",
            "date",
            "meta",
            "a",
            "b",
            "event",
            "side",
            "stance",
            "relation",
            "speaker",
            "content",
            "cue",
            "target",
            "statements",
            "actor",
        ];
        m.into_iter()
            .filter(|(k, _)| !known.contains(&k.as_str()))
            .collect()
    })
}

/// A text of a few words with letters of one to four bytes.
const WORD: &str = "[a-zßЖ🦊]{1,5}";

proptest! {
    #[test]
    fn any_statement_survives_every_format(
        words in proptest::collection::vec(WORD, 1..8), fields in any_fields(),
        side in 0usize..3, stance in 0usize..3, doc in proptest::option::of("[a-z0-9]{1,4}")
    ) {
        let mut map = fields;
        map.insert("id".into(), json!("x1"));
        map.insert("text".into(), json!(words.join(" ")));
        map.insert("side".into(), json!(names().0[side]));
        map.insert("stance".into(), json!(["escalation", "de-escalation", "neutral"][stance]));
        if let Some(d) = doc { map.insert("doc".into(), json!(d)); }
        let text = Value::Object(map).to_string();
        let gold = Gold::parse(Path::new("g.jsonl"), &text, &names()).unwrap();
        prop_assert_eq!(gold.statements.len(), 1);
        for format in ALL {
            assert_same(&gold, &there_and_back(&gold, format), format);
        }
    }

    #[test]
    fn any_attribution_survives_every_format(
        words in proptest::collection::vec(WORD, 4..8), fields in any_fields(), marks in any::<[bool; 3]>()
    ) {
        let text = words.join(" ");
        let at: Vec<usize> = text.match_indices(' ').map(|m| m.0).collect();
        let mut map = fields;
        map.insert("id".into(), json!("x1"));
        map.insert("speaker".into(), if marks[0] { json!({"span": [0, at[0]], "actor": "who"}) } else { Value::Null });
        map.insert("cue".into(), if marks[1] { json!([at[0] + 1, at[1]]) } else { Value::Null });
        map.insert("content".into(), if marks[2] { json!([[at[1] + 1, at[2]], [at[2] + 1, text.len()]]) } else { json!([]) });
        map.insert("text".into(), json!(text));
        let line = Value::Object(map).to_string();
        let gold = Gold::parse(Path::new("g.jsonl"), &line, &names()).unwrap();
        prop_assert_eq!(gold.attributions.len(), 1);
        for format in ALL {
            assert_same(&gold, &there_and_back(&gold, format), format);
        }
    }
}
