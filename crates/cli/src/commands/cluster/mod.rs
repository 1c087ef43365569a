//! What is known of a cluster: from a snapshot, or from the cluster itself, which the program `pintle-cluster` asks. This program
//! holds no code for networks; `pintle cluster` hands over to the other, and `--cluster-live` starts it beside.

mod live;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pintle_core::cluster::{Cluster, Lookup, Remembered};
use pintle_core::{Diagnostic, Error};
use pintle_files::words;
use pintle_files::write::{self, Access};
use pintle_value::budget::time;

use super::helm::hand_over;
use super::source::usage;
use crate::rules;
use crate::{io, report};
use live::Live;

/// The flags that say what is known of a cluster.
#[derive(clap::Args, Default)]
#[cfg_attr(test, derive(Debug))]
#[group(skip)]
#[command(next_help_heading = "Cluster")]
pub struct Args {
    /// A snapshot of a cluster: its versions for .Capabilities, its objects for lookup
    #[arg(long, value_name = "FILE")]
    cluster: Option<PathBuf>,
    /// Ask the cluster itself, which needs the program pintle-cluster
    #[arg(long, conflicts_with = "cluster")]
    cluster_live: bool,
    /// Write what charts looked up to a file that answers the same with --cluster; it holds Secrets as they are
    #[arg(long, value_name = "FILE")]
    record_lookups: Option<PathBuf>,
    /// For --cluster-live: the kubeconfig [default: those of $KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// For --cluster-live: the kubeconfig's context [default: the current one]
    #[arg(long, value_name = "NAME")]
    kube_context: Option<String>,
    /// For --cluster-live: how long the cluster may take for one question [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = request_time)]
    request_timeout: Option<Duration>,
    #[arg(skip)]
    opened: OnceLock<Opened>,
}

fn request_time(text: &str) -> Result<Duration, String> {
    let day = Duration::from_secs(86_400);
    time(text).filter(|time| !time.is_zero() && *time <= day).ok_or_else(|| "30s, 500ms or 2m is meant".to_owned())
}

/// How long the cluster may take for one question.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What programs that fetch credentials may take beside the cluster's own time.
const GRACE: Duration = Duration::from_secs(60);

/// What renders ask.
#[derive(Clone, Default)]
pub struct Opened {
    /// The versions, and the objects of a snapshot.
    pub cluster: Option<Arc<Cluster>>,
    /// Who answers lookups in place of the snapshot.
    pub lookups: Option<Arc<dyn Lookup>>,
    remembered: Option<Arc<Remembered>>,
}

impl fmt::Debug for Opened {
    // Objects may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

impl Args {
    /// Refuses flags that would do nothing. Helm's own command takes them all, wherever they have a meaning or not.
    pub fn check(&self) -> Result<(), Error> {
        let flags = [
            (self.kubeconfig.is_some(), "--kubeconfig"),
            (self.kube_context.is_some(), "--kube-context"),
            (self.request_timeout.is_some(), "--request-timeout"),
        ];
        match flags.into_iter().find(|(given, _)| *given && !self.cluster_live) {
            Some((_, flag)) => Err(usage(&format!("{flag} says which cluster is asked, and only --cluster-live asks one"))),
            None => Ok(()),
        }
    }

