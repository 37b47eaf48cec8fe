//! Statements per day, side and stance as SVG, drawn by plotters in two widths.
//!
//! Each side has its own panel on a shared scale. Escalation stands above the
//! line, de-escalation below it, neutral statements lie half and half across
//! it, so that position and not colour tells the stance. The colours that
//! plotters writes are placeholders: they are exchanged for classes, which the
//! page's style sheet fills in for light and dark.

use chrono::{Datelike, Days, NaiveDate};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::labels::{Label, Side, Stance};
use crate::report::facts::Facts;
use crate::report::text;

/// More days than this are shown by week, more weeks than this by month.
const BINS: usize = 62;
/// More years than this are shown by year.
const YEARS: usize = 15;

/// The timeline in words and pictures.
#[derive(Serialize)]
pub struct Timeline {
    /// For a column or a wide screen, and for a phone.
    pub wide: String,
    pub narrow: String,
    /// `day`, `week`, `month` or `year`.
    pub unit: &'static str,
    /// The picture in a sentence.
    pub summary: String,
    /// The numbers behind it: one row a bin and side that has any.
    pub rows: Vec<Row>,
    /// Statements without a date, which are not in it.
    pub undated: usize,
}

/// A row of the table that stands for the picture.
#[derive(Serialize)]
pub struct Row {
    pub when: String,
    pub side: String,
    /// Escalation, de-escalation, neutral.
    pub counts: [usize; 3],
}

struct Bin {
    start: NaiveDate,
    counts: [[usize; 3]; 3],
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        }
    }

    /// First day of the bin that `d` falls into.
    fn start(self, d: NaiveDate) -> NaiveDate {
        match self {
            Unit::Day => d,
            Unit::Week => d - Days::new(u64::from(d.weekday().num_days_from_monday())),
            Unit::Month => d.with_day(1).unwrap_or(d),
            Unit::Year => NaiveDate::from_ymd_opt(d.year(), 1, 1).unwrap_or(d),
        }
    }

    fn next(self, d: NaiveDate) -> Option<NaiveDate> {
        match self {
            Unit::Day => d.succ_opt(),
            Unit::Week => d.checked_add_days(Days::new(7)),
            Unit::Month => d.checked_add_months(chrono::Months::new(1)),
            Unit::Year => d.checked_add_months(chrono::Months::new(12)),
        }
    }

    fn label(self, d: NaiveDate, with_year: bool) -> String {
        let full = text::short_date(d);
        let (day_month, year) = full.rsplit_once(' ').unwrap_or((&full, ""));
        let month = day_month.split_once(' ').map_or(day_month, |(_, m)| m);
        match (self, with_year) {
            (Unit::Year, _) => year.to_string(),
            (Unit::Month, _) => format!("{month} {year}"),
            (_, true) => full.clone(),
            (_, false) => day_month.to_string(),
        }
    }
}

/// Draws the timeline; `None` if no statement has a date.
pub fn timeline(facts: &Facts) -> Result<Option<Timeline>> {
    let dated: Vec<(NaiveDate, usize, usize)> = facts
        .analysis
        .statements
        .iter()
        .filter(|s| !s.abstained)
        .filter_map(|s| Some((s.date?, facts.side(s).index(), s.stance.label.index())))
        .collect();
    let (Some(from), Some(to)) = (
        dated.iter().map(|x| x.0).min(),
        dated.iter().map(|x| x.0).max(),
    ) else {
        return Ok(None);
    };
    let days = (to - from).num_days() as usize + 1;
    let unit = match days {
        d if d <= BINS => Unit::Day,
        d if d <= BINS * 7 => Unit::Week,
        d if d <= YEARS * 366 => Unit::Month,
        _ => Unit::Year,
    };
    let bins = bins(&dated, unit, from, to);
    let sides: Vec<Side> = Side::ALL
        .iter()
        .copied()
        .filter(|&s| s != Side::Other || bins.iter().any(|b| b.counts[s.index()] != [0; 3]))
        .collect();
    let counted = facts.analysis.statements.iter().filter(|s| !s.abstained);
    Ok(Some(Timeline {
        wide: draw(facts, &bins, &sides, unit, 430, 62, "wide")?,
        narrow: draw(facts, &bins, &sides, unit, 350, 70, "narrow")?,
        unit: unit.name(),
        summary: summary(facts, &bins, unit, from, to),
        rows: rows(facts, &bins, &sides, unit),
        undated: counted.filter(|s| s.date.is_none()).count(),
    }))
}

fn bins(
    dated: &[(NaiveDate, usize, usize)],
    unit: Unit,
    from: NaiveDate,
    to: NaiveDate,
) -> Vec<Bin> {
    let mut bins = Vec::new();
    let mut next = Some(unit.start(from));
    while let Some(start) = next.filter(|&d| d <= to) {
        bins.push(Bin {
            start,
            counts: [[0; 3]; 3],
        });
        next = unit.next(start);
    }
    for &(d, side, stance) in dated {
        let at = bins.partition_point(|b| b.start <= d).saturating_sub(1);
        if let Some(bin) = bins.get_mut(at) {
            bin.counts[side][stance] += 1;
        }
    }
    bins
}

