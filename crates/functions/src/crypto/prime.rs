//! Primes for keys: a sieve over the numbers behind a random start, then Miller–Rabin in Montgomery form (FIPS 186-5, B.3).
//!
//! `num-bigint-dig` has a search of its own, which sieves with few primes and multiplies slowly: an RSA key of 4096 bits took
//! several times as long as in Go. All randomness is drawn before a search begins, so that searches may run side by side.

use std::sync::LazyLock;

use num_bigint_dig::prime::probably_prime;
use num_bigint_dig::{BigUint, RandBigInt};
use rand_core::RngCore;

/// Rounds of Miller–Rabin with random bases, after one with base 2. FIPS 186-5, table B.1, asks for 3 to 5 at the lengths of
/// RSA's primes, for an error of at most 2^-100.
const ROUNDS: usize = 5;
/// How many odd numbers are sieved at once. Primes of 2048 bits lie 710 odd numbers apart on average.
const WINDOW: usize = 8192;
/// Primes up to here are sieved with: more of them would cost more than the tests that they save.
const SIEVE_BOUND: usize = 1 << 16;
/// How many primes a single number is divided by before it is tested.
const TRIAL_DIVISIONS: usize = 300;

/// The odd primes below [`SIEVE_BOUND`], ascending.
static SMALL_PRIMES: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut composite = vec![false; SIEVE_BOUND];
    let mut primes = Vec::new();
    for n in (3..SIEVE_BOUND).step_by(2) {
        if !composite[n] {
            primes.push(n as u64);
            composite[n..].iter_mut().step_by(n).for_each(|c| *c = true);
        }
    }
    primes
});

/// The bases of Miller–Rabin besides 2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bases([u64; ROUNDS]);

impl Bases {
    pub(super) fn draw(random: &mut impl RngCore) -> Bases {
        // 0, 1 and n - 1 would prove nothing.
        Bases(std::array::from_fn(|_| random.next_u64().max(3)))
    }
}

/// Where a search for a prime begins, and the bases that its finds must pass.
#[derive(Debug)]
pub(super) struct Search {
    start: BigUint,
    bases: Bases,
}

impl Search {
    /// A search for a prime of `bits` bits, at least 64; its upper two bits are set, so that a product of two has twice as many.
    pub(super) fn draw(random: &mut impl RngCore, bits: usize) -> Search {
        let one = BigUint::from(1u8);
        let top = BigUint::from(3u8) << (bits - 2);
        Search { start: random.gen_biguint(bits) | top | one, bases: Bases::draw(random) }
    }

    /// The first prime from the start on that is not 1 modulo `e`, which is a prime itself.
    pub(super) fn run(&self, e: u64) -> BigUint {
        let mut start = self.start.clone();
        loop {
            for (i, _) in sieve(&start).iter().enumerate().filter(|(_, composite)| !**composite) {
                let candidate = &start + 2 * i;
                if remainder(&limbs(&candidate), e) != 1 && is_probable(&candidate, self.bases) {
                    return candidate;
                }
            }
            start += 2 * WINDOW;
        }
    }
}

/// Whether an odd number beyond 32 bits is a prime, as far as small divisors and Miller–Rabin tell.
pub(super) fn is_prime(n: &BigUint, bases: Bases) -> bool {
    let digits = limbs(n);
    SMALL_PRIMES[..TRIAL_DIVISIONS].iter().all(|p| remainder(&digits, *p) != 0) && is_probable(n, bases)
}

/// Which of the odd numbers `start`, `start` + 2, … have a small divisor.
fn sieve(start: &BigUint) -> Vec<bool> {
    let digits = limbs(start);
    let mut composite = vec![false; WINDOW];
    for &p in SMALL_PRIMES.iter() {
        // start + 2i is 0 modulo p: 2i = -start, and half of an odd number is half of that plus p.
        let missing = (p - remainder(&digits, p)) % p;
        let first = (if missing.is_multiple_of(2) { missing } else { missing + p }) / 2;
        composite.iter_mut().skip(first as usize).step_by(p as usize).for_each(|c| *c = true);
    }
    composite
}

