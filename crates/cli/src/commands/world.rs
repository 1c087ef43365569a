//! The flags that fix what templates draw from the world: previews and differences that don't change with every run.

use std::sync::Arc;

use pintle_core::release::Worlds;
use pintle_core::world::{Given, Instant};
use pintle_go::time::Time;

#[derive(clap::Args, Default)]
#[cfg_attr(test, derive(Debug))]
#[group(skip)]
#[command(next_help_heading = "World")]
pub struct Args {
    /// Draw passwords, keys and whatever else is random from this seed: for previews and tests, not for secrets that are used
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// The time that `now` tells, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Instant>,
}

fn moment(text: &str) -> Result<Instant, String> {
    let time = Time::parse(b"2006-01-02T15:04:05Z07:00", text.as_bytes());
    let time = time.map_err(|_| "a time such as 2026-01-31T12:00:00Z is meant".to_owned())?;
    Ok(Instant { seconds: time.unix(), nanos: time.nanosecond() })
}

impl Args {
    /// The worlds of renders: the system, but for what is fixed.
    pub fn worlds(&self) -> Worlds {
        let (seed, now) = (self.seed, self.now);
        Arc::new(move || Box::new(Given::new(seed, now)))
    }
}
