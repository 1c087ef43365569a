//! No function does worse than its input is long: with every kind of large argument in every place, twice the size takes about
//! twice the time and twice the budget.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pintle_functions::bind::{Host, helm};
use pintle_functions::world::Seeded;
use pintle_template::{Evaluator, Function, Functions, Templates};
use pintle_value::types::{Kind, Type};
use pintle_value::{Entries, Str, Value};

/// Bytes of the smaller text, items of the smaller list times eight.
const SIZE: usize = 1 << 13;
/// What takes less isn't measured: something quadratic would take far longer.
const SHORT: Duration = Duration::from_millis(4);
/// How often a measurement is repeated before it counts: another process may be in the way.
const TRIES: usize = 12;

/// Functions whose cost lies elsewhere than in the size of their arguments: keys, certificates, passwords.
const FLAT: &[&str] = &[
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "buildCustomCert",
    "bcrypt",
    "htpasswd",
    "derivePassword",
];

/// A large argument of a kind and a size.
type Make = fn(usize) -> Value;

fn text(pattern: &str, size: usize) -> Value {
    Value::string(pattern.repeat(size / pattern.len()))
}

const TEXTS: &[(&str, Make)] = &[
    ("letters", |n| text("a", n)),
    ("words", |n| text("aB c_D-e.f\n", n)),
    ("spaces", |n| text(" ", n)),
    ("line breaks", |n| text("\n", n)),
    ("digits", |n| text("1", n)),
    ("runes", |n| text("é世", n)),
    ("bytes", |n| Value::string(vec![0xff; n])),
    ("dots", |n| text("a.", n)),
    ("slashes", |n| text("../a/", n)),
    ("brackets", |n| text("[", n)),
    ("parentheses", |n| text("(a|", n)),
    ("stars", |n| text("a*", n)),
    ("dollars", |n| text("$1", n)),
    ("URL", |n| Value::string(format!("http://a/{}?{}", "%41".repeat(n / 6), "b=c&".repeat(n / 8)))),
    ("version", |n| Value::string(format!("1.2.3-{}", "a.".repeat(n / 2)))),
    ("constraints", |n| text(">1.0 || ", n)),
    ("JSON list", |n| Value::string(format!("[{}1]", "1,".repeat(n / 2)))),
    ("JSON map", |n| Value::string(format!("{{{}\"z\":1}}", (0..n / 12).map(|i| format!("\"k{i}\":{i},")).collect::<String>()))),
    ("JSON depth", |n| Value::string(format!("{}{}", "[".repeat(n / 2), "]".repeat(n / 2)))),
    ("YAML list", |n| text("- a: b\n", n)),
    ("YAML map", |n| Value::string((0..n / 12).map(|i| format!("k{i}: {i}\n")).collect::<String>())),
    ("YAML depth", |n| Value::string((0..n.isqrt()).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>())),
    ("YAML anchors", |n| Value::string((0..n / 24).map(|i| format!("k{i}: &a{i} b\nm{i}: *a{i}\n")).collect::<String>())),
    ("YAML text", |n| Value::string(format!("a: |\n{}", "  line\n".repeat(n / 7)))),
    ("TOML keys", |n| Value::string((0..n / 12).map(|i| format!("k{i} = {i}\n")).collect::<String>())),
    ("TOML tables", |n| text("[[a]]\n", n)),
    ("TOML dots", |n| Value::string((0..n / 400).map(|i| format!("{}k{i} = 1\n", "a.".repeat(190))).collect::<String>())),
    ("template", |n| text("{{if .}}a{{end}}", n)),
];

const LISTS: &[(&str, Make)] = &[
    ("integers", |n| Value::list((0..n / 8).map(|i| Value::int(1000 + i as i64 % 9000)).collect())),
    ("floats", |n| Value::list((0..n / 8).map(|i| Value::Float(i as f64 / 3.0)).collect())),
    ("texts", |n| Value::list((0..n / 8).map(|i| Value::string(format!("t{}", i * 7919 % 65_537))).collect())),
    ("lists", |n| Value::list((0..n / 32).map(|i| Value::list(vec![Value::int(i as i64 % 90 + 10), Value::Nil])).collect())),
    ("maps", |n| Value::list((0..n / 64).map(|i| Value::dict(Entries::from([("k".into(), Value::int(i as i64))]))).collect())),
];

const MAPS: &[(&str, Make)] =
    &[("map", |n| Value::dict((0..n / 32).map(|i| (Str::from(format!("k{i}")), Value::string(format!("v{i}")))).collect()))];

const NUMBERS: &[(&str, Make)] = &[("number", |n| Value::int(n as i64 / 8))];

/// The large arguments that fit a parameter.
fn large(ty: Type) -> Vec<(&'static str, Make)> {
    match ty.kind() {
        Kind::String => TEXTS.to_vec(),
        Kind::Slice => LISTS.to_vec(),
        Kind::Map => MAPS.to_vec(),
        Kind::Int | Kind::Int64 => NUMBERS.to_vec(),
        _ if matches!(ty, Type::Any | Type::ReflectValue) => [TEXTS, LISTS, MAPS, NUMBERS].concat(),
        _ => Vec::new(),
    }
}

/// A small argument that fits a parameter.
fn small(ty: Type) -> Value {
    match ty.kind() {
        Kind::String => Value::from("a"),
        Kind::Slice => Value::list(vec![Value::from("a")]),
        Kind::Map => Value::dict(Entries::from([("a".into(), Value::from("b"))])),
        Kind::Int => Value::int(2),
        Kind::Int64 => Value::int64(2),
        Kind::Float64 => Value::Float(1.5),
        Kind::Bool => Value::Bool(true),
        _ if matches!(ty, Type::Any | Type::ReflectValue) => Value::from("a"),
        _ => Value::zero(ty),
    }
}

