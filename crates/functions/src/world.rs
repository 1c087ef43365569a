//! What a render may draw from outside its inputs: the clock, randomness, DNS and the cluster.
//!
//! Functions reach the outside only through a [`World`]. [`System`] is the default: the system's clock and randomness, no
//! network, no cluster. [`Seeded`] gives the same draws for the same seed; [`Given`] has a seed, a clock or both. [`Recorder`] keeps what another world answered,
//! and [`Replay`] answers it again, so that a failed render can be repeated exactly.

use std::cell::{Cell, RefCell};
use std::ops::BitOr;
use std::sync::Arc;

use pintle_go::time::{Time, Zone};
use pintle_value::Data;

/// A moment: seconds and nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    /// Whole seconds; negative before 1970.
    pub seconds: i64,
    /// 0 to 999,999,999, counted upwards from `seconds`.
    pub nanos: u32,
}

impl From<Instant> for Time {
    /// The moment in local time.
    fn from(instant: Instant) -> Time {
        Time::unix_time(instant.seconds, instant.nanos, Zone::Local)
    }
}

/// An object that `lookup` asks for; an empty name asks for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// For example `apps/v1`.
    pub api_version: &'a str,
    /// For example `Deployment`.
    pub kind: &'a str,
    /// Empty for all namespaces or objects without one.
    pub namespace: &'a str,
    /// Empty for a list.
    pub name: &'a str,
}

/// The outside, as template functions see it.
pub trait World {
    /// The present.
    fn now(&self) -> Instant;

    /// Fills `bytes` with randomness.
    fn fill(&self, bytes: &mut [u8]);

    /// The address of a host; `""` when none is known. Helm answers this without DNS too, unless asked otherwise.
    fn resolve(&self, _host: &str) -> String {
        String::new()
    }

    /// The object asked for, an empty mapping when there is none, or the error of the cluster.
    fn lookup(&self, _query: Query<'_>) -> Result<Data, String> {
        Ok(Data::Map(Default::default()))
    }
}

impl<W: World + ?Sized> World for Box<W> {
    fn now(&self) -> Instant {
        (**self).now()
    }
    fn fill(&self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
    fn resolve(&self, host: &str) -> String {
        (**self).resolve(host)
    }
    fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        (**self).lookup(query)
    }
}

/// The system's clock and randomness; no network, no cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl World for System {
    #[expect(clippy::disallowed_methods, reason = "this is the place that owns the clock")]
    fn now(&self) -> Instant {
        match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            Ok(d) => Instant { seconds: d.as_secs().cast_signed(), nanos: d.subsec_nanos() },
            Err(_) => Instant::default(),
        }
    }

    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // No source of randomness: zeros would pass for secrets, so fall back on what differs between runs.
            let now = self.now();
            let seed = now.seconds.cast_unsigned().rotate_left(32) ^ u64::from(now.nanos) ^ bytes.as_ptr().addr() as u64;
            Seeded::new(seed, now).fill(bytes);
        }
    }
}

/// A fixed clock, and randomness from a seed: the same draws in the same order for the same seed.
///
/// The stream is ChaCha with 8 rounds, keyed by the seed. It is for tests and reproducible previews, not for real secrets.
#[derive(Clone, Debug)]
pub struct Seeded {
    now: Instant,
    key: u64,
    counter: Cell<u64>,
    block: RefCell<Vec<u8>>,
}

impl Seeded {
    /// A world whose clock stands at `now`.
    pub fn new(seed: u64, now: Instant) -> Seeded {
        Seeded { now, key: seed, counter: Cell::new(0), block: RefCell::default() }
    }

    fn next_block(&self) -> [u8; 64] {
        let counter = self.counter.replace(self.counter.get().wrapping_add(1));
        let key = [self.key, self.key ^ 0x9E37_79B9_7F4A_7C15, !self.key, self.key.rotate_left(32)];
        let mut state = [0u32; 16];
        state[..4].copy_from_slice(&[0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574]);
        for (i, k) in key.iter().enumerate() {
            state[4 + 2 * i] = *k as u32;
            state[5 + 2 * i] = (*k >> 32) as u32;
        }
        state[12] = counter as u32;
        state[13] = (counter >> 32) as u32;
        let start = state;
        let mut quarter = |a: usize, b: usize, c: usize, d: usize| {
            for (x, y, z, bits) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
                state[x] = state[x].wrapping_add(state[y]);
                state[z] = (state[z] ^ state[x]).rotate_left(bits);
            }
        };
        for _ in 0..4 {
            for i in 0..4 {
                quarter(i, 4 + i, 8 + i, 12 + i);
            }
            for i in 0..4 {
                quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
            }
        }
        let mut out = [0; 64];
        for (chunk, (word, first)) in out.chunks_exact_mut(4).zip(state.iter().zip(start)) {
            chunk.copy_from_slice(&word.wrapping_add(first).to_le_bytes());
        }
        out
    }
}