/// The digits to base 2^64, lowest first.
fn limbs(n: &BigUint) -> Vec<u64> {
    n.to_bytes_le().chunks(8).map(|c| c.iter().rev().fold(0, |limb, b| limb << 8 | u64::from(*b))).collect()
}

/// The remainder by a divisor below 2^32.
fn remainder(digits: &[u64], divisor: u64) -> u64 {
    // Half a digit at a time stays within the processor's own division.
    let halves = digits.iter().rev().flat_map(|limb| [limb >> 32, limb & 0xFFFF_FFFF]);
    halves.fold(0, |r, half| (r << 32 | half) % divisor)
}

fn is_probable(n: &BigUint, bases: Bases) -> bool {
    match n.bits() {
        0..=256 => Modulus::<4>::new(n).miller_rabin(bases),
        257..=1024 => Modulus::<16>::new(n).miller_rabin(bases),
        1025..=2048 => Modulus::<32>::new(n).miller_rabin(bases),
        _ => probably_prime(n, 20),
    }
}

/// Arithmetic modulo an odd number of at most `N` digits. Numbers are in Montgomery form: times 2^(64 N).
struct Modulus<'n, const N: usize> {
    number: &'n BigUint,
    digits: [u64; N],
    /// The negated inverse of the lowest digit modulo 2^64.
    inverse: u64,
}

impl<'n, const N: usize> Modulus<'n, N> {
    fn new(number: &'n BigUint) -> Modulus<'n, N> {
        let digits = fixed(number);
        // Newton's iteration doubles the bits that are right; an odd number is its own inverse modulo 8.
        let inverse = (0..5).fold(digits[0], |i, _| i.wrapping_mul(2u64.wrapping_sub(digits[0].wrapping_mul(i))));
        Modulus { number, digits, inverse: inverse.wrapping_neg() }
    }

    fn montgomery(&self, n: u64) -> [u64; N] {
        fixed(&((BigUint::from(n) << (64 * N)) % self.number))
    }

    /// Whether the number passes for a prime with base 2 and all others.
    fn miller_rabin(&self, bases: Bases) -> bool {
        let below = self.number - 1u8;
        let twos = below.trailing_zeros().unwrap_or(0);
        let odd = limbs(&(&below >> twos));
        let one = self.montgomery(1);
        let minus_one = fixed(&(self.number - BigUint::from_bytes_le(&bytes(&one))));
        let passes = |times_base: &dyn Fn(&[u64; N]) -> [u64; N]| {
            let mut x = one;
            for bit in (0..64 * odd.len()).rev() {
                x = self.multiply(&x, &x);
                if odd[bit / 64] >> (bit % 64) & 1 == 1 {
                    x = times_base(&x);
                }
            }
            // base^odd is 1, or one of its squarings before the last is -1.
            x == one
                || (0..twos).any(|_| {
                    let found = x == minus_one;
                    x = self.multiply(&x, &x);
                    found
                })
        };
        // Base 2 ends nearly every composite, and doubling is cheaper than multiplying.
        passes(&|x| self.double(x))
            && bases.0.iter().all(|base| {
                let base = self.montgomery(*base);
                passes(&|x| self.multiply(x, &base))
            })
    }

    fn double(&self, x: &[u64; N]) -> [u64; N] {
        let mut out = [0; N];
        let mut carry = 0;
        for (o, limb) in out.iter_mut().zip(x) {
            *o = limb << 1 | carry;
            carry = limb >> 63;
        }
        self.reduce(out, carry)
    }

    /// The Montgomery product, digit by digit (CIOS; Koç, Acar, Kaliski 1996).
    fn multiply(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let mut t = [0; N];
        let mut over = 0;
        for &x in a {
            let mut carry = 0;
            for j in 0..N {
                (t[j], carry) = multiply_add(x, b[j], t[j], carry);
            }
            let (top, overflow) = carry.overflowing_add(over);
            let m = t[0].wrapping_mul(self.inverse);
            (_, carry) = multiply_add(m, self.digits[0], t[0], 0);
            for j in 1..N {
                (t[j - 1], carry) = multiply_add(m, self.digits[j], t[j], carry);
            }
            let (top, again) = top.overflowing_add(carry);
            t[N - 1] = top;
            over = u64::from(overflow) + u64::from(again);
        }
        self.reduce(t, over)
    }

    /// Subtracts the modulus once if `over` 2^(64 N) + `t` reaches it.
    fn reduce(&self, mut t: [u64; N], over: u64) -> [u64; N] {
        if over == 0 && t.iter().rev().lt(self.digits.iter().rev()) {
            return t;
        }
        let mut borrow = false;
        for (limb, n) in t.iter_mut().zip(&self.digits) {
            let (difference, first) = limb.overflowing_sub(*n);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            *limb = difference;
            borrow = first || second;
        }
        t
    }
}

/// `a` `b` + `c` + `d`: the lower and the upper digit, which always suffice.
fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    (product as u64, (product >> 64) as u64)
}

