//! The order of keys: go-yaml's "natural" one, in which `a2` comes before `a10` (sorter.go).

use pintle_value::json::coerce_utf8;

use pintle_go::unicode::{is_digit, is_letter};

/// Whether the key `a` comes before `b`. v3 puts letters before signs after a digit; v2 signs before letters always.
pub(super) fn less(a: &[u8], b: &[u8], v3: bool) -> bool {
    match (std::str::from_utf8(a), std::str::from_utf8(b)) {
        (Ok(a), Ok(b)) => text_less(a, b, v3),
        _ => text_less(&coerce_utf8(a), &coerce_utf8(b), v3),
    }
}

fn text_less(a: &str, b: &str, v3: bool) -> bool {
    // What both begin with decides nothing but how digits are read.
    let same = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let start = (0..=same).rev().find(|&i| a.is_char_boundary(i) && b.is_char_boundary(i)).unwrap_or(0);
    let (Some(x), Some(y)) = (a[start..].chars().next(), b[start..].chars().next()) else {
        return a.len() < b.len();
    };
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x < y,
        (false, false) => {}
        (x_letter, y_letter) => {
            let digits = a[..start].chars().next_back().is_some_and(is_digit);
            return if v3 && digits { x_letter } else { y_letter };
        }
    }
    // A zero behind other digits belongs to their number.
    let mut seed = 0;
    if x == '0' || y == '0' {
        let before = a[..start].chars().rev().take_while(|c| is_digit(*c));
        seed = i64::from(before.into_iter().any(|c| c != '0'));
    }
    let (an, ai) = number(&a[start..], seed);
    let (bn, bi) = number(&b[start..], seed);
    if an != bn {
        return an < bn;
    }
    if ai != bi {
        return ai < bi;
    }
    x < y
}

/// The number at the beginning of `text`, and how many digits it has.
fn number(text: &str, seed: i64) -> (i64, usize) {
    text.chars()
        .take_while(|c| is_digit(*c))
        .fold((seed, 0), |(n, digits), c| (n.wrapping_mul(10).wrapping_add(c as i64 - '0' as i64), digits + 1))
}

/// Sorts by `less`, which need not be a consistent order: the standard library's sort may panic then.
pub(super) fn sort<T: Copy>(items: &mut [T], less: impl Fn(&T, &T) -> bool + Copy) {
    if items.len() <= 16 {
        for i in 1..items.len() {
            let mut j = i;
            while j > 0 && less(&items[j], &items[j - 1]) {
                items.swap(j, j - 1);
                j -= 1;
            }
        }
        return;
    }
    let (left, right) = items.split_at_mut(items.len() / 2);
    sort(left, less);
    sort(right, less);
    if left.last().zip(right.first()).is_some_and(|(l, r)| !less(r, l)) {
        return;
    }
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(a), Some(b)) = (l.peek(), r.peek()) {
        let next = if less(b, a) { r.next() } else { l.next() };
        merged.extend(next.copied());
    }
    merged.extend(l.copied());
    merged.extend(r.copied());
    items.copy_from_slice(&merged);
}
