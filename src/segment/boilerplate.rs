//! What stands in an article file without being a statement: bylines, captions,
//! "read more", cookie notices, live-blog time stamps, embeds, navigation.
//!
//! Precision comes first: a rule fires only if the whole segment is boilerplate,
//! and longer text is never looked at.

use std::sync::LazyLock;

use regex::Regex;

use crate::document::Filtered;

/// Longer segments are statements, whatever they begin with. Bytes.
const LONGEST: usize = 400;

/// Why the segment is not a statement; `None` if it is one.
pub fn reason(text: &str) -> Option<Filtered> {
    if let Some(empty) = wordless(text) {
        return Some(empty);
    }
    if text.len() > LONGEST {
        return None;
    }
    let bare = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | '*' | '|' | '»' | '›' | '→' | '▸')
    });
    RULES
        .iter()
        .find(|(_, rule)| rule.is_match(bare))
        .map(|&(why, _)| why)
        .or_else(|| is_byline(bare).then_some(Filtered::Byline))
}

/// Whether the segment holds no word at all: rules, bullets, numbers, bare
/// links (`Empty`), and links or handles of social media (`SocialEmbed`).
pub fn wordless(text: &str) -> Option<Filtered> {
    // A word: two letters in a row, or one that is no Latin letter (`一`, `я`).
    let word = |w: &str| {
        let mut run = 0;
        w.chars().any(|c| {
            run = if c.is_alphabetic() { run + 1 } else { 0 };
            run >= 2 || run == 1 && !c.is_ascii()
        })
    };
    let mut social = false;
    for token in text.split_whitespace() {
        if is_link(token) {
            social |= [
                "pic.twitter.com",
                "t.co/",
                "twitter.com",
                "//x.com",
                "t.me/",
                "instagram.com",
            ]
            .iter()
            .any(|host| token.contains(host));
        } else if token.starts_with('@') && token.len() > 1 {
            social = true;
        } else if word(token) || token == "I" || token == "A" {
            return None;
        }
    }
    Some(if social {
        Filtered::SocialEmbed
    } else {
        Filtered::Empty
    })
}

fn is_link(token: &str) -> bool {
    let token = token.trim_matches(|c: char| "()[]<>\"“”.,;:".contains(c));
    token.contains("://")
        || token.starts_with("www.")
        || token.starts_with("pic.twitter.com/")
        || token.starts_with("t.co/")
        || token.starts_with("t.me/")
        || token.contains('@') && token.contains('.') && !token.starts_with('@')
}

const MONTH: &str = r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)";
const CLOCK: &str = r"\d{1,2}(?:[:.h]\d{2}){1,2}(?:\s*[ap]\.?m\.?)?(?:\s*\(?(?:[A-Z]{2,4}|Moscow time|Kyiv time|local time)\)?)?";

