//! What a render may use up: [`Limits`] say how much, a [`Budget`] is what everything that a render does is charged to.
//!
//! Charts are strangers' programs, so work, memory, output, depth and time are bounded. Charges depend on the inputs alone, except
//! for time: the same chart meets the same limit on every machine and with any number of threads.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The longest text (in bytes) and list (in items) that one step of a render may make: what is charged after it was made is never
/// much.
pub use pintle_go::limits::{MAX_LIST, MAX_TEXT};

/// How many bytes of text cost as much as a step.
pub const BYTES_A_STEP: u64 = 4;
/// What an item of a list or a map takes, in bytes, with what is allocated around it.
pub const BYTES_AN_ITEM: u64 = 64;
/// What a map takes besides its items, in bytes.
pub const BYTES_A_MAP: u64 = 512;
/// What a value of a document takes while that is read, in bytes, with its place.
const BYTES_A_VALUE: u64 = 400;

/// The deepest that templates may be allowed to nest: each takes its part of the stack.
const MAX_DEPTH: usize = 5_000;

/// What a render may use up before it fails.
///
/// ```
/// use pintle_value::budget::Limits;
/// let limits = Limits { steps: 1_000_000, ..Limits::strict() };
/// assert!(limits.memory < Limits::default().memory);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Actions, function calls, and what functions do: an item or some bytes of text are a step.
    pub steps: u64,
    /// Bytes of all values and texts that are made on the way. What is alive at one time is never more.
    pub memory: u64,
    /// Bytes of output, outputs captured on the way included.
    pub output: usize,
    /// How deep templates that functions execute (`include`, `tpl`) may nest.
    pub depth: usize,
    /// Documents in the output.
    pub documents: usize,
    /// Time on the clock, from the beginning of the render.
    pub time: Duration,
}

impl Default for Limits {
    /// Far beyond any chart; what meets one of them does so within a few seconds and 1 GB.
    fn default() -> Limits {
        Limits {
            steps: 64_000_000,
            memory: 640 << 20,
            output: 128 << 20,
            depth: MAX_DEPTH,
            documents: 100_000,
            time: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// For charts of strangers, as a service renders them: beyond ordinary charts; what meets one of them does so within a second and
    /// 256 MB.
    pub const fn strict() -> Limits {
        Limits {
            steps: 6_000_000,
            memory: 96 << 20,
            output: 16 << 20,
            depth: 500,
            documents: 10_000,
            time: Duration::from_secs(5),
        }
    }
}

impl Limits {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let size = || size(value).ok_or_else(|| format!("limit {name}={value}: a number is meant, such as 1000000 or 256Mi"));
        let count = || size().map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        match name {
            "steps" => self.steps = size()?,
            "memory" => self.memory = size()?,
            "output" => self.output = count()?,
            "depth" => self.depth = count()?.min(MAX_DEPTH),
            "documents" => self.documents = count()?,
            "time" => {
                self.time = time(value).ok_or_else(|| format!("limit {name}={value}: a time is meant, such as 10s or 500ms"))?
            }
            _ => return Err(format!("unknown limit {name:?}: known are steps, memory, output, depth, documents and time")),
        }
        Ok(())
    }

    /// The lower of both in everything: what a stranger asks for never raises what the caller allows.
    #[must_use]
    pub fn at_most(self, other: Limits) -> Limits {
        Limits {
            steps: self.steps.min(other.steps),
            memory: self.memory.min(other.memory),
            output: self.output.min(other.output),
            depth: self.depth.min(other.depth),
            documents: self.documents.min(other.documents),
            time: self.time.min(other.time),
        }
    }
}

/// Reads limits as settings give them: `default` or `strict`, and single ones by their names. Commas separate them, the last wins:
/// `strict,memory=256Mi,time=2s`.
///
/// Errors: a name or a value that isn't known, with those that are.
///
/// ```
/// use pintle_value::budget::Limits;
/// let limits = "strict,memory=256Mi".parse::<Limits>().unwrap();
/// assert_eq!(limits, Limits { memory: 256 << 20, ..Limits::strict() });
/// ```
impl FromStr for Limits {
    type Err = String;

