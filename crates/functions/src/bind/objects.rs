//! Go values with methods that functions return: `time.Time`, `time.Duration`, `*semver.Version`.
//!
//! Templates call their methods (`now.Year`, `(semver "1.2.3").Major`); all that make sense in a template are here.

use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

use pintle_go::time::{Duration, Time, Zone, day_name, month_name};
use pintle_template::GoObject;
use pintle_value::types::{BYTES, INT, INT64, IntKind, Kind};
use pintle_value::{Method, NamedType, Object, Signature, Str, Type, Value, Yaml};

use crate::semver::Version;

type Answer = Result<Value, String>;

const fn method(name: &'static str, params: &'static [Type], result: Type, call: fn(&Value, &[Value]) -> Answer) -> Method {
    Method { name, signature: Signature { params, variadic: false, result }, call }
}

fn wrap(object: impl Object) -> Value {
    Value::Object(Rc::new(object))
}

fn int_of(v: Option<&Value>) -> i64 {
    if let Some(Value::Int(_, n)) = v { *n } else { 0 }
}

// time.Time

/// A `time.Time`.
#[derive(Clone, Debug)]
pub struct TimeObject(pub Time);

fn time_of(v: Option<&Value>) -> Time {
    v.and_then(Value::as_object::<TimeObject>).map_or_else(Time::zero, |t| t.0.clone())
}

fn duration_of(v: Option<&Value>) -> Duration {
    v.and_then(Value::as_object::<DurationObject>).map_or(Duration(0), |d| d.0)
}

macro_rules! time_methods {
    ($($name:literal ($($param:expr),*) -> $result:expr, |$t:ident, $args:ident| $body:expr;)*) => {
        &[$(method($name, &[$($param),*], $result, |v, $args| {
            let $t = time_of(Some(v));
            let _ = $args;
            Ok($body)
        })),*]
    };
}

/// A type by its name alone, for signatures: a static can't hold methods that name the static itself.
const fn named(name: &'static str, kind: Kind) -> NamedType {
    NamedType { name, kind, underlying: None, methods: &[] }
}

static TIME_NAME: NamedType = named("time.Time", Kind::Struct);
static DURATION_NAME: NamedType = named("time.Duration", Kind::Int64);
static MONTH_NAME: NamedType = named("time.Month", Kind::Int);
static WEEKDAY_NAME: NamedType = named("time.Weekday", Kind::Int);
static LOCATION_NAME: NamedType = named("*time.Location", Kind::Pointer);
static VERSION_NAME: NamedType = named("*semver.Version", Kind::Pointer);
static VERSION_VALUE_NAME: NamedType = named("semver.Version", Kind::Struct);

const TIME_TYPE: Type = Type::Named(&TIME_NAME);
const DURATION_TYPE: Type = Type::Named(&DURATION_NAME);
const MONTH_TYPE: Type = Type::Named(&MONTH_NAME);
const WEEKDAY_TYPE: Type = Type::Named(&WEEKDAY_NAME);
const LOCATION_TYPE: Type = Type::Named(&LOCATION_NAME);
const VERSION_TYPE: Type = Type::Named(&VERSION_NAME);
/// The same without the pointer, which some methods return.
const VERSION_VALUE_TYPE: Type = Type::Named(&VERSION_VALUE_NAME);

