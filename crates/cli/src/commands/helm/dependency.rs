//! `helm dependency list` and `build`, for dependencies that are in folders or in charts/ already
//! (`helm.sh/helm/v4/pkg/action/dependency.go`, `pkg/downloader/manager.go`).

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use clap::Parser;
use pintle_core::package::{self, Status};
use pintle_core::{Chart, Compat, Error};

use super::arguments::{Globals, Registry, take_command};
use super::{Answer, Answered, DONE, elsewhere, wrong_arguments};
use crate::commands::pflag::parse_bool;
use crate::commands::values::load_options;
use crate::io;
use crate::rules;

/// What is done about dependencies.
#[derive(clap::Subcommand)]
pub enum Command {
    List(List),
    Build(Build),
}

/// Arguments of `helm dependency list`.
#[derive(Parser)]
#[command(name = "helm dependency list", bin_name = "helm dependency list", args_override_self = true)]
pub struct List {
    /// The chart's folder or archive
    args: Vec<String>,
    /// The widest that a column may be
    #[arg(long, default_value_t = 80, value_name = "COLUMNS")]
    max_col_width: usize,
    #[command(flatten)]
    globals: Globals,
}

/// Arguments of `helm dependency build`.
#[derive(Parser)]
#[command(name = "helm dependency build", bin_name = "helm dependency build", args_override_self = true)]
pub struct Build {
    /// The chart's folder
    args: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool)]
    skip_refresh: Option<bool>,
    #[command(flatten)]
    registry: Registry,
    #[command(flatten)]
    globals: Globals,
}

pub fn run(rest: &[OsString], compat: Compat) -> Answered {
    let (command, rest) = take_command(rest);
    match command.as_deref() {
        Some("list" | "ls") => match super::parse::<List>(&rest) {
            Ok(args) => list(&chart_of("list", &args.args)?, args.max_col_width, compat),
            Err(answer) => Ok(answer),
        },
        Some("build") => match super::parse::<Build>(&rest) {
            Ok(args) if args.registry.verify == Some(true) => Ok(elsewhere("--verify is not supported")),
            Ok(args) => build(&chart_of("build", &args.args)?, compat),
            Err(answer) => Ok(answer),
        },
        Some(other) => Ok(elsewhere(&format!("pintle has no Helm command \"dependency {other}\""))),
        None => Ok(elsewhere("helm dependency knows list and build here")),
    }
}

/// The one argument, as Go's `filepath.Clean` leaves it.
fn chart_of(command: &str, args: &[String]) -> Result<PathBuf, Error> {
    match args {
        [] => Ok(PathBuf::from(".")),
        [chart] => {
            let clean: PathBuf = Path::new(chart).components().filter(|c| *c != Component::CurDir).collect();
            Ok(if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean })
        }
        _ => Err(wrong_arguments(
            &format!("dependency {command}"),
            "accepts at most 1 argument",
            &format!("dependency {command} CHART [flags]"),
        )),
    }
}

/// A path without `.` and `..` as far as its text tells: `filepath.Clean`.
fn cleaned(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match (part, out.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                out.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            (part, _) => out.push(part),
        }
    }
    out
}

/// A path below another as `filepath.Join` writes it.
fn join(folder: &Path, name: &str) -> String {
    if folder == Path::new(".") { name.to_owned() } else { folder.join(name).display().to_string() }
}