    fn from_str(text: &str) -> Result<Limits, String> {
        let mut limits = Limits::default();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            match part.split_once('=') {
                None => {
                    limits = match part {
                        "default" => Limits::default(),
                        "strict" => Limits::strict(),
                        _ => return Err(format!("unknown limits {part:?}: default, strict or NAME=VALUE is meant")),
                    }
                }
                Some((name, value)) => limits.set(name.trim(), value.trim())?,
            }
        }
        Ok(limits)
    }
}

/// Checks that a document of YAML or JSON can be read within the memory: what it holds takes far more than its text.
///
/// Errors: it may take more.
pub fn check_document(limits: Limits, text: &[u8]) -> Result<(), Exceeded> {
    let values = || text.iter().filter(|b| matches!(b, b'\n' | b':' | b',' | b'[' | b'{')).count() as u64;
    // Small ones aren't worth counting.
    let fits = text.len() as u64 * BYTES_A_VALUE <= limits.memory || values() * BYTES_A_VALUE <= limits.memory;
    if fits { Ok(()) } else { Err(Exceeded { limit: Limit::Memory, allowed: limits.memory }) }
}

/// A number of bytes or of anything else, with or without a unit of Kubernetes' quantities: `Ki`, `Mi`, `Gi`, or `k`, `M`, `G`.
pub fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[digits..] {
        "" => 1,
        "k" => 1000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}

/// A number of milliseconds (`ms`), seconds (`s`, or no unit) or minutes (`m`).
pub fn time(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..digits].parse::<u64>().ok()?;
    Some(match &text[digits..] {
        "ms" => Duration::from_millis(number),
        "" | "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    })
}

/// One of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Limit {
    Steps,
    Memory,
    Output,
    Depth,
    Documents,
    Time,
}

impl Limit {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Steps => "steps",
            Limit::Memory => "memory",
            Limit::Output => "output",
            Limit::Depth => "depth",
            Limit::Documents => "documents",
            Limit::Time => "time",
        }
    }
}

/// A limit was exceeded: the error that says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Which of them.
    pub limit: Limit,
    /// What was allowed, in its unit: bytes of memory and output, milliseconds of time.
    pub allowed: u64,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exceeded { limit, allowed } = self;
        match limit {
            Limit::Steps => write!(f, "the limit of {allowed} steps is exceeded"),
            Limit::Memory => write!(f, "the limit of {allowed} bytes of memory is exceeded"),
            Limit::Output => write!(f, "the limit of {allowed} bytes of output is exceeded"),
            Limit::Depth => write!(f, "the limit of {allowed} templates one within the other is exceeded"),
            Limit::Documents => write!(f, "the limit of {allowed} documents is exceeded"),
            Limit::Time => write!(f, "the time limit of {allowed} ms is exceeded"),
        }
    }
}

impl std::error::Error for Exceeded {}

/// What is left of the limits of one render; the threads of a render share it.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    steps: AtomicU64,
    memory: AtomicU64,
    documents: AtomicU64,
    began: Instant,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new(Limits::default())
    }
}

impl Budget {
    /// A whole budget; its time begins.
    #[expect(clippy::disallowed_methods, reason = "the budget is what has the time")]
    pub fn new(limits: Limits) -> Budget {
        Budget {
            limits,
            steps: AtomicU64::new(0),
            memory: AtomicU64::new(0),
            documents: AtomicU64::new(0),
            began: Instant::now(),
        }
    }

    /// What it began with.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How many steps are left.
    pub fn steps_left(&self) -> u64 {
        self.limits.steps.saturating_sub(self.steps.load(Relaxed))
    }

    /// What has been charged: steps, and bytes of memory.
    pub fn spent(&self) -> (u64, u64) {
        (self.steps.load(Relaxed), self.memory.load(Relaxed))
    }

