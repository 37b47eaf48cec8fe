//! Plain text and Markdown files: article dumps and prose.
//!
//! An article dump has the title on line 1, the date as `YYYYMMDD` on line 2, the
//! URL on line 3, and a statement on every line after that. It is told by its
//! date or its URL; a dump in which the title, the date or the URL is missing or
//! blank is still a dump as long as one of the two others is where it belongs.

use std::sync::LazyLock;

use regex::Regex;

use super::date;
use super::fields::{Draft, Field};
use crate::document::Layout;

/// A headline is no longer than this. Bytes.
const LONGEST_TITLE: usize = 250;

/// The document of a decoded text file.
pub fn read(text: String, markdown: bool) -> Result<Draft, String> {
    if !markdown {
        if let Some(head) = dump_head(&text)? {
            let mut draft = Draft::new(text[head.end..].to_string(), Layout::Dump);
            draft.title = head.title;
            draft.date = head.date;
            draft.url = head.url;
            return Ok(draft);
        }
    }
    Ok(prose(text, markdown))
}

#[derive(Debug, Default, PartialEq)]
struct Head {
    title: Option<String>,
    date: Option<chrono::NaiveDate>,
    url: Option<String>,
    /// Where the statements begin.
    end: usize,
}

/// The head of an article dump; `None` if the text is none. An error if it is
/// one but its date does not exist.
fn dump_head(text: &str) -> Result<Option<Head>, String> {
    let mut head = Head::default();
    let mut dated = false;
    let mut other = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n').take(6) {
        let end = start + line.len();
        let s = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        if is_url(s) && head.url.is_none() {
            head.url = Some(s.to_string());
            head.end = end;
        } else if !dated
            && head.url.is_none()
            && s.len() == 8
            && s.bytes().all(|b| b.is_ascii_digit())
        {
            head.date = Some(date::parse(s).map_err(|e| format!("line 2: {e} (or YYYYMMDD)"))?);
            dated = true;
            head.end = end;
        } else if s.is_empty() {
            // A blank line stands for a missing part, or is only a blank line.
        } else if other == 0 && !dated && head.url.is_none() && s.len() <= 2 * LONGEST_TITLE {
            head.title = Some(s.to_string());
            other = 1;
        } else if other == 1 && !dated && head.url.is_none() && date::parse(s).is_ok() {
            // Another notation counts only together with the URL (see below).
            head.date = date::parse(s).ok();
            other = 2;
        } else {
            break;
        }
        start = end;
        if head.url.is_some() {
            break;
        }
    }
    Ok((dated || head.url.is_some()).then_some(head))
}

fn is_url(s: &str) -> bool {
    (s.starts_with("http://") || s.starts_with("https://")) && !s.contains(char::is_whitespace)
}

/// Running text: front matter, headline and date line at the top are read off,
/// the rest is the text.
fn prose(text: String, markdown: bool) -> Draft {
    let mut draft = Draft::new(String::new(), Layout::Prose);
    let mut start = if markdown {
        front_matter(&text, &mut draft)
    } else {
        0
    };
    let rest = &text[start..];
    let lines: Vec<&str> = rest.split_inclusive('\n').take(12).collect();
    let mut at = start;
    for (i, line) in lines.iter().enumerate() {
        at += line.len();
        let s = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        if s.is_empty() {
            continue;
        }
        let blank_after = lines.get(i + 1).is_some_and(|l| l.trim().is_empty());
        if draft.date.is_none() && s.len() <= 60 && published(s).is_some() {
            draft.date = published(s);
        } else if draft.url.is_none() && is_url(s) {
            draft.url = Some(s.to_string());
        } else if draft.title.is_none()
            && is_title(s, markdown, blank_after)
            && rest.len() > line.len() * 2
        {
            draft.title = Some(s.trim_start_matches('#').trim().to_string());
        } else {
            break;
        }
        start = at;
    }
    draft.text = if start == 0 {
        text
    } else {
        text[start..].to_string()
    };
    draft
}

/// A headline at the top of prose: short, without a full stop, with a blank line
/// behind it; in Markdown, a heading.
fn is_title(s: &str, markdown: bool, blank_after: bool) -> bool {
    if markdown && s.starts_with("# ") {
        return true;
    }
    let last = s.trim_end_matches(['"', '”', '’', '\'']);
    blank_after
        && s.len() <= LONGEST_TITLE
        && !last.ends_with(['.', '!', ':', ';', ',', '…'])
        && s.split_whitespace().count() >= 3
        && s.chars().next().is_some_and(|c| !c.is_lowercase())
        && !s.starts_with(['-', '*', '•'])
}

