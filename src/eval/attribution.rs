//! Scores attributions: speaker, cue and content by token and by exact span,
//! and whether the speaker was resolved to the right actor.

use serde::Serialize;

use super::bootstrap::{Bootstrap, Figure, Groups};
use super::gold::GoldAttribution;
use super::metrics::{ratio, Counts};
use super::predictions::{PredictedSpeaker, Prediction};
use super::spans;
use crate::document::Span;

/// Precision, recall and F1 with the counts behind them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prf {
    pub precision: Figure,
    pub recall: Figure,
    pub f1: Figure,
    pub tp: u64,
    pub fp: u64,
    #[serde(rename = "fn")]
    pub fn_: u64,
}

/// The three parts of an attribution.
pub const ROLES: [&str; 3] = ["speaker", "cue", "content"];

/// Scores of one part of the attribution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoleReport {
    /// `speaker`, `cue` or `content`.
    pub role: &'static str,
    /// Over tokens (words and punctuation marks).
    pub token: Prf,
    /// Over spans that must be the same.
    pub exact: Prf,
}

/// Whether speakers were resolved to actors of the sides file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActorReport {
    /// Gold speakers that have an actor.
    pub n: u64,
    /// Share of them resolved to the right one.
    pub accuracy: Figure,
    /// Share of them resolved to any.
    pub resolved: Figure,
    /// Share of all resolved speakers that are right.
    pub precision: Figure,
    /// Speakers without an actor in the gold that were given one.
    pub invented: u64,
}

/// Scores of attribution gold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttributionReport {
    pub n: u64,
    /// Records with an attribution in the gold.
    pub attributed: u64,
    /// Whether a text has an attribution at all.
    pub found: Prf,
    pub roles: Vec<RoleReport>,
    pub actor: ActorReport,
}

/// What one record adds to the counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecordCounts {
    found: Counts,
    /// Token and exact counts of the three roles.
    roles: [[Counts; 2]; 3],
    /// A gold actor; it was resolved to any; to the right one.
    actor: [u64; 3],
    /// Resolved without a gold actor.
    invented: u64,
}

impl RecordCounts {
    /// Compares one record.
    pub fn of(gold: &GoldAttribution, speaker: Option<&PredictedSpeaker>) -> Self {
        let tokens = spans::tokens(&gold.text);
        let predicted: [Vec<Span>; 3] = [
            speaker.and_then(|s| s.span).into_iter().collect(),
            speaker.and_then(|s| s.cue).into_iter().collect(),
            speaker.map(|s| s.content.clone()).unwrap_or_default(),
        ];
        let marked = gold_spans(gold);
        let mut out = RecordCounts::default();
        for role in 0..3 {
            out.roles[role] = [
                spans::by_token(&tokens, &marked[role], &predicted[role]),
                spans::exact(&gold.text, &marked[role], &predicted[role]),
            ];
        }
        let is = gold.speaker.is_some() || !gold.content.is_empty();
        let said = speaker.is_some();
        out.found = Counts {
            tp: u64::from(is && said),
            fp: u64::from(!is && said),
            fn_: u64::from(is && !said),
        };
        let right = gold.speaker.as_ref().and_then(|s| s.actor.as_deref());
        let answer = speaker.and_then(|s| s.actor.as_deref());
        match right {
            Some(right) => {
                out.actor = [
                    1,
                    u64::from(answer.is_some()),
                    u64::from(answer == Some(right)),
                ]
            }
            None => out.invented = u64::from(answer.is_some()),
        }
        out
    }

    /// Whether everything is right: spans, and the actor where there is one.
    pub fn all_right(&self) -> bool {
        self.found.fp + self.found.fn_ + self.invented == 0
            && self.actor[0] == self.actor[2]
            && self.roles.iter().all(|r| r[1].fp + r[1].fn_ == 0)
    }

    fn add(&mut self, other: &RecordCounts, times: u64) {
        self.found.add(other.found, times);
        for role in 0..3 {
            for way in 0..2 {
                self.roles[role][way].add(other.roles[role][way], times);
            }
        }
        for (a, b) in self.actor.iter_mut().zip(other.actor) {
            *a += b * times;
        }
        self.invented += other.invented * times;
    }

    fn total(records: &[RecordCounts], weights: &[u32]) -> Self {
        let mut sum = RecordCounts::default();
        for (r, &w) in records.iter().zip(weights).filter(|(_, &w)| w > 0) {
            sum.add(r, u64::from(w));
        }
        sum
    }

    fn all_counts(&self) -> [Counts; 7] {
        let [s, c, t] = self.roles;
        [self.found, s[0], s[1], c[0], c[1], t[0], t[1]]
    }

    fn figures(&self) -> Vec<Option<f64>> {
        let mut out = Vec::with_capacity(24);
        for c in self.all_counts() {
            out.extend([c.precision(), c.recall(), c.f1()]);
        }
        let [n, resolved, right] = self.actor;
        out.push(ratio(right, n));
        out.push(ratio(resolved, n));
        out.push(ratio(right, resolved + self.invented));
        out
    }
}

