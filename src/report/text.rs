//! Outside text made fit for showing: control characters made visible, links
//! checked, numbers and dates in words. Escaping for a format is the format's own task.

use chrono::{Datelike, NaiveDate};

/// Characters that change how the text around them is shown, or that a
/// terminal obeys: directional embeddings, overrides and isolates, and all
/// control characters but tab and line feed.
pub fn is_unruly(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFF9}'..='\u{FFFB}')
        || (c.is_control() && c != '\t' && c != '\n')
}

/// The text with unruly characters replaced by a visible sign such as `[U+202E]`.
/// A carriage return is dropped before a line feed, since it says nothing there.
pub fn visible(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut chars = s.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' && chars.peek().is_none_or(|&n| n == '\n') {
            continue;
        }
        if is_unruly(c) {
            out.push_str(&format!("[U+{:04X}]", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}

/// [`visible`] text on one line, white space runs made one space.
pub fn one_line(s: &str) -> String {
    let joined = s.split_whitespace().collect::<Vec<_>>().join(" ");
    visible(&joined)
}

/// The text cut at a word's end to at most `limit` characters, with an ellipsis if cut.
pub fn shortened(s: &str, limit: usize) -> String {
    if s.chars().count() <= limit {
        return s.to_string();
    }
    let head: String = s.chars().take(limit.saturating_sub(1)).collect();
    let cut = match head.rfind(' ') {
        Some(i) if i * 2 > head.len() => &head[..i],
        _ => &head,
    };
    format!("{}…", cut.trim_end_matches([' ', ',', ';', ':', '.']))
}

/// The address if it may be made a link: absolute, http or https, with a host,
/// and without white space, control characters or quotation marks.
pub fn safe_url(url: &str) -> Option<&str> {
    let url = url.trim();
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        url.get(..scheme.len())
            .filter(|s| s.eq_ignore_ascii_case(scheme))
            .map(|_| &url[scheme.len()..])
    })?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let clean = !url
        .chars()
        .any(|c| c.is_whitespace() || is_unruly(c) || matches!(c, '"' | '<' | '>' | '\\' | '`'));
    (clean && host.chars().any(char::is_alphanumeric)).then_some(url)
}

/// The host of a safe address, without `www.`, as a name for a nameless outlet.
pub fn host(url: &str) -> Option<&str> {
    let url = safe_url(url)?;
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?;
    Some(host.strip_prefix("www.").unwrap_or(host))
}

/// A probability in whole per cent, `93 %`. Never 100 % unless it is 1.
pub fn percent(p: f64) -> String {
    format!("{}\u{a0}%", whole_percent(p))
}

/// A probability in whole per cent; 100 and 0 only if it is exactly that.
pub fn whole_percent(p: f64) -> u32 {
    let x = (p.clamp(0.0, 1.0) * 100.0).round() as u32;
    match x {
        100 if p < 1.0 => 99,
        0 if p > 0.0 => 1,
        x => x,
    }
}

/// A confidence in a word.
pub fn sureness(p: f64) -> &'static str {
    if p >= 0.85 {
        "high"
    } else if p >= 0.65 {
        "fair"
    } else {
        "low"
    }
}

/// `1 pair`, `2 pairs`, `1,204 pairs`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// A number with commas between thousands.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `15 February 2022`.
pub fn long_date(d: NaiveDate) -> String {
    format!("{} {} {}", d.day(), MONTHS[d.month0() as usize], d.year())
}

/// `15 Feb 2022`.
pub fn short_date(d: NaiveDate) -> String {
    format!(
        "{} {} {}",
        d.day(),
        &MONTHS[d.month0() as usize][..3],
        d.year()
    )
}

/// `14–18 February 2022`, or with two months or years as far as they differ.
pub fn date_range(from: NaiveDate, to: NaiveDate) -> String {
    if from == to {
        long_date(from)
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{}–{}", from.day(), long_date(to))
    } else if from.year() == to.year() {
        let month = MONTHS[from.month0() as usize];
        format!("{} {month} – {}", from.day(), long_date(to))
    } else {
        format!("{} – {}", long_date(from), long_date(to))
    }
}

/// The first letter as a capital.
pub fn capitalized(s: &str) -> String {
    let mut chars = s.chars();
    match chars.next() {
        Some(c) => c.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_plain_web_addresses_become_links() {
        for good in [
            "https://example.org/a?b=c#d",
            "HTTP://example.org",
            " https://example.org/x ",
        ] {
            assert!(safe_url(good).is_some(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "//example.org",
            "https://",
            "https:///path",
            "http://a b",
            "https://x\"onclick=",
            "https://x\u{202e}y",
            "file:///etc/passwd",
            "https:\\\\x",
        ] {
            assert!(safe_url(bad).is_none(), "{bad}");
        }
        assert_eq!(host("https://www.example.org/x"), Some("example.org"));
        assert_eq!(host("https://u:p@example.org/x"), Some("example.org"));
    }

    #[test]
    fn direction_and_terminal_controls_become_visible() {
        assert_eq!(visible("a\u{202e}b"), "a[U+202E]b");
        assert_eq!(visible("\u{1b}[31mred"), "[U+001B][31mred");
        assert_eq!(visible("one\r\ntwo\r"), "one\ntwo");
        assert_eq!(visible("na\u{ef}ve – “quote” 🕊"), "na\u{ef}ve – “quote” 🕊");
    }

    #[test]
    fn numbers_and_dates_read_well() {
        assert_eq!(percent(0.999), "99\u{a0}%");
        assert_eq!(percent(1.0), "100\u{a0}%");
        assert_eq!(count(1, "pair", "pairs"), "1 pair");
        assert_eq!(count(20_000, "pair", "pairs"), "20,000 pairs");
        let d = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(
            date_range(d(2022, 2, 14), d(2022, 2, 18)),
            "14–18 February 2022"
        );
        assert_eq!(
            date_range(d(2022, 1, 31), d(2022, 2, 1)),
            "31 January – 1 February 2022"
        );
        assert_eq!(shortened("one two three", 9), "one two…");
    }

    proptest! {
        #[test]
        fn nothing_unruly_is_left(s in any::<String>()) {
            prop_assert!(!visible(&s).chars().any(is_unruly));
            prop_assert!(!one_line(&s).contains('\n'));
        }

        #[test]
        fn shortening_keeps_the_limit(s in any::<String>(), n in 1usize..60) {
            prop_assert!(shortened(&s, n).chars().count() <= n);
        }
    }
}
