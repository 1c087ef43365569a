//! Criterion's benchmarks: `cargo bench -p pintle-benches`, with further charts in `PINTLE_BENCH_CHARTS`.

#![allow(clippy::disallowed_methods, reason = "no part of the program")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion};
use pintle_benches::{load, output, output_with, render, values, values_of, whole};

/// The project's own charts and those that `PINTLE_BENCH_CHARTS` names, colons between them.
fn charts() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = [here.join("../charts/web"), here.join("charts/shop")];
    let named = std::env::var_os("PINTLE_BENCH_CHARTS").unwrap_or_default();
    own.into_iter().chain(std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty())).collect()
}

fn steps(c: &mut Criterion) {
    for path in charts() {
        let chart = load(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let id = |step: &str| format!("{step}/{}", chart.name());
        c.bench_function(&id("load"), |b| b.iter_with_large_drop(|| load(black_box(&path))));
        c.bench_function(&id("values"), |b| b.iter_with_large_drop(|| values(black_box(&chart))));
        // As in a process that renders once: no template is parsed yet.
        let fresh = || values(&load(&path).expect("it loaded before")).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        c.bench_function(&id("render"), |b| {
            b.iter_batched_ref(fresh, |prepared| render(black_box(prepared)), BatchSize::LargeInput);
        });
        c.bench_function(&id("whole"), |b| b.iter(|| whole(black_box(&path))));
        // As in a program that keeps its charts.
        c.bench_function(&id("again"), |b| b.iter(|| output(black_box(&chart))));
    }
}

/// One system in both languages of templates, with the values of production: `whole` from the folder, `again` with a chart that
/// is kept.
fn languages(c: &mut Criterion) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let values = values_of(&here.join("../values/ontu-schedule-bot-admin/prod.yaml"));
    for (language, folder) in [("go", "../charts/ontu-schedule-bot-admin"), ("jinja", "../tests/jinja/ontu-schedule-bot-admin")] {
        let path = here.join(folder);
        let chart = load(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let whole = || output_with(&load(black_box(&path)).expect("it loaded before"), &values);
        c.bench_function(&format!("{language}/whole"), |b| b.iter(whole));
        c.bench_function(&format!("{language}/again"), |b| b.iter(|| output_with(black_box(&chart), &values)));
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    steps(&mut criterion);
    languages(&mut criterion);
    criterion.final_summary();
}
