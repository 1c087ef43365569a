//! Time zones: UTC, the local zone, fixed offsets, and the named zones of the bundled database.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A `*time.Location`.
#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    /// `time.UTC`
    Utc,
    /// `time.Local`, which is UTC here
    Local,
    /// `time.FixedZone`
    Fixed {
        /// May be empty.
        name: Vec<u8>,
        /// Seconds east of UTC.
        offset: i64,
    },
    /// A zone of the database.
    Named(TimeZone),
}

impl Zone {
    /// `time.LoadLocation`; `None` for an unknown name. Names are told apart by case, as files are on Linux.
    pub fn load(name: &[u8]) -> Option<Zone> {
        match name {
            b"" | b"UTC" => return Some(Zone::Utc),
            b"Local" => return Some(Zone::Local),
            _ => {}
        }
        let name = std::str::from_utf8(name).ok()?;
        let zone = DATABASE.get(name).ok()?;
        (zone.iana_name() == Some(name)).then_some(Zone::Named(zone))
    }

    /// What `Location.String` gives.
    pub fn name(&self) -> String {
        match self {
            Zone::Utc => "UTC".to_owned(),
            Zone::Local => "Local".to_owned(),
            Zone::Fixed { name, .. } => String::from_utf8_lossy(name).into_owned(),
            Zone::Named(zone) => zone.iana_name().unwrap_or_default().to_owned(),
        }
    }

    /// Abbreviation, offset in seconds east, and whether daylight saving time, at a Unix time.
    pub fn at(&self, unix: i64) -> (Vec<u8>, i64, bool) {
        match self {
            Zone::Utc | Zone::Local => (b"UTC".to_vec(), 0, false),
            Zone::Fixed { name, offset } => (name.clone(), *offset, false),
            Zone::Named(zone) => {
                // The calendar and its rules repeat every 400 years; the crate ends with the year 9999.
                const CYCLE: i64 = 146_097 * 86_400;
                let (min, max) = (jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
                let cycles = if unix > max { (unix - max) / CYCLE + 1 } else { 0 };
                let at = jiff::Timestamp::from_second((unix - cycles * CYCLE).clamp(min, max)).unwrap_or_default();
                let info = zone.to_offset_info(at);
                (info.abbreviation().as_bytes().to_vec(), i64::from(info.offset().seconds()), info.dst().is_dst())
            }
        }
    }
}
