//! Times Pintle's library, step by step, in one process. The counterpart of `helm-library/main.go`: the same steps, the same
//! lines of output.

#![allow(clippy::disallowed_methods, reason = "no part of the program")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pintle_benches::{load, render, values, whole};
use pintle_core::Error;

const USAGE: &str = "usage: in-process [--seconds N] [--show] CHART
prints for each step: its name, the least and the median time in nanoseconds";
const STEPS: [&str; 4] = ["load", "values", "render", "whole"];

type Times = BTreeMap<&'static str, Vec<Duration>>;

/// Times every step once. A chart that was rendered keeps its parsed templates, so each round loads its own.
fn round(path: &Path, times: &mut Times) -> Result<(), Error> {
    let mut began = Instant::now();
    let mut lap = |step| {
        times.entry(step).or_default().push(began.elapsed());
        began = Instant::now();
    };
    let chart = load(path)?;
    lap("load");
    let prepared = values(&chart)?;
    lap("values");
    let arranged = render(&prepared)?;
    lap("render");
    // Go's garbage collector cleans up at some other time, too.
    drop((chart, prepared, arranged));
    lap("cleanup");
    whole(path)?;
    lap("whole");
    Ok(())
}

fn measure(path: &Path, budget: Duration) -> Result<String, Error> {
    // Warms caches up and doesn't count.
    round(path, &mut Times::new())?;
    let (began, mut times, mut rounds) = (Instant::now(), Times::new(), 0);
    while rounds < 5 || began.elapsed() < budget {
        round(path, &mut times)?;
        rounds += 1;
    }
    let line = |step: &str| {
        let mut all = times.remove(step).unwrap_or_default();
        all.sort_unstable();
        format!("{step} {} {}\n", all[0].as_nanos(), all[all.len() / 2].as_nanos())
    };
    Ok(STEPS.into_iter().map(line).collect())
}

fn main() -> ExitCode {
    let (mut seconds, mut show, mut chart) = (3.0, false, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--show" => show = true,
            "--seconds" => match arguments.next().and_then(|s| s.parse().ok()).filter(|s| (0.0..1e6).contains(s)) {
                Some(s) => seconds = s,
                None => return usage(),
            },
            path if chart.is_none() && !path.starts_with('-') => chart = Some(path.to_owned()),
            _ => return usage(),
        }
    }
    let Some(chart) = chart else { return usage() };
    let path = Path::new(&chart);
    let result = if show { whole(path) } else { measure(path, Duration::from_secs_f64(seconds)).map(String::into_bytes) };
    match result {
        Ok(text) => match std::io::stdout().write_all(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "Error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{USAGE}");
    ExitCode::from(2)
}