fn list(path: &Path, width: usize, compat: Compat) -> Answered {
    if !path.exists() {
        return Err(Error::new(
            &pintle_core::rules::CHART_MISSING,
            format!("stat {}: no such file or directory", path.display()),
        ));
    }
    let options = load_options(path, None, compat);
    let chart = Chart::load(path, &options)?;
    if !chart.names_dependencies() {
        return Ok(Answer::Done(io::finish(format!("WARNING: no dependencies at {}\n", join(path, "charts")).as_bytes())));
    }
    let mut rows = vec![["NAME", "VERSION", "REPOSITORY", "STATUS"].map(str::to_owned)];
    for (d, status) in package::status(path, &options)? {
        let status = match status {
            Status::Ok => "ok",
            Status::Unpacked => "unpacked",
            Status::Missing => "missing",
            Status::WrongVersion => "wrong version",
        };
        rows.push([d.name, d.version, d.repository, status.to_owned()]);
    }
    for cell in rows.iter_mut().flatten() {
        shorten(cell, width);
    }
    let mut text = crate::commands::dependency::table(&rows);
    text.push('\n');
    let charts = path.join("charts");
    let found = pintle_files::read::folder(&charts).unwrap_or_default();
    let mut here: Vec<_> = found.into_iter().map(|(name, _)| charts.join(name)).collect();
    here.sort();
    for file in here.iter().filter(|f| f.is_dir() || f.extension().is_some_and(|e| e == "tgz")) {
        let shown = join(path, &format!("charts/{}", file.file_name().unwrap_or_default().to_string_lossy()));
        let _ = match Chart::load(file, &options) {
            Err(_) => writeln!(text, "WARNING: {shown:?} is not a chart."),
            Ok(c) if chart.metadata.dependencies.iter().any(|d| d.name == c.name()) => Ok(()),
            Ok(_) => writeln!(text, "WARNING: {shown:?} is not in Chart.yaml."),
        };
    }
    Ok(Answer::Done(io::finish(text.as_bytes())))
}

/// `MaxColWidth` of the table that Helm uses: three dots stand for the rest; 0 means no limit.
fn shorten(cell: &mut String, width: usize) {
    if width == 0 || cell.chars().count() <= width {
        return;
    }
    *cell = cell.chars().take(width.saturating_sub(3)).chain("...".chars()).collect();
}

/// Packs what lies in folders. What comes from a repository and is in charts/ already is left as it is, which Helm would fetch again.
fn build(path: &Path, compat: Compat) -> Answered {
    if !path.exists() {
        let shown = path.display();
        return Err(Error::new(
            &pintle_core::rules::CHART_MISSING,
            format!("could not find {shown}: stat {shown}: no such file or directory"),
        ));
    }
    if !path.is_dir() {
        return Err(Error::new(&pintle_core::rules::CHART_MISSING, "only unpacked charts can be updated"));
    }
    let options = load_options(path, None, compat);
    let all = package::status(path, &options)?;
    if all.is_empty() {
        return DONE;
    }
    let is_absent = |status: &Status| matches!(status, Status::Missing | Status::WrongVersion);
    if let Some((d, _)) =
        all.iter().find(|(d, s)| !d.repository.is_empty() && !d.repository.starts_with("file://") && is_absent(s))
    {
        let message = format!("{} {} comes from {}, and nothing is fetched here", d.name, d.version, d.repository);
        return Ok(Answer::Elsewhere(Error::new(&pintle_core::rules::PACKAGE_REMOTE, message)));
    }
    // `GetLocalPath` of Helm's resolver.
    for folder in all.iter().filter_map(|(d, _)| d.repository.strip_prefix("file://")) {
        let folder = cleaned(&path.join(folder));
        if !folder.exists() {
            return Err(Error::new(&pintle_core::rules::CHART_MISSING, format!("directory {} not found", folder.display())));
        }
    }
    let mut text = format!("Saving {} charts\n", all.len());
    for (d, status) in all.iter().filter(|(d, _)| d.repository.is_empty()) {
        let _ = writeln!(text, "Dependency {} did not declare a repository. Assuming it exists in the charts directory", d.name);
        if is_absent(status) {
            io::print(text.as_bytes())?;
            let folder = path.join("charts").join(&d.name);
            return Err(match Chart::load(&folder, &options) {
                Ok(c) => Error::new(
                    &pintle_core::rules::PACKAGE_VERSION,
                    format!(
                        "dependency {} at version {} does not satisfy the constraint {}",
                        d.name, c.metadata.version, d.version
                    ),
                ),
                Err(_) => Error::new(
                    &rules::PACKAGE_MISSING,
                    format!("unable to load chart '{0}': stat {0}: no such file or directory", folder.display()),
                ),
            });
        }
    }
    package::build(path, &options)?;
    text.push_str("Deleting outdated charts\n");
    Ok(Answer::Done(io::finish(text.as_bytes())))
}
