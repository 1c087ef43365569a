//! Shows errors and warnings on standard error.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// A line on standard error.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Wrong usage. `template` stands in for Helm's, so it exits with 1 and Helm's words; the rest of the program with 2.
pub fn usage(e: &clap::Error) -> ExitCode {
    if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = e.print();
        return ExitCode::SUCCESS;
    }
    if std::env::args().nth(1).as_deref() == Some("template") {
        line(&format!("Error: {}", helm_usage(e)));
        return ExitCode::FAILURE;
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

/// Escape sequences, or nothing where there is no terminal to read them.
struct Style {
    bold: &'static str,
    red: &'static str,
    yellow: &'static str,
    blue: &'static str,
    reset: &'static str,
}

impl Style {
    fn of_stderr() -> Style {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || !std::io::stderr().is_terminal();
        if plain {
            Style { bold: "", red: "", yellow: "", blue: "", reset: "" }
        } else {
            Style { bold: "\x1b[1m", red: "\x1b[1;31m", yellow: "\x1b[1;33m", blue: "\x1b[1;34m", reset: "\x1b[0m" }
        }
    }
}

/// Control characters of a chart must not reach the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A finding: what, where with the template's line, how it came about, what to do.
pub fn diagnostic(d: &pintle::Diagnostic) {
    let s = Style::of_stderr();
    let (level, colour) = match d.severity {
        pintle::Severity::Error => ("error", s.red),
        pintle::Severity::Warning => ("warning", s.yellow),
        pintle::Severity::Note => ("note", s.blue),
    };
    line(&format!("{colour}{level}{}{}: {}{}", s.reset, s.bold, harmless(&d.message), s.reset));
    if let Some(place) = &d.span {
        show(&s, "-->", place, "", colour);
    }
    for t in &d.trace {
        show(&s, ":::", &t.span, &t.message, s.blue);
    }
    for hint in &d.hints {
        line(&format!("  {}help{}: {}", s.bold, s.reset, harmless(hint)));
    }
}

/// A place, and the line itself with a caret under what is meant.
fn show(s: &Style, arrow: &str, place: &pintle::Span, message: &str, colour: &str) {
    let mut at = harmless(&place.file);
    for n in [place.line, place.column] {
        if n > 0 {
            at.push_str(&format!(":{n}"));
        }
    }
    let message = if message.is_empty() { String::new() } else { format!(" {}", harmless(message)) };
    line(&format!("  {}{arrow}{} {at}{message}", s.blue, s.reset));
    let Some(text) = &place.text else { return };
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let text = harmless(text).replace('\t', " ");
    line(&format!("  {}{number} |{} {text}", s.blue, s.reset));
    if place.column > 0 && place.column <= text.len() + 1 {
        let before = text.get(..place.column - 1).map_or(place.column - 1, |t| t.chars().count());
        let rest = text.chars().count().saturating_sub(before);
        let carets = "^".repeat(place.length.clamp(1, rest.max(1)));
        line(&format!("  {}{gutter} |{} {}{colour}{carets}{}", s.blue, s.reset, " ".repeat(before), s.reset));
    }
}
