//! What a statement is written in, decided conservatively.
//!
//! A statement that is wrongly taken for another language is abstained on and
//! lost, so another language is named only on strong evidence: a script that
//! English does not use, or, for Latin letters, a confident verdict of
//! `whatlang` together with the absence of English function words. Short
//! headlines that are mostly names give `None`.

use whatlang::{Lang, Script};

/// Characters looked at: enough for a sure verdict on any length of text.
const LOOK_AT: usize = 2_000;

/// Letters below which a Latin text that shows no English words is `None`.
const MIN_LETTERS: usize = 45;

/// Words that are frequent in English and rare in the other languages written in Latin letters.
const ENGLISH: &[&str] = &[
    "the",
    "of",
    "and",
    "to",
    "that",
    "is",
    "was",
    "with",
    "as",
    "by",
    "it",
    "from",
    "are",
    "be",
    "has",
    "have",
    "had",
    "his",
    "its",
    "their",
    "they",
    "he",
    "she",
    "this",
    "which",
    "would",
    "will",
    "not",
    "but",
    "been",
    "were",
    "who",
    "said",
    "says",
    "over",
    "after",
    "about",
    "into",
    "out",
    "up",
    "at",
    "for",
    "against",
    "could",
    "should",
    "there",
    "than",
    "when",
    "what",
    "we",
    "you",
    "our",
    "if",
    "more",
    "between",
    "new",
    "or",
    "on",
    "how",
    "why",
    "amid",
    "during",
    "under",
    "because",
    "can",
    "may",
    "must",
    "no",
    "all",
    "any",
    "before",
    "calls",
    "talks",
    "war",
    "troops",
    "sanctions",
    "government",
    "minister",
    "president",
    "weapons",
    "border",
];

/// Detects the language of a document's statements; the whole document counts
/// for those too short to tell by themselves.
#[derive(Debug, Clone)]
pub struct Detector {
    document: Option<&'static str>,
}

impl Detector {
    /// Looks at the document as a whole first.
    pub fn for_document(text: &str) -> Self {
        Detector {
            document: detect(text),
        }
    }

    /// ISO 639-1 code (639-3 where there is none) of one statement.
    pub fn detect(&self, text: &str) -> Option<&'static str> {
        let own = detect(text);
        if own.is_some() {
            return own;
        }
        // A short line of an article that is surely in one language is in it too, if nothing
        // in it speaks for English.
        match self.document {
            Some("en") | None => None,
            other if english_words(text) == 0 && letters(text) >= 12 => other,
            _ => None,
        }
    }
}

/// The language of `text`, or `None` if it is too short or too mixed to tell.
pub fn detect(text: &str) -> Option<&'static str> {
    let end = text
        .char_indices()
        .nth(LOOK_AT)
        .map_or(text.len(), |(i, _)| i);
    let text = &text[..end];
    let letters = letters(text);
    if letters < 8 {
        return None;
    }
    let info = whatlang::detect(text)?;
    if info.script() != Script::Latin {
        // English text with a few foreign words keeps a majority of Latin letters.
        let latin = text.chars().filter(char::is_ascii_alphabetic).count();
        return (latin * 2 < letters).then(|| code(info.lang()));
    }
    let words = text.split_whitespace().count();
    let english = english_words(text);
    if info.lang() == Lang::Eng {
        return (english >= 1 || info.is_reliable() && words >= 4).then_some("en");
    }
    // About every third word of English prose is on the list; one in twelve is a chance hit.
    if english * 12 > words || english >= 3 {
        return Some("en");
    }
    let sure = info.confidence() >= 0.95 && info.is_reliable();
    (sure && letters >= MIN_LETTERS && words >= 6).then(|| code(info.lang()))
}

fn letters(text: &str) -> usize {
    text.chars()
        .filter(|c| c.is_alphabetic())
        .take(LOOK_AT)
        .count()
}

fn english_words(text: &str) -> usize {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|w| !w.is_empty() && w.len() <= 10)
        .take(LOOK_AT)
        .filter(|w| ENGLISH.contains(&w.to_ascii_lowercase().as_str()))
        .count()
}

/// Two-letter code of a language; three letters where ISO 639-1 has none.
fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Bel => "be",
        Lang::Bul => "bg",
        Lang::Mkd => "mk",
        Lang::Srp => "sr",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Pol => "pl",
        Lang::Nld => "nl",
        Lang::Tur => "tr",
        Lang::Ces => "cs",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Ron => "ro",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Nob => "nb",
        Lang::Fin => "fi",
        Lang::Est => "et",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Cat => "ca",
        Lang::Lat => "la",
        Lang::Epo => "eo",
        Lang::Afr => "af",
        Lang::Ind => "id",
        Lang::Vie => "vi",
        Lang::Tgl => "tl",
        Lang::Aze => "az",
        Lang::Uzb => "uz",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Jav => "jv",
        Lang::Ara => "ar",
        Lang::Pes => "fa",
        Lang::Urd => "ur",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Ell => "el",
        Lang::Hye => "hy",
        Lang::Kat => "ka",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Hin => "hi",
        Lang::Ben => "bn",
        Lang::Mar => "mr",
        Lang::Guj => "gu",
        Lang::Pan => "pa",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Kan => "kn",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Mya => "my",
        Lang::Khm => "km",
        Lang::Tha => "th",
        Lang::Amh => "am",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_are_named_and_english_is_kept() {
        assert_eq!(
            detect("Министр заявил, что войска вернутся в казармы."),
            Some("ru")
        );
        assert_eq!(
            detect("Міністр заявив, що українські війська тримають оборону і не відступлять."),
            Some("uk")
        );
        assert_eq!(
            detect("Der Minister sagte am Dienstag, die Truppen würden bald in ihre Kasernen zurückkehren."),
            Some("de")
        );
        assert_eq!(
            detect("Le ministre a déclaré mardi que les troupes allaient bientôt rentrer dans leurs casernes."),
            Some("fr")
        );
        assert_eq!(
            detect("Minister powiedział we wtorek, że żołnierze wkrótce wrócą do swoich koszar."),
            Some("pl")
        );
        assert_eq!(
            detect("The minister said the troops would return."),
            Some("en")
        );
        assert_eq!(detect("Lavrov, Blinken meet in Geneva"), None);
        assert_eq!(detect("Scholz: Nein"), None);
        assert_eq!(
            detect("The paper «Известия» was quoted by the ministry"),
            Some("en")
        );
        assert_eq!(detect(""), None);
    }

    #[test]
    fn a_short_line_follows_its_document() {
        let d = Detector::for_document(
            "Der Minister sagte am Dienstag, die Truppen würden bald in ihre Kasernen zurückkehren.",
        );
        assert_eq!(d.detect("Kein Krieg in Europa"), Some("de"));
        let d =
            Detector::for_document("The minister said the troops would return to the barracks.");
        assert_eq!(d.detect("Kein Krieg in Europa"), None);
    }
}
