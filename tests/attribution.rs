//! The rules of attribution on the project's own gold, with the shipped sides
//! file. The thresholds are floors, not targets: they catch a change that breaks
//! a construction.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use standoff::attribute::Attributor;
use standoff::document::Span;
use standoff::record::How;
use standoff::sides::Sides;

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn attributor() -> Attributor {
    let sides = Sides::load(root("models/sides/russia-west.toml")).unwrap();
    Attributor::new(Arc::new(sides)).unwrap()
}

#[derive(Deserialize)]
struct GoldSpeaker {
    text: String,
    actor: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    text: String,
    date: Option<chrono::NaiveDate>,
    form: String,
    speaker: Option<GoldSpeaker>,
    cue: Option<Span>,
    #[serde(default)]
    content: Option<Vec<Span>>,
}

#[test]
fn speakers_of_the_gold_cases_are_found() {
    let a = attributor();
    let text = std::fs::read_to_string(root("eval/gold/attribution.jsonl")).unwrap();
    let (mut linkable, mut linked, mut speakers, mut exact, mut silent, mut nobody) =
        (0, 0, 0, 0, 0, 0);
    let (mut cues, mut contents) = (0, 0);
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let said = a.statement(&case.text, case.date).speaker;
        let describe = || {
            format!(
                "{} [{}] {}\n    gold {:?} {:?}\n    said {:?}",
                case.id,
                case.form,
                case.text,
                case.speaker.as_ref().map(|s| (&s.text, &s.actor)),
                case.content
                    .iter()
                    .flatten()
                    .map(|c| c.of(&case.text).unwrap())
                    .collect::<Vec<_>>(),
                said.as_ref().map(|s| (
                    &s.text,
                    &s.actor,
                    s.cue.and_then(|c| c.of(&case.text)),
                    s.content
                        .iter()
                        .map(|c| c.of(&case.text).unwrap())
                        .collect::<Vec<_>>(),
                    s.how,
                    &s.note
                ))
            )
        };
        let Some(gold) = &case.speaker else {
            nobody += 1;
            if said.is_none() {
                silent += 1;
            } else {
                println!("SPURIOUS {}", describe());
            }
            continue;
        };
        speakers += 1;
        let same = said.as_ref().is_some_and(|s| s.text == gold.text);
        exact += usize::from(same);
        let content = said
            .as_ref()
            .is_some_and(|s| Some(&s.content) == case.content.as_ref());
        contents += usize::from(content);
        let cue = said.as_ref().is_some_and(|s| s.cue == case.cue);
        cues += usize::from(cue);
        let actor = said.as_ref().and_then(|s| s.actor.clone());
        if gold.actor.is_some() {
            linkable += 1;
            linked += usize::from(actor == gold.actor);
        }
        if !same || actor != gold.actor {
            println!("SPEAKER {}", describe());
        } else if !content {
            println!("CONTENT {}", describe());
        } else if !cue {
            println!("CUE {}", describe());
        }
    }
    println!("actor {linked}/{linkable}, speaker text {exact}/{speakers}, cue {cues}/{speakers}, content {contents}/{speakers}, silent {silent}/{nobody}");
    assert!(linked * 100 >= linkable * 90, "actor {linked}/{linkable}");
    assert!(silent * 100 >= nobody * 85, "silent {silent}/{nobody}");
}

#[derive(Deserialize)]
struct Coreference {
    id: String,
    date: Option<chrono::NaiveDate>,
    order: String,
    statements: Vec<String>,
    target: usize,
    actor: Option<String>,
}

#[test]
fn coreference_resolves_or_stays_open() {
    let a = attributor();
    let text = std::fs::read_to_string(root("eval/gold/coreference.jsonl")).unwrap();
    let (mut right, mut guessed, mut all) = (0, 0, 0);
    for line in text.lines() {
        let case: Coreference = serde_json::from_str(line).unwrap();
        let statements: Vec<&str> = case.statements.iter().map(String::as_str).collect();
        let out = a.document(&statements, case.date, case.order == "reliable", None);
        let said = out[case.target].speaker.as_ref();
        let actor = said.and_then(|s| s.actor.clone());
        all += 1;
        if actor == case.actor {
            right += 1;
        } else {
            guessed += usize::from(actor.is_some());
            println!(
                "{} {} gold {:?} said {:?} {:?}\n   {:?}",
                case.id,
                case.order,
                case.actor,
                actor,
                said.map(|s| (&s.text, s.how, &s.note)),
                case.statements
            );
        }
        if let Some(s) = said {
            assert_eq!(
                s.note.is_some(),
                matches!(s.how, How::Coreference | How::Unresolved),
                "{}",
                case.id
            );
        }
    }
    println!("right {right}/{all}, wrong actor {guessed}");
    assert!(right * 100 >= all * 85, "{right}/{all}");
    assert!(guessed * 100 <= all * 6, "{guessed} guesses of {all}");
}