/// `15 February 2022`, `Published: 2022-02-15` and the like as a whole line.
fn published(s: &str) -> Option<chrono::NaiveDate> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:(?:first )?published|posted|updated|date)(?: on)?\s*:?\s+")
            .expect("valid")
    });
    // Bare numbers at the top of prose are more often numbers than dates.
    let s = LABEL.replace(s, "");
    (s.len() > 10 || s.contains(['-', '/', '.'])).then(|| date::parse(&s).ok())?
}

/// Reads a YAML front matter's plain `key: value` lines; returns where it ends.
fn front_matter(text: &str, draft: &mut Draft) -> usize {
    let body = text.trim_start_matches('\u{FEFF}');
    let mut at = text.len() - body.len();
    let mut lines = body.split_inclusive('\n');
    match lines.next() {
        Some(first) if first.trim_end() == "---" => at += first.len(),
        _ => return 0,
    }
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for line in lines.take(200) {
        at += line.len();
        if matches!(line.trim_end(), "---" | "...") {
            let get = |f: Field| f.find(&keys).map(|i: usize| values[i]).map(str::to_string);
            draft.id = get(Field::Id);
            draft.title = get(Field::Title);
            draft.url = get(Field::Url);
            draft.outlet = get(Field::Outlet);
            draft.date = get(Field::Date).and_then(|d| date::parse(&d).ok());
            return at;
        }
        if let Some((key, value)) = line.split_once(':') {
            keys.push(key.trim());
            values.push(value.trim().trim_matches(['"', '\'']));
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(text: &str) -> Draft {
        let d = read(text.into(), false).unwrap();
        assert_eq!(d.layout, Layout::Dump, "{text:?}");
        d
    }

    #[test]
    fn dumps_with_all_or_some_of_their_head() {
        let d = dump("Title here\r\n20220215\r\nhttps://www.x.org/a\r\nOne. Two.\r\n\r\nThree.");
        assert_eq!(d.title.as_deref(), Some("Title here"));
        assert_eq!(d.date.unwrap().to_string(), "2022-02-15");
        assert_eq!(d.url.as_deref(), Some("https://www.x.org/a"));
        assert_eq!(d.text, "One. Two.\r\n\r\nThree.");

        for (text, title, date, url) in [
            ("\n20220215\nhttps://x.org/a\nOne.", false, true, true),
            ("20220215\nhttps://x.org/a\nOne.", false, true, true),
            ("Title\n\nhttps://x.org/a\nOne.", true, false, true),
            ("Title\nhttps://x.org/a\nOne.", true, false, true),
            ("Title\n20220215\nOne.", true, true, false),
            ("Title\n20220215\n\nOne.", true, true, false),
            ("Title\n2022-02-15\nhttps://x.org/a\nOne.", true, true, true),
            (
                "\u{FEFF}Title\n15 February 2022\nhttps://x.org/a\nOne.",
                true,
                true,
                true,
            ),
        ] {
            let d = dump(text);
            assert_eq!(
                (d.title.is_some(), d.date.is_some(), d.url.is_some()),
                (title, date, url),
                "{text:?}"
            );
            assert_eq!(d.text.trim(), "One.", "{text:?}");
        }
    }

    #[test]
    fn a_date_that_does_not_exist_is_named() {
        let e = read("Title\n20221345\nhttps://x.org/a\nOne.".into(), false).unwrap_err();
        assert!(e.contains("line 2") && e.contains("20221345"), "{e}");
    }

    #[test]
    fn prose_keeps_its_text_and_gives_up_its_headline() {
        let d = read("Talks go on in Geneva\n\n15 February 2022\n\nThe talks went on. Nobody won.\n\nThe end.".into(), false).unwrap();
        assert_eq!(d.layout, Layout::Prose);
        assert_eq!(d.title.as_deref(), Some("Talks go on in Geneva"));
        assert_eq!(d.date.unwrap().to_string(), "2022-02-15");
        assert!(d.text.trim_start().starts_with("The talks went on."));

        let plain = "The talks went on. Nobody won.\nhttps://x.org is the address.\n";
        let d = read(plain.into(), false).unwrap();
        assert_eq!((d.text.as_str(), d.title), (plain, None));
    }

    #[test]
    fn markdown_front_matter_and_heading() {
        let d = read(
            "---\ntitle: \"A: B\"\ndate: 2022-02-15\nsource: The Post\n---\n\nText.\n".into(),
            true,
        )
        .unwrap();
        assert_eq!(d.title.as_deref(), Some("A: B"));
        assert_eq!(d.outlet.as_deref(), Some("The Post"));
        assert_eq!(d.text.trim(), "Text.");
        let d = read(
            "# A heading\n\nText is here, and more of it. So it goes.\n".into(),
            true,
        )
        .unwrap();
        assert_eq!(d.title.as_deref(), Some("A heading"));
    }
}
