//! `fmt.Sprint`, `Sprintln` and `Sprintf` of Go 1.26 over [`Value`]s.

use std::cell::Cell;

use pintle_go::strconv::{append_quote, append_quote_char, can_backquote, format_float, is_print};
use pintle_go::utf8::decode;

use crate::budget::MAX_TEXT;
use crate::types::{IntKind, Kind, Type};
use crate::{List, Map, Object, Value};

/// Where a value nests deeper than this (a map that holds itself), printing stops: Go would overflow its stack.
const MAX_DEPTH: usize = 1000;
/// Widths and precisions beyond this are errors in Go (`tooLarge`).
const MAX_WIDTH: i64 = 1_000_000;

thread_local! {
    static OVERRUN: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Notes that a value on this thread was written or read only in part, so that its text doesn't count.
pub fn overrun(why: &'static str) {
    OVERRUN.set(Some(why));
}

/// What [`overrun`] noted since this was last asked: the caller of a function that gives text only must not use that text.
pub fn take_overrun() -> Option<&'static str> {
    OVERRUN.take()
}

/// `fmt.Sprint`: spaces between operands when neither is a string.
pub fn sprint(args: &[Value]) -> Vec<u8> {
    let mut p = Printer::default();
    for (i, arg) in args.iter().enumerate() {
        let is_string = |v: &Value| v.kind() == Kind::String;
        if i > 0 && !is_string(arg) && !is_string(&args[i - 1]) {
            p.out.push(b' ');
        }
        p.arg(arg, 'v');
    }
    p.out
}

/// `fmt.Sprintln`.
pub fn sprintln(args: &[Value]) -> Vec<u8> {
    let mut p = Printer::default();
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            p.out.push(b' ');
        }
        p.arg(arg, 'v');
    }
    p.out.push(b'\n');
    p.out
}

/// Appends what `%v` prints of a value.
pub fn append_value(out: &mut Vec<u8>, v: &Value) {
    match v {
        Value::String(s) => out.extend_from_slice(s),
        Value::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Value::Int(k, n) if !k.is_unsigned() => out.extend_from_slice(n.to_string().as_bytes()),
        Value::Float(f) => out.extend_from_slice(format_float(*f, b'g', None).as_bytes()),
        v => {
            let mut p = Printer { start: out.len(), out: std::mem::take(out), ..Printer::default() };
            p.arg(v, 'v');
            *out = p.out;
        }
    }
}

/// Appends what an action prints of a value (`printValue` of text/template): pointers are followed, and a method `String` of
/// the pointer counts where the value has an address.
pub fn append_printed(out: &mut Vec<u8>, v: &Value, addressable: bool) {
    match v {
        Value::Nil => out.extend_from_slice(b"<no value>"),
        Value::Object(o) => match if addressable { o.pointer_string() } else { o.string() } {
            Some(s) => out.extend_from_slice(&s),
            None => {
                let start = out.len();
                append_value(out, v);
                if o.named_type().kind == Kind::Pointer && out.get(start) == Some(&b'&') {
                    out.remove(start);
                }
            }
        },
        v => append_value(out, v),
    }
}

/// `fmt.Sprintf`.
pub fn sprintf(format: &[u8], args: &[Value]) -> Vec<u8> {
    let mut p = Printer::default();
    p.format(format, args);
    p.out
}

#[derive(Default)]
struct Printer {
    out: Vec<u8>,
    /// Where its own text begins.
    start: usize,
    width: Option<usize>,
    precision: Option<usize>,
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    plus_v: bool,
    sharp_v: bool,
    erroring: bool,
    depth: usize,
}

impl Printer {
    fn clear(&mut self) {
        *self = Printer { out: std::mem::take(&mut self.out), start: self.start, depth: self.depth, ..Printer::default() };
    }