/// The gold's spans by role.
pub fn gold_spans(gold: &GoldAttribution) -> [Vec<Span>; 3] {
    [
        gold.speaker.iter().map(|s| s.span).collect(),
        gold.cue.into_iter().collect(),
        gold.content.clone(),
    ]
}

/// Counts of the records that have a prediction; `None` where there is none.
pub fn counts(
    gold: &[GoldAttribution],
    predicted: &[Option<Prediction>],
) -> Vec<Option<RecordCounts>> {
    gold.iter()
        .zip(predicted)
        .map(|(g, p)| {
            let speaker = p.as_ref()?.speaker.as_ref()?;
            Some(RecordCounts::of(g, speaker.as_ref()))
        })
        .collect()
}

/// Sums up records.
pub fn report(
    records: &[RecordCounts],
    groups: &Groups,
    bootstrap: Bootstrap,
) -> AttributionReport {
    let sum = RecordCounts::total(records, &vec![1; records.len()]);
    let f = bootstrap.figures(groups, |w| RecordCounts::total(records, w).figures());
    let counts = sum.all_counts();
    let prf = |i: usize| Prf {
        precision: f[3 * i],
        recall: f[3 * i + 1],
        f1: f[3 * i + 2],
        tp: counts[i].tp,
        fp: counts[i].fp,
        fn_: counts[i].fn_,
    };
    AttributionReport {
        n: records.len() as u64,
        attributed: sum.found.tp + sum.found.fn_,
        found: prf(0),
        roles: ROLES
            .iter()
            .enumerate()
            .map(|(i, role)| RoleReport {
                role,
                token: prf(1 + 2 * i),
                exact: prf(2 + 2 * i),
            })
            .collect(),
        actor: ActorReport {
            n: sum.actor[0],
            accuracy: f[21],
            resolved: f[22],
            precision: f[23],
            invented: sum.invented,
        },
    }
}

impl AttributionReport {
    /// All figures by key.
    pub fn figures(&self) -> Vec<(String, Option<f64>)> {
        let mut out = Vec::new();
        let mut prf = |key: String, p: &Prf| {
            out.push((format!("{key}precision"), p.precision.value));
            out.push((format!("{key}recall"), p.recall.value));
            out.push((format!("{key}f1"), p.f1.value));
        };
        prf("attribution.found.".into(), &self.found);
        for r in &self.roles {
            prf(format!("attribution.{}.token_", r.role), &r.token);
            prf(format!("attribution.{}.exact_", r.role), &r.exact);
        }
        out.push((
            "attribution.actor.accuracy".into(),
            self.actor.accuracy.value,
        ));
        out.push((
            "attribution.actor.precision".into(),
            self.actor.precision.value,
        ));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::gold::{GoldSpeaker, Meta};

    fn gold() -> GoldAttribution {
        GoldAttribution {
            meta: Meta::default(),
            text: "Orlov said the bridge is open.".into(),
            speaker: Some(GoldSpeaker {
                span: Span::new(0, 5),
                actor: Some("orlov".into()),
            }),
            cue: Some(Span::new(6, 10)),
            content: vec![Span::new(11, 29)],
        }
    }

    fn said(content: Span, actor: Option<&str>) -> PredictedSpeaker {
        PredictedSpeaker {
            name: "Orlov".into(),
            span: Some(Span::new(0, 5)),
            actor: actor.map(String::from),
            side: None,
            cue: Some(Span::new(6, 10)),
            content: vec![content],
        }
    }

    #[test]
    fn right_partly_right_and_missed() {
        let g = gold();
        let right = RecordCounts::of(&g, Some(&said(Span::new(11, 29), Some("orlov"))));
        assert!(right.all_right());
        let part = RecordCounts::of(&g, Some(&said(Span::new(11, 21), None)));
        assert!(!part.all_right());
        assert_eq!(
            part.roles[2][0],
            Counts {
                tp: 2,
                fp: 0,
                fn_: 2
            }
        );
        assert_eq!(
            part.roles[2][1],
            Counts {
                tp: 0,
                fp: 1,
                fn_: 1
            }
        );
        assert_eq!(part.actor, [1, 0, 0]);
        let missed = RecordCounts::of(&g, None);
        let r = report(
            &[right, part, missed],
            &Groups::single(3),
            Bootstrap::default(),
        );
        assert_eq!(r.found.recall.value, Some(2.0 / 3.0));
        assert_eq!(r.roles[2].token.recall.value, Some(6.0 / 12.0));
        assert_eq!(r.roles[2].exact.precision.value, Some(0.5));
        assert_eq!(r.actor.accuracy.value, Some(1.0 / 3.0));
        assert_eq!(r.actor.precision.value, Some(1.0));
    }

    #[test]
    fn nothing_to_find_gives_no_figures() {
        let mut g = gold();
        (g.speaker, g.cue, g.content) = (None, None, vec![]);
        let right = RecordCounts::of(&g, None);
        assert!(right.all_right());
        let r = report(&[right], &Groups::single(1), Bootstrap::default());
        assert_eq!(r.found.f1.value, None);
        let wrong = RecordCounts::of(&g, Some(&said(Span::new(11, 29), Some("orlov"))));
        assert_eq!(wrong.invented, 1);
        assert_eq!(wrong.found.fp, 1);
    }
}
