// Command extract prints ../src/unicode/tables.rs: the tables of the Go that runs it. Not part of Pintle's build.
//
//	cd crates/go/extract && go run . > ../src/unicode/tables.rs
package main

import (
	"fmt"
	"runtime"
	"strings"
	"unicode"
)

func main() {
	// "go1.26.8" is of the series "1.26".
	parts := strings.SplitN(strings.TrimPrefix(runtime.Version(), "go"), ".", 3)
	fmt.Printf("//! Character tables of Go %s.%s's `unicode` package (Unicode %s): ranges as (first, last, stride).\n", parts[0], parts[1], unicode.Version)
	fmt.Print(`//!
//! The standard library of Rust follows another Unicode version and full case mapping; Go maps one character to one.
//!
//! Written by: cd crates/go/extract && go run . > ../src/unicode/tables.rs
`)
	category("UPPER", "Lu", unicode.Lu)
	category("LOWER", "Ll", unicode.Ll)
	category("TITLE", "Lt", unicode.Lt)
	category("LETTER", "L", unicode.L)
	category("DIGIT", "Nd", unicode.Nd)
	category("NUMBER", "N", unicode.N)
	category("PUNCT", "P", unicode.P)
	category("MARK", "M", unicode.M)
	category("SYMBOL", "S", unicode.S)
	cases()
	fmt.Print(`
/// The delta of a run in which upper and lower case alternate.
pub(super) const ALTERNATING: i32 = i32::MAX;
`)
}

func category(name, short string, table *unicode.RangeTable) {
	fmt.Printf("\n/// Category %s.\npub(super) const %s: &[(u32, u32, u32)] = &[\n", short, name)
	for _, r := range table.R16 {
		fmt.Printf("    (0x%X, 0x%X, %d),\n", r.Lo, r.Hi, r.Stride)
	}
	for _, r := range table.R32 {
		fmt.Printf("    (0x%X, 0x%X, %d),\n", r.Lo, r.Hi, r.Stride)
	}
	fmt.Println("];")
}

func cases() {
	fmt.Print(`
/// Simple case mapping: (first, last, to upper, to lower, to title); ` + "`ALTERNATING`" + ` marks runs of upper, lower, upper, ...
pub(super) const CASE: &[(u32, u32, i32, i32, i32)] = &[
`)
	delta := func(d rune) string {
		if d == unicode.UpperLower {
			return "ALTERNATING"
		}
		return fmt.Sprint(d)
	}
	for _, r := range unicode.CaseRanges {
		d := r.Delta
		fmt.Printf("    (0x%X, 0x%X, %s, %s, %s),\n", r.Lo, r.Hi, delta(d[unicode.UpperCase]), delta(d[unicode.LowerCase]), delta(d[unicode.TitleCase]))
	}
	fmt.Println("];")
}