static TIME: NamedType = NamedType {
    name: "time.Time",
    kind: Kind::Struct,
    underlying: None,
    methods: time_methods! {
        "Add"(DURATION_TYPE) -> TIME_TYPE, |t, a| wrap(TimeObject(t.add(duration_of(a.first()))));
        "AddDate"(INT, INT, INT) -> TIME_TYPE, |t, a| {
            wrap(TimeObject(t.add_date(int_of(a.first()), int_of(a.get(1)), int_of(a.get(2)))))
        };
        "After"(TIME_TYPE) -> Type::Bool, |t, a| Value::Bool(t.compare(&time_of(a.first())) == Ordering::Greater);
        "Before"(TIME_TYPE) -> Type::Bool, |t, a| Value::Bool(t.compare(&time_of(a.first())) == Ordering::Less);
        "Compare"(TIME_TYPE) -> INT, |t, a| Value::int(t.compare(&time_of(a.first())) as i64);
        "Day"() -> INT, |t, _a| Value::int(t.civil().day);
        "Equal"(TIME_TYPE) -> Type::Bool, |t, a| Value::Bool(t.compare(&time_of(a.first())) == Ordering::Equal);
        "Format"(Type::String) -> Type::String, |t, a| {
            Value::string(t.format(a.first().and_then(Value::as_str).map_or(b"", |s| s))?)
        };
        "GoString"() -> Type::String, |t, _a| Value::string(go_string(&t));
        "Hour"() -> INT, |t, _a| Value::int(t.civil().hour);
        "In"(LOCATION_TYPE) -> TIME_TYPE, |t, a| match a.first().and_then(Value::as_object::<LocationObject>) {
            Some(l) => wrap(TimeObject(t.in_zone(l.zone()))),
            None => return Err("time: missing Location in call to Time.In".to_owned()),
        };
        "IsDST"() -> Type::Bool, |t, _a| Value::Bool(t.zone().at(t.unix()).2);
        "IsZero"() -> Type::Bool, |t, _a| Value::Bool(t.is_zero());
        "Local"() -> TIME_TYPE, |t, _a| wrap(TimeObject(t.in_zone(Zone::Local)));
        "Location"() -> LOCATION_TYPE, |t, _a| wrap(LocationObject(Some(t.zone().clone())));
        "MarshalJSON"() -> BYTES, |t, _a| Value::Bytes([&b"\""[..], &t.to_json()?, b"\""].concat().into());
        "MarshalText"() -> BYTES, |t, _a| Value::Bytes(t.to_marshalled_text()?.into());
        "Minute"() -> INT, |t, _a| Value::int(t.civil().minute);
        "Month"() -> MONTH_TYPE, |t, _a| wrap(NamedInt { value: t.civil().month, named: &MONTH, text: month_name });
        "Nanosecond"() -> INT, |t, _a| Value::int(i64::from(t.nanosecond()));
        "Round"(DURATION_TYPE) -> TIME_TYPE, |t, a| wrap(TimeObject(t.round(duration_of(a.first()))));
        "Second"() -> INT, |t, _a| Value::int(t.civil().second);
        "String"() -> Type::String, |t, _a| Value::string(t.to_text());
        "Sub"(TIME_TYPE) -> DURATION_TYPE, |t, a| wrap(DurationObject(t.sub(&time_of(a.first()))));
        "Truncate"(DURATION_TYPE) -> TIME_TYPE, |t, a| wrap(TimeObject(t.truncate(duration_of(a.first()))));
        "UTC"() -> TIME_TYPE, |t, _a| wrap(TimeObject(t.in_zone(Zone::Utc)));
        "Unix"() -> INT64, |t, _a| Value::int64(t.unix());
        "UnixMicro"() -> INT64, |t, _a| Value::int64(unix_in(&t, 1_000_000));
        "UnixMilli"() -> INT64, |t, _a| Value::int64(unix_in(&t, 1_000));
        "UnixNano"() -> INT64, |t, _a| Value::int64(unix_in(&t, 1_000_000_000));
        "Weekday"() -> WEEKDAY_TYPE, |t, _a| wrap(NamedInt { value: t.civil().weekday, named: &WEEKDAY, text: day_name });
        "Year"() -> INT, |t, _a| Value::int(t.civil().year);
        "YearDay"() -> INT, |t, _a| Value::int(t.civil().year_day);
    },
};

fn unix_in(t: &Time, per_second: i64) -> i64 {
    t.unix().wrapping_mul(per_second).wrapping_add(i64::from(t.nanosecond()) / (1_000_000_000 / per_second))
}