    fn format(&mut self, format: &[u8], args: &[Value]) {
        let end = format.len();
        let (mut i, mut arg_num, mut reordered) = (0, 0usize, false);
        while i < end {
            let start = i;
            while i < end && format[i] != b'%' {
                i += 1;
            }
            self.out.extend_from_slice(&format[start..i]);
            if i >= end {
                break;
            }
            i += 1;
            self.clear();
            while let Some(c) = format.get(i) {
                match c {
                    b'#' => self.sharp = true,
                    b'0' => self.zero = true,
                    b'+' => self.plus = true,
                    b'-' => self.minus = true,
                    b' ' => self.space = true,
                    _ => break,
                }
                i += 1;
            }
            let mut after_index = false;
            let mut good_arg = true;
            reordered = argument_number(format, &mut i, &mut arg_num, args.len(), reordered, &mut after_index, &mut good_arg);
            if i < end && format[i] == b'*' {
                i += 1;
                let width = int_from_arg(args, &mut arg_num);
                if width.is_none() {
                    self.out.extend_from_slice(b"%!(BADWIDTH)");
                }
                if width.is_some_and(|n| n < 0) {
                    self.minus = true;
                    self.zero = false;
                }
                self.width = width.map(|n| n.unsigned_abs() as usize);
                after_index = false;
            } else {
                let (n, at) = parse_number(format, i);
                i = at;
                self.width = n;
                if after_index && n.is_some() {
                    good_arg = false;
                }
            }
            if i + 1 < end && format[i] == b'.' {
                i += 1;
                if after_index {
                    good_arg = false;
                }
                reordered = argument_number(format, &mut i, &mut arg_num, args.len(), reordered, &mut after_index, &mut good_arg);
                if i < end && format[i] == b'*' {
                    i += 1;
                    self.precision = int_from_arg(args, &mut arg_num).and_then(|n| usize::try_from(n).ok());
                    if self.precision.is_none() {
                        self.out.extend_from_slice(b"%!(BADPREC)");
                    }
                    after_index = false;
                } else {
                    let (n, at) = parse_number(format, i);
                    i = at;
                    self.precision = Some(n.unwrap_or(0));
                }
            }
            if !after_index {
                reordered = argument_number(format, &mut i, &mut arg_num, args.len(), reordered, &mut after_index, &mut good_arg);
            }
            if i >= end {
                self.out.extend_from_slice(b"%!(NOVERB)");
                break;
            }
            let (verb, n) = decode(&format[i..]);
            i += n;
            if verb == '%' {
                self.out.push(b'%');
            } else if !good_arg {
                self.bad(verb, b"(BADINDEX)");
            } else if arg_num >= args.len() {
                self.bad(verb, b"(MISSING)");
            } else {
                if matches!(verb, 'v' | 'w') {
                    self.sharp_v = std::mem::take(&mut self.sharp);
                    self.plus_v = std::mem::take(&mut self.plus);
                }
                self.arg(&args[arg_num], verb);
                arg_num += 1;
            }
        }
        if !reordered && arg_num < args.len() {
            self.clear();
            self.out.extend_from_slice(b"%!(EXTRA ");
            for (i, arg) in args[arg_num..].iter().enumerate() {
                if i > 0 {
                    self.out.extend_from_slice(b", ");
                }
                match arg.ty() {
                    None => self.out.extend_from_slice(b"<nil>"),
                    Some(t) => {
                        self.out.extend_from_slice(t.to_string().as_bytes());
                        self.out.push(b'=');
                        self.arg(arg, 'v');
                    }
                }
            }
            self.out.push(b')');
        }
    }

    fn bad(&mut self, verb: char, what: &[u8]) {
        self.out.extend_from_slice(b"%!");
        self.push_char(verb);
        self.out.extend_from_slice(what);
    }