static RULES: LazyLock<Vec<(Filtered, Regex)>> = LazyLock::new(|| {
    use Filtered::*;
    let date = format!(
        r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,?\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH}\.?(?:,?\s+\d{{4}})?|{MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}})"
    );
    let ago = r"(?:\d+|an?|one)\s*(?:m|h|d|s|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?)\.?\s+ago";
    let moment = format!(r"(?:{date}|{CLOCK}|{ago})");
    let list: Vec<(Filtered, String)> = vec![
        (TimeStamp, format!(r"(?i)^(?:(?:first\s+)?(?:published|updated|last updated|last modified|posted|modified|date|time|live|breaking)(?:\s+(?:on|at))?\s*[:\-–]?\s*)?{moment}(?:\s*(?:,|\||·|•|-|–|—|/|at|on)?\s*{moment}){{0,2}}\.?$")),
        (SocialEmbed, r"^[—–-]\s*.{1,60}\(@\w{1,20}\)(?:\s+\w+ \d{1,2}, \d{4})?$".into()),
        (SocialEmbed, r"^.{0,60}\(@\w{1,20}\)\s+\w+ \d{1,2}, \d{4}$".into()),
        (SocialEmbed, r"(?i)^(?:view (?:this )?(?:post|tweet|profile|on)\b.{0,40}|(?:a|this) post (?:shared|was shared) by .{1,60}|this content (?:is not|isn.t) available.{0,40}|(?:end of|skip) (?:twitter|facebook|instagram|youtube|telegram|x) (?:post|video|content).{0,40}|allow (?:twitter|facebook|instagram|youtube|telegram) content\??|(?:see|show) more (?:on|posts).{0,40}|view original tweet.{0,20})$".into()),
        (Caption, r"(?i)^(?:image|photo|picture|video|media|getty|file)\s*(?:source|credit|copyright|caption|courtesy|by)s?\s*[,:©].*$".into()),
        (Caption, r"(?i)^(?:image|photo|video)\s*(?:source|credit|copyright|caption)$".into()),
        (Caption, r"(?i)^(?:photo|image|picture|video|photograph|credit|copyright|sources?)\s*:\s*(?:[^.!?]|\.\w){1,80}$".into()),
        (Caption, r"(?i)^(?:photo|photograph|image|picture|video|illustration)s?\s+by\s+[^.!?]{1,80}$".into()),
        (Caption, r"^(?:FILE(?: PHOTO| -| –| —|:)|File photo|Archive photo|Illustrative (?:photo|image))\b?.*$".into()),
        (Caption, r"^(?:©|\(c\)|&copy;).{0,120}$".into()),
        (Caption, r"^[^.!?]{0,80}(?:/\s*|\bvia\s+)(?:AFP|Reuters|REUTERS|AP|EPA|Getty(?: Images)?|TASS|Sputnik|RIA Novosti|Anadolu(?: Agency)?|Shutterstock|Alamy)\s*$".into()),
        (Caption, r"^(?:Getty Images|AFP|REUTERS|Reuters|EPA|AP|AP Photo|Shutterstock|EPA-EFE|Anadolu Agency|Image|Photo|PA Media)$".into()),
        (Caption, r"^(?:AP Photo|Getty Images|REUTERS|EPA|AFP)\s*/\s*[^.!?]{1,60}$".into()),
        (ReadMore, r"(?i)^(?:read|see|watch|listen|more|also|related|recommended|don.t miss|in pictures|explainer|further reading|(?:read|see|watch) (?:also|more|too|next|here|now|live)|also (?:read|see|watch)|(?:related|recommended|more) (?:articles?|stor(?:y|ies)|topics?|reading|news|coverage|content|links?|videos?)|read (?:our|the) (?:full|latest|more)[^.:]{0,40}|more (?:on|from|about) [^.:]{1,40}|editors?.? picks?)\s*(?:[:>»›|].*|\.{0,3}|…)$".into()),
        (ReadMore, r"(?i)^(?:read|see|find out|learn) more(?: (?:about|on|at|from|in|here|of our)\b[^.!?]{0,80})?[.!…]*$".into()),
        (ReadMore, r"(?i)^(?:read (?:the )?(?:full|entire|whole|original|complete) (?:story|article|text|interview|report|version)\b[^.!?]{0,40}|continue reading.{0,40}|click here\b.{0,80}|(?:the )?(?:story|article) continues (?:below|after).{0,40}|(?:more )?to follow\.*|this is a breaking (?:news )?story.{0,80}|more details (?:soon|to follow).{0,20}|what (?:to|you should) read next.{0,10}|you (?:may|might) also (?:like|be interested in).{0,20}|scroll down.{0,60}|(?:show|load|see|view) (?:more|all|less)(?: \w+){0,2})[.:!]?$".into()),
        (CookieNotice, r"(?i)(?:\bcookies?\b.{0,80}\b(?:site|website|browser|experience|settings|policy|preferences|consent|accept|privacy|agree|analytics)\b|\b(?:site|website|browser|experience|accept|consent|privacy|we|manage|agree)\b.{0,60}\bcookies?\b)".into()),
        (CookieNotice, r"(?i)^(?:please )?(?:enable|turn on|activate) java ?script\b.{0,120}$".into()),
        (CookieNotice, r"(?i)^(?:your browser (?:does not|doesn.t|is not|isn.t).{0,100}|to (?:display|view|play|watch) this (?:content|video|audio).{0,120})$".into()),
        (CookieNotice, r"(?i)\b(?:by (?:clicking|continuing|using|signing|subscribing|submitting)|i|you) .{0,60}\b(?:agree|consent|accept)\b.{0,60}\b(?:privacy (?:policy|notice)|terms (?:of (?:use|service)|and conditions))".into()),
        (Navigation, r"(?i)^(?:advert(?:isement|ising)?|ads?|sponsored(?: content)?|share(?: (?:this|on|via|it|now|article|story|by email|the article|this (?:article|story|page|post|with|on)).{0,40})?|print(?: this)?|e-?mail|facebook|twitter|whatsapp|telegram|instagram|youtube|linkedin|reddit|copy(?: the)? link|link copied.?|comments?(?: \(?\d+\)?)?|\d+ comments?|leave a (?:comment|reply)|no comments(?: yet)?|post a comment|sign (?:in|up|out)|log ?(?:in|out)|register|subscribe(?: now)?|my account|menu|search|home|home ?page|main page|skip to (?:main )?(?:content|navigation)|back to top|go (?:back|to top)|top|close|next|previous|prev|most (?:read|popular|viewed|commented)(?: \w+){0,2}|trending(?: now)?|latest(?: news| stories)?|top stories|tags?|topics?|key points|key events|about us|contact(?: us)?|privacy(?: policy)?|terms(?: of use| of service| and conditions)?|newsletters?|donate|support us|save|bookmark|font size|loading\.*|(?:play|view)(?: video| audio)?|pause|mute|unmute|listen(?: to (?:this )?article)?|\d+ min(?:ute)?s? read|reading time.{0,20}|categor(?:y|ies)|all rights reserved|world|politics|business|opinion|sports?|culture|video|videos|photos?|gallery|live|breaking(?: news)?)[.:!]?$".into()),
        (Navigation, r"(?i)^(?:tags?|topics?|categor(?:y|ies)|keywords|filed under|posted in)\s*:\s*[^.!?]{1,200}$".into()),
        (Navigation, r"(?i)^(?:please )?(?:sign up|subscribe|follow us|follow (?:our|the)|download (?:our|the)|join (?:us|our)|share this|tap here|like us|support (?:our|the \w+.s) (?:work|journalism)|register|get (?:our|the latest)|check out|stay (?:tuned|up to date|informed))\b.{0,120}\b(?:newsletters?|channels?|app|twitter|telegram|facebook|youtube|instagram|whatsapp|podcasts?|alerts?|inbox|notifications?|breaking news|subscribers?|account|free)\b.{0,60}$".into()),
        (Navigation, r"(?i)^(?:(?:copyright|©)\b.{0,120}|.{0,80}\ball rights reserved\b.{0,60}|this (?:material|article|story) may not be (?:published|reproduced).{0,160}|(?:have|got) (?:a|an) (?:story|tip|news tip|comment).{0,120}|the views expressed in this article.{0,200}|do you have (?:a|any) (?:question|comment|story)s?.{0,120})$".into()),
    ];
    list.into_iter()
        .map(|(why, pattern)| (why, Regex::new(&pattern).expect("valid")))
        .collect()
});

