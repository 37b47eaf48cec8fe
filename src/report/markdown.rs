//! `report.md`: the report for code hosts. Tables as GitHub and GitLab render
//! them; everything from outside is escaped, so that it shows as the text it is.

use std::io::Write;

use super::facts::{self, Facts};
use super::text::{self, count, one_line, percent};
use super::{io, Reporter};
use crate::error::Result;
use crate::labels::{Label, Side, Stance};
use crate::record::{Analysis, Issue, Pair, StatementRecord};

/// `report.md`: summary, issues with their pairs, claims without an answer.
pub struct Markdown;

/// Issues shown with their pairs; the rest is counted.
const ISSUES: usize = 100;
/// Pairs shown in an issue.
const PAIRS: usize = 12;
/// Claims without an answer shown for each side.
const UNANSWERED: usize = 25;
/// Rows in a table of documents or rejected inputs.
const ROWS: usize = 200;

impl Reporter for Markdown {
    fn file_name(&self) -> &str {
        "report.md"
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        out.write_all(render(analysis).as_bytes()).map_err(io)
    }
}

fn render(a: &Analysis) -> String {
    let facts = Facts::new(a);
    let mut md = String::new();
    let [first, second] = [&a.blocs[0].name, &a.blocs[1].name].map(|n| escape(n));
    md.push_str(&format!("# {first} and {second}: opposing claims\n\n"));
    md.push_str(&format!(
        "Read: {}. Found: {}.\n\n",
        facts.what_was_read(),
        facts.what_was_found()
    ));
    counts(&facts, &mut md);
    issues(&facts, &mut md);
    unanswered(&facts, &mut md);
    documents(&facts, &mut md);
    left_out(&facts, &mut md);
    let s = &a.setup;
    md.push_str(&format!(
        "---\n\nMade by Standoff {} with model {} (`{}`), sides file {} (`{}`), {}, minimum confidence {}.\n",
        escape(&s.version),
        escape(&s.model),
        hash(&s.model_hash),
        escape(&s.sides),
        hash(&s.sides_hash),
        escape(&s.precision),
        s.min_confidence,
    ));
    md
}

fn counts(facts: &Facts, md: &mut String) {
    md.push_str("| Side | Escalation | De-escalation | Neutral | All |\n|---|--:|--:|--:|--:|\n");
    for &side in Side::ALL {
        let row = facts.counts[side.index()];
        md.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            escape(facts.side_name(side)),
            row[Stance::Escalation.index()],
            row[Stance::DeEscalation.index()],
            row[Stance::Neutral.index()],
            row.iter().sum::<usize>()
        ));
    }
    md.push('\n');
    if facts.abstained > 0 {
        md.push_str(&format!(
            "Not counted in the table: {} abstained on.\n\n",
            count(facts.abstained, "statement", "statements")
        ));
    }
}

fn issues(facts: &Facts, md: &mut String) {
    let a = facts.analysis;
    md.push_str("## Issues\n\n");
    if a.issues.is_empty() {
        md.push_str("No opposing claims were found.\n\n");
    }
    for (i, issue) in a.issues.iter().take(ISSUES).enumerate() {
        one_issue(facts, i + 1, issue, md);
    }
    more(
        md,
        a.issues.len(),
        ISSUES,
        "issue",
        "issues",
        "`pairs.jsonl`",
    );
}

fn one_issue(facts: &Facts, number: usize, issue: &Issue, md: &mut String) {
    let a = facts.analysis;
    md.push_str(&format!(
        "### {number}. {}\n\n",
        escape(&facts::matter(issue))
    ));
    if let (Some(from), Some(to)) = (issue.from, issue.to) {
        md.push_str(&format!("{}\n\n", text::date_range(from, to)));
    }
    md.push_str(&format!(
        "| {} | {} | How they meet |\n|---|---|---|\n",
        escape(&a.blocs[0].name),
        escape(&a.blocs[1].name)
    ));
    let pairs = facts.pairs_of(issue);
    for pair in pairs.iter().take(PAIRS) {
        if let (Some(x), Some(y)) = (facts.statement(&pair.a), facts.statement(&pair.b)) {
            md.push_str(&format!(
                "| {} | {} | {} |\n",
                claim(x),
                claim(y),
                meeting(pair)
            ));
        }
    }
    md.push('\n');
    more(md, pairs.len(), PAIRS, "pair", "pairs", "`pairs.csv`");
}

