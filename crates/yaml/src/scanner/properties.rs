//! Directives, anchors, aliases and tags.

use super::{Kind, Scan, Scanner, is_blank, is_word, width};

/// Besides letters, digits, `_` and `-`, what a tag may consist of.
const URI: &[u8] = b";/?:@&=+$,.!~*'()[]%";

impl<'a> Scanner<'a> {
    // ---- directives

    pub(super) fn fetch_directive(&mut self) -> Scan<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;

        let start = self.mark();
        self.pos += 1;
        self.need(1)?;
        let name = self.word()?;
        if name.is_empty() {
            return self.fail("could not find expected directive name");
        }
        if !self.blankz_at(0) {
            return self.fail("found unexpected non-alphabetical character");
        }
        let kind = match name {
            "YAML" => {
                self.need(1)?;
                self.skip_blanks()?;
                let major = self.version_number()?;
                if self.at(0) != b'.' {
                    return self.fail("did not find expected digit or '.' character");
                }
                self.pos += 1;
                Kind::VersionDirective { major, minor: self.version_number()? }
            }
            "TAG" => {
                self.need(1)?;
                self.skip_blanks()?;
                let handle = self.tag_handle(true)?;
                self.need(1)?;
                if !is_blank(self.at(0)) {
                    return self.fail("did not find expected whitespace");
                }
                self.skip_blanks()?;
                let prefix = self.tag_uri("")?;
                self.need(1)?;
                if !self.blankz_at(0) {
                    return self.fail("did not find expected whitespace or line break");
                }
                Kind::TagDirective(Box::new((handle, prefix)))
            }
            _ => return self.fail("found unknown directive name"),
        };
        let end = self.mark();
        self.line_end()?;
        self.push(kind, start, end);
        Ok(())
    }

    fn version_number(&mut self) -> Scan<u8> {
        self.need(1)?;
        let mut value = 0;
        let mut length = 0;
        while self.at(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.fail("found extremely long version number");
            }
            value = value * 10 + (self.at(0) - b'0');
            self.pos += 1;
            self.need(1)?;
        }
        if length == 0 {
            return self.fail("did not find expected version number");
        }
        Ok(value)
    }

    // ---- anchors and aliases

    fn word(&mut self) -> Scan<&'a str> {
        let start = self.pos;
        while is_word(self.at(0)) {
            self.pos += 1;
            self.need(1)?;
        }
        Ok(&self.text[start..self.pos])
    }

    pub(super) fn fetch_anchor(&mut self, alias: bool) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark();
        self.pos += 1;
        self.need(1)?;
        let name = self.word()?;
        let end = self.mark();
        let ends = self.blankz_at(0) || b"?:,]}%@`".contains(&self.at(0));
        if name.is_empty() || !ends {
            return self.fail("did not find expected alphabetic or numeric character");
        }
        let kind = if alias { Kind::Alias(name) } else { Kind::Anchor(name) };
        self.push(kind, start, end);
        Ok(())
    }

    // ---- tags

    pub(super) fn fetch_tag(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark();
        self.need(2)?;
        let (handle, suffix);
        if self.at(1) == b'<' {
            self.pos += 2;
            handle = String::new();
            suffix = self.tag_uri("")?;
            if self.at(0) != b'>' {
                return self.fail("did not find the expected '>'");
            }
            self.pos += 1;
        } else {
            let found = self.tag_handle(false)?;
            if found.len() > 1 && found.ends_with('!') {
                suffix = self.tag_uri("")?;
                handle = found;
            } else {
                let rest = self.tag_uri(&found)?;
                // `!` alone has no handle.
                (handle, suffix) = if rest.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), rest) };
            }
        }
        self.need(1)?;
        if !self.blankz_at(0) {
            return self.fail("did not find expected whitespace or line break");
        }
        let end = self.mark();
        self.push(Kind::Tag(Box::new((handle, suffix))), start, end);
        Ok(())
    }

    fn tag_handle(&mut self, directive: bool) -> Scan<String> {
        self.need(1)?;
        if self.at(0) != b'!' {
            return self.fail("did not find expected '!'");
        }
        let start = self.pos;
        self.pos += 1;
        self.need(1)?;
        self.word()?;
        if self.at(0) == b'!' {
            self.pos += 1;
        } else if directive && self.pos - start > 1 {
            return self.fail("did not find expected '!'");
        }
        Ok(self.text[start..self.pos].to_owned())
    }

    /// The rest of a tag, after `head` without its `!`.
    fn tag_uri(&mut self, head: &str) -> Scan<String> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let mut any = !head.is_empty();
        self.need(1)?;
        while is_word(self.at(0)) || (self.at(0) != 0 && URI.contains(&self.at(0))) {
            if self.at(0) == b'%' {
                self.uri_escape(&mut uri)?;
            } else {
                uri.push(self.at(0));
                self.pos += 1;
            }
            self.need(1)?;
            any = true;
        }
        if !any {
            return self.fail("did not find expected tag URI");
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    /// `%`-escapes of one UTF-8 sequence.
    fn uri_escape(&mut self, uri: &mut Vec<u8>) -> Scan<()> {
        let mut left = 0;
        let mut first = true;
        while first || left > 0 {
            self.need(3)?;
            let hex = |b: u8| char::from(b).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.at(0), hex(self.at(1)), hex(self.at(2))) else {
                return self.fail("did not find URI escaped octet");
            };
            let octet = (high << 4 | low) as u8;
            if first {
                if matches!(octet, 0x80..=0xBF | 0xF8..) {
                    return self.fail("found an incorrect leading UTF-8 octet");
                }
                left = width(octet);
                first = false;
            } else if octet & 0xC0 != 0x80 {
                return self.fail("found an incorrect trailing UTF-8 octet");
            }
            uri.push(octet);
            self.pos += 3;
            left -= 1;
        }
        Ok(())
    }
}
