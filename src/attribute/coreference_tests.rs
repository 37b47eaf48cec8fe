use crate::attribute::testing::{attributor, day};
use crate::record::{How, Speaker};

fn last(texts: &[&str], reliable: bool) -> Speaker {
    attributor()
        .document(texts, day("2022-02-15"), reliable, None)
        .pop()
        .and_then(|a| a.speaker)
        .unwrap()
}

#[test]
fn gender_and_recency() {
    let s = last(
        &[
            "Maria Zakharova came with Lavrov.",
            "\"The day was long,\" she said.",
        ],
        true,
    );
    assert_eq!(
        (s.actor.as_deref(), s.how),
        (Some("maria-zakharova"), How::Coreference)
    );
    let s = last(
        &["Putin received Lavrov.", "\"The day was long,\" she said."],
        true,
    );
    assert_eq!((s.actor, s.how), (None, How::Unresolved));
    assert!(s.note.unwrap().contains("no woman"));
    let s = last(
        &[
            "Putin and Biden spoke for an hour.",
            "He said the call was useful.",
        ],
        true,
    );
    assert_eq!(s.actor, None);
    let s = last(
        &[
            "Mary Smith runs a bakery in the town.",
            "She said sales had fallen.",
        ],
        true,
    );
    assert_eq!(s.actor, None);
    assert!(s.note.unwrap().contains("Mary Smith"));
}

#[test]
fn an_unreliable_order_needs_a_unique_antecedent() {
    let s = last(
        &[
            "Maria Zakharova spoke.",
            "Annalena Baerbock spoke.",
            "\"The day was long,\" she said.",
        ],
        false,
    );
    assert_eq!((s.actor, s.how), (None, How::Unresolved));
    let s = last(
        &[
            "Maria Zakharova spoke.",
            "Lavrov left.",
            "\"The day was long,\" she said.",
        ],
        false,
    );
    assert_eq!(s.actor.as_deref(), Some("maria-zakharova"));
}

#[test]
fn wording_decides_only_where_nobody_says_so_of_his_own() {
    let both = ["Maria Zakharova spoke.", "Annalena Baerbock spoke."];
    let f = |t: &'static str| {
        let s = last(&[both[0], both[1], t], false);
        (s.actor, s.note.unwrap())
    };
    let (actor, note) = f("\"It is for Moscow to pull back,\" she said.");
    assert_eq!(actor.as_deref(), Some("annalena-baerbock"));
    assert!(note.contains("only Annalena Baerbock fits"), "{note}");
    assert_eq!(
        f("\"German war propaganda has failed,\" she said.")
            .0
            .as_deref(),
        Some("maria-zakharova")
    );
    assert_eq!(f("\"Moscow and Berlin will talk,\" she said.").0, None);
}

#[test]
fn descriptions_need_one_who_fits() {
    let s = last(
        &["NATO met in Brussels.", "The alliance said it was ready."],
        false,
    );
    assert_eq!(s.actor.as_deref(), Some("nato"));
    let s = last(
        &[
            "Lavrov met Baerbock.",
            "The minister said talks would go on.",
        ],
        true,
    );
    assert_eq!(s.actor, None);
    let s = last(
        &[
            "Lavrov met Baerbock.",
            "The German minister said talks would go on.",
        ],
        true,
    );
    assert_eq!(s.actor.as_deref(), Some("annalena-baerbock"));
    let s = last(
        &[
            "Zakharova spoke, and so did Peskov.",
            "The spokeswoman said talks would go on.",
        ],
        false,
    );
    assert_eq!(s.actor.as_deref(), Some("maria-zakharova"));
}

#[test]
fn a_side_shared_by_all_candidates_is_kept() {
    let s = last(
        &[
            "The Russian Defence Ministry and the Russian Foreign Ministry are on one square.",
            "The ministry said it was closed.",
        ],
        false,
    );
    assert_eq!(
        (s.actor, s.side.as_deref(), s.how),
        (None, Some("russian"), How::Unresolved)
    );
}