    fn push_char(&mut self, c: char) {
        self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn bad_verb(&mut self, v: &Value, verb: char) {
        self.erroring = true;
        self.bad(verb, b"(");
        match v.ty() {
            None => self.out.extend_from_slice(b"<nil>"),
            Some(t) => {
                self.out.extend_from_slice(t.to_string().as_bytes());
                self.out.push(b'=');
                let depth = std::mem::take(&mut self.depth);
                self.value(v, 'v');
                self.depth = depth;
            }
        }
        self.out.push(b')');
        self.erroring = false;
    }

    /// `printArg`: a top-level operand.
    fn arg(&mut self, v: &Value, verb: char) {
        if let Value::Nil = v {
            match verb {
                'T' | 'v' => self.pad(b"<nil>"),
                _ => self.bad_verb(v, verb),
            }
            return;
        }
        match verb {
            'T' => {
                let t = v.ty().map(|t| t.to_string()).unwrap_or_default();
                self.string(t.as_bytes(), 's');
            }
            'p' => match v.kind() {
                // Where it lies in memory tells nothing, and would be different in every run.
                Kind::Map | Kind::Slice | Kind::Pointer => self.address(v, 0xc0_0000_0000, 'v'),
                _ => self.bad_verb(v, verb),
            },
            // Only fmt.Errorf takes it.
            'w' if !matches!(v, Value::Bytes(_)) => self.bad_verb(v, verb),
            _ => self.value(v, verb),
        }
    }

    /// `printValue`: anything at any depth.
    fn value(&mut self, v: &Value, verb: char) {
        if self.depth > MAX_DEPTH {
            overrun("the value nests too deeply to be printed");
            return;
        }
        if self.out.len() - self.start > MAX_TEXT {
            overrun("the printed value is too long");
            return;
        }
        self.depth += 1;
        match v {
            Value::Nil => {
                if self.sharp_v {
                    self.out.extend_from_slice(b"interface {}(nil)");
                } else {
                    self.out.extend_from_slice(b"<nil>");
                }
            }
            Value::Bool(b) => match verb {
                't' | 'v' => self.pad(if *b { b"true" } else { b"false" }),
                _ => self.bad_verb(v, verb),
            },
            Value::Int(k, n) => self.integer(v, *k, *n, verb),
            Value::Float(f) => self.float(v, *f, verb),
            Value::Complex(re, im) => match verb {
                'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E' => {
                    let keep = self.plus;
                    self.out.push(b'(');
                    self.float(v, *re, verb);
                    self.plus = true;
                    self.float(v, *im, verb);
                    self.plus = keep;
                    self.out.extend_from_slice(b"i)");
                }
                _ => self.bad_verb(v, verb),
            },
            Value::String(s) => match verb {
                'v' if self.sharp_v => self.quoted(s),
                'v' => self.pad_str(s),
                's' | 'x' | 'X' | 'q' => self.string(s, verb),
                _ => self.bad_verb(v, verb),
            },
            Value::Bytes(b) => self.bytes(v, b, verb),
            Value::List(l) => self.list(l, verb),
            Value::Map(m) => self.map(m, verb),
            Value::Object(o) => self.object(v, &**o, verb),
        }
        self.depth -= 1;
    }

    fn bytes(&mut self, v: &Value, b: &[u8], verb: char) {
        match verb {
            'v' | 'd' => {
                if self.sharp_v {
                    self.out.extend_from_slice(b"[]byte{");
                    for (i, c) in b.iter().enumerate() {
                        if i > 0 {
                            self.out.extend_from_slice(b", ");
                        }
                        self.out.extend_from_slice(format!("{c:#x}").as_bytes());
                    }
                    self.out.push(b'}');
                } else {
                    self.out.push(b'[');
                    for (i, c) in b.iter().enumerate() {
                        if i > 0 {
                            self.out.push(b' ');
                        }
                        self.fmt_integer(u64::from(*c), 10, false, verb, false);
                    }
                    self.out.push(b']');
                }
            }
            's' | 'x' | 'X' | 'q' => self.string(b, verb),
            _ => {
                let _ = v;
                self.out.push(b'[');
                for (i, c) in b.iter().enumerate() {
                    if i > 0 {
                        self.out.push(b' ');
                    }
                    self.value(&Value::Int(IntKind::Uint8, i64::from(*c)), verb);
                }
                self.out.push(b']');
            }
        }
    }

    fn list(&mut self, l: &List, verb: char) {
        if self.sharp_v {
            self.out.extend_from_slice(l.ty().to_string().as_bytes());
            if l.is_nil() {
                self.out.extend_from_slice(b"(nil)");
                return;
            }
            self.out.push(b'{');
        } else {
            self.out.push(b'[');
        }
        for (i, item) in l.iter().enumerate() {
            if i > 0 {
                self.out.extend_from_slice(if self.sharp_v { b", " } else { b" " });
            }
            self.value(item, verb);
        }
        self.out.push(if self.sharp_v { b'}' } else { b']' });
    }

    fn map(&mut self, m: &Map, verb: char) {
        if self.sharp_v {
            self.out.extend_from_slice(m.ty().to_string().as_bytes());
            if m.is_nil() {
                self.out.extend_from_slice(b"(nil)");
                return;
            }
            self.out.push(b'{');
        } else {
            self.out.extend_from_slice(b"map[");
        }
        for (i, (k, v)) in m.entries().iter().enumerate() {
            if i > 0 {
                self.out.extend_from_slice(if self.sharp_v { b", " } else { b" " });
            }
            self.value(&Value::String(k.clone()), verb);
            self.out.push(b':');
            self.value(v, verb);
        }
        self.out.push(if self.sharp_v { b'}' } else { b']' });
    }

    fn object(&mut self, v: &Value, o: &dyn Object, verb: char) {
        // handleMethods: a Stringer prints itself for the verbs that print strings.
        if !self.sharp_v
            && !self.erroring
            && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
            && let Some(s) = o.string()
        {
            return if verb == 'v' { self.pad_str(&s) } else { self.string(&s, verb) };
        }
        match o.basic() {
            Some(Value::Int(kind, n)) => return self.integer(v, kind, n, verb),
            Some(basic) => return self.value(&basic, verb),
            None => {}
        }
        if o.is_nil() {
            return self.address(v, 0, verb);
        }
        if self.sharp_v
            && !self.erroring
            && let Some(s) = o.go_string()
        {
            return self.string(&s, 's');
        }
        let named = o.named_type();
        let mut name = named.name;
        if named.kind == Kind::Pointer {
            if self.depth > 1 {
                // Only a pointer at the top is followed; the address of another means nothing here.
                return self.address(v, 0xc0_0000_0000, verb);
            }
            self.out.push(b'&');
            name = name.strip_prefix('*').unwrap_or(name);
        }
        if self.sharp_v {
            self.out.extend_from_slice(name.as_bytes());
        }
        self.out.push(b'{');
        for (i, (field, value)) in o.fields().iter().enumerate() {
            if i > 0 {
                self.out.extend_from_slice(if self.sharp_v { b", " } else { b" " });
            }
            if self.plus_v || self.sharp_v {
                self.out.extend_from_slice(field.as_bytes());
                self.out.push(b':');
            }
            self.value(value, verb);
        }
        self.out.push(b'}');
    }

    /// `fmtPointer`
    fn address(&mut self, v: &Value, address: u64, verb: char) {
        match verb {
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' => self.pad(format!("{address:#x}").as_bytes()),
            'b' | 'o' | 'd' | 'x' | 'X' => self.fmt_integer(address, base_of(verb), false, verb, verb == 'X'),
            _ => self.bad_verb(v, verb),
        }
    }

    fn integer(&mut self, v: &Value, kind: IntKind, n: i64, verb: char) {
        let signed = !kind.is_unsigned();
        let bits = n as u64;
        match verb {
            'v' if self.sharp_v && !signed => {
                let keep = self.sharp;
                self.sharp = true;
                self.fmt_integer(bits, 16, signed, 'v', false);
                self.sharp = keep;
            }
            'v' | 'd' | 'b' | 'o' | 'O' | 'x' | 'X' => self.fmt_integer(bits, base_of(verb), signed, verb, verb == 'X'),
            'c' => {
                let c = u32::try_from(bits).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
                self.pad(c.to_string().as_bytes());
            }
            'q' => {
                let c = u32::try_from(bits).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
                let mut text = Vec::new();
                append_quote_char(&mut text, c, self.plus);
                self.pad(&text);
            }
            'U' => {
                let digits = self.precision.unwrap_or(4).max(4);
                let shown = format!("{bits:X}");
                let mut text = format!("U+{}{shown}", "0".repeat(digits.saturating_sub(shown.len())));
                if self.sharp
                    && let Some(c) = u32::try_from(bits).ok().and_then(char::from_u32).filter(|c| is_print(*c))
                {
                    text.push_str(&format!(" '{c}'"));
                }
                let keep = std::mem::take(&mut self.zero);
                self.pad(text.as_bytes());
                self.zero = keep;
            }
            _ => self.bad_verb(v, verb),
        }
    }

    fn fmt_integer(&mut self, bits: u64, base: u64, signed: bool, verb: char, upper: bool) {
        let negative = signed && (bits as i64) < 0;
        let mut u = if negative { (bits as i64).unsigned_abs() } else { bits };
        let mut precision = 0;
        if let Some(p) = self.precision {
            precision = p;
            if precision == 0 && u == 0 {
                let keep = std::mem::take(&mut self.zero);
                let width = self.width.unwrap_or(0);
                self.out.extend(std::iter::repeat_n(b' ', width));
                self.zero = keep;
                return;
            }
        } else if self.zero
            && !self.minus
            && let Some(w) = self.width
        {
            precision = w;
            if negative || self.plus || self.space {
                precision = precision.saturating_sub(1);
            }
        }
        let mut digits = Vec::with_capacity(24);
        loop {
            let d = (u % base) as u8;
            digits.push(match d {
                0..=9 => b'0' + d,
                _ if upper => b'A' + d - 10,
                _ => b'a' + d - 10,
            });
            u /= base;
            if u == 0 {
                break;
            }
        }
        while digits.len() < precision {
            digits.push(b'0');
        }
        if self.sharp {
            match base {
                2 => digits.extend_from_slice(b"b0"),
                8 if digits.last() != Some(&b'0') => digits.push(b'0'),
                16 => digits.extend_from_slice(if upper { b"X0" } else { b"x0" }),
                _ => {}
            }
        }
        if verb == 'O' {
            digits.extend_from_slice(b"o0");
        }
        if negative {
            digits.push(b'-');
        } else if self.plus {
            digits.push(b'+');
        } else if self.space {
            digits.push(b' ');
        }
        digits.reverse();
        let keep = std::mem::take(&mut self.zero);
        self.pad(&digits);
        self.zero = keep;
    }

    /// `fmtFloat`
    fn float(&mut self, v: &Value, f: f64, verb: char) {
        let (format, default) = match verb {
            'v' | 'g' => (b'g', None),
            'G' | 'x' | 'X' | 'b' => (verb as u8, None),
            'e' | 'E' => (verb as u8, Some(6)),
            'f' | 'F' => (b'f', Some(6)),
            _ => return self.bad_verb(v, verb),
        };
        let precision = self.precision.or(default);
        let mut text = format_float(f, format, precision);
        if !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        }
        if self.space && text.starts_with('+') && !self.plus {
            text.replace_range(..1, " ");
        }
        if !f.is_finite() {
            let keep = std::mem::take(&mut self.zero);
            let signed = !f.is_nan() || self.space || self.plus;
            self.pad(&text.as_bytes()[usize::from(!signed)..]);
            self.zero = keep;
            return;
        }
        if self.sharp && verb != 'b' {
            text = with_point(&text, format, precision);
        }
        if !self.plus && text.starts_with('+') {
            return self.pad(&text.as_bytes()[1..]);
        }
        match self.width {
            // The sign comes before the zeros.
            Some(width) if self.zero && !self.minus && width > text.len() => {
                self.out.push(text.as_bytes()[0]);
                self.width = Some(width - 1);
                self.pad(&text.as_bytes()[1..]);
                self.width = Some(width);
            }
            _ => self.pad(text.as_bytes()),
        }
    }