    /// Reads the snapshot or connects to the cluster, once for all that is rendered in a run. `more` are further arguments of
    /// `pintle-cluster serve`.
    pub fn open(&self, more: &[OsString]) -> Result<Opened, Error> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened.clone());
        }
        let opened = self.opened_now(more)?;
        Ok(self.opened.get_or_init(|| opened).clone())
    }

    fn opened_now(&self, more: &[OsString]) -> Result<Opened, Error> {
        let (cluster, lookups): (Cluster, Option<Arc<dyn Lookup>>) = if self.cluster_live {
            let limit = self.timeout().saturating_mul(2).saturating_add(GRACE);
            let (live, hello) = Live::start(&program()?, &self.arguments(more), limit)?;
            hello.warnings.iter().for_each(|w| report::diagnostic(&Diagnostic::new(&rules::CLUSTER_DISCOVERY, w)));
            (hello.cluster, Some(Arc::new(live)))
        } else if let Some(file) = &self.cluster {
            let name = file.display().to_string();
            let text = io::read_values(&name).map_err(|e| Error::new(&pintle_core::rules::FILE_READ, e))?;
            (Cluster::read(&name, &text)?, None)
        } else if self.record_lookups.is_some() {
            return Err(usage("--record-lookups: nothing is looked up without --cluster-live or --cluster FILE"));
        } else {
            return Ok(Opened::default());
        };
        let cluster = Arc::new(cluster);
        // A cluster may change while it is asked: one question has one answer in a run.
        let remembered = match lookups {
            Some(live) => Some(Arc::new(Remembered::new(live))),
            None if self.record_lookups.is_some() => Some(Arc::new(Remembered::new(cluster.clone()))),
            None => None,
        };
        let lookups = remembered.clone().map(|l| l as Arc<dyn Lookup>);
        Ok(Opened { cluster: Some(cluster), lookups, remembered })
    }

    /// Writes what was looked up, if that is wanted, whatever else became of the run.
    pub fn finish(&self) -> Result<(), Error> {
        let Some(file) = &self.record_lookups else { return Ok(()) };
        let Some(Opened { cluster: Some(versions), remembered: Some(remembered), .. }) = self.opened.get() else { return Ok(()) };
        let text = remembered.cluster(versions).to_yaml();
        write::file(file, text.as_bytes(), Access::Owner).map_err(|e| {
            Error::new(&pintle_core::rules::FILE_WRITE, format!("--record-lookups {}: {}", e.path.display(), words(&e.why)))
        })
    }

    /// As [`Args::finish`], and the errors of both.
    pub fn after<T>(&self, done: Result<T, Error>) -> Result<T, Error> {
        let written = self.finish();
        match (done, written) {
            (Err(mut e), Err(more)) => {
                e.diagnostics_mut().extend(more.diagnostics().iter().cloned());
                Err(e)
            }
            (done, written) => done.and_then(|done| written.map(|()| done)),
        }
    }

    fn timeout(&self) -> Duration {
        self.request_timeout.unwrap_or(REQUEST_TIMEOUT)
    }

    fn arguments(&self, more: &[OsString]) -> Vec<OsString> {
        let timeout = format!("{}ms", self.timeout().as_millis());
        let mut out: Vec<OsString> = vec!["serve".into(), argument("--request-timeout", timeout)];
        let flags = [
            ("--kubeconfig", self.kubeconfig.as_ref().map(|f| f.as_os_str())),
            ("--kube-context", self.kube_context.as_ref().map(OsStr::new)),
        ];
        for (flag, value) in flags {
            out.extend(value.map(|value| argument(flag, value)));
        }
        out.extend_from_slice(more);
        out
    }
}

/// A flag and its value in one, so that no value is taken for a flag.
pub fn argument(flag: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut out = OsString::from(flag);
    out.push("=");
    out.push(value);
    out
}

/// `pintle cluster`: the other program with the same arguments.
pub fn run(args: &[OsString]) -> ExitCode {
    let handed = program().and_then(|program| {
        let mut command = Command::new(&program);
        command.args(args);
        hand_over::hand(command).map_err(|e| Error::new(&rules::CLUSTER_PROGRAM, format!("{}: {e}", program.display())))
    });
    handed.unwrap_or_else(|e| report::failure(&e))
}

/// The program that asks clusters: the one that is named, the one beside this program, the first in PATH.
#[expect(clippy::disallowed_methods, reason = "where pintle-cluster lies is the user's setting")]
fn program() -> Result<PathBuf, Error> {
    const NAMES: &str = "PINTLE_CLUSTER";
    if let Some(named) = std::env::var_os(NAMES).filter(|n| !n.is_empty()) {
        let path = PathBuf::from(named);
        return match path.is_file() {
            true => Ok(path),
            false => Err(Error::new(
                &rules::CLUSTER_PROGRAM,
                format!("{NAMES} names {}, and there is no such program", path.display()),
            )),
        };
    }
    let name = OsStr::new("pintle-cluster");
    let beside = std::env::current_exe().ok().map(|own| own.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION));
    let found = beside.filter(|path| path.is_file()).or_else(|| hand_over::in_path(name).into_iter().next());
    found.ok_or_else(|| {
        let d = Diagnostic::new(&rules::CLUSTER_PROGRAM, "pintle-cluster isn't here, neither beside pintle nor in PATH");
        d.hint("only that program asks clusters: `cargo install pintle-cluster` installs it")
            .hint(format!("one that lies elsewhere is named by {NAMES}"))
            .into()
    })
}
