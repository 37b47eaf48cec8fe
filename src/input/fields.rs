//! One record (a JSON object, a table row) as a document. The names that
//! producers give to the same field are known here and nowhere else.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::date;
use crate::document::{Document, Layout};

/// A field of a document record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Id,
    Title,
    Date,
    Url,
    Outlet,
    Text,
    Statements,
}

impl Field {
    /// Names of the field, best first; compared without case, spaces, `_` and `-`.
    fn names(self) -> &'static [&'static str] {
        match self {
            Field::Id => &["id", "docid", "documentid", "articleid", "guid", "uuid"],
            Field::Title => &["title", "headline"],
            Field::Date => &[
                "date",
                "published",
                "publisheddate",
                "publishdate",
                "publicationdate",
                "publishedat",
                "datepublished",
                "pubdate",
                "datetime",
                "timestamp",
                "time",
            ],
            Field::Url => &["url", "link", "href", "uri", "sourceurl"],
            Field::Outlet => &[
                "outlet",
                "source",
                "publisher",
                "publication",
                "newspaper",
                "site",
                "sitename",
                "domain",
                "media",
            ],
            Field::Text => &[
                "text",
                "body",
                "content",
                "fulltext",
                "articletext",
                "maintext",
                "article",
                "statement",
            ],
            Field::Statements => &["statements", "sentences"],
        }
    }

    /// Position of the field among the names of a record, by the best name that occurs.
    pub fn find<S: AsRef<str>>(self, names: &[S]) -> Option<usize> {
        self.names().iter().find_map(|want| {
            names.iter().position(|name| {
                name.as_ref()
                    .chars()
                    .filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{FEFF}'))
                    .flat_map(char::to_lowercase)
                    .eq(want.chars())
            })
        })
    }
}

/// What is known of a document before it has an id and a hash.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub id: Option<String>,
    pub title: Option<String>,
    pub date: Option<chrono::NaiveDate>,
    pub url: Option<String>,
    pub outlet: Option<String>,
    pub text: String,
    pub layout: Layout,
}

impl Draft {
    /// A draft with nothing but its text.
    pub fn new(text: String, layout: Layout) -> Self {
        Draft {
            id: None,
            title: None,
            date: None,
            url: None,
            outlet: None,
            text,
            layout,
        }
    }

    /// From a JSON object; the error says what is missing and what to write.
    pub fn from_json(record: &Map<String, Value>) -> Result<Self, String> {
        let names: Vec<&String> = record.keys().collect();
        let value = |f: Field| f.find(&names).and_then(|i| record.get(names[i]));
        let scalar = |f: Field| -> Result<Option<String>, String> {
            match value(f) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(s)) => Ok(Some(s.clone())),
                Some(Value::Number(n)) => Ok(Some(n.to_string())),
                // `{"source": {"name": "…"}}`, as news interfaces write it.
                Some(Value::Object(o)) => {
                    Ok(o.get("name").and_then(Value::as_str).map(str::to_string))
                }
                Some(_) => Err(format!("`{}` must be a string", f.names()[0])),
            }
        };
        let (text, layout) = match value(Field::Statements) {
            Some(Value::Array(list)) => (statements(list)?, Layout::Statements),
            Some(Value::Null) | None => match scalar(Field::Text)? {
                Some(text) => (text, Layout::Prose),
                None => return Err(
                    "neither `text` nor `statements` in this record; a document needs one of them"
                        .into(),
                ),
            },
            Some(_) => return Err("`statements` must be a list of strings".into()),
        };
        Draft {
            id: scalar(Field::Id)?,
            title: scalar(Field::Title)?,
            date: None,
            url: scalar(Field::Url)?,
            outlet: scalar(Field::Outlet)?,
            text,
            layout,
        }
        .dated(scalar(Field::Date)?.as_deref())
    }

    /// With a date as the record wrote it; nothing or blank is no date.
    pub fn dated(mut self, date: Option<&str>) -> Result<Self, String> {
        if let Some(written) = date.map(str::trim).filter(|d| !d.is_empty()) {
            self.date = Some(date::parse(written)?);
        }
        Ok(self)
    }

    /// The finished document. `fallback` is its id if the record brought none;
    /// `source` names its place for messages. Blank fields count as missing.
    pub fn finish(self, fallback: &str, source: &str) -> Result<Document, String> {
        if self.text.trim().is_empty() {
            return Err("no text in it; leave it out or fill it in".into());
        }
        let url = clean(self.url);
        let outlet = clean(self.outlet).or_else(|| url.as_deref().and_then(host));
        let mut doc = Document {
            id: clean(self.id).unwrap_or_else(|| fallback.to_string()),
            source: source.to_string(),
            title: clean(self.title),
            date: self.date,
            url,
            outlet,
            text: self.text,
            layout: self.layout,
            hash: String::new(),
        };
        doc.hash = hash(&doc);
        Ok(doc)
    }
}

