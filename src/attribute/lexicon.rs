//! The words that report speech: verbs with all their inflections and what they
//! take as complement, and nouns. Written from grammars of English reporting
//! clauses (Quirk et al. 1985, ch. 14.28–33 and 16.30–63); no corpus was copied.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a reporting verb takes as complement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// A clause or quotation: `said that …`, `said …`.
    Clause,
    /// A hearer, then a clause or quotation: `told reporters that …`.
    HearerClause,
    /// A noun phrase, infinitive or `of` phrase that is itself the content: `rejected the demand`, `urged Moscow to …`.
    Object,
    /// A clause only (`that …`, or a bare clause with a subject of its own): verbs of thinking.
    Thought,
    /// A clause with `that`, a quotation or colon only: verbs that mostly report no speech (`showed`, `went on`).
    Marked,
}

/// Inflection of a verb form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inflection {
    Base,
    Third,
    Past,
    Ing,
}

/// A reporting verb's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verb {
    pub takes: Takes,
    pub inflection: Inflection,
    /// Also a common noun in this form (`report`, `claims`): needs a subject before it.
    pub noun: bool,
}

const CLAUSE: &str = "say add announce declare state claim assert insist maintain note observe remark comment argue \
contend allege affirm confirm reaffirm reiterate repeat stress emphasize emphasise underline underscore acknowledge admit \
concede confess explain reply respond answer retort respond write tweet post report suggest hint imply indicate reveal \
disclose predict forecast warn vow pledge swear promise threaten recall recount conclude testify quip joke mutter whisper shout \
yell cry proclaim pronounce complain lament boast brag caution counter reckon signal estimate clarify rule \
volunteer opine muse interject specify summarize summarise assess deny decree agree disagree propose recommend \
advise demand request elaborate deadpan scoff gush fume rail snap exclaim plead beg intone enthuse chime \
speculate theorize hypothesize estimate mention refute ponder wonder ask inquire";

const HEARER: &str = "tell inform remind assure reassure notify brief persuade convince";

const OBJECT: &str = "urge accuse blame criticize criticise condemn denounce reject dismiss deny refuse decline demand call \
praise welcome hail applaud commend slam blast decry deplore defend endorse oppose describe brand label dub \
characterize characterise portray question challenge order instruct ask invite offer thank congratulate rebuke \
chide mock ridicule deride lambast lambaste castigate reprimand rebuff rule warn discuss echo cite outline \
express voice convey protest attack assail disavow disown retract rescind advocate \
request summon forbid ban vow threaten propose liken defy downplay spurn \
implore beseech encourage admonish scold commend salute tout extol laud disparage insult tolerate \
quote turn brush play regret apologize apologise approve disapprove pledge promise forswear renounce repudiate contest dispute highlight \
predict foresee anticipate berate bash rip tease troll invoke reference reiterate emphasize stress";

const THOUGHT: &str = "believe think hope fear expect feel know suspect doubt assume wish want worry realize realise \
regard view see guess imagine understand decide intend plan suppose conceive dream prefer learn hear";

const MARKED: &str =
    "show find reveal go read point demonstrate prove mean determine calculate establish discover \
accept continue begin start chant sing record detail document inform pretend allow certify";

/// Irregular forms: base, third person, past, participle, -ing.
const IRREGULAR: &[(&str, &[&str], &str)] = &[
    ("say", &["said"], "saying"),
    ("tell", &["told"], "telling"),
    ("write", &["wrote", "written"], "writing"),
    ("think", &["thought"], "thinking"),
    ("feel", &["felt"], "feeling"),
    ("know", &["knew", "known"], "knowing"),
    ("swear", &["swore", "sworn"], "swearing"),
    ("foresee", &["foresaw", "foreseen"], "foreseeing"),
    ("see", &["saw", "seen"], "seeing"),
    ("find", &["found"], "finding"),
    ("read", &["read"], "reading"),
    ("show", &["showed", "shown"], "showing"),
    ("go", &["went", "gone"], "going"),
    ("understand", &["understood"], "understanding"),
    ("mean", &["meant"], "meaning"),
    ("begin", &["began", "begun"], "beginning"),
    ("forbid", &["forbade", "forbidden"], "forbidding"),
    ("hear", &["heard"], "hearing"),
    ("sing", &["sang", "sung"], "singing"),
    ("beseech", &["besought"], "beseeching"),
    ("forecast", &["forecast"], "forecasting"),
    ("retort", &["retorted"], "retorting"),
    ("plead", &["pleaded", "pled"], "pleading"),
    ("forswear", &["forswore", "forsworn"], "forswearing"),
];

