use super::*;

#[test]
fn integers() {
    let cases: [(&str, i64); 12] = [
        ("0x1F", 31),
        ("0755", 493),
        ("0o17", 15),
        ("0b11", 3),
        ("1_000", 1000),
        ("12.00", 12),
        ("12.50", 0),
        ("08", 0),
        ("", 0),
        ("-7", -7),
        ("99999999999999999999", 0),
        ("-9223372036854775808", i64::MIN),
    ];
    for (text, want) in cases {
        assert_eq!(cast_int(text.as_bytes()), want, "{text}");
    }
    assert_eq!((atoi(b"99999999999999999999"), atoi(b"0x10"), atoi(b"1_0")), (i64::MAX, 0, 0));
    assert_eq!((float_to_int(f64::NAN), float_to_int(1e19), float_to_int(-2.9)), (i64::MIN, i64::MIN, -2));
}

#[test]
fn floats() {
    assert_eq!(cast_float(b"1e999"), 0.0);
    assert!(cast_float(b"-Inf").is_infinite());
}

#[test]
fn decimals() {
    let d = |f| Decimal::new(f).unwrap();
    assert_eq!(d(0.1).add(&d(0.2)).unwrap().to_f64(), 0.3);
    assert_eq!(d(1.1).mul(&d(3.0)).unwrap().to_f64(), 3.3);
    assert_eq!(d(2.0).div(&d(3.0)).unwrap().to_f64(), 0.6666666666666667);
    assert_eq!(d(-1.0).div(&d(3e16)).unwrap().to_f64(), 0.0);
    assert_eq!(d(1e300).sub(&d(1e300)).unwrap().to_f64(), 0.0);
    assert_eq!(d(1.0).div(&d(0.0)).unwrap_err(), "decimal division by 0");
    assert_eq!(Decimal::new(f64::NEG_INFINITY).unwrap_err(), "Cannot create a Decimal from -Inf");
}

#[test]
fn sequences() {
    assert_eq!(until(-3).unwrap(), [0, -1, -2]);
    assert_eq!(until_step(3, 10, 3).unwrap(), [3, 6, 9]);
    assert!(until_step(0, 10, -1).unwrap().is_empty());
    assert!(until(1_000_000_000).is_err() && until_step(i64::MIN, i64::MAX, 1).is_err());
    assert_eq!(seq(&[0, 2, 10]).unwrap(), "0 2 4 6 8 10");
    assert_eq!(seq(&[3]).unwrap(), "1 2 3");
    assert_eq!(seq(&[-1]).unwrap(), "1 0 -1");
    assert_eq!(seq(&[1, 2, 3, 4]).unwrap(), "");
}

#[test]
fn rounding() {
    assert_eq!(round(123.5555, 3, 0.5), 123.556);
    assert_eq!(round(-123.5555, 3, 0.5), -123.556);
    assert_eq!(round(123.49999999, 0, 0.5), 123.0);
    assert_eq!(div(i64::MIN, -1), Ok(i64::MIN));
    assert_eq!(modulo(5, 0).unwrap_err(), "runtime error: integer divide by zero");
}