fn summary(facts: &Facts, bins: &[Bin], unit: Unit, from: NaiveDate, to: NaiveDate) -> String {
    let mut s = format!(
        "Statements per {}, side and stance, {}.",
        unit.name(),
        text::date_range(from, to)
    );
    for &side in Side::ALL {
        let mut sum = [0; 3];
        for b in bins {
            (0..3).for_each(|k| sum[k] += b.counts[side.index()][k]);
        }
        let most = bins.iter().max_by_key(|b| {
            (
                b.counts[side.index()].iter().sum::<usize>(),
                std::cmp::Reverse(b.start),
            )
        });
        if let Some(most) = most.filter(|_| sum != [0; 3]) {
            s.push_str(&format!(
                " {}: {} escalation, {} de-escalation, {} neutral; most on {}.",
                text::one_line(facts.side_name(side)),
                sum[0],
                sum[1],
                sum[2],
                when(unit, most.start)
            ));
        }
    }
    s
}

fn when(unit: Unit, d: NaiveDate) -> String {
    match unit {
        Unit::Day => text::short_date(d),
        Unit::Week => format!("week of {}", text::short_date(d)),
        Unit::Month | Unit::Year => unit.label(d, true),
    }
}

fn rows(facts: &Facts, bins: &[Bin], sides: &[Side], unit: Unit) -> Vec<Row> {
    let mut rows = Vec::new();
    for b in bins {
        for &side in sides {
            let c = b.counts[side.index()];
            if c != [0; 3] {
                rows.push(Row {
                    when: when(unit, b.start),
                    side: text::one_line(facts.side_name(side)),
                    counts: c,
                });
            }
        }
    }
    rows
}

// Placeholder colours; `classed` exchanges them. The first nine are side × stance.
const TEXT: RGBColor = RGBColor(1, 1, 10);
const LINE: RGBColor = RGBColor(1, 1, 11);
const GRID: RGBColor = RGBColor(1, 1, 12);
const TITLE: [RGBColor; 3] = [RGBColor(1, 1, 13), RGBColor(1, 1, 14), RGBColor(1, 1, 15)];

fn paint(side: Side, stance: Stance) -> RGBColor {
    RGBColor(1, 1, (side.index() * 3 + stance.index()) as u8)
}

fn classed(svg: &str) -> String {
    let mut svg = svg.to_string();
    let mut put = |c: RGBColor, class: &str| {
        let hex = format!("#{:02X}{:02X}{:02X}", c.0, c.1, c.2);
        for attribute in ["fill", "stroke"] {
            svg = svg.replace(
                &format!("{attribute}=\"{hex}\""),
                &format!("class=\"t-{class}\""),
            );
        }
    };
    for (&side, letter) in Side::ALL.iter().zip(["a", "b", "o"]) {
        for &stance in Stance::ALL {
            let word = match stance {
                Stance::Escalation => "up",
                Stance::DeEscalation => "down",
                Stance::Neutral => "mid",
            };
            put(paint(side, stance), &format!("{word} t-{letter}"));
        }
        put(TITLE[side.index()], &format!("title t-{letter}"));
    }
    put(TEXT, "text");
    put(LINE, "line");
    put(GRID, "grid");
    svg
}

/// Width of the strip for numbers, height of a panel's title and of the dates.
const LEFT: i32 = 30;
const HEAD: i32 = 24;
const FOOT: i32 = 20;

fn draw(
    facts: &Facts,
    bins: &[Bin],
    sides: &[Side],
    unit: Unit,
    width: u32,
    panel: i32,
    class: &str,
) -> Result<String> {
    let failed = |e: String| Error::Other(format!("the timeline could not be drawn: {e}"));
    let height = sides.len() as i32 * (panel + HEAD) + FOOT;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height as u32)).into_drawing_area();
        let scale = Scale::new(bins, panel);
        for (i, &side) in sides.iter().enumerate() {
            let top = i as i32 * (panel + HEAD);
            draw_panel(&area, facts, bins, side, &scale, top, width as i32)
                .map_err(|e| failed(e.to_string()))?;
        }
        draw_dates(&area, bins, unit, width as i32, height).map_err(|e| failed(e.to_string()))?;
        area.present().map_err(|e| failed(e.to_string()))?;
    }
    let inside = svg
        .find("<svg")
        .and_then(|at| svg[at..].find('>').map(|end| at + end + 1));
    let inside = inside.ok_or_else(|| failed("no picture came out".into()))?;
    Ok(format!(
        "<svg class=\"timeline {class}\" viewBox=\"0 0 {width} {height}\" aria-hidden=\"true\" focusable=\"false\">{}",
        classed(&svg[inside..])
    ))
}

/// Pixels for a count, the same for all panels.
struct Scale {
    up: f64,
    down: f64,
    unit: f64,
}

