use proptest::prelude::*;

use super::testing::{embed, names, statement, FakeJudge, With};
use super::*;

fn run_with(statements: &[StatementRecord], earlier: usize, options: &Options) -> Contrast {
    let embeddings = embed(statements);
    let input = Input {
        statements,
        embeddings: &embeddings,
        names: names(),
        earlier,
    };
    contrast(&input, &FakeJudge, options, &|_, _, _| ()).unwrap()
}

fn run(statements: &[StatementRecord]) -> Contrast {
    run_with(statements, 0, &Options::default())
}

/// Two events, each claimed by one side and denied by the other.
fn corpus() -> Vec<StatementRecord> {
    let left = |id: &str, text: &str| statement(id, text).on("2024-03-05").naming(&["navy"]);
    let right = |id: &str, text: &str| left(id, text).side(1);
    vec![
        left(
            "l1",
            "The navy said divers had cut the cable off the island of Orsk.",
        ),
        left(
            "l2",
            "Guards at the border post shot two farmers from Talvik.",
        ),
        left("l3", "A tax on salt will be raised in autumn."),
        right(
            "r1",
            "Our divers were not near the cable off the island of Orsk, the admiral said.",
        ),
        right(
            "r2",
            "No guards at the border post fired on farmers from Talvik.",
        ),
        right(
            "r3",
            "The cable off the island of Orsk was not cut by divers, a minister said.",
        ),
        right("r4", "Schools open later this year."),
        statement(
            "o1",
            "Divers and the cable off the island of Orsk were filmed by a fisherman.",
        )
        .on("2024-03-06")
        .side(2),
    ]
}

#[test]
fn claims_meet_their_denials() {
    let c = run(&corpus());
    let primary: Vec<(&str, &str)> = c
        .pairs
        .iter()
        .filter(|p| p.primary)
        .map(|p| (p.a.as_str(), p.b.as_str()))
        .collect();
    assert_eq!(primary.len(), 2, "{primary:?}");
    assert!(primary.contains(&("l2", "r2")));
    let further: Vec<&Pair> = c.pairs.iter().filter(|p| !p.primary).collect();
    assert_eq!(further.len(), 1);
    assert_eq!(further[0].a, "l1");
    assert_eq!(c.issues.len(), 2);
    let cable = &c.issues[0];
    assert_eq!(cable.pairs.len(), 2);
    assert_eq!(cable.neighbours, ["o1"]);
    assert!(cable.keywords.iter().any(|k| k == "cable"), "{cable:?}");
    assert_eq!(
        c.unanswered,
        [vec!["l3".to_string()], vec!["r4".to_string()]]
    );
    let e = &c.pairs[0].evidence;
    assert_eq!(e.actors, ["navy"]);
    assert_eq!(e.days_apart, Some(0));
    assert!(
        e.terms.iter().any(|t| t == "Orsk" || t == "Talvik"),
        "{e:?}"
    );
    for p in &c.pairs {
        assert!(c
            .issues
            .iter()
            .any(|i| i.id == p.issue && i.pairs.contains(&p.id)));
    }
}

#[test]
fn copies_are_merged_and_counted() {
    let mut s = corpus();
    let mut copy = s[0].clone();
    copy.id = "a-later-copy".into();
    copy = copy.on("2024-03-08");
    s.push(copy);
    let c = run(&s);
    assert_eq!(c.copies.len(), 1);
    assert_eq!(c.copies[0].statement, "l1");
    assert_eq!(c.copies[0].copies, ["a-later-copy"]);
    assert_eq!(c.pairs.len(), run(&corpus()).pairs.len());
}

#[test]
fn one_side_only_or_nothing_at_all() {
    assert_eq!(run(&[]), Contrast::default());
    let left: Vec<StatementRecord> = corpus().into_iter().take(3).collect();
    let c = run(&left);
    assert!(c.pairs.is_empty() && c.issues.is_empty());
    assert_eq!(c.unanswered[0].len(), 3);
}

