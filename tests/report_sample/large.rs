//! A run of many distinct statements, made of parts.

use standoff::document::Layout;
use standoff::labels::{Side, Stance};
use standoff::record::Analysis;

use super::{Builder, Who};

const WHO: [Who; 6] = [
    Who("Ilse Halvers", "foreign minister of Norland", Side::First),
    Who(
        "Joren Brandt",
        "spokesman of Norland’s defence ministry",
        Side::First,
    ),
    Who("Petra Olden", "president of Norland", Side::First),
    Who(
        "Dario Marchetti",
        "secretary-general of the Coast League",
        Side::Second,
    ),
    Who("Anna Quill", "prime minister of Portmere", Side::Second),
    Who(
        "Tomas Sorell",
        "admiral of the League’s joint fleet",
        Side::Second,
    ),
];
const DEEDS: [(&str, Stance); 9] = [
    ("{{denied}} that the", Stance::DeEscalation),
    ("{{insisted}} that the", Stance::Escalation),
    ("{{warned}} that the", Stance::Escalation),
    ("{{welcomed}} word that the", Stance::DeEscalation),
    ("noted that the", Stance::Neutral),
    (
        "{{accused}} the other side of lying when it says that the",
        Stance::Escalation,
    ),
    ("{{offered}} proof that the", Stance::DeEscalation),
    ("told the assembly that the", Stance::Neutral),
    ("{{mocked}} the claim that the", Stance::Escalation),
];
const THINGS: [&str; 12] = [
    "patrol boats",
    "pilots",
    "grain ships",
    "observers",
    "divers",
    "landing craft",
    "radar stations",
    "ferry crews",
    "cable layers",
    "envoys",
    "submarines",
    "coast guards",
];
const ACTS: [&str; 10] = [
    "left the harbour",
    "crossed the line of buoys",
    "were fired upon",
    "stayed at anchor",
    "turned back",
    "cut the cable",
    "were searched",
    "came too close",
    "had been paid",
    "ignored the signal",
];
const PLACES: [&str; 11] = [
    "off Lys",
    "near Vestby",
    "in the Sarn Strait",
    "north of Portmere",
    "by the outer islands",
    "at the Holm light",
    "below the cliffs",
    "in the roads of Tarn",
    "along the median line",
    "at the mouth of the Ister",
    "in fog",
];

/// `n` distinct statements in documents of forty, a pair for every eight, an issue for every five pairs.
pub fn large(n: usize) -> Analysis {
    let mut b = Builder::new();
    let mut sides: [Vec<String>; 2] = Default::default();
    let mut doc = 0;
    let start: chrono::NaiveDate = "2031-01-01".parse().unwrap();
    for i in 0..n {
        if i % 40 == 0 {
            let k = i / 40;
            let date = (start + chrono::Days::new(k as u64 % 120)).to_string();
            let layout = if k % 2 == 0 {
                Layout::Dump
            } else {
                Layout::Prose
            };
            doc = b.document(
                &format!("feed/{k:04}.txt"),
                &format!("Dispatch {k} from the strait"),
                Some(&date),
                Some(&format!("https://wire.example/{k}")),
                Some(["Northern Wire", "Portmere Gazette", "Harbour Herald"][k % 3]),
                layout,
            );
        }
        let who = WHO[i % 6];
        let (deed, stance) = DEEDS[i / 6 % 9];
        let words = format!(
            "[[{}]] {deed} {} {} {} on the night of watch {}, according to the log that was read out in {} hours of hearings.",
            who.0, THINGS[i / 54 % 12], ACTS[i / 3 % 10], PLACES[i / 7 % 11], i + 1, 3 + i % 37
        );
        let p = 0.5 + (i * 37 % 50) as f64 / 100.0;
        let id = b.statement(
            doc,
            &words,
            who.2,
            p,
            stance,
            0.52 + (i * 53 % 47) as f64 / 100.0,
            Some(who),
        );
        sides[usize::from(who.2 == Side::Second)].push(id);
    }
    let count = (n / 8).min(sides[0].len()).min(sides[1].len());
    // Looking up by scanning, as `Builder::pair` does for a handful, would be quadratic here.
    let texts: std::collections::HashMap<String, String> = b
        .analysis
        .statements
        .iter()
        .map(|s| (s.id.clone(), s.text.clone()))
        .collect();
    for i in 0..count {
        use standoff::record::*;
        let (x, y) = (&sides[0][i], &sides[1][i]);
        let issue = format!("issue-{:05}", i / 5);
        let id = format!("{:012x}", i as u64 * 0x1_0000_01b3 + 7);
        let score = rounded(0.95 - 0.5 * i as f64 / count as f64);
        b.analysis.pairs.push(Pair {
            id: id.clone(),
            issue: issue.clone(),
            a: x.clone(),
            b: y.clone(),
            similarity: 0.7,
            relation: scored_relation(&[score, (1.0 - score) / 3.0, (1.0 - score) / 1.5]),
            score,
            primary: i % 5 != 4,
            evidence: Evidence {
                terms: vec![THINGS[i % 12].into(), "watch".into()],
                days_apart: Some(0),
                ..Default::default()
            },
        });
        if i % 5 == 0 {
            b.analysis.issues.push(Issue {
                id: issue,
                headline: texts[x].clone(),
                central: x.clone(),
                keywords: vec![
                    THINGS[i / 5 % 12].into(),
                    ACTS[i / 5 % 10].into(),
                    PLACES[i / 5 % 11].into(),
                ],
                weight: 0.0,
                from: None,
                to: None,
                pairs: vec![],
                neighbours: vec![],
            });
        }
        let last = b.analysis.issues.last_mut().unwrap();
        last.pairs.push(id);
        last.weight = rounded(last.weight + score);
    }
    b.finish()
}
