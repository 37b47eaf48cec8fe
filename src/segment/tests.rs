use super::*;
use proptest::prelude::*;

fn cut(text: &str) -> Vec<&str> {
    prose(text)
        .into_iter()
        .map(|s| s.of(text).unwrap())
        .collect()
}

fn document(text: &str, layout: Layout) -> Document {
    Document {
        id: "d".into(),
        source: "d".into(),
        title: None,
        date: None,
        url: None,
        outlet: None,
        text: text.into(),
        layout,
        hash: String::new(),
    }
}

/// Texts with marks where they must be cut, and nowhere else: `|` at a space,
/// `¦` where the space is missing.
const EXAMPLES: &[&str] = &[
    "The U.S. said no.|The E.U. agreed.",
    "The U.S. President met Gen. Mark Doe and Lt. Col. Jane Roe.|They talked.",
    "They met in the U.S.|The talks went on at 10 a.m. Monday.|No one spoke.",
    "Talks began at 9 a.m.|Troops left at noon.",
    "J. D. Vance and George W. Bush met V. Putin.|A. B. Smith wrote it.",
    "Mr. Doe and Dr. Roe flew to St. Petersburg.|It was No. 10 on the list.|He said no.|She left.",
    "Art. 5 covers this.|It began on Feb. 24 and ended in Dec.|Nobody won.",
    "“We will not leave,” he said.|“Not now.”",
    "“Will you go?” he asked.|“No!” she said.",
    "\"Will you attack?\" asked the reporter.|\"We will not,\" the minister replied.",
    "\"Go home!\" Doe shouted.|The crowd cheered.",
    "“Get out!” Doe said.|Nobody left.",
    "“We are ready. We will act,” he said.|Then he left.",
    "The minister said: “Enough. This must stop.”|He gave no date.",
    "Russia withdraws.¦We have seen it.|Nobody else has.",
    "It was in 2014.¦After that came war.",
    "He named \"Nord Stream 2\".|When asked, he said no.",
    "They are ready.¦\"We are too,\" he said.",
    "“It is over.”¦The crowd left.",
    "He paused… and went on.|Then... nothing.",
    "He waited...|Then he left.",
    "Prices rose 3.5 percent to $4.20.|Gas cost 2.1 times as much.",
    "See https://example.org/News.Page and Lenta.Ru for more.|It is there.",
    "Apple Inc. Chief Jane Doe left.|Acme Corp. said so.|The firm is closed.",
    "The war — if it is one — goes on.|Nobody knows.",
    "“War is not the answer.” — Jane Doe",
    "He spoke (he was tired. He had not slept) and left.|She stayed.",
    "1. Russia shall withdraw.|2. Ukraine shall be neutral.",
    "Yahoo! said the site was down.|It is up.",
    "He asked why.|\"Because,\" she said.",
    "Путин заявил, что переговоры продолжатся.|Они начнутся завтра.",
    "We win 💪🏽!|They lose 😢.|Über alles — nein.",
    "Is it war?|Nobody knows.|Or wants to.",
    "He (Doe) left.|She (Roe) stayed.",
    "The Rev. Doe, the Hon. Roe and Sen. Poe v. State.|All lost.",
    "Washington D.C. Mayor Jane Doe spoke.|The U.S.-led talks failed.",
];