#[test]
fn identical_statements_on_both_sides_do_not_oppose_each_other() {
    let mut s = corpus();
    for i in 0..3 {
        let mut twin = s[i].clone().side(1);
        twin.id = format!("twin{i}");
        s.push(twin);
    }
    let c = run(&s);
    assert!(c.copies.is_empty());
    assert!(c.pairs.iter().all(|p| !p.b.starts_with("twin")));
}

#[test]
fn statements_far_apart_in_time_do_not_meet_and_undated_ones_do() {
    let mut s = corpus();
    for x in &mut s {
        if x.id.starts_with('r') {
            *x = x.clone().on("2025-03-05");
        }
    }
    assert!(run(&s).pairs.is_empty());
    s.iter_mut().for_each(|x| x.date = None);
    let c = run(&s);
    assert_eq!(c.pairs.len(), 3);
    assert!(c.pairs.iter().all(|p| p.evidence.days_apart.is_none()));
    assert_eq!((c.issues[0].from, c.issues[0].to), (None, None));
}

#[test]
fn very_long_and_empty_statements() {
    let mut s = corpus();
    let long = "The cable off the island of Orsk was cut, the navy went on. ".repeat(400);
    s.push(statement("long", &long));
    s.push(statement("empty", "").side(1));
    s.push(statement("dots", "…").side(0));
    let c = run(&s);
    assert!(c.pairs.iter().all(|p| p.b != "empty" && p.a != "dots"));
    assert!(c
        .issues
        .iter()
        .all(|i| i.headline.chars().count() <= issues::HEADLINE));
}

#[test]
fn statements_of_a_doubtful_side_take_part_only_if_it_has_no_other() {
    let mut s = corpus();
    s[0].side.confidence = 0.45;
    assert!(run(&s).pairs.iter().all(|p| p.a != "l1"));
    s.iter_mut()
        .filter(|x| x.id.starts_with('l'))
        .for_each(|x| x.side.confidence = 0.45);
    assert!(run(&s).pairs.iter().any(|p| p.a == "l1"));
    s.iter_mut().for_each(|x| x.language = Some("de".into()));
    assert!(run(&s).pairs.is_empty());
}

#[test]
fn a_doubtful_stance_keeps_no_statement_out() {
    let mut s = corpus();
    let all = run(&s);
    s[0].stance.confidence = 0.4;
    s[0].abstained = true;
    assert_eq!(run(&s).pairs.len(), all.pairs.len());
}

#[test]
fn pairs_with_an_earlier_run_need_a_new_statement() {
    let s = corpus();
    // l1 and l2 are known; so is nothing of the other side.
    let all = run(&s);
    let c = run_with(&s, 3, &Options::default());
    assert_eq!(all.pairs.len(), c.pairs.len());
    // Everything but the last statements is known.
    let c = run_with(&s, 5, &Options::default());
    assert!(c.pairs.iter().all(|p| p.b == "r3"), "{:?}", c.pairs);
    assert_eq!(c.pairs.len(), 1);
    // The same statement in both runs counts as new.
    let mut twice = s.clone();
    twice.extend(s.clone());
    assert_eq!(run_with(&twice, s.len(), &Options::default()), all);
}

#[test]
fn the_budget_of_judgements_is_kept() {
    struct Counting(std::sync::atomic::AtomicUsize);
    impl Judge for Counting {
        fn judge(
            &self,
            pairs: &[(&str, &str)],
            done: &(dyn Fn(usize) + Sync),
        ) -> Result<Vec<[f64; 3]>> {
            self.0
                .store(pairs.len(), std::sync::atomic::Ordering::Relaxed);
            FakeJudge.judge(pairs, done)
        }
    }
    let s: Vec<StatementRecord> = (0..60)
        .map(|i| {
            statement(
                &format!("s{i}"),
                &format!("The bridge at mile {i} was closed"),
            )
            .side(i % 2)
        })
        .collect();
    let embeddings = embed(&s);
    let input = Input {
        statements: &s,
        embeddings: &embeddings,
        names: names(),
        earlier: 0,
    };
    let judge = Counting(0.into());
    let options = Options {
        min_judgements: 10,
        judgements_per_statement: 0.5,
        ..Options::default()
    };
    contrast(&input, &judge, &options, &|_, _, _| ()).unwrap();
    assert_eq!(judge.0.into_inner(), 30);
}

