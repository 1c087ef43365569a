//! `pintle-cluster serve`: lookups for a `pintle` that renders, over the lines of [`pintle_core::cluster::protocol`].

use std::io::{self, BufRead, Read, Write};

use pintle_core::cluster::protocol::{self, Hello};
use pintle_core::{Diagnostic, Error};

use crate::connect::{self, connect};
use crate::discovery::versions;
use crate::lookup::Lookups;
use crate::rules;

/// A question is longer than this by mistake only.
const MAX_QUESTION: u64 = 1 << 20;

/// Says what the cluster is, then answers until the input ends. What goes wrong before the first answer is said in its place.
///
/// Errors: whoever asks has gone away, or asks an invalid question.
pub fn serve(args: &connect::Args, input: impl Read, mut output: impl Write) -> io::Result<()> {
    let begun = connect(args, false).and_then(|connection| {
        let (cluster, discovered) = versions(&connection.api).map_err(|e| unanswered(&e))?;
        Ok((connection, Hello { cluster, warnings: discovered.warnings() }))
    });
    let mut say = |line: String| output.write_all(line.as_bytes()).and_then(|()| output.flush());
    let (connection, hello) = match begun {
        Ok(begun) => begun,
        Err(e) => return say(protocol::failure(&e)),
    };
    say(protocol::hello(&hello))?;
    let lookups = Lookups::new(&connection.api);
    let mut input = io::BufReader::new(input);
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(MAX_QUESTION).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let question = protocol::read_question(&line).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        say(protocol::answer(&lookups.lookup(question.query())))?;
    }
}

/// The error of a cluster that doesn't say what it is.
pub(crate) fn unanswered(message: &str) -> Error {
    let d = Diagnostic::new(&rules::CLUSTER_UNREACHABLE, message);
    d.hint("`kubectl version` with the same kubeconfig and context says whether the cluster can be reached").into()
}
