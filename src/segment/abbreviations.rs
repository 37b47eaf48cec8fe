//! Abbreviations of news English, by what a full stop after them means.

/// Words after which a full stop never ends a sentence when a name or number follows.
const TITLES: &[&str] = &[
    "v", "Mr", "Mrs", "Ms", "Mx", "Messrs", "Mmes", "Mme", "Mlle", "Dr", "Drs", "Prof", "Profs",
    "Rev", "Revd", "Hon", "Fr", "Msgr", "Gen", "Gens", "Lt", "Lts", "Col", "Cols", "Maj", "Majs",
    "Capt", "Capts", "Cmdr", "Cdr", "Comdr", "Adm", "Adms", "Brig", "Sgt", "Sgts", "Cpl", "Pvt",
    "Pfc", "Spc", "Ens", "Sen", "Sens", "Rep", "Reps", "Gov", "Govs", "Pres", "Amb", "Atty",
    "Supt", "Insp", "Det", "Asst", "Mt", "Ft", "Ste", "vs", "viz", "cf", "incl", "esp", "e.g",
    "i.e", "eg", "ie", "Lieut", "Dep", "Secy", "Treas", "Cllr",
];

/// Words that are abbreviations only before a number: `No. 10`, `Art. 5`, `Feb. 24`.
const BEFORE_NUMBERS: &[&str] = &[
    "No", "Nos", "no", "nos", "Nr", "Art", "Arts", "art", "Sec", "sec", "Para", "para", "Ch", "ch",
    "Vol", "vol", "Fig", "fig", "p", "pp", "P", "approx", "ca", "c", "est", "Res", "Op", "Jan",
    "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec", "Mon", "Tue",
    "Tues", "Wed", "Thu", "Thur", "Thurs", "Fri", "Sat", "Sun", "Tel", "tel",
];

/// Abbreviations that may stand in the middle or at the end of a sentence; the next word decides.
const EITHER: &[&str] = &[
    "Inc", "Corp", "Co", "Cos", "Ltd", "Bros", "Jr", "Sr", "Ph.D", "PhD", "M.D", "Esq", "et al",
    "al", "approx", "dept", "Dept", "Univ", "Assn", "Ave", "Blvd", "Rd", "Ret", "ret", "St", "Sec",
    "Ala", "Ariz", "Ark", "Calif", "Colo", "Conn", "Del", "Fla", "Ga", "Ill", "Ind", "Kan", "Ky",
    "La", "Md", "Mass", "Mich", "Minn", "Miss", "Mo", "Mont", "Neb", "Nev", "Okla", "Ore", "Pa",
    "Tenn", "Tex", "Va", "Vt", "Wash", "Wis", "Wyo",
];

/// Words that often open a sentence and hardly ever follow an abbreviation inside one.
const STARTERS: &[&str] = &[
    "The",
    "A",
    "An",
    "He",
    "She",
    "It",
    "They",
    "We",
    "I",
    "You",
    "This",
    "That",
    "These",
    "Those",
    "There",
    "Here",
    "But",
    "And",
    "Or",
    "Nor",
    "So",
    "Yet",
    "In",
    "On",
    "At",
    "As",
    "After",
    "Before",
    "Since",
    "Until",
    "When",
    "While",
    "Where",
    "What",
    "Why",
    "How",
    "Who",
    "Which",
    "If",
    "For",
    "From",
    "With",
    "Without",
    "Under",
    "During",
    "Despite",
    "Although",
    "Though",
    "Because",
    "However",
    "Meanwhile",
    "Moreover",
    "Earlier",
    "Later",
    "Now",
    "Then",
    "Also",
    "Still",
    "Even",
    "Only",
    "Some",
    "Many",
    "Most",
    "Both",
    "Each",
    "All",
    "Another",
    "Other",
    "Others",
    "Such",
    "No",
    "Not",
    "Nothing",
    "His",
    "Her",
    "Its",
    "Their",
    "Our",
    "My",
    "Your",
    "To",
    "By",
    "Of",
    "Is",
    "Are",
    "Was",
    "Were",
    "Do",
    "Does",
    "Did",
    "Will",
    "Would",
    "Can",
    "Could",
    "Should",
    "Let",
    "According",
    "Asked",
    "Following",
    "Once",
    "One",
    "Two",
    "Three",
    "Mr",
    "Mrs",
    "Ms",
    "Instead",
    "Perhaps",
    "Indeed",
    "Thus",
    "Therefore",
    "Today",
    "Yesterday",
    "Speaking",
    "Last",
    "Next",
    "More",
];

