//! Quoted passages: where double quotation marks open and close in a block.

use crate::document::Span;

/// The closed quotations of a block, marks included, outermost only, in order.
///
/// Straight marks are told apart by their neighbours: before a word they open,
/// after one they close; where that does not tell, they take turns. A mark
/// that is never closed opens nothing.
pub fn quotations(s: &str) -> Vec<Span> {
    let mut out = Vec::new();
    let mut open: Option<(usize, char)> = None;
    let mut before: Option<char> = None;
    let mut chars = s.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|&(_, c)| c);
        let role = match c {
            '“' if open.is_some_and(|(_, o)| o == '„') => Role::Close,
            '“' | '„' | '«' => Role::Open,
            '”' | '»' => Role::Close,
            '"' => straight(before, after, open.is_some()),
            _ => Role::None,
        };
        match role {
            Role::Open if open.is_none() => open = Some((at, c)),
            // An opening mark inside an open quotation means that the first was left unclosed.
            Role::Open if c == '“' || c == '"' => open = Some((at, c)),
            Role::Close => {
                if let Some((start, _)) = open.take() {
                    out.push(Span::new(start, at + c.len_utf8()));
                }
            }
            _ => {}
        }
        before = Some(c);
    }
    out
}

enum Role {
    Open,
    Close,
    None,
}

fn straight(before: Option<char>, after: Option<char>, open: bool) -> Role {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
    let gap =
        |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '—' | '–'));
    match (gap(before), gap(after)) {
        (true, false) if word(after) => Role::Open,
        (false, true) => Role::Close,
        _ if open => Role::Close,
        _ => Role::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(s: &str) -> Vec<&str> {
        quotations(s)
            .into_iter()
            .map(|q| &s[q.start..q.end])
            .collect()
    }

    #[test]
    fn curly_straight_and_angled_marks() {
        assert_eq!(
            found("He said “no. Never.” Then \"yes\", or «да»."),
            ["“no. Never.”", "\"yes\"", "«да»"]
        );
        assert_eq!(found("„so“ und so"), ["„so“"]);
    }

    #[test]
    fn an_unclosed_mark_opens_nothing() {
        assert_eq!(found("“We go on. He said “no” twice."), ["“no”"]);
        assert_eq!(found("\"We go on."), Vec::<&str>::new());
        assert_eq!(found("it ends.\" And \"this\" too"), ["\"this\""]);
    }
}
