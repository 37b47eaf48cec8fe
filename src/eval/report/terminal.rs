//! Tables for a terminal or a text file.

use comfy_table::{presets, Attribute, Cell, CellAlignment, ContentArrangement, TableComponent};

use super::view::{Block, Section, Table};

/// Draws sections. `width`: columns of the terminal, `None` for as wide as needed.
pub fn render(sections: &[Section], width: Option<u16>, color: bool) -> String {
    let mut out = String::new();
    for s in sections.iter().filter(|s| !s.long) {
        out.push_str(&format!("\n{}\n", heading(&s.title, color)));
        for b in &s.blocks {
            match b {
                Block::Note(n) => out.push_str(&format!("{}\n", clean(n))),
                Block::Table(t) => push(&mut out, t, width, color),
                Block::Confusion {
                    caption,
                    rows,
                    columns,
                    counts,
                } => push(
                    &mut out,
                    &confusion(caption, rows, columns, counts),
                    width,
                    color,
                ),
                Block::Listing(_) | Block::Chart { .. } => {}
            }
        }
    }
    out.trim_start_matches('\n').to_string()
}

fn heading(title: &str, color: bool) -> String {
    let title = clean(title);
    if color {
        format!("\u{1b}[1m{title}\u{1b}[0m")
    } else {
        title
    }
}

/// Control characters in data must not reach a terminal.
fn clean(s: &str) -> String {
    s.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A confusion matrix as a table.
pub(super) fn confusion(
    caption: &str,
    rows: &[String],
    columns: &[String],
    counts: &[Vec<u64>],
) -> Table {
    let mut head = vec!["gold \\ predicted".to_string()];
    if caption.contains("annotator") {
        head[0] = "first \\ second".into();
    }
    head.extend(columns.iter().cloned());
    Table {
        caption: caption.into(),
        head,
        rows: rows
            .iter()
            .zip(counts)
            .map(|(label, row)| {
                let mut out = vec![label.clone()];
                out.extend(row.iter().map(u64::to_string));
                out
            })
            .collect(),
        text: false,
    }
}

fn push(out: &mut String, t: &Table, width: Option<u16>, color: bool) {
    if !t.caption.is_empty() {
        out.push_str(&format!("{}\n", clean(&t.caption)));
    }
    let mut table = comfy_table::Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines);
    table.remove_style(TableComponent::MiddleIntersections);
    match width {
        Some(w) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(w);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    if !color {
        table.force_no_tty();
    }
    table.set_header(t.head.iter().map(|h| {
        let cell = Cell::new(clean(h));
        if color {
            cell.add_attribute(Attribute::Bold)
        } else {
            cell
        }
    }));
    for row in &t.rows {
        table.add_row(row.iter().enumerate().map(|(i, c)| {
            let cell = Cell::new(clean(c));
            if t.text || i == 0 {
                cell
            } else {
                cell.set_alignment(CellAlignment::Right)
            }
        }));
    }
    for line in table.to_string().lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
