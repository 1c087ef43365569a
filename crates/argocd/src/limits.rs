//! Limits on time and on how many renders run at once. Argo CD bounds neither for plugins: its own parallelism limit leaves them out, and
//! after the caller's deadline (60 s) it says no more than that it has passed.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pintle_core::{Diagnostic, Error, Limits};
use pintle_value::budget::time;

use crate::environment::Environment;
use crate::{Application, rules};

/// Below the repo-server's 60 s, so that the message is ours.
const TIMEOUT: Duration = Duration::from_secs(50);
/// Longer waits overflow a clock on some systems.
const LONGEST: Duration = Duration::from_secs(86_400);
const TIMEOUT_VARIABLE: &str = "PINTLE_CMP_TIMEOUT";
const PLACES_VARIABLE: &str = "PINTLE_CMP_CONCURRENCY";
const LIMITS_VARIABLE: &str = "PINTLE_CMP_LIMITS";

/// What a render may use up: what the sidecar's variable allows, and no more than the application's parameter asks for.
///
/// Errors: one that isn't known.
pub fn of_render(app: &Application) -> Result<Limits, Error> {
    let read = |of: &str, text: &str| text.parse::<Limits>().map_err(|e| Error::new(&rules::CMP_LIMIT, format!("{of}: {e}")));
    let allowed = read(LIMITS_VARIABLE, app.environment.setting(LIMITS_VARIABLE).unwrap_or_default())?;
    match app.parameters.text("limits")? {
        Some(text) => Ok(allowed.at_most(read("the parameter limits", text)?)),
        None => Ok(allowed),
    }
}

/// Runs out of time unless it is dropped before.
pub struct Watch {
    /// What is being done, for the message.
    doing: Arc<Mutex<Vec<String>>>,
    until: Instant,
    limit: Duration,
    _done: mpsc::Sender<()>,
}

impl Watch {
    /// Starts the clock; `late` is told what to say when the time is over. Errors: an invalid time.
    pub fn start(environment: &Environment, late: impl FnOnce(String) + Send + 'static) -> Result<Watch, Error> {
        let limit = match environment.setting(TIMEOUT_VARIABLE) {
            Some(text) => time(text)
                .filter(|time| !time.is_zero() && *time <= LONGEST)
                .ok_or_else(|| Error::new(&rules::CMP_LIMIT, format!("{TIMEOUT_VARIABLE}={text}: 50s, 500ms or 1m is meant")))?,
            None => TIMEOUT,
        };
        let doing: Arc<Mutex<Vec<String>>> = Arc::default();
        let (done, stopped) = mpsc::channel::<()>();
        let shown = doing.clone();
        thread::spawn(move || {
            if stopped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let doing = shown.lock().map(|d| d.clone()).unwrap_or_default();
                late(format!("error: {} took longer than {limit:?} ({TIMEOUT_VARIABLE})", list(&doing)));
            }
        });
        Ok(Watch { doing, until: Instant::now() + limit, limit, _done: done })
    }

    /// Says what is being done now.
    pub fn doing(&self, what: Vec<String>) {
        if let Ok(mut doing) = self.doing.lock() {
            *doing = what;
        }
    }

    /// Says that one of several is done.
    pub fn done(&self, what: &str) {
        if let Ok(mut doing) = self.doing.lock() {
            doing.retain(|d| d != what);
        }
    }

    /// Waits for a place among the renders of this pod.
    pub fn place(&self, environment: &Environment) -> Result<Slot, Error> {
        let places =
            match environment.setting(PLACES_VARIABLE) {
                Some(text) => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                    Error::new(&rules::CMP_LIMIT, format!("{PLACES_VARIABLE}={text}: a number above 0 is meant"))
                })?,
                None => thread::available_parallelism().map_or(1, usize::from),
            };
        // A little earlier than the clock, whose message would name the wrong cause.
        let margin = Duration::from_millis(100).min(self.limit / 4);
        loop {
            if let Some(place) = (0..places).find_map(Slot::take) {
                return Ok(place);
            }
            if Instant::now() + margin >= self.until {
                let message = format!("waited {:?} for {places} other renders", self.limit);
                let hint = format!("{PLACES_VARIABLE} says how many may run at once, {TIMEOUT_VARIABLE} how long to wait");
                return Err(Diagnostic::new(&rules::CMP_LIMIT, message).hint(hint).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// One of the renders that may run at once. On Linux it is an abstract socket's name: the kernel gives it free when the process ends,
/// however it ends, and a read-only container needs no folder for it. Elsewhere, where no Argo CD runs, there is no limit.
pub struct Slot {
    #[cfg(target_os = "linux")]
    _socket: Option<std::os::unix::net::UnixListener>,
}

impl Slot {
    #[cfg(target_os = "linux")]
    fn take(number: usize) -> Option<Slot> {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::{SocketAddr, UnixListener};
        // Processes that share a folder for temporary files share the limit. Names are at most 107 bytes long.
        let folder = std::env::temp_dir().to_string_lossy().into_owned();
        let end = folder.char_indices().map(|(i, _)| i).find(|i| folder.len() - i <= 70).unwrap_or(0);
        let address = SocketAddr::from_abstract_name(format!("pintle-cmp:{}:{number}", &folder[end..])).ok()?;
        match UnixListener::bind_addr(&address) {
            Ok(socket) => Some(Slot { _socket: Some(socket) }),
            Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => None,
            // Where there are no such sockets there is no limit.
            Err(_) => Some(Slot { _socket: None }),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn take(_: usize) -> Option<Slot> {
        Some(Slot {})
    }
}

fn list(doing: &[String]) -> String {
    let (shown, rest) = doing.split_at(doing.len().min(3));
    match (shown, rest.len()) {
        ([], _) => "reading the application".to_owned(),
        (shown, 0) => format!("rendering {}", shown.join(", ")),
        (shown, more) => format!("rendering {} and {more} more", shown.join(", ")),
    }
}