    fn quoted(&mut self, s: &[u8]) {
        let s = self.truncate(s);
        let mut text = Vec::with_capacity(s.len() + 2);
        if self.sharp && can_backquote(s) {
            text.push(b'`');
            text.extend_from_slice(s);
            text.push(b'`');
        } else {
            append_quote(&mut text, s, self.plus);
        }
        self.pad(&text);
    }

    /// `fmtS`, `fmtQ`, `fmtSx`.
    fn string(&mut self, s: &[u8], verb: char) {
        match verb {
            'q' => self.quoted(s),
            'x' | 'X' => {
                let s = self.precision.map_or(s, |p| &s[..p.min(s.len())]);
                let mut text = String::new();
                for (i, b) in s.iter().enumerate() {
                    if i > 0 && self.space {
                        text.push(' ');
                    }
                    if self.sharp && (i == 0 || self.space) {
                        text.push_str(if verb == 'X' { "0X" } else { "0x" });
                    }
                    text.push_str(&if verb == 'X' { format!("{b:02X}") } else { format!("{b:02x}") });
                }
                self.pad(text.as_bytes());
            }
            _ => {
                let s = self.truncate(s).to_vec();
                self.pad_str(&s);
            }
        }
    }

    fn truncate<'s>(&self, s: &'s [u8]) -> &'s [u8] {
        let Some(p) = self.precision else { return s };
        let mut at = 0;
        for _ in 0..p {
            if at >= s.len() {
                break;
            }
            at += decode(&s[at..]).1;
        }
        &s[..at]
    }

    fn pad_str(&mut self, s: &[u8]) {
        let s = self.truncate(s).to_vec();
        self.pad(&s);
    }

    fn pad(&mut self, s: &[u8]) {
        let Some(width) = self.width.filter(|w| *w > 0) else {
            return self.out.extend_from_slice(s);
        };
        let mut count = 0;
        let mut rest = s;
        while !rest.is_empty() {
            rest = &rest[decode(rest).1..];
            count += 1;
        }
        let padding = width.saturating_sub(count);
        if self.minus {
            self.out.extend_from_slice(s);
            self.out.extend(std::iter::repeat_n(b' ', padding));
        } else {
            self.out.extend(std::iter::repeat_n(if self.zero { b'0' } else { b' ' }, padding));
            self.out.extend_from_slice(s);
        }
    }
}

