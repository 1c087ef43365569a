//! Files that are made to do harm: what is read of them, and what is written where they are.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests make the files")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use pintle_files::write::{Access, Folder, Last, Private, file, new_folder};
use pintle_files::{Refused, Root, read, refused};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("files-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    // A work tree of its own within Pintle's.
    fs::create_dir(folder.join(".git")).unwrap();
    folder.canonicalize().unwrap()
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).filter(|n| n != ".git").collect();
    names.sort();
    names
}

#[test]
fn only_regular_files_of_a_size_are_read() {
    let folder = folder("kinds");
    let start = Instant::now();
    pipe(&folder.join("pipe"));
    let why = |e: std::io::Error| refused(&e).cloned();
    assert_eq!(read::file(&folder.join("pipe"), 9).map_err(why), Err(Some(Refused::Irregular("a named pipe"))));
    symlink("/dev/zero", folder.join("zero")).unwrap();
    assert_eq!(read::file(&folder.join("zero"), 9).map_err(why), Err(Some(Refused::Irregular("a device"))));
    fs::File::create(folder.join("sparse")).unwrap().set_len(2 << 30).unwrap();
    assert_eq!(read::file(&folder.join("sparse"), 1 << 20).map_err(why), Err(Some(Refused::TooLarge(1 << 20))));
    assert_eq!(read::file(&folder, 9).unwrap_err().kind(), std::io::ErrorKind::IsADirectory);
    fs::write(folder.join("a"), "123456789").unwrap();
    assert_eq!(read::file(&folder.join("a"), 9).unwrap(), b"123456789");
    assert_eq!(read::file(&folder.join("a"), 8).map_err(why), Err(Some(Refused::TooLarge(8))));
    // A user may name what has no end; a file that calls itself empty has bytes.
    assert_eq!(read::named(&folder.join("zero"), 1 << 20).map_err(why), Err(Some(Refused::TooLarge(1 << 20))));
    assert!(!read::file(Path::new("/proc/self/status"), 1 << 20).unwrap().is_empty());
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn links_stay_below_the_root() {
    let folder = folder("root");
    fs::write(folder.join("outside"), "secret").unwrap();
    let inner = folder.join("repo");
    fs::create_dir_all(inner.join("a/b")).unwrap();
    fs::create_dir_all(inner.join(".git")).unwrap();
    fs::write(inner.join(".git/config"), "token").unwrap();
    fs::write(inner.join("file"), "text").unwrap();
    symlink("../../file", inner.join("a/b/relative")).unwrap();
    symlink(inner.join("file"), inner.join("a/absolute")).unwrap();
    symlink("../../outside", inner.join("a/out")).unwrap();
    symlink("../..", inner.join("a/up")).unwrap();
    symlink("../.git", inner.join("a/git")).unwrap();
    symlink("loop", inner.join("loop")).unwrap();
    let root = Root::around(&inner.join("a/b")).unwrap();
    assert_eq!(root.folder(), inner);
    for good in ["file", "a/b/relative", "a/absolute", "a/../file"] {
        assert_eq!(root.text(&inner.join(good)).unwrap(), b"text", "{good}");
    }
    for out in ["a/out", "a/up/outside", "../outside"] {
        let e = root.text(&inner.join(out)).unwrap_err();
        assert_eq!(refused(&e), Some(&Refused::Outside(inner.clone())), "{out}");
    }
    for git in [".git/config", "a/git/config", "a/../.git/config"] {
        assert_eq!(refused(&root.text(&inner.join(git)).unwrap_err()), Some(&Refused::Git), "{git}");
    }
    assert!(root.text(&inner.join("loop")).is_err());
    // A link to another work tree is no work tree of its own.
    let other = folder.join("other");
    fs::create_dir_all(other.join(".git")).unwrap();
    symlink("../other", inner.join("other")).unwrap();
    assert_eq!(Root::around(&inner.join("other")).unwrap().folder(), inner);
}

#[test]
fn nothing_is_written_through_links() {
    let folder = folder("links");
    fs::write(folder.join("victim"), "mine").unwrap();
    fs::create_dir_all(folder.join("repo/.git")).unwrap();
    fs::create_dir_all(folder.join("repo/out/real")).unwrap();
    let out = folder.join("repo/out");
    symlink("../../victim", out.join("file")).unwrap();
    symlink("../..", out.join("below")).unwrap();
    symlink("nowhere", out.join("dangling")).unwrap();
    symlink("real", out.join("inside")).unwrap();
    symlink("../..", folder.join("repo/away")).unwrap();
    symlink("out", folder.join("repo/linked")).unwrap();
    let open = Folder::open(&out).unwrap();
    for path in ["file", "dangling", "below/victim", "inside/x"] {
        let e = open.write(path, b"theirs", Last::No).unwrap_err();
        assert_eq!(refused(&e.why), Some(&Refused::Link), "{path}");
        assert_eq!(e.path, out.join(path));
    }
    for path in ["../victim", "/tmp/x", "", ".", "a/../../victim", ".git/config", "a/.GIT/x"] {
        let e = open.write(path, b"theirs", Last::No).unwrap_err();
        assert_eq!(refused(&e.why), Some(&Refused::Path), "{path}");
        assert_eq!(refused(&open.remove(path).unwrap_err().why), Some(&Refused::Path), "{path}");
    }
    assert!(open.remove("below/victim").is_err() && open.remove("file").is_err());
    drop(open);
    assert_eq!(refused(&Folder::open(&folder.join("repo/linked")).unwrap_err().why), Some(&Refused::Link));
    for path in ["repo/away/new", "repo/away/repo2/x"] {
        let e = Folder::open(&folder.join(path)).unwrap_err();
        assert_eq!(refused(&e.why), Some(&Refused::Outside(folder.join("repo"))), "{path}");
    }
    assert!(file(&folder.join("repo/away/victim"), b"theirs", Access::Shared).is_err());
    assert!(file(&out.join("file"), b"theirs", Access::Shared).is_err());
    assert!(new_folder(&out.join("dangling"), &[("a".into(), b"a".to_vec())]).is_err());
    assert_eq!(fs::read(folder.join("victim")).unwrap(), b"mine");
    assert_eq!(names(&folder), ["repo", "victim"]);
}

#[test]
fn what_a_killed_run_left_goes_and_nothing_else() {
    let folder = folder("left");
    let out = folder.join("out");
    fs::create_dir_all(out.join(".pintle-new-00000000000000ff")).unwrap();
    for (name, text) in [(".pintle-new-0123456789abcdef", "half"), (".pintle-new-mine", "kept"), ("web.yaml.pintle-new", "kept")]
    {
        fs::write(out.join(name), text).unwrap();
    }
    symlink("../victim", out.join(".pintle-new-0123456789abcdee")).unwrap();
    Folder::open(&out).unwrap().write("a", b"new", Last::Yes).unwrap();
    let kept = [".pintle-new-00000000000000ff", ".pintle-new-0123456789abcdee", ".pintle-new-mine", "a", "web.yaml.pintle-new"];
    assert_eq!(names(&out), kept);
}

#[test]
fn files_keep_their_mode_or_are_the_owners_alone() {
    let folder = folder("modes");
    let mode = |name: &str| folder.join(name).metadata().unwrap().permissions().mode() & 0o777;
    fs::write(folder.join("script"), "old").unwrap();
    fs::set_permissions(folder.join("script"), fs::Permissions::from_mode(0o750)).unwrap();
    file(&folder.join("script"), b"new", Access::Shared).unwrap();
    assert_eq!((mode("script"), fs::read(folder.join("script")).unwrap()), (0o750, b"new".to_vec()));
    file(&folder.join("script"), b"new", Access::Owner).unwrap();
    file(&folder.join("secret"), b"new", Access::Owner).unwrap();
    assert_eq!((mode("script"), mode("secret")), (0o600, 0o600));
    // What can't be written leaves nothing behind; a device is written to.
    assert!(file(&folder, b"", Access::Owner).is_err());
    assert!(file(&folder.join("none/a"), b"", Access::Owner).is_err());
    assert!(file(Path::new("/dev/full"), b"x", Access::Owner).unwrap_err().to_string().contains("No space left on device"));
    file(Path::new("/dev/null"), b"x", Access::Owner).unwrap();
    assert_eq!(names(&folder), ["script", "secret"]);
    let private = Private::new().unwrap();
    assert_eq!(private.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let path = private.path().to_owned();
    fs::write(path.join("a"), "a").unwrap();
    drop(private);
    assert!(!path.exists());
}

#[test]
fn a_new_folder_is_there_as_a_whole_or_not_at_all() {
    let folder = folder("new");
    let files = [("a".to_owned(), b"a".to_vec()), ("b/c".to_owned(), b"c".to_vec())];
    new_folder(&folder.join("x/chart"), &files).unwrap();
    assert_eq!(fs::read(folder.join("x/chart/b/c")).unwrap(), b"c");
    assert!(new_folder(&folder.join("x/chart"), &files).is_err());
    assert!(new_folder(&folder.join("y"), &[("a".to_owned(), b"a".to_vec()), ("../b".to_owned(), b"b".to_vec())]).is_err());
    assert_eq!(names(&folder), ["x"]);
}

#[test]
fn two_writers_take_turns() {
    let folder = folder("turns");
    let first = Folder::open(&folder.join("out")).unwrap();
    let other = std::thread::spawn({
        let out = folder.join("out");
        move || Folder::open(&out).unwrap().write("a", b"second", Last::No).unwrap()
    });
    std::thread::sleep(Duration::from_millis(200));
    assert!(!other.is_finished());
    first.write("a", b"first", Last::No).unwrap();
    drop(first);
    other.join().unwrap();
    assert_eq!(fs::read(folder.join("out/a")).unwrap(), b"second");
}
