//! The report as Markdown.

use super::terminal::confusion;
use super::view::{Block, Section, Table};

/// Draws sections under a title.
pub fn render(title: &str, sections: &[Section]) -> String {
    let mut out = format!("# {title}\n");
    for s in sections {
        out.push_str(&format!("\n## {}\n", escaped(&s.title)));
        for b in &s.blocks {
            match b {
                Block::Note(n) => out.push_str(&format!("\n{}\n", escaped(n))),
                Block::Table(t) | Block::Listing(t) => push(&mut out, t),
                Block::Confusion {
                    caption,
                    rows,
                    columns,
                    counts,
                } => push(&mut out, &confusion(caption, rows, columns, counts)),
                Block::Chart { .. } => {}
            }
        }
    }
    out
}

fn push(out: &mut String, t: &Table) {
    out.push('\n');
    if !t.caption.is_empty() {
        out.push_str(&format!("{}:\n\n", escaped(&t.caption)));
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    out.push_str(&line(t.head.iter().map(|h| escaped(h)).collect()));
    out.push_str(&line(
        (0..t.head.len())
            .map(|i| if i == 0 || t.text { "---" } else { "---:" }.to_string())
            .collect(),
    ));
    for row in &t.rows {
        out.push_str(&line(row.iter().map(|c| escaped(c)).collect()));
    }
}

/// Text that Markdown shows as it is, on one line.
fn escaped(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str(" ⏎ "),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("a|b\n<b>*x*"), "a\\|b ⏎ &lt;b&gt;\\*x\\*");
    }
}
