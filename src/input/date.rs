//! Dates in the notations that news files use.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use regex::Regex;

/// Years taken for a news article's.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// Reads a date: `20220215`, `2022-02-15` (also with a time behind it),
/// `15.02.2022`, `15 February 2022`, `Feb. 15, 2022`, RFC 2822 and 3339, Unix
/// seconds or milliseconds. A date such as `03/04/2022`, which is in March or
/// April depending on the writer, is refused. The error says what to write.
pub fn parse(text: &str) -> Result<NaiveDate, String> {
    let s = text.trim();
    let shown: String = s.chars().take(40).collect();
    let wrong = || format!("`{shown}` is no date that can be read; write it as YYYY-MM-DD");
    let date = if let Some(m) = NUMERIC.captures(s) {
        numeric(&m, &shown)?
    } else {
        compact(s)
            .or_else(|| stamped(s))
            .or_else(|| in_words(s))
            .ok_or_else(wrong)?
    };
    if YEARS.contains(&chrono::Datelike::year(&date)) {
        Ok(date)
    } else {
        Err(wrong())
    }
}

/// Day, month and year in figures, the year last.
static NUMERIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{4})(?:[T,\s].*)?$").expect("valid")
});

fn numeric(m: &regex::Captures<'_>, shown: &str) -> Result<NaiveDate, String> {
    let n = |i: usize| m[i].parse::<u32>().unwrap_or(0);
    let (a, b, year) = (n(1), n(3), n(4) as i32);
    // With full stops the day comes first everywhere; with slashes and dashes it depends on the country.
    let first_is_day = if &m[2] == "." || a > 12 || a == b {
        true
    } else if b > 12 {
        false
    } else {
        return Err(format!(
            "`{shown}` can be read in two ways; write the date as YYYY-MM-DD"
        ));
    };
    let (day, month) = if first_is_day { (a, b) } else { (b, a) };
    NaiveDate::from_ymd_opt(year, month, day)
        .ok_or_else(|| format!("there is no date `{shown}`; write it as YYYY-MM-DD"))
}

/// `YYYYMMDD`, also with a time behind it (`20220215T1200`), and Unix time.
fn compact(s: &str) -> Option<NaiveDate> {
    let digits = s.bytes().take_while(u8::is_ascii_digit).count();
    match (digits, s.len() == digits) {
        (8, whole) if whole || s[8..].starts_with(['T', ' ']) => {
            NaiveDate::parse_from_str(&s[..8], "%Y%m%d").ok()
        }
        (14, true) => NaiveDate::parse_from_str(&s[..8], "%Y%m%d").ok(),
        (10, true) => Some(DateTime::from_timestamp(s.parse().ok()?, 0)?.date_naive()),
        (13, true) => Some(DateTime::from_timestamp_millis(s.parse().ok()?)?.date_naive()),
        _ => None,
    }
}

/// ISO 8601 and its relatives: the date the writer saw, without conversion to another time zone.
fn stamped(s: &str) -> Option<NaiveDate> {
    if let Ok(t) = DateTime::parse_from_rfc3339(s) {
        return Some(t.naive_local().date());
    }
    if let Ok(t) = DateTime::parse_from_rfc2822(s) {
        return Some(t.naive_local().date());
    }
    if let Ok(t) = NaiveDateTime::parse_from_str(s, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(t.date());
    }
    let head = s.split(['T', ' ', ',']).next()?;
    ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"]
        .iter()
        .find_map(|f| NaiveDate::parse_from_str(head, f).ok())
}

/// A date with the month in English words.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s+)?
          (?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+(?P<m1>[a-z]{3,9})\.?,?[\s-]+(?P<y1>\d{4})
            |(?P<m2>[a-z]{3,9})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{4}))
          (?:[\s,T|·-].*)?$",
    )
    .expect("valid")
});

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn in_words(s: &str) -> Option<NaiveDate> {
    if s.len() > 120 {
        return None;
    }
    let m = WORDS.captures(s)?;
    let get = |a: &str, b: &str| m.name(a).or(m.name(b)).map(|m| m.as_str().to_lowercase());
    let name = get("m1", "m2")?;
    let month = MONTHS
        .iter()
        .position(|full| full.starts_with(&name) || (name == "sept" && *full == "september"))?;
    NaiveDate::from_ymd_opt(
        get("y1", "y2")?.parse().ok()?,
        month as u32 + 1,
        get("d1", "d2")?.parse().ok()?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_notations() {
        for s in [
            "20220215",
            " 2022-02-15 ",
            "2022/02/15",
            "2022.02.15",
            "15.02.2022",
            "15.2.2022 10:30",
            "15/02/2022",
            "02/15/2022",
            "15 February 2022",
            "15th of February, 2022",
            "15-Feb-2022",
            "Tuesday, February 15, 2022",
            "Tue, 15 Feb 2022 10:00:00 +0300",
            "Feb. 15, 2022",
            "February 15th 2022 at 10:30 GMT",
            "2022-02-15T23:59:59+03:00",
            "2022-02-15T10:00:00Z",
            "2022-02-15T10:00:00",
            "2022-02-15 10:00",
            "20220215T090000Z",
            "20220215090000",
            "1644926400",
            "1644926400000",
        ] {
            assert_eq!(
                parse(s).map(|d| d.to_string()),
                Ok("2022-02-15".into()),
                "{s}"
            );
        }
        assert_eq!(parse("2 Sept 2022").unwrap().to_string(), "2022-09-02");
    }

    #[test]
    fn unclear_ones_are_refused_with_the_remedy() {
        for s in [
            "03/04/2022",
            "soon",
            "20221345",
            "31.02.2022",
            "",
            "12",
            "2022",
            "99999999",
            "Mai 2022",
        ] {
            let e = parse(s).unwrap_err();
            assert!(e.contains("YYYY-MM-DD"), "{s}: {e}");
        }
    }
}
