//! The Test Anything Protocol, version 13.

use super::case::{Case, Outcome};
use super::one_line;

/// A test for each case.
pub fn tap(cases: &[Case]) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", cases.len());
    for (i, case) in cases.iter().enumerate() {
        let name = format!("{} ({})", case.file, case.object);
        let line = match case.outcome {
            Outcome::Passed => format!("ok {} - {name}", i + 1),
            Outcome::Skipped => format!("ok {} - {name} # skip", i + 1),
            Outcome::Failed | Outcome::Error => format!("not ok {} - {name}: {}", i + 1, case.message),
        };
        out.push_str(&one_line(&line.replace('\n', " ")));
        out.push('\n');
    }
    out
}