/// Openings of a byline.
static BY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?i:by|(?:additional )?reporting(?: and writing)?(?: contributed)? by|editing by|written by|(?:compiled|edited|reported|translated|prepared|produced|writing) by|story by|text by|with reporting by|authors?(?:\s*/\s*authors?)?|words by|from)\s*:?\s+",
    )
    .expect("valid")
});

/// Datelines (`KYIV, Feb 24 (Reuters) -`) standing alone.
static DATELINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[A-Z][A-Za-z ]{0,30} )?CNN(?: Business)?\s*[-–—]$|^[A-Z][A-Za-z./ -]{2,40},?(?:\s+[A-Za-z]+\.?\s+\d{1,2}\.?,?)?\s*(?:\((?:AP|AFP|Reuters|REUTERS|TASS|Xinhua|UPI|CNN|dpa|Interfax)\)|/(?:TASS|UKRINFORM)/)\.?\s*[-–—]*$")
        .expect("valid")
});

/// Whether the segment only names authors: an opening such as `By`, then
/// nothing but names, outlets and the small words between them.
fn is_byline(text: &str) -> bool {
    if DATELINE.is_match(text) {
        return true;
    }
    if text.len() > 160 {
        return false;
    }
    let Some(by) = BY.find(text) else {
        return false;
    };
    let colon = by.as_str().contains(':');
    let opening = by.as_str().to_lowercase();
    // `From` opens many sentences and, with names alone, headlines (`From Russia With Love`).
    if opening.starts_with("from") && !colon {
        return false;
    }
    if opening.starts_with("author") {
        return colon && text.len() <= 80;
    }
    let rest = text[by.end()..].trim_end_matches(['.', ')', ';']);
    let mut names = 0;
    for word in rest.split([' ', '\u{a0}', ',', ';', '|', '/', '·', '•', '\t']) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        match bare {
            "" => {}
            "and" | "in" | "for" | "of" | "the" | "with" | "at" | "de" | "van" | "von" | "der"
            | "bin" | "al" | "da" | "correspondent" | "editor" | "reporter" | "staff"
            | "writer" | "writers" | "news" | "agencies" | "by" | "diplomatic" | "political"
            | "foreign" | "defence" | "defense" | "senior" | "chief" | "editing" | "additional"
            | "reporting" | "writing" => {}
            w if w.chars().next().is_some_and(char::is_uppercase) => names += 1,
            _ => return false,
        }
    }
    let sure = opening.len() > "by ".len();
    // `By Monday` and `By Russia` alone are no bylines.
    names >= if sure { 1 } else { 2 } && !starts_with_day(rest)
}

