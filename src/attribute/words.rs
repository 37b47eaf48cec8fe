//! Small lexical helpers shared by the mention finder and the rules.

use super::lexicon;

/// The character before byte `at`.
pub(crate) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character that starts at byte `at`.
pub(crate) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Whether a match from `start` to `end` is bounded as a word, not part of a longer word or an address.
pub(crate) fn bounded(text: &str, start: usize, end: usize) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    if before(text, start).is_some_and(|c| inside(c) || c == '/' || c == '@') {
        return false;
    }
    let mut rest = text[end..].chars();
    match rest.next() {
        Some(c) if inside(c) || c == '/' && rest.clone().next().is_some_and(char::is_lowercase) => {
            false
        }
        // A host name such as example.com.
        Some('.') => !rest.next().is_some_and(char::is_lowercase),
        _ => true,
    }
}

/// The word that ends right before byte `at` with one space between, and its start.
pub(crate) fn word_before(text: &str, at: usize) -> Option<(usize, &str)> {
    let head = text[..at].strip_suffix([' ', '\u{a0}'])?;
    let start = head
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '.' | '-' | '\'' | '’'))
        .last()
        .map(|(i, _)| i)?;
    Some((start, &head[start..]))
}

/// The word that starts right after byte `at` with one space between.
pub(crate) fn word_after(text: &str, at: usize) -> Option<&str> {
    let tail = text[at..].strip_prefix([' ', '\u{a0}'])?;
    let end = tail
        .char_indices()
        .find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '-')))
        .map_or(tail.len(), |(i, _)| i);
    (end > 0).then(|| &tail[..end])
}

/// Whether the first character is upper case.
pub(crate) fn capitalised(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// Letter case of a whole text, as headlines have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Sentence,
    /// Most Words Start Like This.
    Title,
    /// NO LOWER-CASE LETTER.
    Capitals,
}

/// Tells the case of a whole text.
pub(crate) fn case(text: &str) -> Case {
    let mut lower = 0usize;
    let (mut long, mut long_capital, mut words) = (0usize, 0usize, 0usize);
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let Some(first) = word.chars().next() else {
            continue;
        };
        words += 1;
        lower += word.chars().filter(|c| c.is_lowercase()).count();
        if word.len() >= 4 && first.is_alphabetic() {
            long += 1;
            long_capital += usize::from(first.is_uppercase());
        }
    }
    if lower == 0 && words >= 3 {
        Case::Capitals
    } else if long >= 4 && long_capital * 10 >= long * 8 {
        Case::Title
    } else {
        Case::Sentence
    }
}

/// Titles and ranks that stand before a surname, lower case.
pub(crate) const TITLES: &[&str] = &[
    "mr",
    "mr.",
    "mrs",
    "mrs.",
    "ms",
    "ms.",
    "miss",
    "sir",
    "lord",
    "lady",
    "dame",
    "dr",
    "dr.",
    "prof",
    "prof.",
    "professor",
    "president",
    "vice-president",
    "premier",
    "chancellor",
    "minister",
    "secretary",
    "general",
    "gen",
    "gen.",
    "lt",
    "lt.",
    "lieutenant",
    "colonel",
    "col",
    "col.",
    "maj",
    "maj.",
    "major",
    "captain",
    "capt",
    "capt.",
    "admiral",
    "adm",
    "adm.",
    "commander",
    "marshal",
    "sergeant",
    "sgt",
    "ambassador",
    "envoy",
    "spokesman",
    "spokeswoman",
    "spokesperson",
    "senator",
    "sen",
    "sen.",
    "rep",
    "rep.",
    "representative",
    "congressman",
    "congresswoman",
    "gov",
    "gov.",
    "governor",
    "mayor",
    "mp",
    "deputy",
    "chief",
    "chairman",
    "chairwoman",
    "speaker",
    "commissioner",
    "director",
    "head",
    "leader",
    "king",
    "queen",
    "prince",
    "princess",
    "pope",
    "patriarch",
    "comrade",
    "adviser",
    "advisor",
    "judge",
    "attorney",
    "diplomat",
    "official",
    "journalist",
    "analyst",
    "official",
    "candidate",
    "pm",
    "fm",
    "boss",
];

/// Whether the word is a title that may stand before a surname.
pub(crate) fn is_title(word: &str) -> bool {
    let w = word.to_ascii_lowercase();
    TITLES.contains(&w.as_str())
}

/// Whether the word is the name of a day or month, full or as news agencies shorten it.
pub(crate) fn is_day_or_month(word: &str) -> bool {
    lexicon::one_of(
        word.trim_end_matches(['.', ',']),
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March \
April May June July August September October November December Mon Tue Tues Wed Thu \
Thurs Fri Sat Sun Jan Feb Mar Apr Aug Sep Sept Oct Nov Dec",
    )
}
