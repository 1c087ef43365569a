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

// A table, as many of its rows on a line as fit.
func table(doc, name, row string, rows []string) {
	fmt.Printf("\n/// %s\n#[rustfmt::skip]\npub(super) const %s: &[%s] = &[", doc, name, row)
	width := 1000
	for _, r := range rows {
		if width+len(r)+2 > 128 {
			fmt.Print("\n   ")
			width = 3
		}
		fmt.Printf(" %s,", r)
		width += len(r) + 2
	}
	fmt.Println("\n];")
}

func category(name, short string, t *unicode.RangeTable) {
	var rows []string
	for _, r := range t.R16 {
		rows = append(rows, fmt.Sprintf("(0x%X, 0x%X, %d)", r.Lo, r.Hi, r.Stride))
	}
	for _, r := range t.R32 {
		rows = append(rows, fmt.Sprintf("(0x%X, 0x%X, %d)", r.Lo, r.Hi, r.Stride))
	}
	table(fmt.Sprintf("Category %s.", short), name, "(u32, u32, u32)", rows)
}

func cases() {
	delta := func(d rune) string {
		if d == unicode.UpperLower {
			return "ALTERNATING"
		}
		return fmt.Sprint(d)
	}
	var rows []string
	for _, r := range unicode.CaseRanges {
		d := r.Delta
		rows = append(rows, fmt.Sprintf("(0x%X, 0x%X, %s, %s, %s)", r.Lo, r.Hi, delta(d[unicode.UpperCase]), delta(d[unicode.LowerCase]), delta(d[unicode.TitleCase])))
	}
	doc := "Simple case mapping: (first, last, to upper, to lower, to title); `ALTERNATING` marks runs of upper, lower, upper, ..."
	table(doc, "CASE", "(u32, u32, i32, i32, i32)", rows)
}
