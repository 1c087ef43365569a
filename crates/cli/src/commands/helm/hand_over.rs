//! Hands a command over to the real Helm, and never to this program again.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use pintle_core::Error;

use crate::report;

/// How many hand-overs lie above this process. Plugins of Helm may call `helm` again, so a few are in order; a loop through a copy or a
/// script has no end.
const DEPTH: &str = "PINTLE_HELM_DEPTH";
const DEEPEST: u32 = 8;

/// Runs the real Helm with the same arguments; `why` says what is wanted of it, for when there is none.
#[expect(clippy::disallowed_methods, reason = "Helm is sought where a shell would seek it")]
pub fn run(args: &[OsString], why: &Error) -> ExitCode {
    let failed = |what: String| {
        report::line(&format!("Error: {what}"));
        ExitCode::FAILURE
    };
    let helm = match find("PINTLE_HELM", named().as_deref()) {
        Ok(Some(helm)) => helm,
        Ok(None) => {
            return failed(format!("{why}; there is no other helm: set PINTLE_HELM or add one to PATH"));
        }
        Err(e) => return failed(format!("{why}; {e}")),
    };
    let depth = std::env::var(DEPTH).ok().and_then(|d| d.parse().ok()).unwrap_or(0_u32);
    if depth >= DEEPEST {
        return failed(format!("{why}; {} leads back to pintle: PINTLE_HELM must name the real helm", helm.display()));
    }
    let mut command = Command::new(&helm);
    command.args(args).env(DEPTH, (depth + 1).to_string());
    match hand(command) {
        Ok(code) => code,
        Err(e) => failed(format!("{why}; {}: {e}", helm.display())),
    }
}

/// The real Helm takes this process's place: signals and exit codes are its own.
#[cfg(unix)]
pub fn hand(mut command: Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
pub fn hand(mut command: Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// The real Helm that the environment names.
#[expect(clippy::disallowed_methods, reason = "Helm is sought where a shell would seek it")]
pub fn named() -> Option<OsString> {
    std::env::var_os("PINTLE_HELM").filter(|n| !n.is_empty())
}

/// The program that is named, or the `helm` in PATH that isn't this program: of those behind this one first. `label` is what named it.
pub fn find(label: &str, named: Option<&OsStr>) -> Result<Option<PathBuf>, String> {
    if let Some(named) = named {
        let path = PathBuf::from(named);
        let is_path = path.components().count() > 1;
        let found = if is_path { path.is_file().then_some(path) } else { in_path(named).into_iter().find(|p| !is_self(p)) };
        return match found {
            Some(found) if is_self(&found) => Err(format!("{label} names pintle itself, {}", found.display())),
            Some(found) => Ok(Some(found)),
            None => Err(format!("{label} names {}, and there is no such program", Path::new(named).display())),
        };
    }
    let mut all = in_path(OsStr::new("helm"));
    if let Some(own) = all.iter().position(|p| is_self(p)) {
        all.rotate_left(own);
    }
    Ok(all.into_iter().find(|p| !is_self(p)))
}

/// The programs of a name, in the order of PATH.
#[expect(clippy::disallowed_methods, reason = "Helm is sought where a shell would seek it")]
pub fn in_path(name: &OsStr) -> Vec<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let file = |folder: PathBuf| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    std::env::split_paths(&folders).map(file).filter(|p| is_program(p)).collect()
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Whether a path leads to the program that runs, be it through links of either kind.
fn is_self(path: &Path) -> bool {
    let Ok(own) = std::env::current_exe() else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(a), Ok(b)) = (path.metadata(), own.metadata()) {
            return a.dev() == b.dev() && a.ino() == b.ino();
        }
    }
    matches!((path.canonicalize(), own.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