/// The system, but for what is given: randomness from a seed, a clock that stands still.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// In place of the system's randomness.
    pub seed: Option<Seeded>,
    /// In place of the system's clock.
    pub now: Option<Instant>,
}

impl Given {
    /// A world with this seed and this clock, where they are given.
    pub fn new(seed: Option<u64>, now: Option<Instant>) -> Given {
        Given { seed: seed.map(|seed| Seeded::new(seed, Instant::default())), now }
    }
}

impl World for Given {
    fn now(&self) -> Instant {
        self.now.unwrap_or_else(|| System.now())
    }

    fn fill(&self, bytes: &mut [u8]) {
        match &self.seed {
            Some(seeded) => seeded.fill(bytes),
            None => System.fill(bytes),
        }
    }
}

impl World for Seeded {
    fn now(&self) -> Instant {
        self.now
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut block = self.block.borrow_mut();
        for b in bytes {
            if block.is_empty() {
                block.extend_from_slice(&self.next_block());
                block.reverse();
            }
            *b = block.pop().unwrap_or_default();
        }
    }
}

/// What a render drew from its world: a manifest that depends on one of these may differ in the next run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drawn {
    /// The clock: `now`, `ago`, a default date, the dates of certificates.
    pub clock: bool,
    /// Randomness: passwords, keys, UUIDs, `shuffle`.
    pub random: bool,
    /// DNS: `getHostByName`.
    pub dns: bool,
    /// The cluster: `lookup`.
    pub lookup: bool,
}

impl Drawn {
    /// Whether anything was drawn.
    pub fn any(self) -> bool {
        self.clock || self.random || self.dns || self.lookup
    }
}

/// What either drew.
impl BitOr for Drawn {
    type Output = Drawn;

    fn bitor(self, other: Drawn) -> Drawn {
        Drawn {
            clock: self.clock || other.clock,
            random: self.random || other.random,
            dns: self.dns || other.dns,
            lookup: self.lookup || other.lookup,
        }
    }
}

/// The answers of a world, in the order in which they were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// Moments, oldest first.
    pub moments: Vec<Instant>,
    /// All random bytes, one after another; at most [`Recording::MAX_RANDOM`].
    pub random: Vec<u8>,
    /// Addresses.
    pub addresses: Vec<String>,
    /// Answers of the cluster.
    pub objects: Vec<Result<Data, String>>,
}

impl Recording {
    /// Random bytes that are kept: a chart that draws more can't be replayed byte for byte.
    pub const MAX_RANDOM: usize = 8 << 20;
}

/// Passes every question on to another world, notes what was drawn and, if asked, keeps the answers.
#[derive(Debug)]
pub struct Recorder<W> {
    world: W,
    drawn: Cell<Drawn>,
    recording: Option<RefCell<Recording>>,
}

impl<W: World> Recorder<W> {
    /// Notes what is drawn from `world`.
    pub fn new(world: W) -> Recorder<W> {
        Recorder { world, drawn: Cell::default(), recording: None }
    }

    /// Notes what is drawn from `world` and keeps the answers.
    pub fn keeping(world: W) -> Recorder<W> {
        Recorder { world, drawn: Cell::default(), recording: Some(RefCell::default()) }
    }

    /// What was drawn so far.
    pub fn drawn(&self) -> Drawn {
        self.drawn.get()
    }

    /// The answers so far, if they're kept.
    pub fn into_recording(self) -> Option<Recording> {
        self.recording.map(RefCell::into_inner)
    }

    fn note(&self, mark: impl FnOnce(&mut Drawn), keep: impl FnOnce(&mut Recording)) {
        let mut drawn = self.drawn.get();
        mark(&mut drawn);
        self.drawn.set(drawn);
        if let Some(recording) = &self.recording {
            keep(&mut recording.borrow_mut());
        }
    }
}

impl<W: World> World for Recorder<W> {
    fn now(&self) -> Instant {
        let now = self.world.now();
        self.note(|d| d.clock = true, |r| r.moments.push(now));
        now
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.world.fill(bytes);
        self.note(
            |d| d.random = true,
            |r| {
                let room = Recording::MAX_RANDOM.saturating_sub(r.random.len());
                r.random.extend_from_slice(&bytes[..bytes.len().min(room)]);
            },
        );
    }