/// The digits of a number below 2^(64 N).
fn fixed<const N: usize>(n: &BigUint) -> [u64; N] {
    let mut out = [0; N];
    out.iter_mut().zip(limbs(n)).for_each(|(o, limb)| *o = limb);
    out
}

fn bytes(digits: &[u64]) -> Vec<u8> {
    digits.iter().flat_map(|d| d.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Random;
    use crate::world::{Instant, Seeded};

    fn bases(world: &Seeded) -> Bases {
        Bases::draw(&mut Random(world))
    }

    fn world(seed: u64) -> Seeded {
        Seeded::new(seed, Instant::default())
    }

    /// Numbers of all lengths of [`Modulus`], judged as another implementation judges them.
    #[test]
    fn agrees_with_num_bigint() {
        let world = world(1);
        let mut primes = 0;
        for (bits, count) in [(64, 400), (200, 400), (256, 300), (257, 200), (600, 60), (1024, 20), (1500, 10), (2048, 5)] {
            for _ in 0..count {
                let n = Random(&world).gen_biguint(bits) | BigUint::from(1u8) | (BigUint::from(1u8) << (bits - 1));
                let wanted = probably_prime(&n, 10);
                assert_eq!(is_prime(&n, bases(&world)), wanted, "{n}");
                primes += usize::from(wanted);
            }
        }
        assert!(primes > 10, "{primes}");
    }

    /// Mersenne's numbers, prime and not, and products of two primes, which no small divisor betrays.
    #[test]
    fn known_numbers() {
        let world = world(2);
        let one = BigUint::from(1u8);
        for (exponent, prime) in
            [(61, true), (67, false), (89, true), (127, true), (521, true), (523, false), (1279, true), (1277, false)]
        {
            let n = (&one << exponent as usize) - &one;
            assert_eq!(is_prime(&n, bases(&world)), prime, "2^{exponent}-1");
        }
        let p = (&one << 61usize) - &one;
        let q = (&one << 89usize) - &one;
        assert!(!is_prime(&(&p * &q), bases(&world)));
        // 2047 = 23·89 and 3215031751 pass with base 2, the latter with 3, 5 and 7 too; other bases find them out.
        for n in [2047u64, 3_215_031_751] {
            assert!(!is_probable(&BigUint::from(n), bases(&world)), "{n}");
        }
    }

    /// No prime between the start and the find is missed, none of those found is composite, and e divides none less one.
    #[test]
    fn the_first_prime_is_found() {
        let world = world(3);
        for bits in [64, 128, 300] {
            for _ in 0..10 {
                let search = Search::draw(&mut Random(&world), bits);
                let found = search.run(3);
                assert_eq!(found.bits(), bits);
                let mut n = search.start.clone();
                while n < found {
                    assert!(!probably_prime(&n, 10) || &n % 3u8 == BigUint::from(1u8), "{n} is missed");
                    n += 2u8;
                }
                assert!(probably_prime(&found, 10) && &found % 3u8 != BigUint::from(1u8), "{found}");
            }
        }
    }
}
