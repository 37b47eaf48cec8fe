//! Charts as inline SVG: the reliability diagram and the coverage curve.

use plotters::prelude::*;

use crate::eval::calibration::{Bin, CoveragePoint};
use crate::{Error, Result};

const SIZE: (u32, u32) = (420, 320);
const LINE: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const IDEAL: RGBColor = RGBColor(0x88, 0x88, 0x88);

fn failed(e: impl std::fmt::Display) -> Error {
    Error::Other(format!("chart: {e}"))
}

/// Accuracy by confidence in ten bins, with the number of records on each bar.
pub fn reliability(bins: &[Bin]) -> Result<String> {
    draw(
        "confidence",
        "accuracy",
        0.0..1.0,
        0.0..1.0,
        |chart, area| {
            let bars = bins.iter().filter_map(|b| {
                let a = b.accuracy?;
                Some(Rectangle::new(
                    [(b.low + 0.005, 0.0), (b.high - 0.005, a)],
                    LINE.mix(0.55).filled(),
                ))
            });
            chart.draw_series(bars).map_err(failed)?;
            let ideal = LineSeries::new([(0.0, 0.0), (1.0, 1.0)], IDEAL.stroke_width(1));
            chart.draw_series(ideal).map_err(failed)?;
            let means = bins
                .iter()
                .filter_map(|b| Some(Circle::new((b.confidence?, b.accuracy?), 3, BLACK.filled())));
            chart.draw_series(means).map_err(failed)?;
            let style = TextStyle::from(("sans-serif", 13).into_font()).color(&BLACK);
            for b in bins.iter().filter(|b| b.n > 0) {
                let top = b.accuracy.unwrap_or(0.0);
                // Inside the bar where it is tall enough, so that dot and number stay apart.
                let y = if top > 0.15 { top - 0.06 } else { top + 0.09 };
                let (x, y) = chart.backend_coord(&(b.low + 0.02, y));
                area.draw_text(&b.n.to_string(), &style, (x, y))
                    .map_err(failed)?;
            }
            Ok(())
        },
    )
}

/// Accuracy of the answers by the share of records answered.
pub fn coverage(points: &[CoveragePoint]) -> Result<String> {
    let line: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|p| Some((p.coverage, p.accuracy?)))
        .collect();
    let lowest = line.iter().map(|p| p.1).fold(1.0, f64::min);
    let from = ((lowest * 10.0).floor() / 10.0).clamp(0.0, 0.9);
    draw("coverage", "accuracy", 0.0..1.0, from..1.0, |chart, _| {
        let series = LineSeries::new(line.iter().copied(), LINE.stroke_width(2));
        chart.draw_series(series).map_err(failed)?;
        let dots = line.iter().map(|&p| Circle::new(p, 3, LINE.filled()));
        chart.draw_series(dots).map_err(failed)?;
        Ok(())
    })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Chart<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn draw(
    x: &str,
    y: &str,
    xs: std::ops::Range<f64>,
    ys: std::ops::Range<f64>,
    content: impl FnOnce(&mut Chart, &Area) -> Result<()>,
) -> Result<String> {
    let mut out = String::new();
    {
        let area = SVGBackend::with_string(&mut out, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(38)
            .y_label_area_size(48)
            .build_cartesian_2d(xs, ys)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .label_style(("sans-serif", 14))
            .axis_desc_style(("sans-serif", 15))
            .x_desc(x)
            .y_desc(y)
            .x_labels(6)
            .y_labels(6)
            .light_line_style(TRANSPARENT)
            .x_label_formatter(&|v| format!("{v:.1}"))
            .y_label_formatter(&|v| format!("{v:.2}"))
            .draw()
            .map_err(failed)?;
        content(&mut chart, &area)?;
        area.present().map_err(failed)?;
    }
    Ok(out)
}