/// A statement in a table cell: the words, who says them, where, and how they were judged.
fn claim(s: &StatementRecord) -> String {
    let mut cell = escape(&s.text);
    cell.push_str("<br>— ");
    match &s.speaker {
        Some(p) => {
            cell.push_str(&format!("**{}**", escape(&p.name)));
            if let Some(role) = &p.role {
                cell.push_str(&format!(", {}", escape(role)));
            }
        }
        None => cell.push_str("no speaker named"),
    }
    let source = source(s);
    if !source.is_empty() {
        cell.push_str(&format!("<br>{source}"));
    }
    cell.push_str(&format!(
        "<br>{} {} {}, side {}",
        sign(s.stance.label),
        s.stance.label.name(),
        percent(s.stance.confidence),
        percent(s.side.confidence)
    ));
    if s.abstained {
        cell.push_str(", abstained");
    }
    cell
}

fn meeting(p: &Pair) -> String {
    let m = facts::meeting(p);
    let mut cell = format!("{} {}", m.word, m.percent);
    if let Some(doubt) = m.doubt {
        cell.push_str(&format!("<br>{doubt}"));
    }
    if !p.primary {
        cell.push_str("<br>a further answer");
    }
    match p.evidence.days_apart {
        Some(0) => cell.push_str("<br>same day"),
        Some(d) => cell.push_str(&format!(
            "<br>{}",
            count(d.unsigned_abs() as usize, "day apart", "days apart")
        )),
        None => {}
    }
    if !p.evidence.terms.is_empty() {
        let terms: Vec<String> = p.evidence.terms.iter().take(5).map(|t| escape(t)).collect();
        cell.push_str(&format!("<br>both: {}", terms.join(", ")));
    }
    cell
}

fn unanswered(facts: &Facts, md: &mut String) {
    let a = facts.analysis;
    md.push_str("## Claims without an answer\n\n");
    for (bloc, ids) in a.blocs.iter().zip(&a.unanswered) {
        md.push_str(&format!("### {}\n\n", escape(&bloc.name)));
        if ids.is_empty() {
            md.push_str("None.\n\n");
            continue;
        }
        for s in ids
            .iter()
            .take(UNANSWERED)
            .filter_map(|id| facts.statement(id))
        {
            md.push_str(&format!("- {}\n", claim(s)));
        }
        md.push('\n');
        more(
            md,
            ids.len(),
            UNANSWERED,
            "claim",
            "claims",
            "`statements.jsonl`",
        );
    }
}

fn documents(facts: &Facts, md: &mut String) {
    let a = facts.analysis;
    if a.documents.is_empty() {
        return;
    }
    let mut statements: std::collections::HashMap<&str, usize> = Default::default();
    for id in a.statements.iter().filter_map(|s| s.document.as_deref()) {
        *statements.entry(id).or_default() += 1;
    }
    md.push_str("## Documents\n\n| Document | Date | Outlet | Statements |\n|---|---|---|--:|\n");
    for d in a.documents.iter().take(ROWS) {
        let title = escape(d.title.as_deref().unwrap_or(&d.id));
        let title = match d.url.as_deref().and_then(text::safe_url) {
            Some(url) => link(&title, url),
            None => title,
        };
        md.push_str(&format!(
            "| {title} | {} | {} | {} |\n",
            d.date.map(text::short_date).unwrap_or_default(),
            escape(d.outlet.as_deref().unwrap_or("")),
            statements.get(d.id.as_str()).copied().unwrap_or(0)
        ));
    }
    md.push('\n');
    more(
        md,
        a.documents.len(),
        ROWS,
        "document",
        "documents",
        "`analysis.json`",
    );
}