/// What a call takes.
struct Cost {
    /// The least of some tries.
    time: Duration,
    steps: u64,
    /// Whether it has a result. An error ends the render, so that it may cost more than it is charged.
    is_ok: bool,
}

fn measure(functions: &Functions, function: &Function, args: &dyn Fn() -> Vec<Value>, tries: usize) -> Cost {
    let mut cost = Cost { time: Duration::MAX, steps: 0, is_ok: false };
    for _ in 0..tries {
        let host = Rc::new(Host::new(Seeded::new(1, Default::default())));
        let mut evaluator = Evaluator::new(Arc::new(Templates::new()), functions, host, Arc::default());
        let before = evaluator.steps_left();
        let args = args();
        let start = Instant::now();
        let is_ok = evaluator.apply(function, args).is_ok();
        cost = Cost { time: cost.time.min(start.elapsed()), steps: before - evaluator.steps_left(), is_ok };
    }
    cost
}

#[test]
#[allow(clippy::print_stdout, reason = "what steps cost is shown to who calibrates them")]
fn time_and_budget_grow_with_the_size() {
    let functions = helm();
    let mut names: Vec<_> = functions.names().filter(|name| !FLAT.contains(name)).collect();
    names.sort_unstable();
    let (mut wrong, mut rates) = (Vec::new(), Vec::new());
    for name in names {
        let Some(function) = functions.get(name) else { continue };
        let signature = &function.signature;
        // A variadic parameter is given twice.
        let mut params = signature.params.to_vec();
        params.extend(signature.params.last().filter(|_| signature.variadic));
        let mut cases: Vec<(String, Vec<Option<Make>>)> = Vec::new();
        // Patterns take long to compile, and all functions compile them the same way.
        let is_regex = name.to_ascii_lowercase().contains("regex");
        for (i, ty) in params.iter().enumerate() {
            if is_regex && i == 0 && name != "mustRegexMatch" {
                continue;
            }
            for (kind, make) in large(*ty) {
                let alone = (0..params.len()).map(|j| (i == j).then_some(make)).collect();
                cases.push((format!("{name} {kind} at {i}"), alone));
            }
        }
        for (kind, _) in TEXTS {
            let all: Vec<_> = params.iter().map(|ty| large(*ty).iter().find(|(k, _)| k == kind).map(|(_, m)| *m)).collect();
            // What a pattern costs for each byte of a text grows with the pattern; a separator is printed for each line.
            if all.iter().flatten().count() > 1 && !is_regex && name != "wrapWith" {
                cases.push((format!("{name} {kind} everywhere"), all));
            }
        }
        for (title, large) in cases {
            let args = |size: usize| {
                let arg = |(make, ty): (&Option<Make>, &Type)| make.map_or_else(|| small(*ty), |make| make(size));
                large.iter().zip(&params).map(arg).collect::<Vec<_>>()
            };
            let (mut once, mut twice) =
                (measure(&functions, function, &|| args(SIZE), 1), measure(&functions, function, &|| args(2 * SIZE), 1));
            // Compiling a pattern is a dependency's, and is charged by the pattern's size.
            let compiles = is_regex && large[0].is_some();
            for _ in 0..TRIES {
                if compiles || twice.time < SHORT || twice.time <= once.time * 5 / 2 {
                    break;
                }
                once.time = once.time.min(measure(&functions, function, &|| args(SIZE), 3).time);
                twice.time = twice.time.min(measure(&functions, function, &|| args(2 * SIZE), 3).time);
            }
            if !compiles && twice.time >= SHORT && twice.time > once.time * 5 / 2 {
                wrong.push(format!("{title}: {:?} grow to {:?}", once.time, twice.time));
            }
            if twice.steps > once.steps * 5 / 2 + 100 {
                wrong.push(format!("{title}: {} steps grow to {}", once.steps, twice.steps));
            }
            if twice.is_ok && twice.time > Duration::from_millis(1) {
                rates.push((twice.time.as_nanos() as u64 / twice.steps.max(1), title, twice.time, twice.steps));
            }
        }
    }
    // The dearest steps, for who runs this with --nocapture.
    rates.sort();
    for (rate, title, time, steps) in rates.iter().rev().take(40) {
        println!("{rate} ns a step: {title}: {time:?}, {steps} steps");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Encoders that hide their errors: what they wrote before one is charged for.
#[test]
fn work_before_a_hidden_error_is_charged() {
    let functions = helm();
    let text = || Value::string("a".repeat(SIZE));
    let nested = || (0..2100).fold(Value::Nil, |inner, _| Value::list(vec![inner]));
    let table = |value: Value| Value::dict(Entries::from([("k".into(), value)]));
    let entries = |last: Value| Value::dict(Entries::from([("a".into(), table(text())), ("b".into(), table(last))]));
    let cases: [(&str, Value); 5] = [
        ("toJson", Value::Float(f64::NAN)),
        ("toPrettyJson", Value::Float(f64::NAN)),
        ("toYaml", Value::Float(f64::NAN)),
        ("toYamlPretty", nested()),
        ("toToml", Value::Complex(1.0, 1.0)),
    ];
    for (name, last) in cases {
        let function = functions.get(name).expect(name);
        let cost = measure(&functions, function, &|| vec![entries(last.clone())], 1);
        assert!(cost.is_ok, "{name}");
        assert!(cost.steps >= SIZE as u64 / 4, "{name}: {} steps", cost.steps);
    }
}
