//! Writes the reports of a made-up dispute: `sample_report DIR [dispute|hostile|large]`.
//! The browser check uses it, since it needs analyses of a known content.

#[path = "../tests/report_sample/mod.rs"]
mod report_sample;

use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: sample_report DIR [dispute|hostile|large]";
    let dir = PathBuf::from(args.next().ok_or_else(|| anyhow::anyhow!(usage))?);
    let analysis = match args.next().as_deref() {
        None | Some("dispute") => report_sample::dispute(),
        Some("hostile") => report_sample::hostile(),
        Some("large") => report_sample::large(20_000),
        Some(_) => anyhow::bail!(usage),
    };
    for path in standoff::report::write_all(&analysis, &dir, &standoff::report::Format::ALL)? {
        println!("{}", path.display());
    }
    Ok(())
}