fn left_out(facts: &Facts, md: &mut String) {
    let a = facts.analysis;
    md.push_str("## What was left out\n\n");
    if facts.left_out_total() == 0 {
        md.push_str("Nothing.\n\n");
        return;
    }
    md.push_str("| What | How many |\n|---|--:|\n");
    let mut row = |what: &str, n: usize| {
        if n > 0 {
            md.push_str(&format!("| {what} | {n} |\n"));
        }
    };
    row(
        "statements abstained on: too unsure, or not in English",
        facts.abstained,
    );
    row(
        "statements cut short: longer than the model reads",
        facts.truncated,
    );
    row("statements that repeat another one", facts.copies);
    for (&reason, &n) in &facts.filtered {
        row(
            &format!("not taken as a statement: {}", facts::reason(reason)),
            n,
        );
    }
    row("inputs rejected", a.rejected.len());
    md.push('\n');
    for r in a.rejected.iter().take(ROWS) {
        md.push_str(&format!("- {}: {}\n", escape(&r.source), escape(&r.error)));
    }
    if !a.rejected.is_empty() {
        md.push('\n');
    }
    more(
        md,
        a.rejected.len(),
        ROWS,
        "input",
        "inputs",
        "`analysis.json`",
    );
}

/// Says how many were not shown and where they are.
fn more(md: &mut String, all: usize, shown: usize, one: &str, many: &str, place: &str) {
    if all > shown {
        md.push_str(&format!(
            "{} more in {place}.\n\n",
            count(all - shown, one, many)
        ));
    }
}

/// Date, and the outlet as a link if there is an address.
fn source(s: &StatementRecord) -> String {
    let url = s.url.as_deref().and_then(text::safe_url);
    let outlet = s.outlet.as_deref().or_else(|| url.and_then(text::host));
    let outlet = match (outlet.map(escape), url) {
        (Some(name), Some(url)) => Some(link(&name, url)),
        (name, _) => name,
    };
    outlet
        .into_iter()
        .chain(s.date.map(text::short_date))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The sign of a stance, as in the page.
pub(super) fn sign(stance: Stance) -> &'static str {
    match stance {
        Stance::Escalation => "▲",
        Stance::DeEscalation => "▽",
        Stance::Neutral => "●",
    }
}

fn hash(h: &str) -> String {
    h.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(12)
        .collect()
}

/// A link whose label is escaped already. The address stands in pointy
/// brackets; the characters that could end it are written in per cent form.
fn link(label: &str, url: &str) -> String {
    let url: String = url
        .chars()
        .map(|c| match c {
            '|' => "%7C".into(),
            '\\' => "%5C".into(),
            '<' => "%3C".into(),
            '>' => "%3E".into(),
            c => c.to_string(),
        })
        .collect();
    format!("[{label}](<{url}>)")
}

/// Text that Markdown shows as it is, on one line, fit for a table cell. The
/// bare addresses in it stay text: their colon is written as an entity.
fn escape(s: &str) -> String {
    let s = one_line(s);
    let mut out = String::with_capacity(s.len() + 8);
    for c in s.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Autolinks and mentions of code hosts.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!'
            | '$' | '^' | '=' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // GitHub makes `www.` and `://` links by itself.
    let out = out.replace("://", "&#58;//").replace("www.", "www&#46;");
    match out.chars().next() {
        // A list or a heading begins like this.
        Some(c @ ('-' | '+')) => format!("\\{c}{}", &out[1..]),
        Some(c) if c.is_ascii_digit() => {
            let digits = out.find(|c: char| !c.is_ascii_digit()).unwrap_or(out.len());
            if out[digits..].starts_with('.') {
                format!("{}\\{}", &out[..digits], &out[digits..])
            } else {
                out
            }
        }
        _ => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_from_outside_stays_text() {
        assert_eq!(
            escape("<script>alert(1)</script> | a *b* [c](d)"),
            "&lt;script&gt;alert\\(1\\)&lt;/script&gt; \\| a \\*b\\* \\[c\\]\\(d\\)"
        );
        assert_eq!(escape("one\ntwo"), "one two");
        assert_eq!(escape("12. March"), "12\\. March");
        assert_eq!(escape("- x"), "\\- x");
        assert_eq!(escape("http://a.b www.c"), "http&#58;//a.b www&#46;c");
        assert_eq!(escape("\u{202e}x"), "\\[U\\+202E\\]x".replace("\\+", "+"));
    }

    proptest! {
        #[test]
        fn a_cell_stays_one_cell(s in any::<String>()) {
            let e = escape(&s);
            prop_assert!(!e.contains('\n') && !e.contains('<') && !e.contains('>'));
            // Every bar is escaped by an odd number of backslashes.
            let bytes = e.as_bytes();
            for (i, _) in e.match_indices('|') {
                let slashes = bytes[..i].iter().rev().take_while(|&&b| b == b'\\').count();
                prop_assert!(slashes % 2 == 1);
            }
        }
    }
}
