//! Shows errors and warnings on standard error.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use pintle_core::{Diagnostic, Severity};
use pintle_diagnostic::show::{self, Colour, Format};
pub use pintle_diagnostic::show::{harmless, one_line};
use pintle_files::write::{self, Access};

/// A line on standard error. What stands in for Helm keeps Helm's words, but no control character of a chart reaches a terminal.
pub fn line(text: &str) {
    let mut stderr = std::io::stderr();
    let _ = if stderr.is_terminal() { writeln!(stderr, "{}", harmless(text)) } else { writeln!(stderr, "{text}") };
}

/// Wrong usage of what stands in for Helm: exit code 1, in pflag's words. Help is not an error.
pub fn usage_as_helm(e: &clap::Error) -> ExitCode {
    if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return crate::io::finish_help(e);
    }
    line(&format!("Error: {}", helm_usage(e)));
    ExitCode::FAILURE
}

/// Wrong usage. `template` and `build` stand in for Helm and kustomize, so they exit with 1 and in the words of both; the rest of the program with 2.
pub fn usage(e: &clap::Error) -> ExitCode {
    if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return crate::io::finish_help(e);
    }
    if matches!(std::env::args().nth(1).as_deref(), Some("template" | "build")) {
        return usage_as_helm(e);
    }
    let _ = e.print();
    ExitCode::from(2)
}

/// What pflag says of a flag that it can't read.
fn helm_usage(e: &clap::Error) -> String {
    let context = |kind| match e.get(kind) {
        Some(ContextValue::String(s)) => s.clone(),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let flag = argument.split([' ', '=', '[']).next().unwrap_or("").to_owned();
    match e.kind() {
        ErrorKind::UnknownArgument => match flag.strip_prefix("--") {
            Some(_) => format!("unknown flag: {flag}"),
            None => {
                let short = flag.trim_start_matches('-');
                format!("unknown shorthand flag: '{}' in -{short}", short.chars().next().unwrap_or(' '))
            }
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if context(ContextKind::InvalidValue).is_empty() => {
            match std::env::args().next_back() {
                Some(last) if last.starts_with('-') && !last.starts_with("--") => {
                    format!("flag needs an argument: '{}' in {last}", last.chars().next_back().unwrap_or('-'))
                }
                _ => format!("flag needs an argument: {flag}"),
            }
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            // Only switches have values that can be wrong.
            let value = context(ContextKind::InvalidValue);
            format!("invalid argument \"{value}\" for \"{flag}\" flag: strconv.ParseBool: parsing \"{value}\": invalid syntax")
        }
        _ => e.to_string().trim_start_matches("error: ").trim_end().to_owned(),
    }
}

/// An error of the library with all that is known of it.
pub fn error(e: &pintle_core::Error) {
    e.diagnostics().iter().for_each(diagnostic);
}

/// Shows why a command failed: 2 is wrong usage, 1 all else.
pub fn failure(e: &pintle_core::Error) -> ExitCode {
    error(e);
    let is_usage =
        e.diagnostics().first().is_some_and(|d| d.rule.topic() == "usage" || d.rule == &pintle_core::rules::PROJECT_UNKNOWN);
    if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Whether the user wants no colours (no-color.org).
#[expect(clippy::disallowed_methods, reason = "this is the place that owns how things are shown")]
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
}

/// Whether standard error has colours.
fn colour() -> Colour {
    if no_color() || !std::io::stderr().is_terminal() { Colour::Never } else { Colour::Always }
}

/// Whether standard output has colours.
pub fn stdout_colour() -> Colour {
    if no_color() || !crate::io::is_terminal() { Colour::Never } else { Colour::Always }
}

/// How findings are printed.
#[derive(Clone, Debug, Default)]
pub struct Form {
    format: Format,
    /// In place of standard error.
    file: Option<PathBuf>,
}

impl Form {
    /// Reads `FORMAT` or `FORMAT=FILE`.
    pub fn read(text: &str) -> Result<Form, String> {
        let (format, file) = text.split_once('=').map_or((text, None), |(format, file)| (format, Some(PathBuf::from(file))));
        Ok(Form { format: Format::from_name(format)?, file })
    }
}

/// What a command has found so far, and in which form it is printed at its end.
struct Collected {
    forms: Vec<Form>,
    found: Vec<Diagnostic>,
}

static COLLECTED: Mutex<Option<Collected>> = Mutex::new(None);

fn collected<T>(with: impl FnOnce(&mut Option<Collected>) -> T) -> T {
    // Whoever panicked while it held the findings left them whole.
    with(&mut COLLECTED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// From now on findings are kept, to be printed in these forms and counted at the end of the command ([`end`]).
pub fn begin(forms: &[Form]) {
    collected(|c| *c = Some(Collected { forms: forms.to_vec(), found: Vec::new() }));
}

/// Ends a command: prints what was found in the forms that were asked for, and after errors how much it was. A form that can't be
/// written is a failure.
pub fn end(code: ExitCode) -> ExitCode {
    let Some(Collected { forms, found }) = collected(Option::take) else { return code };
    let mut code = code;
    for Form { format, file } in &forms {
        let text = format.show(&found, if file.is_some() { Colour::Never } else { colour() });
        match file {
            None if *format == Format::Text => {}
            None => {
                let _ = std::io::stderr().write_all(text.as_bytes());
            }
            Some(file) => {
                if let Err(e) = write::file(file, text.as_bytes(), Access::Shared) {
                    line(&format!("error: {}", one_line(&e.to_string())));
                    code = ExitCode::FAILURE;
                }
            }
        }
    }
    if is_text(&forms) && found.iter().any(|d| d.severity == Severity::Error) {
        line(&format!("{}; nothing was written", show::summary(&found)));
    }
    code
}

/// Whether standard error has findings as text.
fn is_text(forms: &[Form]) -> bool {
    forms.iter().all(|form| form.file.is_some() || form.format == Format::Text)
}

/// Keeps a finding for the end of the command. Whether it is to be shown now.
pub fn keep(d: &Diagnostic) -> bool {
    keep_named(&from_here(d))
}

/// Keeps a finding whose files are named from the current folder.
fn keep_named(d: &Diagnostic) -> bool {
    collected(|c| {
        let Some(c) = c else { return true };
        c.found.push(d.clone());
        is_text(&c.forms)
    })
}

/// A finding whose files are named as they lie from the current folder.
#[expect(clippy::disallowed_methods, reason = "this is the place that owns how things are shown")]
fn from_here(d: &Diagnostic) -> Diagnostic {
    std::env::current_dir().map_or_else(|_| d.clone(), |here| d.seen_from(&here))
}

/// A finding: what, where with the template's line, how it came about, what to do.
pub fn diagnostic(d: &Diagnostic) {
    let d = from_here(d);
    if keep_named(&d) {
        let _ = std::io::stderr().write_all(show::finding(&d, colour()).as_bytes());
    }
}
