use proptest::prelude::*;

use crate::attribute::testing::{attributor, day};
use crate::attribute::Attributor;
use crate::record::{How, Speaker};

fn speaker(a: &Attributor, text: &str) -> Option<Speaker> {
    a.statement(text, day("2022-02-15")).speaker
}

/// `speaker | cue | content | content …`
fn said(a: &Attributor, text: &str) -> String {
    match speaker(a, text) {
        None => "nobody".into(),
        Some(s) => {
            let mut parts = vec![s.text.clone(), s.cue.unwrap().of(text).unwrap().to_string()];
            parts.extend(s.content.iter().map(|c| c.of(text).unwrap().to_string()));
            parts.join(" | ")
        }
    }
}

#[test]
fn direct_speech_before_after_and_in_the_middle() {
    let a = attributor();
    let f = |t: &str| said(&a, t);
    assert_eq!(
        f("Lavrov said: \"We will wait.\""),
        "Lavrov | said | \"We will wait.\""
    );
    assert_eq!(
        f("“We will wait,” Lavrov said on Tuesday."),
        "Lavrov | said | “We will wait,”"
    );
    assert_eq!(
        f("''We will wait,'' said Lavrov."),
        "Lavrov | said | ''We will wait,''"
    );
    assert_eq!(
        f("\"We will wait,\" said Igor Konashenkov, the ministry's spokesman. \"We have time.\""),
        "Igor Konashenkov | said | \"We will wait,\" | \"We have time.\""
    );
    assert_eq!(
        f("\"We will wait,\" Lavrov told reporters in Geneva, \"but not for ever.\""),
        "Lavrov | told | \"We will wait,\" | \"but not for ever.\""
    );
    assert_eq!(
        f("\"Is that all?\" Baerbock asked."),
        "Baerbock | asked | \"Is that all?\""
    );
}

#[test]
fn unbalanced_and_many_paragraphs() {
    let a = attributor();
    let f = |t: &str| said(&a, t);
    assert_eq!(
        f("We will wait,\" Lavrov said."),
        "Lavrov | said | We will wait,\""
    );
    assert_eq!(
        f("\"We will wait, said Lavrov."),
        "Lavrov | said | \"We will wait,"
    );
    assert_eq!(
        f("Zelensky said:\n\n\"We are here.\n\n\"We stay.\""),
        "Zelensky | said | \"We are here.\n\n\"We stay.\""
    );
}

#[test]
fn indirect_speech() {
    let a = attributor();
    let f = |t: &str| said(&a, t);
    assert_eq!(
        f("Stoltenberg said that NATO was ready."),
        "Stoltenberg | said | that NATO was ready"
    );
    assert_eq!(
        f("In Brussels, NATO Secretary General Jens Stoltenberg told reporters on Monday the door was open."),
        "NATO Secretary General Jens Stoltenberg | told | the door was open"
    );
    assert_eq!(
        f("The drills are over, the Russian Defence Ministry said Tuesday."),
        "the Russian Defence Ministry | said | The drills are over"
    );
    assert_eq!(
        f("Russia, Biden said, will pay a price."),
        "Biden | said | Russia | will pay a price"
    );
    assert_eq!(
        f("Dmitry Peskov, the Kremlin's spokesman, denied that troops had left."),
        "Dmitry Peskov | denied | that troops had left"
    );
    assert_eq!(
        f("According to the Kremlin, nothing has changed."),
        "the Kremlin | According to | nothing has changed"
    );
    assert_eq!(
        f("Nothing has changed, according to the Kremlin."),
        "the Kremlin | according to | Nothing has changed"
    );
    assert_eq!(
        f("Moscow has flatly rejected the demand."),
        "Moscow | has flatly rejected | the demand"
    );
    assert_eq!(
        f("Putin's claim that the talks failed is disputed."),
        "Putin | claim | that the talks failed"
    );
}

