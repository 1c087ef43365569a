//! A cluster that is asked while charts render: `pintle-cluster serve` as a child, over the lines of [`pintle_core::cluster::protocol`].

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use pintle_core::cluster::protocol::{self, Hello, MAX_LINE};
use pintle_core::cluster::{Lookup, Query};
use pintle_core::{Data, Diagnostic, Error};

/// The child, which ends with this.
pub struct Live(Mutex<Talk>);

impl Live {
    /// Starts `program`, and waits for what it says first. `limit` is what it may take for anything that it says.
    ///
    /// Errors: the program can't be run, the cluster can't be asked, no answer in time.
    #[expect(clippy::disallowed_methods, reason = "what the child says is read while it is written to")]
    pub fn start(program: &Path, arguments: &[OsString], limit: Duration) -> Result<(Live, Hello), Error> {
        let failed = |what: String| Error::from(Diagnostic::new(&pintle_core::rules::CLUSTER_LIVE, what));
        let child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|e| failed(format!("{}: {e}", program.display())))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (send, lines) = sync_channel(1);
        let mut talk = Talk { child, input, lines, limit };
        let Some(output) = output else { return Err(failed(format!("{}: no output", program.display()))) };
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            loop {
                let mut line = Vec::new();
                let read = output.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line);
                // The end, or more than a line may be: then nothing after it can be understood.
                if read.is_err() || !line.ends_with(b"\n") || send.send(line).is_err() {
                    return;
                }
            }
        });
        let hello = protocol::read_hello(&talk.line().map_err(failed)?)?;
        Ok((Live(Mutex::new(talk)), hello))
    }
}

impl Lookup for Live {
    fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        let mut talk = self.0.lock().map_err(|_| "an earlier lookup failed".to_owned())?;
        talk.say(&protocol::question(query))?;
        let line = talk.line()?;
        protocol::read_answer(&line)
    }
}

struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    limit: Duration,
}

impl Talk {
    fn say(&mut self, line: &str) -> Result<(), String> {
        let Some(input) = &mut self.input else { return Err("pintle-cluster has been given up".to_owned()) };
        input.write_all(line.as_bytes()).and_then(|()| input.flush()).map_err(|_| self.ended())
    }

    fn line(&mut self) -> Result<Vec<u8>, String> {
        self.lines.recv_timeout(self.limit).map_err(|e| match e {
            RecvTimeoutError::Timeout => {
                // A late answer would be taken for that of the next question.
                self.end();
                format!("pintle-cluster gave no answer within {:?}", self.limit)
            }
            RecvTimeoutError::Disconnected => self.ended(),
        })
    }

    /// What became of the child, whose output has ended.
    fn ended(&mut self) -> String {
        self.input = None;
        let status = self.child.wait().map_or_else(|e| e.to_string(), |s| s.to_string());
        format!("pintle-cluster ended before it answered ({status})")
    }

    fn end(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn start(script: &str) -> Result<(Live, Hello), Error> {
        Live::start(Path::new("/bin/sh"), &["-c".into(), script.into()], Duration::from_millis(300))
    }

    const QUERY: Query<'_> = Query { api_version: "v1", kind: "Secret", namespace: "a", name: "b" };

    #[test]
    fn a_program_that_says_nothing_is_given_up() {
        let e = start("exec sleep 30").err().unwrap();
        assert_eq!(e.message(), "pintle-cluster gave no answer within 300ms");
        let (live, _) = start("echo '{\"protocol\":1}'; exec sleep 30").unwrap();
        assert_eq!(live.lookup(QUERY).unwrap_err(), "pintle-cluster gave no answer within 300ms");
        assert_eq!(live.lookup(QUERY).unwrap_err(), "pintle-cluster has been given up");
    }

    #[test]
    fn a_program_that_ends_is_told() {
        assert_eq!(start("exit 3").err().unwrap().message(), "pintle-cluster ended before it answered (exit status: 3)");
        // Half a line doesn't count.
        let e = start("printf '{\"protocol\":1}'").err().unwrap();
        assert_eq!(e.message(), "pintle-cluster ended before it answered (exit status: 0)");
        let (live, _) = start("echo '{\"protocol\":1}'; read -r line; exit 4").unwrap();
        assert_eq!(live.lookup(QUERY).unwrap_err(), "pintle-cluster ended before it answered (exit status: 4)");
        assert!(live.lookup(QUERY).is_err());
        assert!(start("echo hello; exec sleep 30").err().unwrap().message().contains("isn't understood"));
    }
}