fn go_string(t: &Time) -> String {
    let c = t.civil();
    let zone = match t.zone() {
        Zone::Utc => "time.UTC".to_owned(),
        Zone::Local => "time.Local".to_owned(),
        zone => format!("time.Location({})", pintle_go::strconv::quote(zone.name().as_bytes())),
    };
    let (month, nanos) = (month_name(c.month), t.nanosecond());
    let (hour, minute, second) = (c.hour, c.minute, c.second);
    format!("time.Date({}, time.{month}, {}, {hour}, {minute}, {second}, {nanos}, {zone})", c.year, c.day)
}

impl Object for TimeObject {
    fn named_type(&self) -> &'static NamedType {
        &TIME
    }
    fn string(&self) -> Option<Str> {
        Some(self.0.to_text().into())
    }
    fn go_string(&self) -> Option<Str> {
        Some(go_string(&self.0).into())
    }
    fn fields(&self) -> Vec<(&'static str, Value)> {
        let zone = match self.0.zone() {
            Zone::Utc => None,
            zone => Some(zone.clone()),
        };
        vec![
            ("wall", uint64(u64::from(self.0.nanosecond()))),
            ("ext", Value::int64(self.0.since_year_one())),
            ("loc", wrap(LocationObject(zone))),
        ]
    }
    fn json(&self) -> Value {
        self.0.to_json().map_or(Value::Nil, Value::string)
    }
    fn yaml(&self) -> Yaml {
        Yaml::Timestamp(String::from_utf8_lossy(&self.0.to_rfc3339()).into_owned())
    }
    fn equals(&self, other: &dyn Object) -> bool {
        let same = |o: &TimeObject| {
            (o.0.unix(), o.0.nanosecond()) == (self.0.unix(), self.0.nanosecond()) && o.0.zone() == self.0.zone()
        };
        other.as_any().downcast_ref().is_some_and(same)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl GoObject for TimeObject {
    const NAMED: &'static NamedType = &TIME;
}

impl From<TimeObject> for Value {
    fn from(t: TimeObject) -> Value {
        wrap(t)
    }
}

// *time.Location

/// A `*time.Location`; the nil pointer, which is UTC, is only within a time.
#[derive(Clone)]
struct LocationObject(Option<Zone>);

impl LocationObject {
    fn zone(&self) -> Zone {
        self.0.clone().unwrap_or(Zone::Utc)
    }
}

static LOCATION: NamedType = NamedType {
    name: "*time.Location",
    kind: Kind::Pointer,
    underlying: None,
    methods: &[method("String", &[], Type::String, |v, _| {
        Ok(Value::string(v.as_object::<LocationObject>().map(|l| l.zone().name()).unwrap_or_default()))
    })],
};

impl Object for LocationObject {
    fn named_type(&self) -> &'static NamedType {
        &LOCATION
    }
    fn string(&self) -> Option<Str> {
        Some(self.zone().name().into())
    }
    fn is_nil(&self) -> bool {
        self.0.is_none()
    }
    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<LocationObject>().is_some_and(|o| o.0 == self.0)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

// time.Month and time.Weekday

/// An integer type with names for its values.
#[derive(Clone)]
pub(super) struct NamedInt {
    pub value: i64,
    named: &'static NamedType,
    text: fn(i64) -> String,
}

fn named_text(v: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(v.as_object::<NamedInt>().map(|n| (n.text)(n.value)).unwrap_or_default()))
}

static MONTH: NamedType = NamedType {
    name: "time.Month",
    kind: Kind::Int,
    underlying: None,
    methods: &[method("String", &[], Type::String, named_text)],
};

static WEEKDAY: NamedType = NamedType {
    name: "time.Weekday",
    kind: Kind::Int,
    underlying: None,
    methods: &[method("String", &[], Type::String, named_text)],
};

impl Object for NamedInt {
    fn named_type(&self) -> &'static NamedType {
        self.named
    }
    fn string(&self) -> Option<Str> {
        Some((self.text)(self.value).into())
    }
    fn basic(&self) -> Option<Value> {
        Some(Value::Int(IntKind::Int, self.value))
    }
    fn with_basic(&self, n: i64) -> Value {
        wrap(NamedInt { value: n, ..self.clone() })
    }
    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<NamedInt>().is_some_and(|o| o.value == self.value)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

