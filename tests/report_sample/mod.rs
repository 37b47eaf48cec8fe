//! A made-up dispute for trying reports: Norland and the Coast League quarrel
//! over the Sarn Strait. All sentences are written for this file.
#![allow(dead_code)]

mod dispute;
mod hostile;
mod large;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use standoff::document::{Filtered, Layout, Span};
use standoff::labels::{Side, SideNames, Stance};
use standoff::record::*;

pub use dispute::dispute;
pub use hostile::hostile;
pub use large::large;

/// Puts an analysis together from sentences, as the pipeline would.
pub struct Builder {
    pub analysis: Analysis,
    names: SideNames,
}

/// Who speaks: name, role, side.
#[derive(Clone, Copy)]
pub struct Who(pub &'static str, pub &'static str, pub Side);

impl Builder {
    pub fn new() -> Self {
        let bloc = |id: &str, name: &str, color: &str, dark: &str| BlocRecord {
            id: id.into(),
            name: name.into(),
            color: color.into(),
            color_dark: dark.into(),
        };
        let names = SideNames::new("norland", "league");
        let analysis = Analysis {
            schema: SCHEMA,
            setup: Setup {
                version: "0.1.0".into(),
                model: "sample".into(),
                model_hash: "5a".repeat(32),
                sides: "norland-league.toml".into(),
                sides_hash: "c3".repeat(32),
                precision: "fp32".into(),
                min_confidence: 0.55,
            },
            blocs: [
                bloc("norland", "Norland", "#a8321f", "#ff9a85"),
                bloc("league", "The Coast League", "#1f5a8c", "#8cc0ee"),
            ],
            documents: vec![],
            statements: vec![],
            pairs: vec![],
            issues: vec![],
            unanswered: [vec![], vec![]],
            copies: vec![],
            rejected: vec![],
        };
        Builder { analysis, names }
    }

    pub fn document(
        &mut self,
        id: &str,
        title: &str,
        date: Option<&str>,
        url: Option<&str>,
        outlet: Option<&str>,
        layout: Layout,
    ) -> usize {
        self.analysis.documents.push(DocumentRecord {
            id: id.into(),
            source: format!("articles/{id}"),
            title: Some(title.into()),
            date: date.map(|d| d.parse::<NaiveDate>().unwrap()),
            url: url.map(str::to_string),
            outlet: outlet.map(str::to_string),
            layout,
            text: String::new(),
            filtered: vec![],
        });
        self.analysis.documents.len() - 1
    }

    /// Adds text that is no statement.
    pub fn filtered(&mut self, doc: usize, words: &str, reason: Filtered) {
        let span = self.append(doc, words, "\n");
        self.analysis.documents[doc]
            .filtered
            .push(FilteredRecord { span, reason });
    }

    fn append(&mut self, doc: usize, words: &str, gap: &str) -> Span {
        let text = &mut self.analysis.documents[doc].text;
        if !text.is_empty() {
            text.push_str(gap);
        }
        let start = text.len();
        text.push_str(words);
        Span::new(start, text.len())
    }

    /// Adds a statement and returns its id. Words in `[[…]]` decided the side, in `{{…}}` the stance.
    #[allow(clippy::too_many_arguments)]
    pub fn statement(
        &mut self,
        doc: usize,
        words: &str,
        side: Side,
        side_p: f64,
        stance: Stance,
        stance_p: f64,
        who: Option<Who>,
    ) -> String {
        let (text, explanation) = explained(words);
        let gap = match self.analysis.documents[doc].layout {
            Layout::Prose if !self.analysis.statements.len().is_multiple_of(3) => " ",
            Layout::Prose => "\n\n",
            _ => "\n",
        };
        let span = self.append(doc, &text, gap);
        let d = &self.analysis.documents[doc];
        let id = format!("{}:{}-{}", d.id, span.start, span.end);
        let spread = |at: usize, p: f64| {
            let mut v = [(1.0 - p) * 0.4; 3];
            v[at] = p;
            v[(at + 1) % 3] = (1.0 - p) * 0.6;
            v
        };
        use standoff::labels::Label;
        let speaker = who.map(|w| {
            let name = w.0;
            let at = text
                .find(name)
                .or_else(|| text.find(name.rsplit(' ').next().unwrap()));
            let words = if at.is_some_and(|a| text[a..].starts_with(name)) {
                name
            } else {
                name.rsplit(' ').next().unwrap()
            };
            let (span, said, how) = match at {
                Some(a) => (
                    Span::new(a, a + words.len()),
                    words.to_string(),
                    if text.contains('“') {
                        How::Direct
                    } else {
                        How::Indirect
                    },
                ),
                None => {
                    let end = text.find(' ').unwrap_or(text.len());
                    (Span::new(0, end), text[..end].to_string(), How::Coreference)
                }
            };
            Speaker {
                text: said,
                span,
                actor: Some(name.to_lowercase().replace(' ', "-")),
                name: name.into(),
                role: Some(w.1.into()).filter(|r: &String| !r.is_empty()),
                side: Some(self.names.name(w.2).into()),
                cue: None,
                content: vec![],
                note: (how == How::Coreference)
                    .then(|| "the only person named in the sentence before".into()),
                how,
                nested: vec![],
            }
        });
        self.analysis.statements.push(StatementRecord {
            schema: SCHEMA,
            id: id.clone(),
            document: Some(d.id.clone()),
            title: d.title.clone(),
            date: d.date,
            url: d.url.clone(),
            outlet: d.outlet.clone(),
            span: Some(span),
            text,
            side: scored_side(&self.names, &spread(side.index(), side_p)),
            stance: scored_stance(&spread(stance.index(), stance_p)),
            abstained: side_p.min(stance_p) < 0.55,
            truncated: false,
            language: Some("en".into()),
            speaker,
            mentions: vec![],
            explanation: Some(explanation),
            extra: Default::default(),
        });
        id
    }