/// Verbs whose last consonant doubles although the word is longer than one syllable or ends in a vowel and consonant.
const DOUBLING: &[&str] = &[
    "admit", "rebut", "dub", "plan", "quip", "beg", "snap", "ban", "brag", "refer", "rip", "chat",
    "slam", "tut",
];

/// Words that are as often a noun in the base or `-s` form.
const NOUNS: &str = "report claim comment post tweet demand promise pledge vow request call plan hope fear doubt wish question \
challenge order offer attack protest answer reply state estimate forecast warning note view support praise blame \
threat record document detail show address hint signal feel rule remark favor favour label brand back joke cry \
counter mention dispute contest threat start read find point worry thought guess insult ban complaint boast welcome \
decree cite title dream deal suspect welcome invite echo slam blast rebuke champion advocate snap rail tout proposal";

/// Nouns that report speech, with the preposition or possessive that names the speaker.
const CUE_NOUNS: &str = "statement claim claims accusation accusations allegation allegations assertion assertions warning \
warnings demand demands announcement announcements remark remarks comment comments report reports \
pledge pledges promise promises vow threat threats denial denials admission insistence suggestion \
suggestions argument arguments belief conclusion view opinion declaration speech letter proposal \
proposals call calls appeal appeals assurance assurances complaint complaints criticism prediction \
predictions confirmation rejection condemnation charge charges offer testimony assessment estimate \
estimates message words rhetoric tweet post contention acknowledgment acknowledgement order orders \
request requests";

/// Verbs that stand before `to` + reporting verb and belong to the cue (`refused to say`).
const CHAIN: &str = "decline declines declined declining refuse refuses refused refusing continue continues continued \
continuing begin began begun start started seem seems seemed appear appears appeared want wants \
wanted go going goes went used tend tends tended try tries tried trying seek seeks sought fail fails \
failed plan plans planned vow vows vowed expected likely ready quick happy willing reluctant eager \
poised ought able hesitate hesitated promise promised agree agreed need needs have has had like \
proceeded set";

const AUX: &str = "is are was were be been being am has have had having will would can could may might must shall \
should do does did not never n't cannot can't won't wouldn't don't doesn't didn't hasn't haven't \
hadn't isn't wasn't weren't aren't couldn't shouldn't don’t doesn’t didn’t hasn’t haven’t hadn’t \
isn’t wasn’t won’t wouldn’t couldn’t can’t get gets got";

const ADVERBS: &str = "also then later again now once already often further even still just first long soon today yesterday \
always sometimes earlier since thus instead therefore however too simply both all twice ever only \
nevertheless nonetheless meanwhile tonight flatly rather effectively";

/// Heads of noun phrases that speak, for phrases without a name.
const PEOPLE: &str = "official officials spokesman spokeswoman spokesperson spokespeople spokesmen spokespersons minister \
ministers ministry president premier chancellor secretary general commander commanders army military \
troops government governments authorities administration police officer officers leader leaders \
chief chiefs diplomat diplomats envoy ambassador lawmaker lawmakers senator senators deputy deputies \
parliament agency agencies service services office department council commission committee alliance \
bloc union party court judge prosecutor prosecutors analyst analysts expert experts observer \
observers critic critics source sources witness witnesses resident residents people person man woman \
men women reporter reporters newspaper report reports poll polls statement study survey document \
documents media governor mayor aide aides adviser advisers advisor advisors staff group groups \
mission monitor monitors author authors supporters supporter opponents campaign company outlet \
channel head director chairman chairwoman member members soldier soldiers refugee refugees foe pope \
king queen prince side sides republicans democrats voters americans everyone everybody somebody \
someone nobody others many some most few several one two both neither none another delegation mother \
father wife husband son daughter friend friends neighbor neighbour professor lawyer lawyers attorney \
candidate candidates rivals rival team board organization organisation institute foundation \
economists economist scientist scientists researchers researcher scholar scholars doctors doctor \
pilot website site paper article editorial column columnist host anchor moderator pundit pundits \
activist activists protesters protester demonstrators crowd fans investigators investigator agents \
agent judges justices justice colleagues colleague counterpart counterparts ministries capitals \
nations countries country nation state states republic republics separatists rebels militia embassy \
consulate palace presidency cabinet regulator watchdog bank operator transcript letter memo email \
post tweet ad book law rules";

