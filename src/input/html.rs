//! Saved web pages: main text, title, date and outlet by `dom_smoothie`, a port
//! of Mozilla's Readability (the reader view of Firefox).

use std::collections::HashMap;
use std::sync::LazyLock;

use dom_smoothie::{Config, Readability, TextMode};
use encoding_rs::Encoding;
use regex::Regex;

use super::fields::Draft;
use super::{date, decode, Options};
use crate::document::Layout;

/// Pages nested deeper than this are refused: the extraction walks the tree by
/// recursion. Real pages stay below 100.
const DEEPEST: usize = 1_000;

/// Stack for the extraction, for pages that are deep but still allowed. Bytes.
const STACK: usize = 64 << 20;

/// The page's text: like that of other files, but a page that is not UTF-8 may
/// name its encoding itself.
pub fn page_text(bytes: &[u8]) -> Result<String, String> {
    static CHARSET: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:-]{2,40})"#)
            .expect("valid")
    });
    if std::str::from_utf8(bytes).is_err() && !decode::is_utf16(bytes) {
        let head: String = bytes.iter().take(4096).map(|&b| char::from(b)).collect();
        let named = CHARSET
            .captures(&head)
            .and_then(|m| Encoding::for_label(m[1].as_bytes()))
            .filter(|e| *e != encoding_rs::UTF_8);
        if let Some(encoding) = named {
            return Ok(encoding.decode(bytes).0.into_owned());
        }
    }
    decode::decode(bytes).map(|d| d.text)
}

/// The document of a page.
pub fn read(page: String, opts: &Options) -> Result<Draft, String> {
    if depth(&page) > DEEPEST {
        return Err(format!(
            "elements are nested more than {DEEPEST} deep, as no real page is; save the article's text instead"
        ));
    }
    let max_elements = opts.max_html_elements;
    // A thread of its own: a bigger stack, and a panic in the extraction is caught.
    std::thread::Builder::new()
        .name("html".into())
        .stack_size(STACK)
        .spawn(move || extract(page, max_elements))
        .map_err(|e| format!("could not start reading the page: {e}"))?
        .join()
        .unwrap_or_else(|_| {
            Err("the page cannot be taken apart; save the article's text instead".into())
        })
}

fn extract(page: String, max_elements: usize) -> Result<Draft, String> {
    let config = Config {
        max_elements_to_parse: max_elements,
        text_mode: TextMode::Formatted,
        ..Config::default()
    };
    let remedy = "save the article's text instead";
    let mut readability =
        Readability::new(page, None, Some(config)).map_err(|e| format!("{e}; {remedy}"))?;
    let article = readability
        .parse()
        .map_err(|_| format!("no article found in this page; {remedy}"))?;
    let mut draft = Draft::new(article.text_content.to_string(), Layout::Prose);
    draft.title = Some(article.title);
    // A page's date that cannot be read is left out: nobody typed it for us.
    draft.date = article
        .published_time
        .or(article.modified_time)
        .and_then(|d| date::parse(&d).ok());
    draft.url = article.url.filter(|u| u.starts_with("http"));
    draft.outlet = article.site_name;
    Ok(draft)
}

/// How deep elements are nested, without parsing the page: void elements and
/// those whose end tag may be left out do not count, stray end tags close nothing.
fn depth(page: &str) -> usize {
    const UNCOUNTED: [&str; 26] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr", "p", "li", "dt", "dd", "option", "tr", "td", "th", "tbody",
        "thead", "rt", "rp",
    ];
    let mut open: Vec<&str> = Vec::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut deepest = 0;
    for (at, _) in page.match_indices('<') {
        let rest = &page[at + 1..];
        let (closing, rest) = match rest.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || UNCOUNTED.iter().any(|v| v.eq_ignore_ascii_case(name)) {
            continue;
        }
        if !closing {
            open.push(name);
            *counts.entry(name).or_default() += 1;
            deepest = deepest.max(open.len());
        } else if counts.get(name).is_some_and(|&n| n > 0) {
            while let Some(top) = open.pop() {
                *counts.entry(top).or_default() -= 1;
                if top == name {
                    break;
                }
            }
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> String {
        format!(
            r#"<!doctype html><html><head><title>Talks resume | The Example Post</title>
<meta property="og:title" content="Talks resume in Geneva"><meta property="og:site_name" content="The Example Post">
<meta property="article:published_time" content="2022-02-15T10:00:00+03:00"><meta property="og:url" content="https://example.org/talks"></head>
<body><nav><a href="/">Home</a> <a href="/w">World</a></nav><article><h1>Talks resume in Geneva</h1>{body}</article>
<footer>All rights reserved. <a href="/p">Privacy</a></footer></body></html>"#
        )
    }

    #[test]
    fn main_text_and_metadata() {
        let body = "<p>The two delegations met in Geneva on Tuesday, officials of both sides said, for the first time in a month.</p>\
                    <p>“We came to talk, and we will stay until there is a result,” the minister told reporters at the airport.</p>".repeat(4);
        let d = read(page(&body), &Options::default()).unwrap();
        assert_eq!(d.title.as_deref(), Some("Talks resume in Geneva"));
        assert_eq!(d.date.unwrap().to_string(), "2022-02-15");
        assert_eq!(d.outlet.as_deref(), Some("The Example Post"));
        assert!(d.text.contains("“We came to talk, and we will stay"));
        assert!(!d.text.contains("Privacy") && !d.text.contains('<'));
        assert!(d.text.contains('\n'), "paragraphs are kept apart");
    }

    #[test]
    fn pages_that_are_none_are_refused() {
        for bad in [
            "<div>".repeat(200_000),
            String::from("<html><body></body></html>"),
            "<b>x".repeat(2_000),
        ] {
            let got = read(bad, &Options::default()).and_then(|d| d.finish("i", "s").map(|_| ()));
            assert!(got.is_err());
        }
        // Nonsense may be an article; it must only not panic.
        let _ = read("<".repeat(100_000), &Options::default());
    }
}