    /// Adds a pair to an issue, which is begun with its first pair.
    #[allow(clippy::too_many_arguments)]
    pub fn pair(
        &mut self,
        issue: &str,
        keywords: &[&str],
        a: &str,
        b: &str,
        p: f64,
        primary: bool,
        terms: &[&str],
    ) {
        let days = |id: &str| self.find(id).date;
        let days_apart = days(a).zip(days(b)).map(|(x, y)| (y - x).num_days());
        let id = format!(
            "{:012x}",
            (self.analysis.pairs.len() as u64 + 1) * 0x009e_3779_b97f
        );
        let score = rounded(p * 0.9);
        self.analysis.pairs.push(Pair {
            id: id.clone(),
            issue: issue.into(),
            a: a.into(),
            b: b.into(),
            similarity: rounded(0.35 + p / 3.0),
            relation: scored_relation(&[p, (1.0 - p) * 0.3, (1.0 - p) * 0.7]),
            score,
            primary,
            evidence: Evidence {
                actors: vec![],
                terms: terms.iter().map(|t| t.to_string()).collect(),
                days_apart,
                parts: [("relation".to_string(), rounded(p))].into_iter().collect(),
            },
        });
        let (date_a, date_b, headline) = (
            self.find(a).date,
            self.find(b).date,
            self.find(a).text.clone(),
        );
        let from = date_a.into_iter().chain(date_b).min();
        let to = date_a.into_iter().chain(date_b).max();
        match self.analysis.issues.iter_mut().find(|i| i.id == issue) {
            Some(i) => {
                i.pairs.push(id);
                i.weight = rounded(i.weight + score);
                i.from = i.from.into_iter().chain(from).min();
                i.to = i.to.max(to);
            }
            None => self.analysis.issues.push(Issue {
                id: issue.into(),
                headline,
                central: a.into(),
                keywords: keywords.iter().map(|k| k.to_string()).collect(),
                weight: score,
                from,
                to,
                pairs: vec![id],
                neighbours: vec![],
            }),
        }
    }

    fn find(&self, id: &str) -> &StatementRecord {
        self.analysis
            .statements
            .iter()
            .find(|s| s.id == id)
            .unwrap()
    }

    /// Sorts as the pipeline does and fills in the claims without an answer.
    pub fn finish(mut self) -> Analysis {
        let a = &mut self.analysis;
        let order: BTreeMap<String, usize> = a
            .documents
            .iter()
            .enumerate()
            .map(|(i, d)| (d.id.clone(), i))
            .collect();
        a.statements
            .sort_by_key(|s| (order[s.document.as_ref().unwrap()], s.span.unwrap().start));
        a.pairs
            .sort_by(|x, y| y.score.total_cmp(&x.score).then(x.id.cmp(&y.id)));
        a.issues
            .sort_by(|x, y| y.weight.total_cmp(&x.weight).then(x.id.cmp(&y.id)));
        let answered: std::collections::HashSet<&str> = a
            .pairs
            .iter()
            .flat_map(|p| [p.a.as_str(), p.b.as_str()])
            .collect();
        for (i, name) in [(0, "norland"), (1, "league")] {
            let mut open: Vec<&StatementRecord> = a
                .statements
                .iter()
                .filter(|s| {
                    s.side.label == name && !s.abstained && s.stance.label != Stance::Neutral
                })
                .filter(|s| !answered.contains(s.id.as_str()))
                .collect();
            open.sort_by(|x, y| {
                y.side
                    .confidence
                    .total_cmp(&x.side.confidence)
                    .then(x.id.cmp(&y.id))
            });
            a.unanswered[i] = open.iter().map(|s| s.id.clone()).collect();
        }
        self.analysis
    }
}

/// Takes the marks of deciding words out of a sentence.
fn explained(words: &str) -> (String, Explanation) {
    let mut text = String::new();
    let mut explanation = Explanation::default();
    let mut rest = words;
    while let Some(at) = rest.find("[[").into_iter().chain(rest.find("{{")).min() {
        let side = rest[at..].starts_with("[[");
        let close = if side { "]]" } else { "}}" };
        text.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        let Some(end) = rest.find(close) else { break };
        let start = text.len();
        text.push_str(&rest[..end]);
        let n = explanation.side.len() + explanation.stance.len();
        let weight = Weight {
            span: Span::new(start, text.len()),
            weight: rounded(0.6 / (n + 1) as f64 + 0.2),
        };
        if side {
            explanation.side.push(weight);
        } else {
            explanation.stance.push(weight);
        }
        rest = &rest[end + 2..];
    }
    text.push_str(rest);
    (text, explanation)
}