/// The text of a number, which begins with a sign, with the point and the zeros that `#` keeps.
fn with_point(text: &str, format: u8, precision: Option<usize>) -> String {
    let hex = matches!(format, b'x' | b'X');
    let (number, tail) = text.split_at(text.find(if hex { ['p', 'P'] } else { ['e', 'E'] }).unwrap_or(text.len()));
    let mut wanted = if matches!(format, b'g' | b'G' | b'x') { precision.unwrap_or(6) } else { 0 };
    // Go counts the x of a hexadecimal number as a digit.
    let significant = number[1..].bytes().filter(|b| *b != b'.').skip_while(|b| *b == b'0').count();
    wanted = wanted.saturating_sub(significant);
    let mut number = number.to_owned();
    if !number.contains('.') {
        if number.len() == 2 && number.ends_with('0') {
            wanted = wanted.saturating_sub(1);
        }
        number.push('.');
    }
    number.extend(std::iter::repeat_n('0', wanted));
    number + tail
}

/// The base that a verb prints integers in.
fn base_of(verb: char) -> u64 {
    match verb {
        'b' => 2,
        'o' | 'O' => 8,
        'x' | 'X' => 16,
        _ => 10,
    }
}

/// `parsenum`: digits up to the largest width.
fn parse_number(format: &[u8], mut i: usize) -> (Option<usize>, usize) {
    let start = i;
    let mut n: i64 = 0;
    while let Some(d) = format.get(i).filter(|d| d.is_ascii_digit()) {
        n = n * 10 + i64::from(d - b'0');
        i += 1;
        if n > MAX_WIDTH {
            return (None, i);
        }
    }
    if i == start { (None, i) } else { (Some(n as usize), i) }
}

