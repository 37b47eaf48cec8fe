use super::*;

const HEAD: &str = r##"schema = 1
name = "test"
description = "A made-up dispute."
updated = 2024-01-01

[[bloc]]
id = "north"
name = "North"
color = "#b3261e"
color_dark = "#ff8a80"

[[bloc]]
id = "south"
name = "South"
color = "#1e4fb3"
color_dark = "#80a8ff"

"##;

fn parse(actors: &str) -> Result<Sides> {
    Sides::parse(&format!("{HEAD}{actors}"), "sides.toml")
}

fn message(actors: &str) -> String {
    parse(actors).unwrap_err().to_string()
}

const NORTHLAND: &str = r#"[[actor]]
id = "northland"
name = "Northland"
bloc = "north"
kind = "state"
demonyms = ["Northlander"]

"#;

fn person(id: &str, name: &str, rest: &str) -> String {
    format!("[[actor]]\nid = \"{id}\"\nname = \"{name}\"\nbloc = \"north\"\nkind = \"person\"\n{rest}\n\n")
}

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

#[test]
fn a_whole_file_is_read() {
    let s = parse(&format!(
        "{NORTHLAND}{}",
        person(
            "ann-ray",
            "Ann Ray",
            "gender = \"female\"\nmember_of = [\"northland\"]\nambiguous = [\"Ray\"]\n\
             roles = [{ title = \"president of Northland\", short = [\"Northlander president\"], from = 2015-01-01, to = 2020-01-01 },\n\
             { title = \"speaker of Northland\", from = 2020-01-01 }]"
        )
    ))
    .unwrap();
    assert_eq!(s.names(), SideNames::new("north", "south"));
    let a = s.actor("ann-ray").unwrap();
    assert_eq!(a.side, Side::First);
    assert_eq!(a.gender, Some(Gender::Female));
    let role = |d: &str| a.role_on(Some(day(d))).map(|r| r.title.as_str());
    assert_eq!(role("2014-12-31"), None);
    assert_eq!(role("2018-05-05"), Some("president of Northland"));
    assert_eq!(role("2020-01-01"), Some("speaker of Northland"));
    assert_eq!(a.role_on(None).unwrap().title, "speaker of Northland");
    assert_eq!(s.hash.len(), 64);
    assert_eq!(s.actors[0].demonyms, ["Northlander"]);
}

#[test]
fn errors_name_line_and_remedy() {
    let two = |x: &str, y: &str| person("a", "Ann Ray", x) + &person("b", "Bea Low", y);
    let cases = [
        (two("aliases = [\"Chief\"]", "aliases = [\"Chief\"]"), ":30: duplicate alias \"Chief\""),
        (two("", "").replace("\"b\"", "\"a\""), ":26: duplicate id \"a\""),
        (two("", "member_of = [\"east\"]"), "member_of \"east\""),
        (
            two("hosts = [\"Ann.example.org\"]", "hosts = [\"ann.example.org\"]"),
            ":30: duplicate host \"ann.example.org\"",
        ),
        (two("hosts = [\"https://ann.org\"]", ""), ":23: \"https://ann.org\" is not a host"),
        (
            two("hosts = [\"ann.example.org\"]", "").replacen("\"person\"", "\"outlet\"", 1),
            ":23: actor \"a\" has hosts",
        ),
        (two("", "").replacen("\"north\"", "\"west\"", 1), "unknown bloc \"west\": write \"north\", \"south\" or \"other\""),
        (two("", "").replacen("\"person\"", "\"robot\"", 1), "unknown variant `robot`"),
        (two("shoe_size = 3", ""), ":23: unknown field `shoe_size`"),
        (two("aliases = \"Ray\"", ""), ":23: invalid type: string \"Ray\", expected a sequence"),
        (
            two(
                "roles = [{ title = \"head\", from = 2010-01-01, to = 2015-01-02 }]",
                "roles = [{ title = \"head\", from = 2015-01-01 }]",
            ),
            ":30: \"head\" is held by \"a\" (2010-01-01 to 2015-01-02) and by \"b\" (2015-01-01 to today)",
        ),
        (two("roles = [{ title = \"head\", from = \"2010-01-01\" }]", ""), "dates are written without quotes"),
        (two("roles = [{ title = \"head\", from = 2010-01-01T10:00:00 }]", ""), "is not a day"),
        (two("roles = [{ title = \"head\", from = 2010-01-01, to = 2009-01-01 }]", ""), "ends (2009-01-01) before it begins"),
        (String::new(), "no actors"),
    ];
    for (text, expected) in cases {
        let m = message(&text);
        assert!(m.starts_with("sides.toml"), "{m}");
        assert!(m.contains(expected), "{m}\n does not say {expected}");
    }
}

#[test]
fn blocs_are_two_and_distinct() {
    let whole = format!("{HEAD}{NORTHLAND}");
    let fail = |text: String| Sides::parse(&text, "s.toml").unwrap_err().to_string();
    assert!(fail(whole.replace("id = \"south\"", "id = \"north\"")).contains("both blocs"));
    assert!(fail(whole.replace("id = \"south\"", "id = \"other\"")).contains("cannot be used"));
    assert!(fail(whole.replace("#1e4fb3", "blue")).contains("not a colour"));
    assert!(fail(whole.replace("schema = 1", "schema = 7")).contains("s.toml:1: schema 7"));
    let extra = "[[bloc]]\nid = \"x\"\nname = \"X\"\ncolor = \"#000000\"\n";
    assert!(fail(format!("{whole}{extra}")).contains("exactly two"));
    for empty in ["", "  \n\n", "\u{feff}"] {
        assert!(fail(empty.into()).contains("is empty"));
    }
    assert!(fail("schema = ".into()).contains("s.toml:1"));
}

#[test]
fn a_name_marked_ambiguous_by_all_may_be_shared() {
    let shared = person("a", "Ann Ray", "ambiguous = [\"Ray\"]")
        + &person("b", "Bea Ray", "ambiguous = [\"Ray\"]");
    assert!(parse(&shared).is_ok());
    let half = person("a", "Ann Ray", "ambiguous = [\"Ray\"]")
        + &person("b", "Bea Ray", "aliases = [\"Ray\"]");
    assert!(message(&half).contains("duplicate alias \"Ray\""));
}

#[test]
fn fifty_thousand_actors_load_quickly() {
    let mut text = String::from(HEAD);
    for i in 0..50_000 {
        text.push_str(&person(
            &format!("actor-{i}"),
            &format!("Name Number {i}"),
            &format!(
                "aliases = [\"N. Number {i}\", \"Number {i}\"]\nroles = [{{ title = \"chief of office {i}\", short = [\"office {i} chief\"], from = 2010-01-01, to = 2015-01-01 }}]"
            ),
        ));
    }
    let start = std::time::Instant::now();
    let sides = Sides::parse(&text, "big.toml").unwrap();
    let elapsed = start.elapsed();
    assert_eq!(sides.actors.len(), 50_000);
    // Generous for a loaded machine; unloaded it is well below one second.
    assert!(elapsed.as_secs_f64() < 5.0, "{elapsed:?}");
    println!("50,000 actors ({} bytes) in {elapsed:?}", text.len());
}

#[test]
fn a_file_that_is_not_utf8_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.toml");
    std::fs::write(&path, b"schema = 1\nname = \"\xff\"").unwrap();
    let m = Sides::load(&path).unwrap_err().to_string();
    assert!(m.contains("s.toml:2") && m.contains("UTF-8"), "{m}");
    assert!(Sides::load(dir.path().join("none.toml")).is_err());
}
