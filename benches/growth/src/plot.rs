//! Plots of `CHART,SERIES,X,Y` lines, one plot per chart.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::prelude::*;

/// Name, title, what grows, and what it costs.
const CHARTS: [(&str, &str, &str, &str); 7] = [
    ("routes", "A request to the last route", "routes of the app", "instructions a request"),
    ("dependencies", "A request with dependencies", "dependencies", "instructions a request"),
    ("tasks", "A task of many", "tasks a request", "instructions a task"),
    ("pending", "A task that waits", "pending tasks", "bytes a task"),
    ("connections", "A connection that is kept", "connections", "bytes a connection"),
    ("times", "A request to one of many connections", "connections", "microseconds a request"),
    ("builds", "A build of the app alone", "routes of the app", "CPU seconds"),
];

type Point = (f64, f64);

pub(crate) fn plot(file: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let text = fs::read_to_string(file)?;
    for chart in CHARTS {
        let mut series: Vec<(&str, Vec<Point>)> = Vec::new();
        for line in text.lines() {
            let [name, of, x, y] = line.split(',').collect::<Vec<_>>()[..] else { continue };
            if name != chart.0 {
                continue;
            }
            let point = (x.parse()?, y.parse()?);
            match series.iter_mut().find(|(known, _)| *known == of) {
                Some((_, points)) => points.push(point),
                None => series.push((of, vec![point])),
            }
        }
        if !series.is_empty() {
            draw(&folder.join(chart.0).with_extension("svg"), chart, &series)?;
        }
    }
    Ok(())
}

fn draw(
    file: &Path,
    (_, title, x_title, y_title): (&str, &str, &str, &str),
    series: &[(&str, Vec<Point>)],
) -> Result<(), Box<dyn Error>> {
    let points = series.iter().flat_map(|(_, points)| points);
    let (x, y) = points.fold((1.0_f64, 0.0_f64), |(x, y), point| (x.max(point.0), y.max(point.1)));
    let root = SVGBackend::new(file, (720, 400)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(80)
        .build_cartesian_2d((1.0..x * 1.05).log_scale(), 0.0..y * 1.1)?;
    chart
        .configure_mesh()
        .x_desc(x_title)
        .y_desc(y_title)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .light_line_style(WHITE)
        .draw()?;
    for (number, (name, points)) in series.iter().enumerate() {
        let color = Palette99::pick(number).to_rgba();
        let line = LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3);
        let drawn = chart.draw_series(line)?;
        if series.len() > 1 {
            drawn.label(*name).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
        }
    }
    if series.len() > 1 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
    }
    root.present()?;
    Ok(())
}
