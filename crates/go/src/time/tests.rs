use super::*;

fn format(t: &Time, layout: &str) -> String {
    String::from_utf8(t.format(layout.as_bytes()).unwrap()).unwrap()
}

fn parse(layout: &str, value: &str) -> Result<String, String> {
    Time::parse(layout.as_bytes(), value.as_bytes()).map(|t| String::from_utf8(t.to_text()).unwrap())
}

#[test]
fn fields() {
    let t = Time::date(2024, 2, 9, 7, 5, 3, 120_000_000, Zone::Utc);
    let layout = "Monday Jan 2 _2 02 002 __2 06 2006 3:4:5 PM pm 15:04:05.000 .99 Z07:00 -0700 MST Januaryx Month";
    let want = "Friday Feb 9  9 09 040  40 24 2024 7:5:3 AM am 07:05:03.120 .12 Z +0000 UTC Februaryx Month";
    assert_eq!(format(&t, layout), want);
    let t = t.in_zone(Zone::load(b"America/New_York").unwrap());
    assert_eq!(format(&t, "2006-01-02T15:04:05Z07:00 MST"), "2024-02-09T02:05:03-05:00 EST");
    assert_eq!(Zone::load(b"america/new_york"), None);
}

#[test]
fn far_moments_wrap_as_in_go() {
    assert_eq!(format(&Time::unix_time(i64::MAX, 0, Zone::Utc), "2006-01-02"), "292277026596-12-04");
    assert_eq!(format(&Time::zero(), "2006-01-02 Mon"), "0001-01-01 Mon");
}

#[test]
fn parsing() {
    assert_eq!(parse("2006-01-02", "2017-12-31").unwrap(), "2017-12-31 00:00:00 +0000 UTC");
    assert_eq!(parse("2006-01-02T15:04:05Z07:00", "2017-12-31T23:00:01.5+02:00").unwrap(), "2017-12-31 23:00:01.5 +0200 +0200");
    assert_eq!(
        parse("2006-01-02", "31.12.2017").unwrap_err(),
        "parsing time \"31.12.2017\" as \"2006-01-02\": cannot parse \"31.12.2017\" as \"2006\""
    );
    assert_eq!(parse("2006-01-02", "2017-02-30").unwrap_err(), "parsing time \"2017-02-30\": day out of range");
    assert_eq!(parse("2006", "2017é").unwrap_err(), "parsing time \"2017\\xc3\\xa9\": extra text: \"\\xc3\\xa9\"");
}

#[test]
fn durations() {
    for (from, to) in [("1.5h", "1h30m0s"), ("-90s", "-1m30s"), ("1500us", "1.5ms"), ("0", "0s"), ("+5ns", "5ns")] {
        assert_eq!(Duration::parse(from.as_bytes()).unwrap().to_string(), to);
    }
    for bad in ["", "3", "-", ".s", "1x", "9223372036854775808ns"] {
        assert!(Duration::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    assert_eq!(Duration(i64::MIN).to_string(), "-2562047h47m16.854775808s");
    assert_eq!(Duration(1_500_000_000).round(Duration(1_000_000_000)), Duration(2_000_000_000));
}