#[test]
fn news_sentences() {
    let mut wrong = Vec::new();
    for example in EXAMPLES {
        let text = example.replace('|', " ").replace('¦', "");
        let want: Vec<&str> = example.split(['|', '¦']).collect();
        let got = cut(&text);
        if got != want {
            wrong.push(format!("\n  want {want:?}\n  got  {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn a_long_quotation_is_cut_and_a_short_one_is_not() {
    let long = format!(
        "“{}We stop.” He left.",
        "We will not be moved by any threat. ".repeat(8)
    );
    assert_eq!(cut(&long).len(), 10);
    assert_eq!(cut("“We go. We win. We come back.” He left.").len(), 2);
}

#[test]
fn dialogue_dashes_and_inline_bullets() {
    assert_eq!(
        cut("He said so.- We expect nothing - he added. – We wait."),
        ["He said so.", "We expect nothing - he added.", "We wait."]
    );
    assert_eq!(
        cut("• One thing • Another thing"),
        ["One thing", "Another thing"]
    );
}

#[test]
fn a_dump_line_is_never_cut() {
    let text = "One. Two. Three.\r\n\r\n  “Four. Five.” He left.  \r\n";
    let doc = document(text, Layout::Dump);
    let got: Vec<_> = segment(&doc, &SegmentOptions::default())
        .into_iter()
        .map(|s| s.span.of(&doc.text).unwrap().to_string())
        .collect();
    assert_eq!(got, ["One. Two. Three.", "“Four. Five.” He left."]);
}

#[test]
fn switches_switch_off() {
    let doc = document(
        "Read more\nМинистр заявил, что войска вернутся в казармы.\n***",
        Layout::Dump,
    );
    let on = segment(&doc, &SegmentOptions::default());
    assert_eq!(on[0].filtered, Some(crate::document::Filtered::ReadMore));
    assert_eq!(on[1].language.as_deref(), Some("ru"));
    let off = segment(
        &doc,
        &SegmentOptions {
            filter_boilerplate: false,
            detect_language: false,
        },
    );
    assert_eq!(off[0].filtered, None);
    assert_eq!(off[1].language, None);
    assert_eq!(off[2].filtered, Some(crate::document::Filtered::Empty));
}

/// Lines of five megabytes that would be quadratic if taken naively.
#[test]
fn huge_lines_take_bounded_time() {
    let n = 5_000_000;
    let lines = [
        "a".repeat(n),
        format!("a.{}b", " ".repeat(n)),
        ".".repeat(n),
        "\"".repeat(n),
        format!("a.{}", "\u{301}".repeat(n / 2)),
        "A.B".repeat(n / 3),
        "word ".repeat(n / 5),
        "\n".repeat(1_000_000),
        "(a. ".repeat(n / 4),
        "“a. B ".repeat(n / 8),
        "said ".repeat(n / 5),
        "a.- B".repeat(n / 5),
    ];
    for line in lines {
        let t = std::time::Instant::now();
        let doc = document(&line, Layout::Prose);
        let got = segment(&doc, &SegmentOptions::default());
        let secs = t.elapsed().as_secs_f64();
        let head: String = line.chars().take(8).collect();
        assert!(secs < 30.0, "{head:?}: {secs:.1} s, {} segments", got.len());
    }
}

fn check(text: &str, layout: Layout) -> Result<(), TestCaseError> {
    let doc = document(text, layout);
    let mut end = 0;
    for s in segment(&doc, &SegmentOptions::default()) {
        let slice = s.span.of(&doc.text);
        prop_assert!(
            slice.is_some(),
            "{:?} is not on character boundaries",
            s.span
        );
        let slice = slice.unwrap();
        prop_assert!(s.span.start >= end, "out of order");
        prop_assert!(!slice.is_empty());
        prop_assert_eq!(slice, slice.trim());
        end = s.span.end;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn spans_slice_back_in_order(text in "[a-zA-Zа-яА-Я0-9 .!?…\"“”'’«»()\\[\\]•*#>\\-–—:;,\r\n\t\u{301}\u{308}😀💪🏽é\u{2028}\u{200b}]{0,120}") {
        check(&text, Layout::Prose)?;
        check(&text, Layout::Dump)?;
    }

    #[test]
    fn any_text_at_all(text in "\\PC{0,80}") {
        check(&text, Layout::Prose)?;
    }

    #[test]
    fn nothing_but_marks_and_space_is_lost(
        parts in prop::collection::vec("(U\\.S\\.|Gen\\.|“|”|\"|He said|Москва|Привет\\.|no\\.|We|it…|😀|e\u{301}|\\(|\\)|\n|\n\n|- | |\\. |\\? |3\\.5)", 0..40)
    ) {
        let text = parts.concat();
        let kept: String = prose(&text).into_iter().map(|s| s.of(&text).unwrap()).collect();
        let words = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        prop_assert_eq!(words(&kept), words(&text));
    }
}
