//! Character classes of Go's regular expressions: Perl (`\d`), POSIX (`[:alpha:]`) and Unicode (`\p{Greek}`) groups,
//! folding and negation, over sets of scalar values.
//!
//! Go's classes are sets of runes, which may name surrogates; decoding never yields one, so they're left out.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

/// A set of scalar values.
pub(super) type Set = ClassUnicode;

/// One character of a set.
pub(super) fn hir(set: Set) -> Hir {
    let has_all_but_ascii = set.ranges().last().is_some_and(|r| r.start() <= '\u{80}' && r.end() == char::MAX);
    if !has_all_but_ascii {
        return Hir::class(Class::Unicode(set));
    }
    // What is searched is UTF-8, so that the first byte tells how many follow. Said with sets of bytes, nothing has to be worked out
    // for a million characters: that takes 320 kB.
    let mut in_ascii = set;
    in_ascii.intersect(&range(0, 0x7F));
    let byte = |lo, hi| Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(lo, hi)])));
    let more = |first: Hir, count: usize| {
        Hir::concat(std::iter::once(first).chain(std::iter::repeat_n(byte(0x80, 0xBF), count)).collect())
    };
    let ascii = Hir::class(Class::Unicode(in_ascii));
    Hir::alternation(vec![ascii, more(byte(0xC2, 0xDF), 1), more(byte(0xE0, 0xEF), 2), more(byte(0xF0, 0xF4), 3)])
}

/// The set of `lo..=hi` (runes), without surrogates.
pub(super) fn range(lo: u32, hi: u32) -> Set {
    let mut ranges = Vec::with_capacity(2);
    let mut add = |lo: u32, hi: u32| {
        if let (Some(lo), Some(hi)) = (char::from_u32(lo), char::from_u32(hi))
            && lo <= hi
        {
            ranges.push(ClassUnicodeRange::new(lo, hi));
        }
    };
    if lo <= 0xD7FF {
        add(lo, hi.min(0xD7FF));
    }
    if hi >= 0xE000 {
        add(lo.max(0xE000), hi);
    }
    ClassUnicode::new(ranges)
}

/// Everything equal to a member under simple case folding.
pub(super) fn fold(mut set: Set) -> Set {
    // Fails only without the folding tables, which the manifest asks for.
    let _ = set.try_case_fold_simple();
    set
}

/// The complement.
pub(super) fn negate(mut set: Set) -> Set {
    set.negate();
    set
}

fn ascii(ranges: &[(u8, u8)]) -> Set {
    ClassUnicode::new(ranges.iter().map(|&(lo, hi)| ClassUnicodeRange::new(lo as char, hi as char)))
}

/// `\d \s \w` and their negations, by their letter.
pub(super) fn perl(letter: u8, folded: bool) -> Option<Set> {
    let set = match letter.to_ascii_lowercase() {
        b'd' => ascii(&[(b'0', b'9')]),
        b's' => ascii(&[(b'\t', b'\n'), (0x0C, b'\r'), (b' ', b' ')]),
        b'w' => ascii(&[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]),
        _ => return None,
    };
    Some(finish(set, folded, letter.is_ascii_uppercase()))
}