/// Names that open a sentence after `U.S.` more often than they go on with it.
/// They say nothing after an initial (`V. Putin`).
const NAMES: &[&str] = &[
    "Russia",
    "Moscow",
    "Putin",
    "Ukraine",
    "Kyiv",
    "Zelensky",
    "Zelenskyy",
    "Biden",
    "NATO",
    "Washington",
];

/// What may follow a time of day (`10 a.m. Monday`) inside a sentence.
const AFTER_TIMES: &[&str] = &[
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Mon",
    "Tue",
    "Tues",
    "Wed",
    "Thu",
    "Thurs",
    "Fri",
    "Sat",
    "Sun",
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
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Sept",
    "Oct",
    "Nov",
    "Dec",
    "ET",
    "EST",
    "EDT",
    "CT",
    "CST",
    "CDT",
    "MT",
    "MST",
    "PT",
    "PST",
    "PDT",
    "GMT",
    "UTC",
    "BST",
    "CET",
    "CEST",
    "EET",
    "EEST",
    "MSK",
    "IST",
    "Eastern",
    "Central",
    "Pacific",
    "Moscow",
    "Kyiv",
    "Kiev",
    "London",
    "Brussels",
    "Greenwich",
    "Local",
];

/// Whether a full stop after `word` is part of an abbreviation, so that the
/// sentence goes on with `next` (its first word, and whether a quotation mark
/// opens before it). `word` comes without its last full stop; `next` keeps the
/// full stop of an initial (`A.`), which tells it from the article.
pub fn goes_on(word: &str, next: &str, quote_opens: bool) -> bool {
    if word.is_empty() || next.is_empty() {
        return false;
    }
    let number = next.starts_with(|c: char| c.is_ascii_digit());
    let starter = STARTERS.contains(&next.split(['\'', '’']).next().unwrap_or(next));
    if matches!(
        word.to_ascii_lowercase().as_str(),
        "a.m" | "p.m" | "am" | "pm"
    ) {
        return word.contains('.') && AFTER_TIMES.contains(&next);
    }
    if BEFORE_NUMBERS.contains(&word) && (number || next.starts_with('№')) {
        return true;
    }
    if is_initial(word) {
        return !starter && !quote_opens;
    }
    if is_dotted(word) || EITHER.contains(&word) {
        return !starter && !quote_opens && !NAMES.contains(&next);
    }
    TITLES.contains(&word)
}

/// A single capital letter: an initial, as in `J. D. Vance`.
fn is_initial(word: &str) -> bool {
    let mut chars = word.chars();
    // `I` ends sentences (`my wife and I.`) about as often as it is an initial; the next word decides.
    matches!((chars.next(), chars.next()), (Some(c), None) if c.is_uppercase())
}

/// Letters with full stops between them: `U.S`, `E.U`, `D.C`, `J.D`, `Ph.D`.
fn is_dotted(word: &str) -> bool {
    word.contains('.')
        && word
            .split('.')
            .all(|p| (1..=2).contains(&p.chars().count()) && p.chars().all(char::is_alphabetic))
        && word.chars().next().is_some_and(char::is_uppercase)
}

/// Whether a word is listed here at all (with any meaning).
pub fn is_known(word: &str) -> bool {
    TITLES.contains(&word) || BEFORE_NUMBERS.contains(&word) || EITHER.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_word_decides() {
        assert!(goes_on("Gen", "The", false));
        assert!(goes_on("U.S", "President", false));
        assert!(!goes_on("U.S", "The", false));
        assert!(!goes_on("U.S", "We", true));
        assert!(goes_on("J", "D", false));
        assert!(goes_on("a.m", "Monday", false));
        assert!(!goes_on("a.m", "Troops", false));
        assert!(goes_on("No", "10", false));
        assert!(!goes_on("No", "He", false));
        assert!(goes_on("Feb", "24", false));
        assert!(goes_on("V", "Putin", false));
        assert!(goes_on("J", "A.", false));
        assert!(!goes_on("U.S", "Putin", false));
        assert!(goes_on("St", "Petersburg", false));
        assert!(!goes_on("war", "The", false));
    }
}
