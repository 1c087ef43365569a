//! Reads cases (`tests/README.md`), lays them out in a folder and runs the program there.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A case: the lines of its head, and its files.
pub struct Case {
    pub head: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
}

impl Case {
    pub fn read(path: &Path) -> Case {
        Case::parse(&fs::read(path).unwrap())
    }

    pub fn parse(text: &[u8]) -> Case {
        let mut case = Case { head: Vec::new(), files: Vec::new() };
        let mut escaped = Vec::new();
        for line in text.split_inclusive(|b| *b == b'\n') {
            if let Some((name, is_escaped)) = header(line) {
                case.files.push((name, Vec::new()));
                escaped.push(is_escaped);
            } else if let Some((_, text)) = case.files.last_mut() {
                text.extend_from_slice(line);
            } else {
                case.head.push(String::from_utf8_lossy(line).trim_end_matches('\n').to_owned());
            }
        }
        for ((_, text), escaped) in case.files.iter_mut().zip(escaped) {
            if escaped {
                *text = unescape(text);
            }
        }
        case
    }

    /// Writes the files into an empty folder.
    pub fn lay_out(&self, folder: &Path) {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).unwrap();
        for (name, text) in &self.files {
            write(&folder.join(name), text);
        }
        for line in &self.head {
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                ["tgz", path, source] => {
                    let name = Path::new(source).file_name().unwrap();
                    write(&folder.join(path), &pack(&folder.join(source), Path::new(name)));
                }
                ["link", path, target] => link(&folder.join(path), target),
                _ => {}
            }
        }
    }

    /// The files that take the same place in turn, and the place.
    pub fn variants(&self) -> (Vec<&str>, &str) {
        let each = self.head.iter().find_map(|l| l.strip_prefix("each ")).and_then(|l| l.split_once(' '));
        let Some((from, place)) = each else { return (vec![""], "") };
        let below = |n: &&str| n.strip_prefix(from).is_some_and(|n| n.starts_with('/'));
        let mut names: Vec<&str> = self.files.iter().map(|(n, _)| n.as_str()).filter(below).collect();
        names.sort_unstable();
        (names, place)
    }
}

pub fn write(path: &Path, text: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn link(path: &Path, target: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(target, path).unwrap();
    #[cfg(windows)]
    std::os::windows::fs::symlink_file(target, path).unwrap();
}

/// A folder as a .tgz, below the folder `name`.
pub fn pack(folder: &Path, name: &Path) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()));
    tar.append_dir_all(name, folder).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

fn header(line: &[u8]) -> Option<(String, bool)> {
    let name = std::str::from_utf8(line).ok()?.strip_prefix("-- ")?.strip_suffix(" --\n")?;
    let (name, escaped) = name.strip_suffix(" (escaped)").map_or((name, false), |n| (n, true));
    (!name.contains(' ')).then(|| (name.to_owned(), escaped))
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.iter().copied().filter(|b| *b != b'\n');
    while let Some(b) = rest.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        out.push(match rest.next().unwrap() {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b => b,
        });
    }
    out
}

/// Arguments as a shell splits them: spaces, with both quotes and backslashes.
pub fn split(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut inside) = (None, false);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, ' ') => {
                inside = false;
                continue;
            }
            (Some(q), c) if q == c => {
                quote = None;
                continue;
            }
            _ => {}
        }
        if !inside {
            words.push(String::new());
            inside = true;
        }
        let word = words.last_mut().unwrap();
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (None | Some('"'), '\\') => {
                let next = chars.next().unwrap();
                if quote.is_some() && !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            (_, c) => word.push(c),
        }
    }
    words
}

/// Runs the program in a folder, with nothing of the caller's environment.
pub fn pintle(folder: &Path, line: &str, more: &[&str]) -> Output {
    let mut words = split(line);
    let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
    command.current_dir(folder).env_clear();
    let mut input = Vec::new();
    if let [.., arrow, file] = &words[..]
        && arrow == "<"
    {
        input = fs::read(folder.join(file)).unwrap();
        words.truncate(words.len() - 2);
    }
    let is_setting = |w: &&String| w.split_once('=').is_some_and(|(n, _)| n.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
    let settings = words.iter().take_while(is_setting).count();
    for word in words.drain(..settings) {
        let (name, value) = word.split_once('=').unwrap();
        command.env(name, value);
    }
    let _ = fs::remove_dir_all(folder.join("out"));
    let mut child =
        command.args(words).args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(&input);
    child.wait_with_output().unwrap()
}

/// A result as goldens show it.
pub fn show(folder: &Path, output: &Output) -> Vec<u8> {
    let mut out = format!("exit {}\n", output.status.code().unwrap_or(-1)).into_bytes();
    lines(&mut out, "o|", &output.stdout);
    if !output.status.success() {
        let error = &output.stderr;
        let start = error.windows(7).position(|w| w == b"Error: ").unwrap_or(0);
        lines(&mut out, "e|", &error[start..]);
    }
    let mut written = Vec::new();
    files_below(&folder.join("out"), &mut written);
    written.sort();
    for file in written {
        let name = file.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
        out.extend_from_slice(format!("f {name}\n").as_bytes());
        lines(&mut out, "o|", &fs::read(&file).unwrap());
    }
    replace(&out, folder.to_string_lossy().as_bytes(), b"DIR")
}

fn lines(out: &mut Vec<u8>, tag: &str, text: &[u8]) {
    for line in text.split_inclusive(|b| *b == b'\n') {
        out.extend_from_slice(tag.as_bytes());
        out.extend_from_slice(line);
    }
    if text.last().is_some_and(|b| *b != b'\n') {
        out.extend_from_slice(b"\n\\\n");
    }
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < text.len() {
        if text[i..].starts_with(from) {
            out.extend_from_slice(to);
            i += from.len();
        } else {
            out.push(text[i]);
            i += 1;
        }
    }
    out
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// An empty folder for a test.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

/// A folder for a test with a case's files in it.
pub fn laid_out(name: &str, files: impl AsRef<[u8]>) -> PathBuf {
    let folder = folder(name);
    Case::parse(files.as_ref()).lay_out(&folder);
    folder
}

/// Findings without the codes behind their sentences, for tests of what they say.
pub fn without_codes(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" [") {
        Some((said, code)) if code.ends_with(']') && code.contains('/') && !code.contains(' ') => said.to_owned(),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("\n")
}
