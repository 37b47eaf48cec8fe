//! Paragraphs, list items and headlines: the stretches of a text that no
//! sentence crosses.

use super::trimmed;
use crate::document::Span;

/// The longest line that can be part of hard-wrapped text, in characters.
const WRAP_WIDTH: usize = 110;

/// Every non-blank line, trimmed.
pub fn lines(text: &str) -> Vec<Span> {
    raw_lines(text)
        .filter_map(|span| trimmed(text, span))
        .collect()
}

/// The blocks of a prose text, in order, without list and heading marks.
///
/// A line is a block of its own unless the text is hard-wrapped (lines of much
/// the same width that break in the middle of sentences) or the next line
/// plainly goes on with the sentence (it starts in lower case).
pub fn blocks(text: &str) -> Vec<Span> {
    let lines: Vec<Option<Span>> = raw_lines(text).map(|s| trimmed(text, s)).collect();
    let wrapped = is_wrapped(text, &lines);
    let mut out: Vec<Span> = Vec::new();
    let mut open = false;
    for line in lines {
        let Some(line) = line else {
            open = false;
            continue;
        };
        let here = &text[line.start..line.end];
        let body = without_marks(text, line);
        let joins = open
            && body.start == line.start
            && out.last().is_some_and(|previous| {
                let before = &text[previous.start..previous.end];
                goes_on(before, here) || (wrapped && !is_short(before))
            });
        match out.last_mut() {
            Some(previous) if joins => previous.end = body.end,
            _ => out.push(body),
        }
        open = true;
    }
    out
}

/// All lines, blank ones too; `\n`, `\r\n`, a lone `\r` and the Unicode
/// line and paragraph separators end a line.
fn raw_lines(text: &str) -> impl Iterator<Item = Span> + '_ {
    let mut start = 0;
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(move |line| {
            let span = Span::new(start, start + line.len());
            let separator = text[span.end..].chars().next().map_or(0, char::len_utf8);
            start = span.end + separator;
            span
        })
        // `\r\n` yields an empty line between its two halves, which must not end a paragraph.
        .filter(move |span| {
            !(span.is_empty()
                && span.start > 0
                && text.as_bytes()[span.start - 1] == b'\r'
                && text.as_bytes().get(span.start) == Some(&b'\n'))
        })
}

fn ends_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '”', '’', '\'', '»', ')', ']'])
        .ends_with(['.', '!', '?', '…', ':', ';'])
}

/// Whether the next line can only be the rest of the same sentence.
fn goes_on(before: &str, next: &str) -> bool {
    !ends_sentence(before)
        && next.chars().next().is_some_and(char::is_lowercase)
        && before
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || c == ',')
        && before.split_whitespace().nth(3).is_some()
}

/// Whether a block's last line is so short that it ends its paragraph even in wrapped text.
fn is_short(block: &str) -> bool {
    let last = block.rsplit('\n').next().unwrap_or(block).trim();
    last.chars().count() < 40
}

/// Whether the text was wrapped to a fixed width: most lines that are followed
/// by another have about the same length and stop in the middle of a sentence.
fn is_wrapped(text: &str, lines: &[Option<Span>]) -> bool {
    let (mut inner, mut unfinished, mut widest) = (Vec::new(), 0usize, 0usize);
    for pair in lines.windows(2) {
        if let (Some(a), Some(_)) = (pair[0], pair[1]) {
            let line = &text[a.start..a.end];
            let width = line.chars().take(WRAP_WIDTH + 1).count();
            if width > WRAP_WIDTH {
                return false;
            }
            widest = widest.max(width);
            unfinished += usize::from(!ends_sentence(line));
            inner.push(width);
        }
    }
    let full = inner.iter().filter(|&&w| w * 4 >= widest * 3).count();
    inner.len() >= 2 && widest >= 50 && full * 3 >= inner.len() * 2 && unfinished * 2 > inner.len()
}

/// The line without a leading list, quotation or heading mark and without
/// emphasis round the whole of it.
fn without_marks(text: &str, line: Span) -> Span {
    let mut s = &text[line.start..line.end];
    loop {
        let rest =
            s.trim_start_matches(['•', '·', '▪', '‣', '●', '◦', '*', '-', '–', '—', '>', '#']);
        // A mark counts only with white space behind it: `-5`, `#hashtag` and `**bold**` are text.
        if rest.len() == s.len() || !rest.starts_with(char::is_whitespace) {
            break;
        }
        s = rest.trim_start();
    }
    for mark in ["**", "__", "*", "_"] {
        if let Some(inner) = s.strip_prefix(mark).and_then(|s| s.strip_suffix(mark)) {
            if !inner.is_empty() && !inner.contains(mark) {
                let start = line.end - s.len() + mark.len();
                let inner = Span::new(start, start + inner.len());
                return trimmed(text, inner).unwrap_or(line);
            }
        }
    }
    Span::new(line.end - s.len(), line.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        blocks(text)
            .into_iter()
            .map(|s| &text[s.start..s.end])
            .collect()
    }

    #[test]
    fn every_line_of_a_list_is_a_block_without_its_mark() {
        assert_eq!(
            cut("Demands:\r\n- No expansion\r\n• A treaty\r\n\r\n## Reply\r\n> Rejected\r\n-5 degrees"),
            ["Demands:", "No expansion", "A treaty", "Reply", "Rejected", "-5 degrees"]
        );
    }

    #[test]
    fn wrapped_lines_make_one_paragraph() {
        let text = "The ministry said on Tuesday that the units which had taken\n\
                    part in the exercise were being loaded on trains and would be\n\
                    back in their barracks soon.\n\nThe alliance said it had seen no\n\
                    sign of that so far and called for proof.";
        assert_eq!(cut(text).len(), 2);
    }

    #[test]
    fn headlines_stay_apart_and_a_broken_line_is_joined() {
        assert_eq!(
            cut("Troops leave border area\nThe ministry named no number\nand gave no date."),
            [
                "Troops leave border area",
                "The ministry named no number\nand gave no date."
            ]
        );
    }

    #[test]
    fn emphasis_round_a_whole_line_is_dropped() {
        assert_eq!(
            cut("**Talks fail**\n__x__\n**a** and **b**"),
            ["Talks fail", "x", "**a** and **b**"]
        );
    }
}