/// Pronouns that can be subjects.
const PRONOUNS: &str = "he she they it i we you who which this that these those";

/// Prepositions.
const PREPOSITIONS: &str = "in on at by for from with about after before during since until under over between among against \
through into within without despite amid following ahead as per via toward towards upon throughout \
across behind beyond near of to like unlike because";

/// Words that begin a clause or join two.
const CONJUNCTIONS: &str = "that because while whereas when whenever after before although though if unless whether but so since \
until where how why what than once as";

const DETERMINERS: &str = "the a an this that these those his her its their our my your some any no every each another such \
several many few most other all both more what which one two three recent new first last latest \
earlier own public false repeated similar certain much enough";

/// The word classes of a lower-case word, as bits.
fn classes(word: &str) -> u16 {
    static TABLE: OnceLock<HashMap<&'static str, u16>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table: HashMap<&'static str, u16> = HashMap::new();
        let lists = [
            PEOPLE,
            AUX,
            PREPOSITIONS,
            CONJUNCTIONS,
            DETERMINERS,
            ADVERBS,
            PRONOUNS,
            CUE_NOUNS,
            CHAIN,
        ];
        for (bit, list) in lists.iter().enumerate() {
            for word in list.split_whitespace() {
                *table.entry(word).or_insert(0) |= 1 << bit;
            }
        }
        table
    });
    table.get(word).copied().unwrap_or(0)
}

/// A noun of people or bodies; of a compound the last part counts.
pub(crate) fn is_people(word: &str) -> bool {
    classes(word) & 1 != 0
        || word
            .rsplit_once('-')
            .is_some_and(|(_, last)| classes(last) & 1 != 0)
}

/// An auxiliary or a negation.
pub(crate) fn is_aux(word: &str) -> bool {
    classes(word) & (1 << 1) != 0
}

/// A preposition.
pub(crate) fn is_preposition(word: &str) -> bool {
    classes(word) & (1 << 2) != 0
}

/// A word that begins a clause.
pub(crate) fn is_conjunction(word: &str) -> bool {
    classes(word) & (1 << 3) != 0
}

/// A determiner or quantifier.
pub(crate) fn is_determiner(word: &str) -> bool {
    classes(word) & (1 << 4) != 0
}

/// An adverb that may stand in a verb group.
pub(crate) fn is_adverb(word: &str) -> bool {
    classes(word) & (1 << 5) != 0
}

/// A pronoun that can be a subject.
pub(crate) fn is_pronoun(word: &str) -> bool {
    classes(word) & (1 << 6) != 0
}

/// A noun that reports speech.
pub(crate) fn is_cue_noun(word: &str) -> bool {
    classes(word) & (1 << 7) != 0
}

/// A word before `to` + reporting verb that belongs to the cue.
pub(crate) fn is_chain(word: &str) -> bool {
    classes(word) & (1 << 8) != 0
}

/// Whether a word is in a short list, written as words with one space between.
pub(crate) fn one_of(word: &str, list: &str) -> bool {
    list.split(' ').any(|w| w == word)
}

