//! What the system is asked for beyond `std::fs`: files opened without waiting and without links, and handles of folders.
//!
//! With a handle, what was checked is what is used: nobody can put a link in its place in between. Where there are no handles
//! (Windows), paths stand for them, checked right before.

#[cfg(not(unix))]
pub(crate) use other::*;
#[cfg(unix)]
pub(crate) use unix::*;

/// What a name in a folder is, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file and the modes that it has for owner, group and others.
    File(u32),
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, a device, a socket.
    Other(&'static str),
}

#[cfg(unix)]
mod unix {
    use std::ffi::{OsStr, OsString};
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;
    use std::sync::{Arc, Once};

    use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags};
    use rustix::io::Errno;
    use rustix::process::Signal;

    use super::Kind;

    /// Opening a pipe doesn't wait for its other end, opening a terminal doesn't make it this process's.
    const AT_ONCE: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);
    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    pub(crate) fn is_a_directory() -> io::Error {
        Errno::ISDIR.into()
    }

    pub(crate) fn open(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).custom_flags(AT_ONCE.bits() as i32).open(path)
    }

    pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | AT_ONCE;
        #[cfg(target_os = "linux")]
        match rustix::fs::openat2(CWD, path, flags, Mode::empty(), rustix::fs::ResolveFlags::NO_SYMLINKS) {
            // A kernel or a sandbox that doesn't know the call.
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {}
            opened => return Ok(File::from(opened?)),
        }
        Ok(File::from(rustix::fs::openat(CWD, path, flags | OFlags::NOFOLLOW, Mode::empty())?))
    }

    /// A folder that is open.
    #[derive(Debug)]
    pub(crate) struct Dir(OwnedFd);

    impl Dir {
        /// Opens a folder; links above its own name are followed.
        pub(crate) fn open(path: &Path) -> io::Result<Dir> {
            Ok(Dir(rustix::fs::openat(CWD, path, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
        }

        /// Opens a folder in this one.
        pub(crate) fn child(&self, name: &OsStr) -> io::Result<Dir> {
            Ok(Dir(rustix::fs::openat(&self.0, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
        }

        pub(crate) fn make(&self, name: &OsStr, mode: u32) -> io::Result<()> {
            Ok(rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode))?)
        }

        /// Makes a file that doesn't exist.
        pub(crate) fn create(&self, name: &OsStr, mode: u32) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(File::from(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(mode))?))
        }

        /// Makes a symbolic link that doesn't exist.
        pub(crate) fn link(&self, name: &OsStr, target: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::symlinkat(target, &self.0, name)?)
        }

        /// Opens a file for reading, and no link.
        pub(crate) fn file(&self, name: &OsStr) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | AT_ONCE;
            Ok(File::from(rustix::fs::openat(&self.0, name, flags, Mode::empty())?))
        }

        pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
        }

        pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
        }

        pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
        }

        pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Kind> {
            let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => Kind::File(stat.st_mode as u32 & 0o777),
                FileType::Directory => Kind::Folder,
                FileType::Symlink => Kind::Link,
                FileType::Fifo => Kind::Other("a named pipe"),
                FileType::Socket => Kind::Other("a socket"),
                _ => Kind::Other("a device"),
            })
        }

        pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
            let mut names = Vec::new();
            for entry in rustix::fs::Dir::read_from(&self.0)? {
                let name = OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned();
                if name != "." && name != ".." {
                    names.push(name);
                }
            }
            Ok(names)
        }

        /// Takes the folder for this process if no other has it. A file system without locks has no others either.
        pub(crate) fn lock(&self) -> bool {
            rustix::fs::flock(&self.0, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
        }

        /// The process that has the folder, where the system tells (Linux's `/proc/locks`).
        pub(crate) fn holder(&self) -> Option<u32> {
            let inode = format!(":{}", rustix::fs::fstat(&self.0).ok()?.st_ino);
            let locks = std::fs::read_to_string("/proc/locks").ok()?;
            let fields = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            let found = fields.filter(|f| f.get(1) == Some(&"FLOCK")).find(|f| f.get(5).is_some_and(|id| id.ends_with(&inode)));
            found?.get(4)?.parse().ok().filter(|pid| *pid > 0)
        }

        /// Makes names last that were given since.
        pub(crate) fn sync(&self) -> io::Result<()> {
            match rustix::fs::fsync(&self.0) {
                // Not every file system knows that of folders.
                Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
                synced => Ok(synced?),
            }
        }
    }

    pub(crate) fn heed_limits() {
        static ONCE: Once = Once::new();
        // Without the handler the limit ends the process, as it would have without this.
        ONCE.call_once(|| drop(signal_hook::flag::register(Signal::XFSZ.as_raw(), Arc::default())));
    }

    pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(mode as rustix::fs::RawMode))?)
    }
}

#[cfg(not(unix))]
mod other {
    use std::ffi::{OsStr, OsString};
    use std::fs::{self, File};
    use std::io;
    use std::path::{Path, PathBuf};

    use super::Kind;

    pub(crate) fn is_a_directory() -> io::Error {
        io::ErrorKind::IsADirectory.into()
    }

    pub(crate) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    /// A folder by its path.
    #[derive(Debug)]
    pub(crate) struct Dir(PathBuf);

    impl Dir {
        pub(crate) fn open(path: &Path) -> io::Result<Dir> {
            match fs::symlink_metadata(path)? {
                meta if meta.is_dir() => Ok(Dir(path.to_owned())),
                _ => Err(io::ErrorKind::NotADirectory.into()),
            }
        }

        pub(crate) fn child(&self, name: &OsStr) -> io::Result<Dir> {
            Dir::open(&self.0.join(name))
        }

        pub(crate) fn make(&self, name: &OsStr, _: u32) -> io::Result<()> {
            fs::create_dir(self.0.join(name))
        }

        pub(crate) fn create(&self, name: &OsStr, _: u32) -> io::Result<File> {
            File::options().write(true).create_new(true).open(self.0.join(name))
        }

        pub(crate) fn link(&self, _: &OsStr, _: &OsStr) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(crate) fn file(&self, name: &OsStr) -> io::Result<File> {
            match self.kind(name)? {
                Kind::Link => Err(crate::Refused::Link.into()),
                _ => File::open(self.0.join(name)),
            }
        }

        pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            fs::rename(self.0.join(from), self.0.join(to))
        }

        pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
            fs::remove_file(self.0.join(name))
        }

        pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
            fs::remove_dir(self.0.join(name))
        }

        pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Kind> {
            let kind = fs::symlink_metadata(self.0.join(name))?.file_type();
            Ok(match kind {
                k if k.is_file() => Kind::File(0o644),
                k if k.is_dir() => Kind::Folder,
                _ => Kind::Link,
            })
        }

        pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
            fs::read_dir(&self.0)?.map(|entry| entry.map(|e| e.file_name())).collect()
        }

        pub(crate) fn lock(&self) -> bool {
            true
        }

        pub(crate) fn holder(&self) -> Option<u32> {
            None
        }

        pub(crate) fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(crate) fn heed_limits() {}

    pub(crate) fn set_mode(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }
}