#[test]
fn a_judge_that_fails_or_miscounts_is_an_error() {
    struct Bad(usize);
    impl Judge for Bad {
        fn judge(&self, _: &[(&str, &str)], _: &(dyn Fn(usize) + Sync)) -> Result<Vec<[f64; 3]>> {
            Ok(vec![[f64::NAN; 3]; self.0])
        }
    }
    let s = corpus();
    let embeddings = embed(&s);
    let mut input = Input {
        statements: &s,
        embeddings: &embeddings,
        names: names(),
        earlier: 0,
    };
    assert!(contrast(&input, &Bad(1), &Options::default(), &|_, _, _| ()).is_err());
    input.earlier = 99;
    assert!(contrast(&input, &FakeJudge, &Options::default(), &|_, _, _| ()).is_err());
}

const WORDS: [&str; 12] = [
    "harbour", "cable", "Orsk", "guards", "farmers", "not", "bridge", "convoy", "grain", "denied",
    "Talvik", "mine",
];

fn any_statements() -> impl Strategy<Value = Vec<StatementRecord>> {
    let one = (
        proptest::collection::vec(0..WORDS.len(), 0..8),
        0usize..3,
        proptest::option::of(1u32..28),
    );
    proptest::collection::vec(one, 0..40).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(i, (words, side, day))| {
                let text: Vec<&str> = words.into_iter().map(|w| WORDS[w]).collect();
                let s = statement(&format!("s{i:02}"), &text.join(" ")).side(side);
                match day {
                    Some(d) => s.on(&format!("2024-02-{d:02}")),
                    None => s,
                }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn primary_pairs_are_one_to_one_and_all_is_consistent(s in any_statements(), window in 0i64..20) {
        let options = Options { window_days: window, ..Options::default() };
        let c = run_with(&s, 0, &options);
        let by_id: HashMap<&str, &StatementRecord> = s.iter().map(|s| (s.id.as_str(), s)).collect();
        let mut seen = BTreeSet::new();
        for p in &c.pairs {
            let (a, b) = (by_id[p.a.as_str()], by_id[p.b.as_str()]);
            prop_assert_eq!(a.side(&names()), Some(Side::First));
            prop_assert_eq!(b.side(&names()), Some(Side::Second));
            prop_assert!((0.0..=1.0).contains(&p.score));
            prop_assert!(p.evidence.days_apart.unwrap_or(0) <= window);
            if p.primary {
                prop_assert!(seen.insert(p.a.clone()) && seen.insert(p.b.clone()), "one to one");
            }
        }
        for p in &c.pairs {
            prop_assert!(seen.contains(&p.a) || seen.contains(&p.b));
        }
        let mut in_issues: Vec<&String> = c.issues.iter().flat_map(|i| &i.pairs).collect();
        in_issues.sort();
        let mut ids: Vec<&String> = c.pairs.iter().map(|p| &p.id).collect();
        ids.sort();
        prop_assert_eq!(in_issues, ids);
        let issue_ids: BTreeSet<&String> = c.issues.iter().map(|i| &i.id).collect();
        prop_assert_eq!(issue_ids.len(), c.issues.len());
        for id in c.unanswered.iter().flatten() {
            prop_assert!(c.pairs.iter().all(|p| p.a != *id && p.b != *id));
        }
    }

    #[test]
    fn the_order_of_the_input_and_the_workers_change_nothing(
        (s, mixed) in any_statements().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())),
        threads in 1usize..4,
    ) {
        let options = Options { threads, ..Options::default() };
        prop_assert_eq!(run(&s), run_with(&mixed, 0, &options));
    }
}