    /// Charges work, and looks at the clock: for work of some size. Loops over small steps gather some before they charge them.
    ///
    /// Errors: no steps or no time are left.
    pub fn charge(&self, steps: u64) -> Result<(), Exceeded> {
        if add(&self.steps, steps) > self.limits.steps {
            return Err(self.exceeded(Limit::Steps));
        }
        self.check_time()
    }

    /// Charges bytes of values or text that were made or are about to be.
    ///
    /// Errors: that makes more than may be.
    pub fn allocate(&self, bytes: u64) -> Result<(), Exceeded> {
        if add(&self.memory, bytes) > self.limits.memory { Err(self.exceeded(Limit::Memory)) } else { Ok(()) }
    }

    /// Checks that so many bytes could be made, for what is needed on the way and given back.
    ///
    /// Errors: that is more than is left.
    pub fn check_memory(&self, bytes: u64) -> Result<(), Exceeded> {
        let made = self.memory.load(Relaxed).saturating_add(bytes);
        if made > self.limits.memory { Err(self.exceeded(Limit::Memory)) } else { Ok(()) }
    }

    /// Charges the making of a text.
    ///
    /// Errors: no steps, memory or time are left.
    pub fn text(&self, bytes: usize) -> Result<(), Exceeded> {
        self.allocate(bytes as u64)?;
        self.charge(bytes as u64 / BYTES_A_STEP)
    }

    /// Charges the making of a list or map.
    ///
    /// Errors: no steps, memory or time are left.
    pub fn items(&self, items: usize) -> Result<(), Exceeded> {
        self.allocate((items as u64).saturating_mul(BYTES_AN_ITEM))?;
        self.charge(items as u64)
    }

    /// Charges documents of the output.
    ///
    /// Errors: that makes more than may be.
    pub fn documents(&self, documents: usize) -> Result<(), Exceeded> {
        let all = add(&self.documents, documents as u64);
        if all > self.limits.documents as u64 { Err(self.exceeded(Limit::Documents)) } else { Ok(()) }
    }

    /// Checks the clock.
    ///
    /// Errors: no time is left.
    pub fn check_time(&self) -> Result<(), Exceeded> {
        if self.began.elapsed() > self.limits.time { Err(self.exceeded(Limit::Time)) } else { Ok(()) }
    }

    /// The error for one of its limits.
    pub fn exceeded(&self, limit: Limit) -> Exceeded {
        let l = &self.limits;
        let allowed = match limit {
            Limit::Steps => l.steps,
            Limit::Memory => l.memory,
            Limit::Output => l.output as u64,
            Limit::Depth => l.depth as u64,
            Limit::Documents => l.documents as u64,
            Limit::Time => l.time.as_millis().try_into().unwrap_or(u64::MAX),
        };
        Exceeded { limit, allowed }
    }
}

/// What one thread took out of a budget, to spend it without asking for every step. What is left goes back when it is dropped.
#[derive(Debug)]
pub struct Purse {
    budget: Arc<Budget>,
    steps: u64,
    memory: u64,
}

impl Purse {
    /// Steps taken at once: the clock is looked at as often.
    const STEPS: u64 = 1 << 16;
    /// Bytes taken at once.
    const MEMORY: u64 = 1 << 20;

    /// An empty one.
    pub fn new(budget: Arc<Budget>) -> Purse {
        Purse { budget, steps: 0, memory: 0 }
    }

    /// The budget that it is filled from.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// How many steps are left, in it and in the budget.
    pub fn steps_left(&self) -> u64 {
        self.budget.steps_left().saturating_add(self.steps)
    }

    /// As [`Budget::charge`].
    #[inline]
    pub fn charge(&mut self, steps: u64) -> Result<(), Exceeded> {
        if steps > self.steps {
            self.draw_steps(steps - self.steps)?;
        }
        self.steps -= steps;
        Ok(())
    }

    /// As [`Budget::allocate`].
    #[inline]
    pub fn allocate(&mut self, bytes: u64) -> Result<(), Exceeded> {
        if bytes > self.memory {
            self.draw_memory(bytes - self.memory)?;
        }
        self.memory -= bytes;
        Ok(())
    }