    fn resolve(&self, host: &str) -> String {
        let address = self.world.resolve(host);
        self.note(|d| d.dns = true, |r| r.addresses.push(address.clone()));
        address
    }

    fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        let object = self.world.lookup(query);
        self.note(|d| d.lookup = true, |r| r.objects.push(object.clone()));
        object
    }
}

/// Answers what a [`Recording`] holds, in its order; past its end, the last moment again and a seeded stream.
#[derive(Debug)]
pub struct Replay {
    recording: Arc<Recording>,
    at: Cell<[usize; 4]>,
    beyond: Seeded,
}

impl Replay {
    /// A world that answers as before.
    pub fn new(recording: impl Into<Arc<Recording>>) -> Replay {
        let recording = recording.into();
        let now = recording.moments.last().copied().unwrap_or_default();
        Replay { recording, at: Cell::default(), beyond: Seeded::new(0, now) }
    }

    fn advance(&self, which: usize, by: usize) -> usize {
        let mut at = self.at.get();
        let was = at[which];
        at[which] = was.saturating_add(by);
        self.at.set(at);
        was
    }
}

impl World for Replay {
    fn now(&self) -> Instant {
        self.recording.moments.get(self.advance(0, 1)).copied().unwrap_or_else(|| self.beyond.now())
    }

    fn fill(&self, bytes: &mut [u8]) {
        let kept = self.recording.random.get(self.advance(1, bytes.len())..).unwrap_or_default();
        let (known, rest) = bytes.split_at_mut(kept.len().min(bytes.len()));
        known.copy_from_slice(&kept[..known.len()]);
        self.beyond.fill(rest);
    }

    fn resolve(&self, _host: &str) -> String {
        self.recording.addresses.get(self.advance(2, 1)).cloned().unwrap_or_default()
    }

    fn lookup(&self, _query: Query<'_>) -> Result<Data, String> {
        self.recording.objects.get(self.advance(3, 1)).cloned().unwrap_or(Ok(Data::Map(Default::default())))
    }
}

/// A number in `0..bound`, each equally likely; 0 for a bound of 0.
pub fn below(world: &dyn World, bound: u64) -> u64 {
    if bound < 2 {
        return 0;
    }
    let mask = u64::MAX >> (bound - 1).leading_zeros();
    loop {
        let mut bytes = [0; 8];
        let width = (64 - (bound - 1).leading_zeros()).div_ceil(8) as usize;
        world.fill(&mut bytes[..width]);
        let n = u64::from_le_bytes(bytes) & mask;
        if n < bound {
            return n;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(world: &dyn World) -> ([u8; 70], Instant, u64) {
        let mut bytes = [0; 70];
        world.fill(&mut bytes);
        (bytes, world.now(), below(world, 1000))
    }

    #[test]
    fn seeds_repeat_and_differ() {
        let now = Instant { seconds: 1_700_000_000, nanos: 5 };
        assert_eq!(draw(&Seeded::new(1, now)), draw(&Seeded::new(1, now)));
        assert_ne!(draw(&Seeded::new(1, now)).0, draw(&Seeded::new(2, now)).0);
    }

    #[test]
    fn what_is_given_is_fixed_and_the_rest_the_systems() {
        let now = Instant { seconds: 1_700_000_000, nanos: 5 };
        let (seeded, fixed) = (|| Given::new(Some(1), None), || Given::new(None, Some(now)));
        assert_eq!(draw(&seeded()).0, draw(&seeded()).0);
        assert_ne!(draw(&fixed()).0, draw(&fixed()).0);
        assert_eq!((fixed().now(), Given::new(Some(1), Some(now)).now()), (now, now));
        assert!(seeded().now() > now);
    }

    #[test]
    fn a_recording_replays() {
        let recorder = Recorder::keeping(System);
        assert_eq!(recorder.drawn(), Drawn::default());
        let first = draw(&recorder);
        assert_eq!(recorder.drawn(), Drawn { clock: true, random: true, ..Drawn::default() });
        let replay = Replay::new(recorder.into_recording().unwrap());
        assert_eq!(draw(&replay), first);
    }

    #[test]
    fn below_stays_below() {
        let world = Seeded::new(7, Instant::default());
        let mut seen = [0; 5];
        for _ in 0..500 {
            seen[below(&world, 5) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| n > 50), "{seen:?}");
    }
}