/// White space runs become one space; blank becomes `None`.
fn clean(field: Option<String>) -> Option<String> {
    let joined = field?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then_some(joined)
}

/// Statements as text, one a line: strings, or objects with a `text`.
fn statements(list: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    for (i, item) in list.iter().enumerate() {
        let text = match item {
            Value::String(s) => s.as_str(),
            Value::Object(o) => o.get("text").and_then(Value::as_str).unwrap_or(""),
            Value::Null => "",
            _ => return Err(format!("statement {} is no string", i + 1)),
        };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        // One line each: a line end inside a statement becomes a space.
        out.extend(text.chars().map(|c| match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
            c => c,
        }));
    }
    Ok(out)
}

/// The outlet by the host of a URL: `https://www.example.org/x` gives `example.org`.
pub fn host(url: &str) -> Option<String> {
    let parsed = Url::parse(url)
        .or_else(|_| Url::parse(&format!("https://{url}")))
        .ok()?;
    let host = parsed.host_str()?;
    let bare = ["www.", "m.", "amp.", "mobile."]
        .iter()
        .find_map(|p| host.strip_prefix(p).filter(|rest| rest.contains('.')))
        .unwrap_or(host);
    bare.contains('.').then(|| bare.to_string())
}

/// SHA-256 over what decides a document's result, each part with its length in front.
fn hash(doc: &Document) -> String {
    let date = doc.date.map(|d| d.to_string());
    let layout = match doc.layout {
        Layout::Dump => "dump",
        Layout::Prose => "prose",
        Layout::Statements => "statements",
    };
    let mut sha = Sha256::new();
    for part in [
        doc.title.as_deref(),
        date.as_deref(),
        doc.url.as_deref(),
        doc.outlet.as_deref(),
        Some(layout),
        Some(&doc.text),
    ] {
        // A missing part is not an empty one.
        sha.update(part.map_or(u64::MAX, |p| p.len() as u64).to_le_bytes());
        sha.update(part.unwrap_or("").as_bytes());
    }
    sha.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft(v: Value) -> Result<Draft, String> {
        Draft::from_json(v.as_object().unwrap())
    }

    #[test]
    fn names_are_known_in_many_spellings() {
        let d = draft(json!({"Headline": "T", "published_at": "2022-02-15", "LINK": "https://www.x.org/a", "Body": "B.", "guid": 7}))
            .unwrap()
            .finish("f", "s")
            .unwrap();
        assert_eq!(d.title.as_deref(), Some("T"));
        assert_eq!(d.date.unwrap().to_string(), "2022-02-15");
        assert_eq!(d.outlet.as_deref(), Some("x.org"));
        assert_eq!((d.id.as_str(), d.text.as_str()), ("7", "B."));
    }

    #[test]
    fn statements_are_one_a_line() {
        let d = draft(json!({"statements": ["One.\nTwo.", "", {"text": "Three."}, null]})).unwrap();
        assert_eq!(
            (d.text.as_str(), d.layout),
            ("One. Two.\nThree.", Layout::Statements)
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(draft(json!({"title": "x"})).unwrap_err().contains("`text`"));
        assert!(draft(json!({"text": "x", "date": "soon"}))
            .unwrap_err()
            .contains("YYYY-MM-DD"));
        assert!(draft(json!({"text": "x", "title": []}))
            .unwrap_err()
            .contains("`title`"));
        assert!(draft(json!({"text": " \n"}))
            .unwrap()
            .finish("f", "s")
            .unwrap_err()
            .contains("no text"));
    }

    #[test]
    fn the_hash_tells_a_missing_part_from_an_empty_one_and_fields_apart() {
        let base = || Draft::new("T.".into(), Layout::Prose);
        let hash = |d: Draft| d.finish("f", "s").unwrap().hash;
        let mut titled = base();
        titled.title = Some("x".into());
        let mut outlet = base();
        outlet.outlet = Some("x".into());
        let all = [
            hash(base()),
            hash(titled),
            hash(outlet),
            hash(Draft::new("T.".into(), Layout::Dump)),
        ];
        for (i, a) in all.iter().enumerate() {
            assert_eq!(a.len(), 64);
            assert!(all[..i].iter().all(|b| a != b));
        }
        assert_eq!(
            hash(base()),
            Draft::new("T.".into(), Layout::Prose)
                .finish("other", "place")
                .unwrap()
                .hash
        );
    }

    #[test]
    fn hosts() {
        assert_eq!(
            host("https://www.example.org:8080/a?b").as_deref(),
            Some("example.org")
        );
        assert_eq!(host("example.co.uk/x").as_deref(), Some("example.co.uk"));
        assert_eq!(
            host("https://m.example.org").as_deref(),
            Some("example.org")
        );
        assert_eq!(host("not a url"), None);
        assert_eq!(host("word"), None);
    }
}
