//! Opens files, compressed or not, within the limits of [`Options`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::Options;

/// How a file is compressed, told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// By the first bytes of a file.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1F, 0x8B, ..] => Compression::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

/// Largest window a zstd frame may ask for, as a power of two: 128 MiB, zstd's own default.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Ratio limits are not looked at below this many bytes: short texts of one
/// letter compress well and harm nobody.
const RATIO_FROM: u64 = 1 << 20;

/// A buffered reader of the decompressed content.
pub type Input = BufReader<Box<dyn Read + Send>>;

/// Opens a file for reading its decompressed content.
pub fn open(path: &Path, opts: &Options) -> Result<Input, String> {
    let mut file = File::open(path).map_err(|e| io_message(&e))?;
    let meta = file.metadata().map_err(|e| io_message(&e))?;
    if !meta.is_file() {
        return Err(
            "this is not a regular file; name a file or folder, or `-` for standard input".into(),
        );
    }
    let mut head = [0u8; 4];
    let n = fill(&mut file, &mut head).map_err(|e| io_message(&e))?;
    let compression = Compression::of(&head[..n]);
    let raw = io::Cursor::new(head).take(n as u64).chain(file);
    let inner: Box<dyn Read + Send> = match compression {
        Compression::None => Box::new(raw),
        Compression::Gzip | Compression::Zstd => {
            let consumed = Arc::new(AtomicU64::new(0));
            let counted = Counted {
                inner: raw,
                read: Arc::clone(&consumed),
            };
            let plain: Box<dyn Read + Send> = if compression == Compression::Gzip {
                Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(counted)))
            } else {
                let mut decoder = zstd::Decoder::new(counted).map_err(|e| io_message(&e))?;
                decoder
                    .window_log_max(ZSTD_WINDOW_LOG)
                    .map_err(|e| io_message(&e))?;
                Box::new(decoder)
            };
            Box::new(Bounded {
                inner: plain,
                compressed: consumed,
                plain: 0,
                max: opts.max_decompressed_bytes,
                max_ratio: opts.max_ratio,
            })
        }
    };
    Ok(BufReader::with_capacity(64 << 10, inner))
}

/// The first `n` bytes of an input (fewer if it is shorter), and the input from its beginning.
pub fn peek(mut input: Input, n: usize) -> io::Result<(Vec<u8>, impl BufRead + Send)> {
    let mut head = vec![0; n];
    let n = fill(&mut input, &mut head)?;
    head.truncate(n);
    Ok((head.clone(), io::Cursor::new(head).chain(input)))
}

/// Reads what is left of an input, up to the file limit.
pub fn read_rest(input: impl Read, opts: &Options) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    input
        .take(opts.max_file_bytes.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|e| io_message(&e))?;
    if out.len() as u64 > opts.max_file_bytes {
        return Err(format!(
            "larger than the limit of {}; split it, or turn it into JSON Lines, which is read line by line",
            size(opts.max_file_bytes)
        ));
    }
    Ok(out)
}

/// Reads a line without its end into `line`; `Ok(None)` at the end of the input,
/// `Ok(Some(false))` if the line was longer than `max` and has been skipped.
pub fn read_line(
    input: &mut impl BufRead,
    line: &mut Vec<u8>,
    max: u64,
) -> io::Result<Option<bool>> {
    line.clear();
    let n = input
        .by_ref()
        .take(max.saturating_add(1))
        .read_until(b'\n', line)?;
    if n == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        return Ok(Some(true));
    }
    if n as u64 <= max {
        return Ok(Some(true));
    }
    line.clear();
    loop {
        let (skip, done) = {
            let buffer = input.fill_buf()?;
            match buffer.iter().position(|&b| b == b'\n') {
                Some(i) => (i + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            }
        };
        input.consume(skip);
        if done {
            return Ok(Some(false));
        }
    }
}

/// An I/O error in words, with the remedy where one is known.
pub fn io_message(e: &io::Error) -> String {
    use io::ErrorKind::*;
    let remedy = match e.kind() {
        NotFound => " (check the path)",
        PermissionDenied => " (check the permissions)",
        UnexpectedEof | InvalidInput | InvalidData
            if e.get_ref().is_none_or(|r| !r.is::<Limit>()) =>
        {
            " (the file is cut short or damaged; fetch it again)"
        }
        _ => "",
    };
    format!("{e}{remedy}")
}

/// A number of bytes in the largest unit that divides it well.
pub fn size(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 => format!("{} KiB", b >> 10),
        b => format!("{b} bytes"),
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match input.read(&mut buffer[n..]) {
            Ok(0) => break,
            Ok(k) => n += k,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

/// Counts the compressed bytes read.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A limit was passed; told from damage by its type.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Limit(String);

/// Stops a decompression that goes beyond the limits.
struct Bounded<R> {
    inner: R,
    compressed: Arc<AtomicU64>,
    plain: u64,
    max: u64,
    max_ratio: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.plain += n as u64;
        let compressed = self.compressed.load(Ordering::Relaxed).max(1);
        let limit = if self.plain > self.max {
            Some(format!(
                "unpacks to more than the limit of {}; unpack it yourself if you trust it, or split it",
                size(self.max)
            ))
        } else if self.plain > RATIO_FROM && self.plain / compressed > self.max_ratio {
            Some(format!(
                "unpacks to more than {} times its size, as a decompression bomb does; unpack it yourself if you trust it",
                self.max_ratio
            ))
        } else {
            None
        };
        match limit {
            Some(message) => Err(io::Error::new(io::ErrorKind::InvalidData, Limit(message))),
            None => Ok(n),
        }
    }
}
