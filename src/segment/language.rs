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

/// Letters below which a Latin text without English words is `None`.
const MIN_LETTERS: usize = 40;

/// Words that are frequent in English and (almost) absent from the other
/// languages written in Latin letters; so not `to` (Polish), `is` (Dutch), `was`
/// (German), `by` (Czech), `minister` (many).
const ENGLISH: &[&str] = &[
    "the",
    "and",
    "that",
    "with",
    "from",
    "which",
    "their",
    "they",
    "have",
    "been",
    "his",
    "its",
    "this",
    "would",
    "not",
    "are",
    "were",
    "who",
    "said",
    "says",
    "about",
    "into",
    "after",
    "against",
    "could",
    "should",
    "there",
    "than",
    "when",
    "what",
    "you",
    "our",
    "more",
    "between",
    "why",
    "how",
    "amid",
    "during",
    "because",
    "must",
    "before",
    "calls",
    "talks",
    "troops",
    "weapons",
    "border",
    "but",
    "she",
    "other",
    "your",
    "these",
    "those",
    "where",
    "while",
    "if",
    "say",
    "warns",
    "over",
    "did",
    "does",
    "being",
    "through",
    "new",
    "government",
    "russian",
    "ukrainian",
    "foreign",
    "military",
    "security",
];

/// Function words of the other languages that reach a newsroom in Latin letters,
/// none of which is an English word or part of a name (`von der`, `Los`, `El`).
const OTHERS: &[&str] = &[
    "das", "und", "ist", "nicht", "ein", "eine", "einen", "mit", "für", "auf", "dem", "sich",
    "auch", "wird", "zu", "le", "les", "du", "une", "et", "est", "que", "dans", "pour", "qui",
    "sur", "aux", "avec", "pas", "por", "para", "una", "con", "su", "es", "il", "di", "che", "non",
    "della", "dei", "sono", "gli", "nel", "um", "uma", "não", "em", "os", "dos", "het", "een",
    "niet", "zijn", "voor", "naar", "na", "się", "nie", "jest", "przez", "dla", "oraz", "ve",
    "bir", "bu", "için", "ile", "olarak", "že", "je", "se", "som", "och", "att", "det", "av",
    "til", "og", "ikke", "på", "și", "cu", "din", "pe", "hogy", "és", "az", "nem", "yang", "dan",
    "untuk", "ir", "ja", "ei", "kad",
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
    let words = text.split_whitespace().count();
    let english = english_words(text);
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    // Most statements are settled here, which is twenty times as fast as the detector.
    if english >= 2 && english * 8 > words && latin * 10 > letters * 9 {
        return Some("en");
    }
    let info = whatlang::detect(text)?;
    if info.script() != Script::Latin {
        // English text with a few foreign words keeps a majority of Latin letters.
        return (latin * 2 < letters).then(|| code(info.lang()));
    }
    if info.lang() == Lang::Eng {
        return (english >= 1 || info.is_reliable() && words >= 4).then_some("en");
    }
    // About every third word of English prose is on the list; one in twelve is a chance hit.
    if english * 12 > words || english >= 2 {
        return Some("en");
    }
    let foreign = foreign_words(text);
    // Related languages (Dutch, Afrikaans) share the verdict; that it is not English is as sure.
    let sure =
        info.is_reliable() && info.confidence() >= 0.9 || english == 0 && foreign * 5 >= words;
    (sure && letters >= MIN_LETTERS && words >= 6 && foreign >= 2).then(|| code(info.lang()))
}

/// Words that are no English: function words of other languages, and words with
/// letters that English does not use.
fn foreign_words(text: &str) -> usize {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|w| !w.is_empty())
        .filter(|w| {
            let lower = w.to_lowercase();
            // Names carry foreign letters into English text; words in lower case do not.
            OTHERS.contains(&lower.as_str()) || *w == lower && !w.is_ascii()
        })
        .count()
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
        for (text, code) in [
            ("El ministro dijo el martes que las tropas volverán pronto a sus cuarteles.", "es"),
            ("Il ministro ha detto martedì che le truppe torneranno presto nelle caserme.", "it"),
            ("O ministro disse na terça-feira que as tropas não vão sair da região em breve.", "pt"),
            ("De minister zei dinsdag dat het leger niet snel naar de kazernes zal terugkeren.", "nl"),
            ("Bakan salı günü yaptığı açıklamada, birliklerin yakında kışlalarına döneceğini söyledi.", "tr"),
            ("Ministr v úterý řekl, že se vojáci brzy vrátí do svých kasáren.", "cs"),
            ("Ministrul a declarat marți că trupele se vor întoarce în curând în cazărmi.", "ro"),
            ("A miniszter kedden azt mondta, hogy a csapatok hamarosan visszatérnek.", "hu"),
            ("国防部长星期二说，部队将很快返回营地。", "zh"),
            ("قال الوزير يوم الثلاثاء إن القوات ستعود قريبا إلى ثكناتها.", "ar"),
        ] {
            assert_eq!(detect(text), Some(code), "{text}");
        }
        for text in [
            "Europe Day: von der Leyen, Scholz, Macron in Kyiv",
            "US Senate leader requests all-Senate classified briefing about Pentagon documents",
            "Los Angeles, El Paso, San Juan del Sur, Rio de Janeiro, Las Vegas",
            "Zelenskyy, Erdoğan, Orbán, Müller, Łukasiewicz meet",
        ] {
            assert!(matches!(detect(text), None | Some("en")), "{text}");
        }
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
