//! The files of a Git revision in a folder of their own.
//!
//! Takes a path in a work tree and a revision, gives a folder. The repository may be a stranger's, its `.git/config` too, so Git is
//! asked for bare objects only (`ls-tree`, `cat-file`): these run no hook, no filter and no file system monitor, and fetch nothing.
//! Submodules are left out, and so are links out of the revision.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use pintle_core::{Diagnostic, Error};
use pintle_files::write::{Folder, Last, Private};
use pintle_files::{STREAM, read, words, work_tree};

use crate::io::unwritten;
use crate::rules;

/// The bytes that the listing of a revision may take: some half a million files.
const MAX_LISTING: u64 = 64 << 20;
/// The bytes that the files of a revision may take.
const MAX_TOTAL: u64 = 4 << 30;

/// The files of a revision, which go when this does.
pub struct Checkout {
    /// The work tree that they are of.
    root: PathBuf,
    folder: Private,
}

impl Checkout {
    /// Writes the files of a revision of the work tree around a path.
    ///
    /// Errors: no work tree, no such revision, no Git, a revision that is too large.
    pub fn new(path: &Path, revision: &str) -> Result<Checkout, Error> {
        if revision.starts_with('-') {
            return Err(failed(format!("{revision:?} is not a revision")));
        }
        let here = path.canonicalize().map_err(|e| failed(format!("{}: {e}", path.display())))?;
        let Some(root) = work_tree(&here) else {
            return Err(failed(format!("{} is in no Git repository", path.display())));
        };
        let folder = Private::new().map_err(|e| failed(format!("a folder for temporary files: {}", words(&e))))?;
        fill(&root, revision, folder.path())?;
        Ok(Checkout { root, folder })
    }

    /// The folder that stands for the work tree.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a path of the work tree is in the revision; for one outside of it the revision's root.
    pub fn path(&self, path: &Path) -> PathBuf {
        let inner = path.canonicalize().ok().and_then(|p| p.strip_prefix(&self.root).map(Path::to_owned).ok());
        self.folder().join(inner.unwrap_or_default())
    }
}

fn failed(what: impl Into<String>) -> Error {
    Diagnostic::new(&rules::DIFF_GIT, what).into()
}

/// An entry of a revision that is a file or a link.
struct Entry {
    path: String,
    object: String,
    is_link: bool,
}

fn fill(root: &Path, revision: &str, into: &Path) -> Result<(), Error> {
    let entries = list(root, revision)?;
    let folder = Folder::open(into).map_err(unwritten)?;
    let mut objects = Objects::new(root)?;
    let mut links = BTreeMap::new();
    let mut left = MAX_TOTAL;
    for Entry { path, object, is_link } in entries {
        // What is larger is never read either.
        let Some(text) = objects.read(&object, STREAM)? else { continue };
        left = left
            .checked_sub(text.len() as u64)
            .ok_or_else(|| failed(format!("the files of {revision} are larger than the limit of {} GiB", MAX_TOTAL >> 30)))?;
        match String::from_utf8(text) {
            Ok(target) if is_link => {
                links.insert(path, target);
            }
            Err(_) if is_link => {}
            Ok(text) => folder.write(&path, text.as_bytes(), Last::No).map_err(unwritten)?,
            Err(e) => folder.write(&path, e.as_bytes(), Last::No).map_err(unwritten)?,
        }
    }
    for (path, target) in links.iter().filter(|(path, target)| stays(path, target, &links)) {
        folder.link(path, target).map_err(unwritten)?;
    }
    Ok(())
}

/// Whether a link leads to a place in the revision, and to it by no other link: where that one leads isn't to be told from its text.
fn stays(path: &str, target: &str, links: &BTreeMap<String, String>) -> bool {
    let mut at: Vec<&str> = path.split('/').collect();
    at.pop();
    let parts: Vec<Component<'_>> = Path::new(target).components().collect();
    for (i, part) in parts.iter().enumerate() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if at.pop().is_some() => {}
            Component::Normal(name) => match name.to_str() {
                Some(name) => at.push(name),
                None => return false,
            },
            _ => return false,
        }
        if i + 1 < parts.len() && links.contains_key(&at.join("/")) {
            return false;
        }
    }
    true
}

