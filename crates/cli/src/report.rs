//! Shows errors and warnings on standard error.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// A line on standard error. What stands in for Helm keeps Helm's words, but no control character of a chart reaches a terminal.
pub fn line(text: &str) {
    let mut stderr = std::io::stderr();
    let _ = if stderr.is_terminal() { writeln!(stderr, "{}", harmless(text)) } else { writeln!(stderr, "{text}") };
}

/// Wrong usage of what stands in for Helm: exit code 1, in pflag's words. Help is no error.
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
pub fn error(e: &pintle::Error) {
    e.diagnostics().iter().for_each(diagnostic);
}

/// Shows why a command failed: 2 is wrong usage, 1 all else.
pub fn failure(e: &pintle::Error) -> ExitCode {
    error(e);
    let is_usage = e.diagnostics().first().is_some_and(|d| d.code.starts_with("usage/") || d.code == "project/unknown");
    if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Whether the user wants no colours (no-color.org).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
}

/// Escape sequences, or nothing where there is no terminal to read them.
struct Style {
    bold: &'static str,
    red: &'static str,
    yellow: &'static str,
    blue: &'static str,
    reset: &'static str,
}

impl Style {
    const PLAIN: Style = Style { bold: "", red: "", yellow: "", blue: "", reset: "" };

    fn of_stderr() -> Style {
        let plain = no_color() || !std::io::stderr().is_terminal();
        if plain {
            Style::PLAIN
        } else {
            Style { bold: "\x1b[1m", red: "\x1b[1;31m", yellow: "\x1b[1;33m", blue: "\x1b[1;34m", reset: "\x1b[0m" }
        }
    }
}

/// Control characters of a chart must not reach the terminal.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A name within a line: a line break in it makes no line of its own.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A finding: what, where with the template's line, how it came about, what to do.
pub fn diagnostic(d: &pintle::Diagnostic) {
    let _ = std::io::stderr().write_all(shown(d, &Style::of_stderr()).as_bytes());
}

/// The same as text without colours, for those who have more to do with it than to print it.
pub fn plain(d: &pintle::Diagnostic) -> String {
    shown(d, &Style::PLAIN)
}

fn shown(d: &pintle::Diagnostic, s: &Style) -> String {
    let (level, colour) = match d.severity {
        pintle::Severity::Error => ("error", s.red),
        pintle::Severity::Warning => ("warning", s.yellow),
        pintle::Severity::Note => ("note", s.blue),
    };
    let mut out = format!("{colour}{level}{}{}: {}{}\n", s.reset, s.bold, harmless(&d.message), s.reset);
    if let Some(place) = &d.span {
        show(&mut out, s, "-->", place, "", colour);
    }
    for t in &d.trace {
        show(&mut out, s, ":::", &t.span, &t.message, s.blue);
    }
    for hint in &d.hints {
        out.push_str(&format!("  {}help{}: {}\n", s.bold, s.reset, harmless(hint)));
    }
    out
}

/// A place, and the line itself with a caret under what is meant.
fn show(out: &mut String, s: &Style, arrow: &str, place: &pintle::Span, message: &str, colour: &str) {
    let mut at = one_line(&place.file);
    for n in [place.line, place.column] {
        if n > 0 {
            at.push_str(&format!(":{n}"));
        }
    }
    let message = if message.is_empty() { String::new() } else { format!(" {}", one_line(message)) };
    out.push_str(&format!("  {}{arrow}{} {at}{message}\n", s.blue, s.reset));
    let Some(text) = &place.text else { return };
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let text = harmless(text).replace('\t', " ");
    out.push_str(&format!("  {}{number} |{} {text}\n", s.blue, s.reset));
    if place.column > 0 && place.column <= text.len() + 1 {
        let before = text.get(..place.column - 1).map_or(place.column - 1, |t| t.chars().count());
        let rest = text.chars().count().saturating_sub(before);
        let carets = "^".repeat(place.length.clamp(1, rest.max(1)));
        out.push_str(&format!("  {}{gutter} |{} {}{colour}{carets}{}\n", s.blue, s.reset, " ".repeat(before), s.reset));
    }
}