fn starts_with_day(text: &str) -> bool {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:(?:Early|Late|Mid|Next|Last|This)\s+)?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
            .expect("valid")
    });
    DAY.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Filtered::*;

    #[test]
    fn boilerplate_is_named() {
        for (text, why) in [
            ("* * *", Empty),
            ("12", Empty),
            ("https://example.org/a/b", Empty),
            ("pic.twitter.com/AbC123", SocialEmbed),
            ("— Ministry of X (@minx) February 24, 2022", SocialEmbed),
            ("@minx", SocialEmbed),
            ("By Jane Doe and John Q. Public, BBC News", Byline),
            ("Reporting by Jane Doe; Editing by John Roe", Byline),
            (
                "(Reporting by Jane Doe in Kyiv; Editing by John Roe)",
                Byline,
            ),
            ("KYIV, Feb 24 (Reuters) -", Byline),
            ("Author/author: AB/cd", Byline),
            ("New York CNN —", Byline),
            ("Image source, Getty Images", Caption),
            ("Photo: Jane Doe/AFP", Caption),
            ("FILE PHOTO: A tank drives past a sign", Caption),
            ("Read more", ReadMore),
            ("READ MORE: Ten questions about the talks", ReadMore),
            ("Related articles", ReadMore),
            (
                "We use cookies to improve your experience on this website.",
                CookieNotice,
            ),
            ("Please enable JavaScript to watch the video.", CookieNotice),
            ("10:32 GMT", TimeStamp),
            ("Updated 3:15 p.m. ET, February 24, 2022", TimeStamp),
            ("Published 24 February 2022", TimeStamp),
            ("2 hours ago", TimeStamp),
            ("24 Feb 2022 | 10.15", TimeStamp),
            ("Advertisement", Navigation),
            ("Share this article", Navigation),
            ("Follow us on Telegram", Navigation),
            ("Sign up for our newsletter", Navigation),
            ("© 2022 Example Media. All rights reserved.", Caption),
        ] {
            assert_eq!(reason(text), Some(why), "{text}");
        }
    }

    #[test]
    fn statements_are_kept() {
        for text in [
            "No.",
            "War.",
            "Нет",
            "By Monday, the troops had left.",
            "By Monday Russia had withdrawn.",
            "By Tuesday",
            "Read the treaty, he told the minister.",
            "See how they lie, she wrote.",
            "The minister said he would share this intelligence with allies.",
            "He said the photo by the agency was a fake.",
            "Follow the money, the prosecutor said.",
            "On 24 February 2022 Russia invaded.",
            "Live fire drills began at 10:30.",
            "Reporting by the BBC was called propaganda by Moscow.",
            "Share prices fell after the announcement.",
            "Watch what they do, Blinken said, not what they say.",
            "Subscribe to the treaty or face sanctions, the minister warned.",
            "The president said he had agreed to the terms of the ceasefire.",
        ] {
            assert_eq!(reason(text), None, "{text}");
        }
    }

    #[test]
    fn long_text_is_never_boilerplate() {
        let text = format!("Read more: {}", "the ministry said so and ".repeat(30));
        assert_eq!(reason(&text), None);
    }
}
