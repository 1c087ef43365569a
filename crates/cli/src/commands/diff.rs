//! `pintle diff`: what changed between two environments, two files, or two revisions.

mod checkout;

use pintle_files::read::Allowance;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pintle_core::Error;
use pintle_core::diff::{Diff, Object, diff, objects, without_namespace};
use pintle_files::{Root, TEXT, read};

use super::source::{self, usage};
use crate::io;
use crate::report;
use checkout::Checkout;

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
    /// How it is shown
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,
    /// Only a line for each object
    #[arg(long)]
    summary: bool,
    /// Exit with 1 when something differs
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    pub how: source::Args,
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
    let shown = |found: Diff| show(&found, args.output, args.summary).map(|()| found);
    match args.how.cluster.after(compare(args)).and_then(shown) {
        Ok(found) => {
            if args.exit_code && !found.is_empty() {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            }
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
            // What the revision names lies in the revision, or nowhere.
            let root = args.how.root.as_deref().map_or_else(|| old.folder().to_owned(), |root| old.path(root));
            let before = rendered(&old.path(path), env, &args.how, Some(&root));
            let before = before.map_err(|e| e.wrap(format_args!("at {revision}: ")))?;
            (before, rendered(path, env, &args.how, args.how.root.as_deref())?)
        }
        (None, [a, b], [] | [_]) => {
            let of = |env: &str| {
                let mut all = Vec::new();
                for stream in source::streams(path, Some(env), &args.how, args.how.root.as_deref())? {
                    let mut found = objects(&stream.path, &stream.text)?;
                    without_namespace(&mut found, stream.namespace.as_deref().unwrap_or_default());
                    all.extend(found);
                }
                Ok::<_, Error>(all)
            };
            (of(a)?, of(b)?)
        }
        (None, [], [a, b]) => (of_path(a)?, of_path(b)?),
        _ => return Err(usage("name two environments (--env A B), two files, or a revision (--git REV)")),
    };
    Ok(diff(&before, &after))
}

fn rendered(path: &Path, env: Option<&str>, how: &source::Args, root: Option<&Path>) -> Result<Vec<Object>, Error> {
    let mut all = Vec::new();
    for stream in source::streams(path, env, how, root)? {
        all.extend(objects(&stream.path, &stream.text)?);
    }
    Ok(all)
}

/// The objects of a file, of standard input, or of all YAML files below a folder.
fn of_path(path: &Path) -> Result<Vec<Object>, Error> {
    if !path.is_dir() {
        let name = path.to_string_lossy();
        return objects(&name, &io::read_values(&name).map_err(|e| Error::new(&pintle_core::rules::FILE_READ, e))?);
    }
    let root = Root::around(path).map_err(|e| unread(path, &e))?;
    let mut all = Vec::new();
    below(path, &root, &Allowance::default(), &mut all)?;
    Ok(all)
}

/// The objects of the files below a folder. Links are followed to files of the work tree around it.
fn below(folder: &Path, root: &Root, allowance: &Allowance, all: &mut Vec<Object>) -> Result<(), Error> {
    let is_manifest = |p: &Path| p.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
    for (name, kind) in read::folder(folder).map_err(|e| unread(folder, &e))? {
        let path = folder.join(name);
        if kind.is_dir() {
            below(&path, root, allowance, all)?;
        } else if is_manifest(&path) {
            let text = allowance.read(|limit| root.read(&path, limit.min(TEXT))).map_err(|e| unread(&path, &e))?;
            all.extend(objects(&path.to_string_lossy(), &text)?);
        }
    }
    Ok(())
}

fn unread(path: &Path, e: &std::io::Error) -> Error {
    Error::new(&pintle_core::rules::FILE_READ, format!("read {}: {e}", path.display()))
}

/// Prints differences; with `summary` only a line for each object.
pub fn show(found: &Diff, output: Format, summary: bool) -> Result<(), Error> {
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
    let plain = output != Format::Text || !io::is_terminal() || report::no_color();
    let text = if plain { text } else { text.split_inclusive('\n').map(coloured).collect() };
    io::print(text.as_bytes())
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