impl Scale {
    fn new(bins: &[Bin], panel: i32) -> Self {
        let mut up = 1.0f64;
        let mut down = 1.0f64;
        for c in bins.iter().flat_map(|b| b.counts) {
            let half = c[Stance::Neutral.index()] as f64 / 2.0;
            up = up.max(c[Stance::Escalation.index()] as f64 + half);
            down = down.max(c[Stance::DeEscalation.index()] as f64 + half);
        }
        Scale {
            up,
            down,
            unit: f64::from(panel) / (up + down),
        }
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw_panel(
    area: &Area,
    facts: &Facts,
    bins: &[Bin],
    side: Side,
    scale: &Scale,
    top: i32,
    width: i32,
) -> Drawn {
    let label = |c: &RGBColor, h, v| ("sans-serif", 13).into_font().color(c).pos(Pos::new(h, v));
    let zero = f64::from(top + HEAD) + scale.up * scale.unit;
    let y = |count: f64| (zero - count * scale.unit).round() as i32;
    let name = text::shortened(&text::one_line(facts.side_name(side)), 40);
    area.draw(&Text::new(
        name,
        (LEFT, top + 6),
        label(&TITLE[side.index()], HPos::Left, VPos::Top),
    ))?;
    // One line and number each way, at the largest whole count.
    for tick in [scale.up.floor(), -scale.down.floor()] {
        let at = y(tick);
        area.draw(&PathElement::new(vec![(LEFT, at), (width, at)], GRID))?;
        area.draw(&Text::new(
            format!("{}", tick.abs()),
            (LEFT - 6, at),
            label(&TEXT, HPos::Right, VPos::Center),
        ))?;
    }
    let step = f64::from(width - LEFT) / bins.len() as f64;
    let half = (step * 0.36).clamp(0.5, 22.0);
    for (i, bin) in bins.iter().enumerate() {
        let middle = f64::from(LEFT) + (i as f64 + 0.5) * step;
        let (left, right) = (
            (middle - half).round() as i32,
            (middle + half).round() as i32,
        );
        let [esc, de, neutral] = bin.counts[side.index()].map(|n| n as f64);
        let bar = |from: f64, to: f64, stance| -> Drawn {
            if from != to {
                let corners = [(left, y(to)), (right.max(left + 1), y(from))];
                area.draw(&Rectangle::new(corners, paint(side, stance).filled()))?;
            }
            Ok(())
        };
        bar(-neutral / 2.0, neutral / 2.0, Stance::Neutral)?;
        bar(neutral / 2.0, neutral / 2.0 + esc, Stance::Escalation)?;
        bar(-neutral / 2.0 - de, -neutral / 2.0, Stance::DeEscalation)?;
    }
    area.draw(&PathElement::new(
        vec![(LEFT, y(0.0)), (width, y(0.0))],
        LINE,
    ))?;
    Ok(())
}

fn draw_dates(area: &Area, bins: &[Bin], unit: Unit, width: i32, height: i32) -> Drawn {
    let step = f64::from(width - LEFT) / bins.len() as f64;
    let every = ((76.0 / step).ceil() as usize).max(1);
    let mut year = None;
    for (i, bin) in bins.iter().enumerate().step_by(every) {
        let middle = f64::from(LEFT) + (i as f64 + 0.5) * step;
        let with_year = year != Some(bin.start.year());
        year = Some(bin.start.year());
        let label = unit.label(bin.start, with_year);
        // The middle of a label keeps off both edges.
        let room = label.len() as f64 * 3.4;
        let at = middle.clamp(f64::from(LEFT).min(room), f64::from(width) - room);
        area.draw(&Text::new(
            label,
            (at.round() as i32, height - FOOT + 5),
            ("sans-serif", 13)
                .into_font()
                .color(&TEXT)
                .pos(Pos::new(HPos::Center, VPos::Top)),
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    #[test]
    fn every_statement_falls_into_one_bin() {
        let dated: Vec<_> = ["2030-12-30", "2031-01-05", "2031-01-06", "2031-03-31"]
            .iter()
            .map(|d| (date(d), 0, 0))
            .collect();
        for (unit, starts) in [
            (Unit::Day, 92),
            (Unit::Week, 14),
            (Unit::Month, 4),
            (Unit::Year, 2),
        ] {
            let bins = bins(&dated, unit, dated[0].0, dated[3].0);
            assert_eq!(bins.len(), starts);
            assert_eq!(bins.iter().map(|b| b.counts[0][0]).sum::<usize>(), 4);
        }
    }

    #[test]
    fn labels_say_no_more_than_they_mean() {
        let d = date("2031-03-01");
        assert_eq!(Unit::Day.label(d, true), "1 Mar 2031");
        assert_eq!(Unit::Day.label(d, false), "1 Mar");
        assert_eq!(Unit::Month.label(d, false), "Mar 2031");
        assert_eq!(Unit::Year.label(d, false), "2031");
    }
}