/// `[:name:]` or `[:^name:]`, by what stands between the colons.
pub(super) fn posix(name: &[u8], folded: bool) -> Option<Set> {
    let (name, negated) = match name.strip_prefix(b"^") {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let set = match name {
        b"alnum" => ascii(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]),
        b"alpha" => ascii(&[(b'A', b'Z'), (b'a', b'z')]),
        b"ascii" => ascii(&[(0, 0x7F)]),
        b"blank" => ascii(&[(b'\t', b'\t'), (b' ', b' ')]),
        b"cntrl" => ascii(&[(0, 0x1F), (0x7F, 0x7F)]),
        b"digit" => ascii(&[(b'0', b'9')]),
        b"graph" => ascii(&[(b'!', b'~')]),
        b"lower" => ascii(&[(b'a', b'z')]),
        b"print" => ascii(&[(b' ', b'~')]),
        b"punct" => ascii(&[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')]),
        b"space" => ascii(&[(b'\t', b'\r'), (b' ', b' ')]),
        b"upper" => ascii(&[(b'A', b'Z')]),
        b"word" => ascii(&[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]),
        b"xdigit" => ascii(&[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]),
        _ => return None,
    };
    Some(finish(set, folded, negated))
}

fn finish(set: Set, folded: bool, negated: bool) -> Set {
    let set = if folded { fold(set) } else { set };
    if negated { negate(set) } else { set }
}

/// The general categories Go knows by their short names (`unicode.Categories`, Go 1.25 and later).
const CATEGORIES: &[&str] = &[
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// `unicode.CategoryAliases` in the canonical spelling of `regexp/syntax`.
const ALIASES: &[(&str, &str)] = &[
    ("Casedletter", "LC"),
    ("Closepunctuation", "Pe"),
    ("Cntrl", "Cc"),
    ("Combiningmark", "M"),
    ("Connectorpunctuation", "Pc"),
    ("Control", "Cc"),
    ("Currencysymbol", "Sc"),
    ("Dashpunctuation", "Pd"),
    ("Decimalnumber", "Nd"),
    ("Digit", "Nd"),
    ("Enclosingmark", "Me"),
    ("Finalpunctuation", "Pf"),
    ("Format", "Cf"),
    ("Initialpunctuation", "Pi"),
    ("Letter", "L"),
    ("Letternumber", "Nl"),
    ("Lineseparator", "Zl"),
    ("Lowercaseletter", "Ll"),
    ("Mark", "M"),
    ("Mathsymbol", "Sm"),
    ("Modifierletter", "Lm"),
    ("Modifiersymbol", "Sk"),
    ("Nonspacingmark", "Mn"),
    ("Number", "N"),
    ("Openpunctuation", "Ps"),
    ("Other", "C"),
    ("Otherletter", "Lo"),
    ("Othernumber", "No"),
    ("Otherpunctuation", "Po"),
    ("Othersymbol", "So"),
    ("Paragraphseparator", "Zp"),
    ("Privateuse", "Co"),
    ("Punct", "P"),
    ("Punctuation", "P"),
    ("Separator", "Z"),
    ("Spaceseparator", "Zs"),
    ("Spacingmark", "Mc"),
    ("Surrogate", "Cs"),
    ("Symbol", "S"),
    ("Titlecaseletter", "Lt"),
    ("Unassigned", "Cn"),
    ("Uppercaseletter", "Lu"),
];

/// Go's canonical spelling: first letter upper case, the rest lower case, no spaces, hyphens or underscores.
fn canonical(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')) {
        out.push(if out.is_empty() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
    }
    out
}

/// `\p{name}`: a general category or its long name, a script, or Any, Assigned, ASCII.
pub(super) fn unicode(name: &str, folded: bool) -> Option<Set> {
    let name = canonical(name);
    let set = match name.as_str() {
        "Any" => range(0, 0x10FFFF),
        "Assigned" => negate(table("gc=Cn")?),
        "Ascii" => ascii(&[(0, 0x7F)]),
        // The only category of surrogates, which no decoded text holds.
        "Cs" | "Surrogate" => ClassUnicode::empty(),
        "Lc" | "Casedletter" => table("gc=LC")?,
        _ => {
            if CATEGORIES.contains(&name.as_str()) {
                table(&format!("gc={name}"))?
            } else if SCRIPTS.contains(&name.as_str()) {
                table(&format!("sc={name}"))?
            } else {
                let (_, short) = ALIASES.iter().find(|a| a.0 == name)?;
                table(&format!("gc={short}"))?
            }
        }
    };
    Some(if folded { fold(set) } else { set })
}

/// The scripts that Go reaches by name: those whose name has an underscore can't be (Go 1.26 drops it before looking).
const SCRIPTS: &[&str] = &[
    "Adlam",
    "Ahom",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Carian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dogra",
    "Duployan",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Inherited",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kharoshthi",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Medefaidrin",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nandinagari",
    "Newa",
    "Nko",
    "Nushu",
    "Ogham",
    "Oriya",
    "Osage",
    "Osmanya",
    "Palmyrene",
    "Phoenician",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "Sinhala",
    "Sogdian",
    "Soyombo",
    "Sundanese",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Yezidi",
    "Yi",
];

fn table(query: &str) -> Option<Set> {
    // One class in the other crate's syntax gives its table; names were checked above.
    match regex_syntax::Parser::new().parse(&format!("\\p{{{query}}}")).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Some(set),
        _ => None,
    }
}
