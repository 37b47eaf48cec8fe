//! `report.html`: one file that opens from disk and loads nothing.
//!
//! The template renders the first view, so that it reads without JavaScript;
//! the rest is data in a JSON block, which the script turns into lists as they
//! are needed. Outside text reaches the page in two ways only: escaped by the
//! template, or as JSON put in by `textContent`. A Content-Security-Policy
//! allows exactly the one style sheet and the one script, by hash.

mod color;
mod data;
mod timeline;
mod view;
mod words;

use std::io::Write;

use base64::Engine;
use minijinja::{context, AutoEscape, Environment, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::facts::Facts;
use super::{io, Reporter};
use crate::error::{Error, Result};
use crate::record::{Analysis, BlocRecord};

/// `report.html`: the page for reading.
pub struct Html;

const PAGE: &str = include_str!("../templates/report.html");
const STYLE: [&str; 3] = [
    include_str!("../templates/base.css"),
    include_str!("../templates/parts.css"),
    include_str!("../templates/print.css"),
];
const SCRIPT: [&str; 6] = [
    include_str!("../templates/model.js"),
    include_str!("../templates/build.js"),
    include_str!("../templates/filters.js"),
    include_str!("../templates/lists.js"),
    include_str!("../templates/documents.js"),
    include_str!("../templates/main.js"),
];

/// Grounds that text stands on, light and dark: page, raised, marked. As in `base.css`.
const LIGHT: [color::Rgb; 3] = [[0xfc, 0xfb, 0xf8], [0xff, 0xff, 0xff], [0xf3, 0xf1, 0xea]];
const DARK: [color::Rgb; 3] = [[0x14, 0x16, 0x19], [0x1b, 0x1e, 0x22], [0x24, 0x28, 0x2d]];
/// For others, and for a bloc whose colour cannot be read.
const OTHER: [color::Rgb; 2] = [[0x5c, 0x58, 0x50], [0xb4, 0xaf, 0xa5]];

impl Reporter for Html {
    fn file_name(&self) -> &str {
        "report.html"
    }

    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()> {
        let facts = Facts::new(analysis);
        let style = format!("{}{}", colors(&analysis.blocs), STYLE.concat());
        let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPT.concat());
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.add_filter("fragment", fragment);
        environment
            .add_template("report.html", PAGE)
            .map_err(failed)?;
        let template = environment.get_template("report.html").map_err(failed)?;
        let page = template.render(context! {
            view => view::view(&facts),
            timeline => timeline::timeline(&facts)?,
            style_hash => hash(&style),
            script_hash => hash(&script),
            style => Value::from_safe_string(style),
            script => Value::from_safe_string(script),
            data => Value::from_safe_string(embedded(&data::data(&facts))?),
        });
        out.write_all(page.map_err(failed)?.as_bytes()).map_err(io)
    }
}

fn failed(e: minijinja::Error) -> Error {
    Error::Other(format!("the page could not be made: {e:#}"))
}

/// A source expression of the policy for what stands between the tags.
fn hash(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    format!(
        "sha256-{}",
        base64::engine::general_purpose::STANDARD.encode(digest)
    )
}

/// JSON that cannot end the block it stands in, nor begin a comment or another tag.
fn embedded(value: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(value)
        .map_err(|e| Error::Other(format!("the page's data could not be made: {e}")))?;
    Ok(json
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

/// An id as the fragment of a link: per cent form of all that a fragment cannot hold.
fn fragment(id: String) -> String {
    let mut out = String::new();
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b':' | b'/' => {
                out.push(byte as char)
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The blocs' colours as custom properties: for text, and pale for grounds.
fn colors(blocs: &[BlocRecord; 2]) -> String {
    let mut css = String::new();
    let themes = [
        (":root", &LIGHT, 0),
        (":root[data-theme=\"dark\"]", &DARK, 1),
    ];
    let mut blocks = Vec::new();
    for (selector, grounds, dark) in themes {
        let mut block = String::new();
        let chosen = |i: usize| {
            let b = &blocs[i];
            let wanted = if dark == 1 { &b.color_dark } else { &b.color };
            color::parse(wanted)
                .or_else(|| color::parse(&b.color))
                .unwrap_or(OTHER[dark])
        };
        for (letter, c) in [("a", chosen(0)), ("b", chosen(1)), ("o", OTHER[dark])] {
            let pale = color::mix(c, grounds[0], if dark == 1 { 0.20 } else { 0.11 });
            // The pale ground has to carry text in the strong colour as well.
            let strong = color::readable(c, &[&grounds[..], &[pale]].concat(), 4.6);
            block.push_str(&format!(
                "--{letter}:{};--{letter}-pale:{};",
                color::hex(strong),
                color::hex(pale)
            ));
        }
        css.push_str(&format!("{selector}{{{block}}}\n"));
        blocks.push(block);
    }
    css.push_str(&format!(
        "@media (prefers-color-scheme:dark){{:root:not([data-theme=\"light\"]){{{}}}}}\n",
        blocks[1]
    ));
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_json_cannot_leave_its_block() {
        let s = embedded(&["</script><!--<script>"]).unwrap();
        assert!(!s.contains('<'));
        let back: Vec<String> = serde_json::from_str(&s).unwrap();
        assert_eq!(back, ["</script><!--<script>"]);
    }

    #[test]
    fn fragments_hold_any_id() {
        assert_eq!(fragment("a b/c:1-2\"é".into()), "a%20b/c:1-2%22%C3%A9");
    }
}