fn table() -> &'static HashMap<String, Verb> {
    static TABLE: OnceLock<HashMap<String, Verb>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: HashMap<String, Verb> = HashMap::new();
        // Earlier lists win: a verb that takes a clause may take an object too.
        for (takes, list) in [
            (Takes::Clause, CLAUSE),
            (Takes::HearerClause, HEARER),
            (Takes::Object, OBJECT),
            (Takes::Thought, THOUGHT),
            (Takes::Marked, MARKED),
        ] {
            for base in list.split_whitespace() {
                for (form, inflection) in inflect(base) {
                    let noun = is_noun(base, &form, inflection);
                    table.entry(form).or_insert(Verb {
                        takes,
                        inflection,
                        noun,
                    });
                }
            }
        }
        table
    })
}

fn is_noun(base: &str, form: &str, inflection: Inflection) -> bool {
    let listed = |w: &str| NOUNS.split_whitespace().any(|n| n == w);
    match inflection {
        Inflection::Base | Inflection::Third => listed(base),
        Inflection::Past | Inflection::Ing => listed(form),
    }
}

fn inflect(base: &str) -> Vec<(String, Inflection)> {
    let vowel = |c: char| "aeiou".contains(c);
    let mut chars = base.chars().rev();
    let (last, before) = (chars.next().unwrap_or(' '), chars.next().unwrap_or(' '));
    let y = last == 'y' && !vowel(before);
    let stem = &base[..base.len() - last.len_utf8()];
    let third = if y {
        format!("{stem}ies")
    } else if matches!(last, 's' | 'x' | 'z' | 'o') || base.ends_with("sh") || base.ends_with("ch")
    {
        format!("{base}es")
    } else {
        format!("{base}s")
    };
    let mut out = vec![
        (base.to_string(), Inflection::Base),
        (third, Inflection::Third),
    ];
    if let Some((_, past, ing)) = IRREGULAR.iter().find(|(b, ..)| *b == base) {
        out.extend(past.iter().map(|p| ((*p).to_string(), Inflection::Past)));
        out.push(((*ing).to_string(), Inflection::Ing));
        return out;
    }
    let double = DOUBLING.contains(&base);
    let (past, ing) = if y {
        (format!("{stem}ied"), format!("{base}ing"))
    } else if last == 'e' {
        (
            format!("{base}d"),
            if base.ends_with("ee") {
                format!("{base}ing")
            } else {
                format!("{stem}ing")
            },
        )
    } else if double {
        (format!("{base}{last}ed"), format!("{base}{last}ing"))
    } else {
        (format!("{base}ed"), format!("{base}ing"))
    };
    out.push((past, Inflection::Past));
    out.push((ing, Inflection::Ing));
    out
}

/// The reporting verb that this lower-case word may be a form of.
pub(crate) fn verb(word: &str) -> Option<Verb> {
    table().get(word).copied()
}

/// Whether the lower-case word is a common finite verb or an auxiliary that is no reporting verb.
pub(crate) fn is_other_verb(word: &str) -> bool {
    const COMMON: &[&str] = &[
        "went", "left", "came", "took", "gave", "made", "met", "held", "spoke", "stood", "sat",
        "ran", "began", "got", "kept", "put", "set", "won", "lost", "flew", "drew", "rose", "fell",
        "led", "sent", "brought", "comes", "goes", "takes", "gives", "split", "makes", "meets",
        "holds", "speaks", "becomes", "became", "remains", "seems", "appears", "needs", "includes",
        "faces", "shares",
    ];
    is_aux(word) || COMMON.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflections_are_known() {
        for (form, inflection) in [
            ("said", Inflection::Past),
            ("says", Inflection::Third),
            ("denies", Inflection::Third),
            ("denied", Inflection::Past),
            ("admitting", Inflection::Ing),
            ("told", Inflection::Past),
            ("stresses", Inflection::Third),
            ("argued", Inflection::Past),
            ("vowed", Inflection::Past),
            ("agreeing", Inflection::Ing),
        ] {
            assert_eq!(verb(form).map(|v| v.inflection), Some(inflection), "{form}");
        }
        assert_eq!(verb("table"), None);
        assert!(verb("claims").unwrap().noun);
        assert!(!verb("said").unwrap().noun);
    }
}
