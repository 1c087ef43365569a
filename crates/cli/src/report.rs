//! Shows errors and warnings on standard error.

use std::io::Write;
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
    let flag = argument.split([' ', '=']).next().unwrap_or("").to_owned();
    match e.kind() {
        ErrorKind::UnknownArgument => match flag.strip_prefix("--") {
            Some(_) => format!("unknown flag: {flag}"),
            None => {
                let short = flag.trim_start_matches('-');
                format!("unknown shorthand flag: '{}' in -{short}", short.chars().next().unwrap_or(' '))
            }
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if context(ContextKind::InvalidValue).is_empty() => {
            format!("flag needs an argument: {flag}")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("invalid argument \"{}\" for \"{flag}\" flag", context(ContextKind::InvalidValue))
        }
        _ => e.to_string().trim_start_matches("error: ").trim_end().to_owned(),
    }
}

/// An error of the library with all that is known of it.
pub fn error(e: &pintle::Error) {
    e.diagnostics().iter().for_each(diagnostic);
}

/// A finding: what, where, how it came about, what to do.
pub fn diagnostic(d: &pintle::Diagnostic) {
    let level = match d.severity {
        pintle::Severity::Error => "error",
        pintle::Severity::Warning => "warning",
        pintle::Severity::Note => "note",
    };
    line(&format!("{level}: {}", d.message));
    for (message, span) in d.span.iter().map(|s| ("", s)).chain(d.trace.iter().map(|t| (t.message.as_str(), &t.span))) {
        line(&format!("  --> {}:{}:{} {message}", span.file, span.line, span.column));
    }
    for hint in &d.hints {
        line(&format!("  help: {hint}"));
    }
}