/// The files and links of a revision. Names that are no text are left out.
fn list(root: &Path, revision: &str) -> Result<Vec<Entry>, Error> {
    let mut command = git(root);
    command.args(["ls-tree", "-r", "-z", "--full-tree", revision]).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = Running::start(command)?;
    let said = child.child.stderr.take();
    // Git says little of what went wrong, and its listing is read first: neither waits for the other.
    let listing = child.output()?;
    let listing = read::all(listing, MAX_LISTING).map_err(|e| failed(format!("git ls-tree {revision}: the listing {e}")))?;
    let said = said.map(|said| read::all(said.take(4096), 4096).unwrap_or_default()).unwrap_or_default();
    let status = child.child.wait().map_err(|e| failed(format!("git ls-tree: {e}")))?;
    if !status.success() {
        return Err(failed(format!("git ls-tree {revision}: {}", String::from_utf8_lossy(&said).trim())));
    }
    // `100644 blob 3b18e5… <tab>path`
    let entry = |line: &[u8]| {
        let (head, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
        let fields: Vec<&str> = head.split(' ').collect();
        let [mode, "blob", object] = fields[..] else { return None };
        Some(Entry { path: path.to_owned(), object: object.to_owned(), is_link: mode == "120000" })
    };
    Ok(listing.split(|b| *b == 0).filter_map(entry).collect())
}

/// Git as it is asked here: for what lies in the repository, whatever the environment and the repository's configuration say.
#[expect(clippy::disallowed_methods, reason = "git gets none of what a hook says of another repository")]
fn git(root: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    // An object that doesn't exist stays so: a helper that fetches it is a program of the repository's choice.
    command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
    command.args(["--no-pager", "--no-optional-locks", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
    command.args(["-c", "protocol.allow=never", "-C"]).arg(root);
    command
}

/// A process that ends with this.
struct Running {
    child: Child,
}

impl Running {
    fn start(mut command: Command) -> Result<Running, Error> {
        let child = command.stdout(Stdio::piped()).spawn().map_err(|e| failed(format!("git can't be run: {}", words(&e))))?;
        Ok(Running { child })
    }

    fn output(&mut self) -> Result<ChildStdout, Error> {
        self.child.stdout.take().ok_or_else(|| failed("git has no output"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers with the content of objects, one after the other (`git cat-file --batch`).
struct Objects {
    _running: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Objects {
    fn new(root: &Path) -> Result<Objects, Error> {
        let mut command = git(root);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running::start(command)?;
        let input = running.child.stdin.take().ok_or_else(|| failed("git has no input"))?;
        let output = BufReader::new(running.output()?);
        Ok(Objects { _running: running, input, output })
    }

    /// The content of an object; nothing if it is larger than `limit` bytes. Errors: the object doesn't exist.
    fn read(&mut self, object: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let broken = |e: std::io::Error| failed(format!("git cat-file: {}", words(&e)));
        writeln!(self.input, "{object}").and_then(|()| self.input.flush()).map_err(broken)?;
        let mut head = Vec::new();
        self.output.by_ref().take(1024).read_until(b'\n', &mut head).map_err(broken)?;
        // `3b18e5… blob 12`
        let head = String::from_utf8_lossy(&head);
        let size = head.trim_end().split(' ').nth(2).and_then(|size| size.parse::<u64>().ok());
        let Some(size) = size else { return Err(failed(format!("git cat-file: {}", head.trim_end()))) };
        // The content, and the end of its line.
        let mut content = self.output.by_ref().take(size.saturating_add(1));
        if size > limit {
            std::io::copy(&mut content, &mut std::io::sink()).map_err(broken)?;
            return Ok(None);
        }
        let mut text = Vec::new();
        content.read_to_end(&mut text).map_err(broken)?;
        if text.len() as u64 != size + 1 {
            return Err(failed("git cat-file ended before an object did"));
        }
        text.pop();
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_in_the_revision() {
        let links: BTreeMap<String, String> = [("a/up".to_owned(), "..".to_owned())].into();
        for (path, target) in [("a/b", "c"), ("a/b", "../c/d"), ("a/b", "./.."), ("b", "a/up")] {
            assert!(stays(path, target, &links), "{path} -> {target}");
        }
        for (path, target) in [("a/b", "/etc"), ("a/b", "../../c"), ("b", ".."), ("b", "a/up/.."), ("b", "a/up/x")] {
            assert!(!stays(path, target, &links), "{path} -> {target}");
        }
    }
}