#[test]
fn headlines() {
    let a = attributor();
    let f = |t: &str| said(&a, t);
    assert_eq!(
        f("Kremlin: No talks this week"),
        "Kremlin | : | No talks this week"
    );
    assert_eq!(
        f("No talks this week — Peskov"),
        "Peskov | — | No talks this week"
    );
    assert_eq!(
        f("No talks this week: Russian Defence Ministry"),
        "Russian Defence Ministry | : | No talks this week"
    );
    assert_eq!(
        f("No talks this week, Kremlin says"),
        "Kremlin | says | No talks this week"
    );
    assert_eq!(
        speaker(&a, "Kremlin: No talks this week").unwrap().how,
        How::Headline
    );
    for none in [
        "Live: No talks this week",
        "Ukraine war: what we know",
        "Kyiv — a city at night",
        "Talks: the timeline",
    ] {
        assert_eq!(f(none), "nobody", "{none}");
    }
}

#[test]
fn no_speech_no_speaker() {
    let a = attributor();
    for none in [
        "Russian troops crossed the river at dawn.",
        "All told, forty buses left.",
        "That said, the road is open.",
        "The report was published on Monday.",
        "Everything went according to plan.",
        "The \"republic\" held a vote.",
        "",
        "\"",
        "said",
    ] {
        assert_eq!(said(&a, none), "nobody", "{none}");
    }
}

#[test]
fn the_outermost_speaker_holds_and_the_inner_is_kept() {
    let a = attributor();
    let s = speaker(
        &a,
        "The Kremlin said Biden had promised that no missiles would come.",
    )
    .unwrap();
    assert_eq!(s.actor.as_deref(), Some("kremlin"));
    assert_eq!(s.nested.len(), 1);
    assert_eq!(s.nested[0].actor.as_deref(), Some("joe-biden"));
    let s = speaker(
        &a,
        "TASS reports that the bridge is closed, according to the Russian Defence Ministry.",
    )
    .unwrap();
    assert_eq!(s.actor.as_deref(), Some("tass"));
}

#[test]
fn roles_and_sides_are_named() {
    let a = attributor();
    let s = speaker(&a, "\"We stay,\" said Annalena Baerbock.").unwrap();
    assert_eq!(
        (s.name.as_str(), s.role.as_deref(), s.side.as_deref()),
        (
            "Annalena Baerbock",
            Some("foreign minister of Germany"),
            Some("western")
        )
    );
    let s = speaker(&a, "\"We stay,\" said Ann Low, the mayor of Smalltown.").unwrap();
    assert_eq!(
        (s.actor, s.role.as_deref(), s.side),
        (None, Some("mayor of Smalltown"), None)
    );
    let s = speaker(&a, "US officials said the road was closed.").unwrap();
    assert_eq!((s.actor, s.side.as_deref()), (None, Some("western")));
    let s = speaker(
        &a,
        "The Russian foreign minister's spokeswoman said nothing was planned.",
    )
    .unwrap();
    assert_ne!(s.actor.as_deref(), Some("sergey-lavrov"));
}

proptest! {
    #[test]
    fn any_text_gives_spans_on_character_boundaries(
        text in "(Lavrov|said|says|told|reporters|that|she|the ministry|according to|, |\\. |\"|“|”|'|''|—|: | |\n\n|Ünder|🇺🇦|’s|\\(|\\)|claim|by|was quoted as saying|and|As|put it|in the words of|;|\\?){0,40}"
    ) {
        let a = attributor();
        let check = |s: &Speaker| -> bool {
            s.span.of(&text) == Some(s.text.as_str())
                && s.cue.is_some_and(|c| c.of(&text).is_some_and(|x| !x.is_empty()))
                && s.content.iter().all(|c| c.of(&text).is_some_and(|x| !x.is_empty()))
        };
        let out = a.document(&[&text, &text], day("2022-02-15"), true, Some(&text));
        prop_assert_eq!(out.len(), 2);
        for s in out.iter().filter_map(|o| o.speaker.as_ref()) {
            prop_assert!(check(s), "{:?}", s);
            prop_assert!(s.nested.iter().all(check));
        }
        for c in a.claims(&text) {
            prop_assert!(c.cue.of(&text).is_some());
        }
    }

    #[test]
    fn any_characters_do_no_harm(text in "\\PC{0,80}") {
        let a = attributor();
        let one = a.statement(&text, None);
        prop_assert_eq!(one, a.statement(&text, None));
    }
}