/// `intFromArg`: a width or a precision, if it is an integer of no more than [`MAX_WIDTH`].
fn int_from_arg(args: &[Value], arg_num: &mut usize) -> Option<i64> {
    let arg = args.get(*arg_num)?;
    *arg_num += 1;
    let basic = match arg {
        Value::Object(o) => o.basic()?,
        arg => arg.clone(),
    };
    match basic {
        Value::Int(kind, n) if n.unsigned_abs() <= MAX_WIDTH as u64 && !(kind.is_unsigned() && n < 0) => Some(n),
        _ => None,
    }
}

/// `argNumber`: an explicit `[n]`; gives whether arguments are reordered now.
fn argument_number(
    format: &[u8],
    i: &mut usize,
    arg_num: &mut usize,
    num_args: usize,
    reordered: bool,
    found: &mut bool,
    good: &mut bool,
) -> bool {
    if format.get(*i) != Some(&b'[') {
        *found = false;
        return reordered;
    }
    // There must be at least three bytes: [n].
    let close = if format.len() - *i < 3 { None } else { format[*i..].iter().position(|b| *b == b']') };
    let Some(close) = close else {
        (*good, *found) = (false, false);
        *i += 1;
        return true;
    };
    let (n, at) = parse_number(format, *i + 1);
    let n = n.filter(|_| at == *i + close);
    *i += close + 1;
    *found = n.is_some();
    match n {
        Some(n) if (1..=num_args).contains(&n) => *arg_num = n - 1,
        _ => *good = false,
    }
    true
}

