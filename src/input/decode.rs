//! Bytes to text: finds the encoding and decodes, or says that it is no text.

use chardetng::EncodingDetector;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, UTF_8};

/// How much of a file the guess at its encoding looks at. Bytes.
const GUESS_FROM: usize = 256 << 10;

/// Decoded text and the name of the encoding it was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// WHATWG name: `UTF-8`, `UTF-16LE`, `windows-1252` …
    pub encoding: &'static str,
}

/// Decodes a whole text: by its byte order mark; as UTF-16 if every second byte
/// is zero; as UTF-8 if it is valid; else in the legacy encoding that fits best
/// (`chardetng`). The byte order mark is dropped. The error says what the bytes
/// are instead of text and what to do.
pub fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..]);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return with(encoding, bytes);
    }
    if let Some(what) = binary(bytes) {
        return Err(format!(
            "this is {what}, not text; save its text as UTF-8 and name that file"
        ));
    }
    if std::str::from_utf8(bytes).is_ok() {
        return with(UTF_8, bytes);
    }
    // A few stray bytes in a UTF-8 file do not make it another encoding.
    let lossy = String::from_utf8_lossy(bytes);
    let broken = lossy.matches('\u{FFFD}').count();
    let multibyte = lossy.chars().filter(|c| !c.is_ascii()).count() - broken;
    if multibyte > 20 * broken {
        return checked(lossy.into_owned(), "UTF-8");
    }
    let mut detector = EncodingDetector::new();
    detector.feed(
        &bytes[..bytes.len().min(GUESS_FROM)],
        bytes.len() <= GUESS_FROM,
    );
    with(detector.guess(None, false), bytes)
}

/// Whether the bytes begin a text in UTF-16, which has no line ends that a
/// reader of bytes could find.
pub(super) fn is_utf16(head: &[u8]) -> bool {
    match Encoding::for_bom(head) {
        Some((encoding, _)) => encoding != UTF_8,
        None => utf16_without_mark(head).is_some(),
    }
}

fn with(encoding: &'static Encoding, bytes: &[u8]) -> Result<Decoded, String> {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    checked(text.into_owned(), encoding.name())
}

/// Refuses text in which control characters abound: no decoder fails on
/// windows-1252, so garbage has to be told by what came out.
fn checked(text: String, encoding: &'static str) -> Result<Decoded, String> {
    let (mut controls, mut n) = (0usize, 0usize);
    for c in text.chars() {
        n += 1;
        controls += usize::from(is_control(c) || c == '\u{FFFD}');
    }
    if controls > 2 && controls * 50 > n {
        return Err(format!(
            "this is binary data or damaged text ({controls} of {n} characters cannot be shown); save its text as UTF-8 and name that file"
        ));
    }
    Ok(Decoded { text, encoding })
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{0C}' | '\u{0B}' | '\u{85}')
}

fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    if head.len() < 8 {
        return None;
    }
    let pairs = head.len() / 2;
    let zeros = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    // Latin letters leave one byte of each pair zero; and no text has zeros in both.
    match (zeros(0), zeros(1)) {
        (0, odd) if odd * 10 >= pairs * 7 => Some(UTF_16LE),
        (even, 0) if even * 10 >= pairs * 7 => Some(UTF_16BE),
        _ => None,
    }
}

/// What well-known binary format the bytes are, or "binary data" if they hold zeros.
fn binary(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 12] = [
        (b"%PDF", "a PDF file"),
        (b"PK\x03\x04", "a ZIP archive or office document"),
        (b"\x89PNG", "a PNG image"),
        (b"\xFF\xD8\xFF", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"\x1F\x8B", "a gzip file without the ending .gz"),
        (b"\x28\xB5\x2F\xFD", "a zstd file without the ending .zst"),
        (b"BZh", "a bzip2 file"),
        (b"\xFD7zXZ", "an xz file"),
        (b"\x7FELF", "a program"),
        (b"\xD0\xCF\x11\xE0", "an old office document"),
        (b"SQLite format 3", "an SQLite database"),
    ];
    MAGIC
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|&(_, name)| name)
        .or_else(|| bytes.contains(&0).then_some("binary data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(s: &str, big: bool, mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(s.encode_utf16());
        units
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn encodings_are_found() {
        let text = "The minister said “no” – twice. Größe, café.";
        let russian = "Министр заявил, что войска вернутся в казармы. Об этом сообщает агентство.";
        for (bytes, want, name) in [
            (text.as_bytes().to_vec(), text, "UTF-8"),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), text, "UTF-8"),
            (utf16(text, false, true), text, "UTF-16LE"),
            (utf16(text, true, true), text, "UTF-16BE"),
            (utf16(text, false, false), text, "UTF-16LE"),
            (utf16(text, true, false), text, "UTF-16BE"),
            (
                encoding_rs::WINDOWS_1252.encode(text).0.to_vec(),
                text,
                "windows-1252",
            ),
            (
                encoding_rs::WINDOWS_1251.encode(russian).0.to_vec(),
                russian,
                "windows-1251",
            ),
        ] {
            let got = decode(&bytes).unwrap();
            assert_eq!((got.text.as_str(), got.encoding), (want, name));
        }
    }

    #[test]
    fn binaries_are_refused() {
        for bytes in [
            &b"%PDF-1.4 x"[..],
            b"abc\0def",
            b"\x01\x02\x03\x04\x05\x06\x80\x81",
            b"\x89PNG\r\n\x1a\n",
        ] {
            let e = decode(bytes).unwrap_err();
            assert!(e.contains("not text") || e.contains("binary"), "{e}");
        }
    }

    #[test]
    fn one_stray_byte_leaves_utf8_utf8() {
        let mut bytes = "Größe und Länge äöüß ÄÖÜ € „so“ — Москва, Київ"
            .as_bytes()
            .to_vec();
        bytes.push(0xFF);
        let got = decode(&bytes).unwrap();
        assert_eq!(got.encoding, "UTF-8");
        assert!(got.text.starts_with("Größe") && got.text.ends_with('\u{FFFD}'));
    }
}