    #[cold]
    fn draw_steps(&mut self, missing: u64) -> Result<(), Exceeded> {
        let more = Purse::STEPS.min(self.budget.steps_left().saturating_sub(missing));
        self.budget.charge(missing.saturating_add(more))?;
        self.steps = self.steps.saturating_add(missing).saturating_add(more);
        Ok(())
    }

    #[cold]
    fn draw_memory(&mut self, missing: u64) -> Result<(), Exceeded> {
        let left = self.budget.limits.memory.saturating_sub(self.budget.memory.load(Relaxed));
        let more = Purse::MEMORY.min(left.saturating_sub(missing));
        self.budget.allocate(missing.saturating_add(more))?;
        self.memory = self.memory.saturating_add(missing).saturating_add(more);
        Ok(())
    }
}

impl Drop for Purse {
    fn drop(&mut self) {
        self.budget.steps.fetch_sub(self.steps, Relaxed);
        self.budget.memory.fetch_sub(self.memory, Relaxed);
    }
}

/// Adds without ever starting again at 0.
fn add(counter: &AtomicU64, n: u64) -> u64 {
    let before = counter.fetch_update(Relaxed, Relaxed, |v| Some(v.saturating_add(n))).unwrap_or_else(|v| v);
    before.saturating_add(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purse_spends_what_is_there_and_no_more() {
        let budget = Arc::new(Budget::new(Limits { steps: 100_000, memory: 1000, ..Limits::default() }));
        let mut purse = Purse::new(budget.clone());
        assert_eq!((purse.charge(1), purse.steps_left()), (Ok(()), 99_999));
        assert_eq!(purse.charge(99_999), Ok(()));
        assert_eq!(purse.charge(1).map_err(|e| e.limit), Err(Limit::Steps));
        assert_eq!(purse.allocate(999), Ok(()));
        assert_eq!(purse.allocate(2).map_err(|e| e.limit), Err(Limit::Memory));
        let other = Arc::new(Budget::default());
        let mut purse = Purse::new(other.clone());
        assert_eq!(purse.charge(3), Ok(()));
        drop(purse);
        assert_eq!(other.steps_left(), Limits::default().steps - 3);
    }

    #[test]
    fn settings_are_read_or_refused() {
        let limits = " strict, steps=5 ,output=1Ki,depth=9,documents=3,time=250ms".parse::<Limits>().unwrap();
        let expected =
            Limits { steps: 5, output: 1024, depth: 9, documents: 3, time: Duration::from_millis(250), ..Limits::strict() };
        assert_eq!(limits, expected);
        assert_eq!("".parse(), Ok(Limits::default()));
        for (text, why) in [
            ("tight", "unknown limits \"tight\": default, strict or NAME=VALUE is meant"),
            ("step=1", "unknown limit \"step\": known are steps, memory, output, depth, documents and time"),
            ("steps=-1", "limit steps=-1: a number is meant, such as 1000000 or 256Mi"),
            ("memory=99999999999999999999", "limit memory=99999999999999999999: a number is meant, such as 1000000 or 256Mi"),
            ("time=5x", "limit time=5x: a time is meant, such as 10s or 500ms"),
        ] {
            assert_eq!(text.parse::<Limits>(), Err(why.to_owned()));
        }
        assert_eq!(Limits::default().at_most(limits), limits);
    }

    #[test]
    fn each_limit_is_met_and_named() {
        let budget = Budget::new(Limits { steps: 10, memory: 100, ..Limits::default() });
        assert_eq!(budget.charge(10), Ok(()));
        assert_eq!(budget.charge(u64::MAX).map_err(|e| e.limit), Err(Limit::Steps));
        assert_eq!(budget.charge(1).map_err(|e| e.limit), Err(Limit::Steps));
        assert_eq!(budget.items(usize::MAX).map_err(|e| e.limit), Err(Limit::Memory));
        let late = Budget::new(Limits { time: Duration::ZERO, ..Limits::default() });
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(late.charge(0).map_err(|e| e.to_string()), Err("the time limit of 0 ms is exceeded".into()));
    }
}
