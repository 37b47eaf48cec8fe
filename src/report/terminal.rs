//! The summary on the terminal: what was read, who says what, and the strongest
//! pairs side by side in a table that fits the width.

use comfy_table::{
    presets, Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width,
};

use super::facts::{meeting, Facts};
use super::text::{count, grouped, one_line, shortened};
use crate::labels::{Label, Side};
use crate::record::{Analysis, StatementRecord};

/// Pairs shown.
const PAIRS: usize = 5;
/// Below this width the two claims stand one under the other.
const NARROW: usize = 60;

/// The summary for a terminal of `width` columns, with or without ANSI colours. Ends with a line feed.
pub fn terminal(analysis: &Analysis, width: usize, color: bool) -> String {
    let width = width.clamp(20, 140);
    let facts = Facts::new(analysis);
    let mut out = String::new();
    line(
        &mut out,
        &format!(
            "Read {}; {}.",
            facts.what_was_read(),
            facts.what_was_found()
        ),
        width,
    );
    out.push('\n');
    table(&mut out, counts(&facts, color), width, color);
    let left = left_out(&facts);
    if !left.is_empty() {
        line(&mut out, &format!("Set aside: {}.", left.join(", ")), width);
    }
    pairs(&facts, &mut out, width, color);
    out
}

fn paint(cell: Cell, side: Side, color: bool) -> Cell {
    match (color, side) {
        (false, _) => cell,
        (true, Side::First) => cell.fg(Color::Red),
        (true, Side::Second) => cell.fg(Color::Blue),
        (true, Side::Other) => cell,
    }
}

fn counts(facts: &Facts, color: bool) -> Table {
    let mut t = Table::new();
    t.load_preset(presets::NOTHING);
    t.set_header(["", "escalation", "de-escalation", "neutral", "all"]);
    for &side in Side::ALL {
        let row = facts.counts[side.index()];
        let name = Cell::new(shortened(&one_line(facts.side_name(side)), 30));
        let mut cells = vec![paint(name, side, color)];
        cells.extend(row.iter().map(|&n| Cell::new(grouped(n))));
        cells.push(Cell::new(grouped(row.iter().sum())));
        t.add_row(cells);
    }
    for i in 1..5 {
        if let Some(c) = t.column_mut(i) {
            c.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    t
}

fn left_out(facts: &Facts) -> Vec<String> {
    [
        (facts.abstained, "abstained on"),
        (facts.truncated, "cut short"),
        (facts.filtered_total(), "filtered"),
        (facts.copies, "merged as repeats"),
        (facts.analysis.rejected.len(), "inputs rejected"),
    ]
    .iter()
    .filter(|x| x.0 > 0)
    .map(|(n, what)| format!("{} {what}", grouped(*n)))
    .collect()
}

fn pairs(facts: &Facts, out: &mut String, width: usize, color: bool) {
    let a = facts.analysis;
    let best: Vec<_> = a
        .pairs
        .iter()
        .filter(|p| p.primary)
        .filter_map(|p| Some((p, facts.statement(&p.a)?, facts.statement(&p.b)?)))
        .take(PAIRS)
        .collect();
    if best.is_empty() {
        return;
    }
    out.push('\n');
    let mut t = Table::new();
    let names = [Side::First, Side::Second].map(|side| {
        let name = Cell::new(shortened(&one_line(facts.side_name(side)), 30));
        paint(
            if color {
                name.add_attribute(Attribute::Bold)
            } else {
                name
            },
            side,
            color,
        )
    });
    let lines = if width < NARROW {
        t.load_preset(presets::UTF8_HORIZONTAL_ONLY);
        3
    } else {
        t.load_preset(presets::UTF8_FULL_CONDENSED);
        t.load_preset(presets::UTF8_FULL);
        t.set_header(names);
        4
    };
    for (p, x, y) in &best {
        let m = meeting(p);
        let meet = format!("{} {}", m.word, m.percent);
        if width < NARROW {
            let claims = [(Side::First, *x), (Side::Second, *y)].map(|(side, s)| {
                format!(
                    "{}: {}",
                    shortened(&one_line(facts.side_name(side)), 20),
                    claim(s, width * lines)
                )
            });
            t.add_row([format!("{}\n{}\n({meet})", claims[0], claims[1])]);
        } else {
            let room = (width / 2).saturating_sub(5) * lines;
            t.add_row([claim(x, room), format!("{}\n({meet})", claim(y, room))]);
        }
    }
    if width >= NARROW {
        let half = ((width - 3) / 2) as u16;
        t.set_constraints([ColumnConstraint::Absolute(Width::Fixed(half)); 2]);
    }
    table(out, t, width, color);
    if a.pairs.len() > best.len() {
        let n = count(a.pairs.len() - best.len(), "more pair", "more pairs");
        line(out, &format!("{n} in the report."), width);
    }
}

/// A claim in a few lines, with who says it.
fn claim(s: &StatementRecord, room: usize) -> String {
    let who = match &s.speaker {
        Some(p) => shortened(&one_line(&p.name), 40),
        None => "no speaker named".into(),
    };
    let words = shortened(&one_line(&s.text), room);
    format!("{words}\n— {who}, {}", s.stance.label.name())
}

fn table(out: &mut String, mut t: Table, width: usize, color: bool) {
    t.set_content_arrangement(ContentArrangement::Dynamic);
    t.set_width(width as u16);
    if color {
        t.enforce_styling();
    } else {
        t.force_no_tty();
    }
    for l in t.lines() {
        out.push_str(l.trim_end());
        out.push('\n');
    }
}

/// A sentence wrapped at spaces.
fn line(out: &mut String, sentence: &str, width: usize) {
    let mut used = 0;
    for word in sentence.split(' ') {
        let n = word.chars().count();
        if used > 0 && used + 1 + n > width {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += n;
    }
    out.push('\n');
}
