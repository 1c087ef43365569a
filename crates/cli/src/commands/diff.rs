//! `pintle diff`: what changed between two environments, two files, or two revisions.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use pintle::diff::{Diff, Object, diff, objects, without_namespace};
use pintle::{Diagnostic, Error};

use super::source::{self, usage};
use super::values::work_tree;
use crate::{io, report};

/// Arguments of `pintle diff`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Two files or folders of manifests (`-` is standard input); with --env or --git, what to render [default: .]
    #[arg(value_name = "PATH", num_args = 0..=2)]
    paths: Vec<PathBuf>,
    /// Two environments to compare; with --git, the environment
    #[arg(short, long, value_name = "ENV", num_args = 1..=2)]
    env: Vec<String>,
    /// Compare with what this revision renders
    #[arg(long, value_name = "REV")]
    git: Option<String>,
    #[command(flatten)]
    how: source::Args,
    /// How it is shown
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,
    /// Only a line for each object
    #[arg(long)]
    summary: bool,
    /// Exit with 1 when something differs
    #[arg(long)]
    exit_code: bool,
}

/// How differences are shown.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
    Markdown,
}

const EXAMPLES: &str = "Examples:
  pintle diff --env staging prod
  pintle diff --env staging prod --release web
  pintle diff before.yaml after.yaml --exit-code
  pintle diff --git origin/main --output markdown
  pintle diff --git HEAD~1 --env prod charts/web";

pub fn run(args: &Args) -> ExitCode {
    match args.how.cluster.after(compare(args)) {
        Ok(found) => {
            show(&found, args.output, args.summary);
            if args.exit_code && !found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        // With --exit-code 1 says that something differs: a failure must be told apart.
        Err(e) => {
            let code = report::failure(&e);
            if args.exit_code { ExitCode::from(2) } else { code }
        }
    }
}

fn compare(args: &Args) -> Result<Diff, Error> {
    let path = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
    let (before, after) = match (&args.git, args.env.as_slice(), args.paths.as_slice()) {
        (Some(_), [_, _], _) => return Err(usage("--git compares one environment, or all, with what it was before")),
        (Some(_), _, [_, _]) => return Err(usage("--git compares what one path renders with what it rendered before")),
        (Some(revision), env, _) => {
            let env = env.first().map(String::as_str);
            let old = Checkout::new(path, revision)?;
            let before = rendered(&old.path(path)?, env, &args.how).map_err(|e| e.wrap(format_args!("at {revision}: ")))?;
            (before, rendered(path, env, &args.how)?)
        }
        (None, [a, b], [] | [_]) => {
            let of = |env: &str| {
                let mut all = Vec::new();
                for stream in source::streams(path, Some(env), &args.how)? {
                    let mut found = objects(&stream.path, &stream.text)?;
                    without_namespace(&mut found, stream.namespace.as_deref().unwrap_or_default());
                    all.extend(found);
                }
                Ok::<_, Error>(all)
            };
            (of(a)?, of(b)?)
        }
        (None, [], [a, b]) => (read(a)?, read(b)?),
        _ => return Err(usage("name two environments (--env A B), two files, or a revision (--git REV)")),
    };
    Ok(diff(&before, &after))
}

fn rendered(path: &Path, env: Option<&str>, how: &source::Args) -> Result<Vec<Object>, Error> {
    let mut all = Vec::new();
    for stream in source::streams(path, env, how)? {
        all.extend(objects(&stream.path, &stream.text)?);
    }
    Ok(all)
}

/// The objects of a file, of standard input, or of all YAML files below a folder.
fn read(path: &Path) -> Result<Vec<Object>, Error> {
    if !path.is_dir() {
        let name = path.to_string_lossy();
        return objects(&name, &io::read_values(&name).map_err(|e| Error::new("io", e))?);
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(|e| Error::new("io", format!("read {}: {e}", path.display())))?
        .filter_map(|e| Some(e.ok()?.path()))
        .collect();
    entries.sort();
    let is_manifest = |p: &Path| p.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
    let mut all = Vec::new();
    for entry in entries.iter().filter(|p| (p.is_dir() && !p.is_symlink()) || is_manifest(p)) {
        all.extend(read(entry)?);
    }
    Ok(all)
}

/// Prints differences; with `summary` only a line for each object.
pub fn show(found: &Diff, output: Format, summary: bool) {
    let text = match output {
        Format::Json => found.to_json(),
        Format::Markdown => found.to_markdown(),
        Format::Text if summary => {
            let lines: String = found.objects.iter().map(|o| o.summary() + "\n").collect();
            lines + &found.totals() + "\n"
        }
        Format::Text => found.to_text(),
    };
    let text = report::harmless(&text);
    let plain = output != Format::Text || !std::io::stdout().is_terminal() || report::no_color();
    let text = if plain { text } else { text.split_inclusive('\n').map(coloured).collect() };
    io::print(text.as_bytes());
}

fn coloured(line: &str) -> String {
    let colour = match line.as_bytes().first() {
        Some(b'+') => "\x1b[32m",
        Some(b'-') => "\x1b[31m",
        Some(b'@') => "\x1b[36m",
        Some(b' ') | None => return line.to_owned(),
        Some(_) => "\x1b[1m",
    };
    format!("{colour}{}\x1b[0m\n", line.trim_end_matches('\n'))
}

/// The files of a revision in a folder of their own, which goes when this does.
struct Checkout {
    /// The work tree that they are a copy of.
    root: PathBuf,
    folder: PathBuf,
}

impl Checkout {
    fn new(path: &Path, revision: &str) -> Result<Checkout, Error> {
        let failed = |what: String| Error::from(Diagnostic::error("diff/git", what));
        if revision.starts_with('-') {
            return Err(failed(format!("{revision:?} is no revision")));
        }
        let here = path.canonicalize().map_err(|e| failed(format!("{}: {e}", path.display())))?;
        let Some(root) = work_tree(&here) else {
            return Err(failed(format!("{} is in no Git repository", path.display())));
        };
        let name = format!("pintle-diff-{}-{revision:?}", std::process::id()).replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).map_err(|e| failed(format!("create {}: {e}", folder.display())))?;
        let checkout = Checkout { root: root.clone(), folder };
        let git = Command::new("git")
            .arg("-C")
            .arg(&root)
            .args(["archive", "--format=tar", revision])
            .stdin(Stdio::null())
            .output()
            .map_err(|e| failed(format!("git can't be run: {e}")))?;
        if !git.status.success() {
            let said = String::from_utf8_lossy(&git.stderr).trim().to_owned();
            return Err(failed(format!("git archive {revision}: {said}")));
        }
        tar::Archive::new(&*git.stdout).unpack(&checkout.folder).map_err(|e| failed(format!("{revision}: {e}")))?;
        Ok(checkout)
    }

    /// Where a path of the work tree is in the revision.
    fn path(&self, path: &Path) -> Result<PathBuf, Error> {
        let inner = path.canonicalize().ok().and_then(|p| p.strip_prefix(&self.root).map(Path::to_owned).ok());
        Ok(self.folder.join(inner.unwrap_or_default()))
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