// time.Duration

/// A `time.Duration`.
#[derive(Clone, Copy, Debug)]
pub struct DurationObject(pub Duration);

macro_rules! duration_methods {
    ($($name:literal ($($param:expr),*) -> $result:expr, |$d:ident, $args:ident| $body:expr;)*) => {
        &[$(method($name, &[$($param),*], $result, |v, $args| {
            let $d = duration_of(Some(v));
            let _ = $args;
            Ok($body)
        })),*]
    };
}

static DURATION: NamedType = NamedType {
    name: "time.Duration",
    kind: Kind::Int64,
    underlying: None,
    methods: duration_methods! {
        "Abs"() -> DURATION_TYPE, |d, _a| wrap(DurationObject(d.abs()));
        "Hours"() -> Type::Float64, |d, _a| Value::Float(d.hours());
        "Microseconds"() -> INT64, |d, _a| Value::int64(d.0 / 1_000);
        "Milliseconds"() -> INT64, |d, _a| Value::int64(d.0 / 1_000_000);
        "Minutes"() -> Type::Float64, |d, _a| Value::Float(d.minutes());
        "Nanoseconds"() -> INT64, |d, _a| Value::int64(d.0);
        "Round"(DURATION_TYPE) -> DURATION_TYPE, |d, a| wrap(DurationObject(d.round(duration_of(a.first()))));
        "Seconds"() -> Type::Float64, |d, _a| Value::Float(d.seconds());
        "String"() -> Type::String, |d, _a| Value::string(d.to_string());
        "Truncate"(DURATION_TYPE) -> DURATION_TYPE, |d, a| wrap(DurationObject(d.truncate(duration_of(a.first()))));
    },
};

impl Object for DurationObject {
    fn named_type(&self) -> &'static NamedType {
        &DURATION
    }
    fn string(&self) -> Option<Str> {
        Some(self.0.to_string().into())
    }
    fn basic(&self) -> Option<Value> {
        Some(Value::int64(self.0.0))
    }
    fn with_basic(&self, n: i64) -> Value {
        DurationObject(Duration(n)).into()
    }
    fn yaml(&self) -> Yaml {
        Yaml::Text(self.0.to_string())
    }
    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<DurationObject>().is_some_and(|o| o.0 == self.0)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl GoObject for DurationObject {
    const NAMED: &'static NamedType = &DURATION;
}

impl From<DurationObject> for Value {
    fn from(d: DurationObject) -> Value {
        wrap(d)
    }
}

// *semver.Version

/// A `*semver.Version`, or the plain struct that some of its methods return.
#[derive(Clone, Debug)]
pub struct VersionObject {
    version: Version,
    pointer: bool,
}

fn version_of(v: Option<&Value>) -> Version {
    v.and_then(Value::as_object::<VersionObject>).map_or_else(Version::default, |v| v.version.clone())
}

macro_rules! version_methods {
    ($($name:literal ($($param:expr),*) -> $result:expr, |$x:ident, $args:ident| $body:expr;)*) => {
        &[$(method($name, &[$($param),*], $result, |v, $args| {
            let $x = version_of(Some(v));
            let _ = $args;
            Ok($body)
        })),*]
    };
}

fn uint64(n: u64) -> Value {
    Value::Int(IntKind::Uint64, n.cast_signed())
}

const UINT64: Type = Type::Int(IntKind::Uint64);

fn plain_version(version: Version) -> Value {
    wrap(VersionObject { version, pointer: false })
}

fn incremented(v: Option<Version>, part: &str) -> Answer {
    v.map(plain_version).ok_or_else(|| format!("{part} version increment would overflow uint64"))
}

fn text_of(a: &[Value]) -> String {
    a.first().and_then(Value::as_str).map(|s| s.to_str_lossy().into_owned()).unwrap_or_default()
}

