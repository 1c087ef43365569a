//! `pintle dependency`: what a chart depends on, and packing what lies in folders.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pintle_core::package::{self, Built, Status};
use pintle_core::{Compat, Error};

use super::values::load_options;
use crate::{io, report};

/// Arguments of `pintle dependency`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Pack the dependencies that Chart.yaml finds under file:// into charts/, the same bytes each time
    Build(Chart),
    /// List the dependencies of a chart, and whether charts/ holds them
    List(Chart),
}

#[derive(clap::Args)]
struct Chart {
    /// The charts' folders
    #[arg(default_value = ".", hide_default_value = true)]
    charts: Vec<PathBuf>,
}

pub fn run(args: &Args) -> ExitCode {
    let done = match &args.command {
        Command::Build(chart) => chart.charts.iter().try_for_each(|c| build(c)),
        Command::List(chart) => chart.charts.iter().try_for_each(|c| list(c)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => report::failure(&e),
    }
}

fn build(chart: &Path) -> Result<(), Error> {
    for built in package::build(chart, &load_options(chart, None, Compat::default()))? {
        match built {
            Built::Packed(file) => report::line(&format!("wrote {}", file.display())),
            Built::Present(name) => report::line(&format!("{name} is up to date in {}", chart.join("charts").display())),
        }
    }
    Ok(())
}

/// Helm's table: `NAME VERSION REPOSITORY STATUS`, with tabs between.
fn list(chart: &Path) -> Result<(), Error> {
    let dependencies = package::status(chart, &load_options(chart, None, Compat::default()))?;
    if dependencies.is_empty() {
        report::line(&format!("WARNING: no dependencies at {}", chart.join("charts").display()));
        return Ok(());
    }
    let rows = dependencies.iter().map(|(d, status)| {
        let status = match status {
            Status::Ok => "ok",
            Status::Unpacked => "unpacked",
            Status::Missing => "missing",
            Status::WrongVersion => "wrong version",
        };
        [d.name.clone(), d.version.clone(), d.repository.clone(), status.to_owned()]
    });
    let head = ["NAME", "VERSION", "REPOSITORY", "STATUS"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    io::print((table(&rows) + "\n").as_bytes())
}

/// Columns of one width each, tabs between.
pub fn table(rows: &[[String; 4]]) -> String {
    let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    let line = |row: &[String; 4]| -> String {
        // Not by a format: those take widths up to 65,535, and names are a chart's.
        let padded = |(cell, width): (&String, &usize)| cell.clone() + &" ".repeat(width - cell.chars().count());
        let cells: Vec<String> = row.iter().zip(&widths).map(padded).collect();
        cells.join("\t") + "\n"
    };
    rows.iter().map(line).collect()
}
