use proptest::prelude::*;

use crate::attribute::testing::{attributor, day};
use crate::attribute::Attributor;
use chrono::NaiveDate;

fn found(a: &Attributor, text: &str, date: Option<NaiveDate>) -> Vec<String> {
    a.statement(text, date)
        .mentions
        .iter()
        .map(|m| format!("{}={}", m.span.of(text).unwrap(), m.actor))
        .collect()
}

#[test]
fn case_and_boundaries() {
    let a = attributor();
    let f = |t: &str| found(&a, t, day("2022-02-15"));
    assert_eq!(f("The US told us nothing."), ["US=united-states"]);
    assert_eq!(
        f("USS Donald Cook left, and the USA waited."),
        ["USA=united-states"]
    );
    assert_eq!(
        f("Russia’s answer and Russia's doubt"),
        ["Russia=russia", "Russia=russia"]
    );
    assert_eq!(
        f("Nato and NATO-led forces, pro-Russian units"),
        ["Nato=nato", "NATO=nato", "Russian=russia"]
    );
    assert_eq!(f("nato russia un"), Vec::<String>::new());
    assert_eq!(
        f("RUSSIA STRIKES KYIV AND TELLS US NOTHING"),
        ["RUSSIA=russia", "KYIV=ukraine"]
    );
    assert_eq!(
        f("see https://tass.ru/russia/Moscow and Moscow.example"),
        Vec::<String>::new()
    );
    assert_eq!(
        f("The Washington Post asked Washington."),
        ["Washington=united-states"]
    );
    assert_eq!(
        f("U.S.-led talks; the U.S. agreed."),
        ["U.S.=united-states", "U.S.=united-states"]
    );
    assert_eq!(f("Zürich–Kyiv „Kyiv“"), ["Kyiv=ukraine", "Kyiv=ukraine"]);
}

#[test]
fn the_longest_match_wins_and_a_refused_one_gives_way() {
    let a = attributor();
    let f = |t: &str, d: &str| found(&a, t, day(d));
    assert_eq!(
        f("the Russian Defence Ministry", "2022-02-15"),
        ["Russian Defence Ministry=russian-defence-ministry"]
    );
    assert_eq!(
        f(
            "German Foreign Minister Annalena Baerbock spoke",
            "2022-02-15"
        ),
        ["German Foreign Minister Annalena Baerbock=annalena-baerbock"]
    );
    assert_eq!(
        f("the German foreign minister spoke", "2022-02-15"),
        ["German foreign minister=annalena-baerbock"]
    );
    assert_eq!(
        f("the German foreign minister spoke", "2016-02-15"),
        ["German=germany"]
    );
    assert_eq!(
        f("former Ukrainian president", "2022-02-15"),
        ["Ukrainian=ukraine"]
    );
    assert_eq!(
        f("Ukrainian President Leonid Kuchma", "2022-02-15"),
        ["Ukrainian=ukraine"]
    );
}

#[test]
fn the_date_decides_between_holders() {
    let a = attributor();
    let f = |d| found(&a, "The Ukrainian president agreed.", d);
    assert_eq!(
        f(day("2015-01-01")),
        ["Ukrainian president=petro-poroshenko"]
    );
    assert_eq!(
        f(day("2022-01-01")),
        ["Ukrainian president=volodymyr-zelensky"]
    );
    assert_eq!(
        f(day("2019-05-20")),
        ["Ukrainian president=volodymyr-zelensky"]
    );
    assert_eq!(f(day("2010-01-01")), ["Ukrainian=ukraine"]);
    assert_eq!(f(None), ["Ukrainian=ukraine"]);
    let with_name = a.document(
        &["The Ukrainian president agreed.", "Zelensky smiled."],
        None,
        true,
        None,
    );
    assert_eq!(with_name[0].mentions[0].actor, "volodymyr-zelensky");
}

#[test]
fn ambiguous_surnames_need_support() {
    let a = attributor();
    let d = day("2022-02-15");
    assert!(found(&a, "Johnson said no.", d).is_empty());
    assert_eq!(
        found(&a, "Prime Minister Johnson said no.", d),
        ["Johnson=boris-johnson"]
    );
    assert_eq!(
        found(&a, "British Prime Minister Johnson said no.", d),
        ["British Prime Minister Johnson=boris-johnson"]
    );
    let doc = a.document(
        &["Johnson said no.", "Ron Johnson agreed."],
        d,
        true,
        Some("Boris Johnson in Kyiv"),
    );
    assert_eq!(doc[0].mentions[0].actor, "boris-johnson");
    assert!(doc[1].mentions.is_empty());
}

#[test]
fn another_given_name_is_another_person() {
    let a = attributor();
    let f = |t: &str| found(&a, t, day("2022-02-15"));
    assert!(f("Jill Biden and Hunter Biden").is_empty());
    assert_eq!(
        f("President Biden and Vladimir Zelensky"),
        ["Biden=joe-biden", "Zelensky=volodymyr-zelensky"]
    );
    assert!(f("Lavrov-Smith").is_empty());
}

proptest! {
    #[test]
    fn spans_are_words_of_the_text(text in "(Russia|Kyiv|US|us|Russian president|Putin| |’s|\\.|ü|\"|Vladimir|,){0,30}") {
        let a = attributor();
        let out = a.statement(&text, day("2022-02-15"));
        let mut end = 0;
        for m in &out.mentions {
            prop_assert!(m.span.of(&text).is_some_and(|s| !s.is_empty()));
            prop_assert!(m.span.start >= end);
            end = m.span.end;
        }
        prop_assert_eq!(out.mentions, a.statement(&text, day("2022-02-15")).mentions);
    }
}