const VERSION_METHODS: &[Method] = version_methods! {
    "Compare"(VERSION_TYPE) -> INT, |x, a| Value::int(x.compare(&version_of(a.first())) as i64);
    "Equal"(VERSION_TYPE) -> Type::Bool, |x, a| Value::Bool(x.compare(&version_of(a.first())) == Ordering::Equal);
    "GreaterThan"(VERSION_TYPE) -> Type::Bool, |x, a| {
        Value::Bool(x.compare(&version_of(a.first())) == Ordering::Greater)
    };
    "GreaterThanEqual"(VERSION_TYPE) -> Type::Bool, |x, a| {
        Value::Bool(x.compare(&version_of(a.first())) != Ordering::Less)
    };
    "IncMajor"() -> VERSION_VALUE_TYPE, |x, _a| incremented(x.increment_major(), "major")?;
    "IncMinor"() -> VERSION_VALUE_TYPE, |x, _a| incremented(x.increment_minor(), "minor")?;
    "IncPatch"() -> VERSION_VALUE_TYPE, |x, _a| incremented(x.increment_patch(), "patch")?;
    "LessThan"(VERSION_TYPE) -> Type::Bool, |x, a| Value::Bool(x.compare(&version_of(a.first())) == Ordering::Less);
    "LessThanEqual"(VERSION_TYPE) -> Type::Bool, |x, a| {
        Value::Bool(x.compare(&version_of(a.first())) != Ordering::Greater)
    };
    "Major"() -> UINT64, |x, _a| uint64(x.major());
    "Metadata"() -> Type::String, |x, _a| Value::from(x.metadata());
    "Minor"() -> UINT64, |x, _a| uint64(x.minor());
    "Original"() -> Type::String, |x, _a| Value::from(x.original());
    "Patch"() -> UINT64, |x, _a| uint64(x.patch());
    "Prerelease"() -> Type::String, |x, _a| Value::from(x.prerelease());
    "SetMetadata"(Type::String) -> VERSION_VALUE_TYPE, |x, a| {
        plain_version(x.with_metadata(&text_of(a)).map_err(|e| e.to_string())?)
    };
    "SetPrerelease"(Type::String) -> VERSION_VALUE_TYPE, |x, a| {
        plain_version(x.with_prerelease(&text_of(a)).map_err(|e| e.to_string())?)
    };
    "String"() -> Type::String, |x, _a| Value::string(x.to_string());
};

static VERSION: NamedType =
    NamedType { name: "*semver.Version", kind: Kind::Pointer, underlying: None, methods: VERSION_METHODS };

static VERSION_VALUE: NamedType =
    NamedType { name: "semver.Version", kind: Kind::Struct, underlying: None, methods: VERSION_METHODS };

impl VersionObject {
    /// A version as templates see it.
    pub fn new(version: Version) -> VersionObject {
        VersionObject { version, pointer: true }
    }

    /// The zero version.
    pub(super) fn blank() -> VersionObject {
        VersionObject::new(Version::default())
    }
}

impl Object for VersionObject {
    fn named_type(&self) -> &'static NamedType {
        if self.pointer { &VERSION } else { &VERSION_VALUE }
    }
    fn string(&self) -> Option<Str> {
        Some(self.version.to_string().into())
    }
    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("major", uint64(self.version.major())),
            ("minor", uint64(self.version.minor())),
            ("patch", uint64(self.version.patch())),
            ("pre", Value::from(self.version.prerelease())),
            ("metadata", Value::from(self.version.metadata())),
            ("original", Value::from(self.version.original())),
        ]
    }
    fn json(&self) -> Value {
        Value::string(self.version.to_string())
    }
    fn equals(&self, other: &dyn Object) -> bool {
        let same = |o: &VersionObject| {
            o.version.to_string() == self.version.to_string() && o.version.original() == self.version.original()
        };
        other.as_any().downcast_ref().is_some_and(same)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl GoObject for VersionObject {
    const NAMED: &'static NamedType = &VERSION;
}

impl From<VersionObject> for Value {
    fn from(v: VersionObject) -> Value {
        wrap(v)
    }
}