/// The text of a type, as errors name the type of a value: `<nil>` for none.
pub fn type_name(ty: Option<Type>) -> String {
    ty.map_or_else(|| "<nil>".into(), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entries, Str};

    fn f(format: &str, args: &[Value]) -> String {
        String::from_utf8(sprintf(format.as_bytes(), args)).unwrap()
    }

    /// Rust's own formats take 65,535 at most, and panic.
    #[test]
    fn no_width_or_precision_panics() {
        let values = [
            Value::Float(1.5),
            Value::Float(f64::MIN_POSITIVE),
            Value::Float(-f64::MAX),
            Value::Complex(0.1, 1e300),
            Value::int(-1),
            Value::from("x"),
            Value::Bool(true),
            Value::list(vec![Value::Float(2.5)]),
        ];
        for n in ["65535", "65536", "70000", "1000000", "1000001"] {
            for flag in ["", "0", "-", "+", "#", " "] {
                for verb in "vdeEfFgGxXbocqUstT".chars() {
                    for v in &values {
                        f(&format!("%{flag}.{n}{verb}"), std::slice::from_ref(v));
                        f(&format!("%{flag}{n}{verb}"), std::slice::from_ref(v));
                    }
                }
            }
        }
        assert_eq!(f("%.65536f", &[Value::Float(1.5)]), format!("1.5{}", "0".repeat(65_535)));
        assert_eq!(f("%.65536e", &[Value::Float(0.1)]).len(), 2 + 65_536 + 4);
        assert_eq!(f("%.65540U", &[Value::int(65)]), format!("U+{}41", "0".repeat(65_538)));
    }

    /// Recorded from fmt.Sprintf, Go 1.26.
    #[test]
    fn verbs() {
        let s = Value::from("héllo");
        let dict = Value::dict(Entries::from([(Str::from("a"), Value::int(1)), (Str::from("b"), Value::Nil)]));
        for (format, args, want) in [
            (
                "%v %d %5d|%-5d|%05d",
                vec![Value::int(1), Value::int(2), Value::int(3), Value::int(4), Value::int(-5)],
                "1 2     3|4    |-0005",
            ),
            (
                "%s %q %x %7s|%.2s",
                vec![s.clone(), s.clone(), s.clone(), s.clone(), s.clone()],
                "héllo \"héllo\" 68c3a96c6c6f   héllo|hé",
            ),
            ("%d", vec![s.clone()], "%!d(string=héllo)"),
            ("%s", vec![Value::int(3)], "%!s(int=3)"),
            ("%s", vec![Value::Nil], "%!s(<nil>)"),
            ("%v %d", vec![Value::int(1)], "1 %!d(MISSING)"),
            ("%v", vec![Value::int(1), Value::from("x")], "1%!(EXTRA string=x)"),
            ("%", vec![], "%!(NOVERB)"),
            (
                "%v %+v %#v %T",
                vec![dict.clone(), dict.clone(), dict.clone(), dict.clone()],
                "map[a:1 b:<nil>] map[a:1 b:<nil>] map[string]interface {}{\"a\":1, \"b\":interface {}(nil)} map[string]interface {}",
            ),
            ("%[2]d %[1]d", vec![Value::int(1), Value::int(2)], "2 1"),
            (
                "%6.2f|%e|%g|%v",
                vec![Value::Float(2.715), Value::Float(1e6), Value::Float(1e6), Value::Float(2.0)],
                "  2.71|1.000000e+06|1e+06|2",
            ),
            (
                "%x %X %#x %o %b %c %U %q",
                vec![
                    Value::int(255),
                    Value::int(255),
                    Value::int(255),
                    Value::int(8),
                    Value::int(5),
                    Value::int(97),
                    Value::int(0x1F600),
                    Value::int(97),
                ],
                "ff FF 0xff 10 101 a U+1F600 'a'",
            ),
            ("%t %v", vec![Value::Bool(true), Value::Bool(false)], "true false"),
            ("%*d|%-*d|", vec![Value::int(4), Value::int(1), Value::int(4), Value::int(1)], "   1|1   |"),
            ("%s", vec![Value::List(List::strings(["a", "b"]))], "[a b]"),
            ("%q", vec![Value::List(List::strings(["a", "b"]))], "[\"a\" \"b\"]"),
            ("%d", vec![Value::list(vec![Value::from("a"), Value::int(1)])], "[%!d(string=a) 1]"),
            ("%#v", vec![Value::Float(1.0)], "1"),
            ("%+d % d", vec![Value::int(1), Value::int(1)], "+1  1"),
            ("%v", vec![Value::Bytes(Str::from("ab"))], "[97 98]"),
        ] {
            assert_eq!(f(format, &args), want, "{format}");
        }
    }

    #[test]
    fn sprint_spaces_operands_that_are_not_strings() {
        let out = sprint(&[Value::from("a"), Value::int(1), Value::int(2), Value::from("b"), Value::Nil, Value::Nil]);
        assert_eq!(String::from_utf8(out).unwrap(), "a1 2b<nil> <nil>");
    }
}
