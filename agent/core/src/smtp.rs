//! The little SMTP that a probe needs, without IO: bytes in, a reply out.
//!
//! ```text
//! push(bytes) ─┬─▶ NeedMore      so far this can still become a reply
//!              ├─▶ Reply         one whole reply, single line or multiline (RFC 5321 §4.2)
//!              └─▶ NotSmtp(text) it can no longer become one
//! ```
//!
//! Every byte is hostile: lines and the whole reply are capped, what does not fit is not kept, and text leaves here
//! only as printable characters.

mod ehlo;

pub use self::ehlo::Capabilities;

/// Longest line that is read, in bytes without its line end. RFC 5321 §4.5.3.1.5 allows 512; real servers exceed it.
const LINE_MAX: usize = 2048;

/// Most that is read of one reply, in bytes. A longer one is cut after its last whole line: its code is known.
const REPLY_MAX: usize = 4096;

/// Longest text that is kept, in characters: enough for a host name and a product name.
const TEXT_MAX: usize = 256;

/// Most lines that are kept of one reply after its first; servers that offer everything have a score of them.
const LINES_MAX: usize = 64;

/// What is sent after a greeting (RFC 5321 §4.1.1.10). A session never sends MAIL and never AUTH.
pub const QUIT: &[u8] = b"QUIT\r\n";

/// One reply of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Reply code, 200 to 559.
    pub code: u16,
    /// The first line after the code, printable characters only.
    pub text: String,
    /// The lines after it, likewise; the first few dozen of them.
    pub more: Vec<String>,
}

impl Reply {
    /// `2yz`: the server did what was asked (RFC 5321 §4.2.1).
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

/// Whether a device on the way has overwritten the text of a greeting with asterisks, as inspecting firewalls do.
///
/// Some leave the zeros, twos and blanks of the original standing, so most of the text is asked for, not all of it.
pub fn is_masked(text: &str) -> bool {
    let visible = text.chars().filter(|c| !c.is_whitespace());
    let (masked, total) = visible.fold((0usize, 0usize), |(m, n), c| (m + usize::from(c == '*'), n + 1));
    total >= 4 && 2 * masked > total
}

/// What the bytes so far amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No whole reply yet.
    NeedMore,
    /// A whole reply.
    Reply(Reply),
    /// No SMTP server says this; its beginning, printable characters only.
    NotSmtp(String),
}

/// Reads one reply, however the network has cut it into pieces.
#[derive(Clone, Debug, Default)]
pub struct ReplyReader {
    line: Vec<u8>,
    first: Option<Reply>,
    read: usize,
    surplus: usize,
}

impl ReplyReader {
    /// Takes the next bytes. After anything but [`Progress::NeedMore`] the reader is done with.
    pub fn push(&mut self, bytes: &[u8]) -> Progress {
        for (at, &byte) in bytes.iter().enumerate() {
            self.read += 1;
            let step = if byte == b'\n' { self.end_of_line() } else { self.inside_line(byte) };
            match step {
                Progress::NeedMore => {}
                Progress::Reply(_) => {
                    self.surplus = bytes.len() - at - 1;
                    return step;
                }
                // The rest of the line that is already here tells a reader which protocol this is.
                Progress::NotSmtp(begun) => {
                    let rest =
                        bytes[at + 1..].split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
                    let line = if byte == b'\n' { begun } else { begun + &printable(rest) };
                    return Progress::NotSmtp(line.chars().take(TEXT_MAX).collect());
                }
            }
        }
        Progress::NeedMore
    }

    /// How many of the last bytes stand behind the reply: a server that says more than it was asked for.
    pub fn surplus(&self) -> usize {
        self.surplus
    }

    /// Whether any byte has arrived.
    pub fn is_empty(&self) -> bool {
        self.read == 0
    }

    fn inside_line(&mut self, byte: u8) -> Progress {
        self.line.push(byte);
        if !can_become_reply(&self.line) {
            return self.not_smtp();
        }
        if self.line.len() > LINE_MAX || self.read > REPLY_MAX {
            return match self.first.take() {
                Some(reply) => Progress::Reply(reply),
                None => self.not_smtp(),
            };
        }
        Progress::NeedMore
    }

    fn end_of_line(&mut self) -> Progress {
        // RFC 5321 §2.3.8 wants CRLF; a bare LF is a defect of the server, not the absence of one.
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        let Some((code, continues)) = code_of(&self.line) else {
            return self.not_smtp();
        };
        // RFC 5321 §4.2.1: the code is the same in every line of a multiline reply.
        if self.first.as_ref().is_some_and(|first| first.code != code) {
            return self.not_smtp();
        }
        let text = printable(self.line.get(4..).unwrap_or_default());
        self.line.clear();
        match &mut self.first {
            Some(first) if first.more.len() < LINES_MAX => first.more.push(text),
            Some(_) => {}
            None => self.first = Some(Reply { code, text, more: Vec::new() }),
        }
        if continues {
            return Progress::NeedMore;
        }
        self.first.take().map_or(Progress::NeedMore, Progress::Reply)
    }

    fn not_smtp(&self) -> Progress {
        Progress::NotSmtp(printable(&self.line))
    }
}

/// `Reply-code = %x32-35 %x30-35 %x30-39`, then the end of the line, a space or, where more lines follow, a hyphen.
fn code_of(line: &[u8]) -> Option<(u16, bool)> {
    let (digits, rest) = line.split_first_chunk::<3>()?;
    let [hundreds @ b'2'..=b'5', tens @ b'0'..=b'5', ones @ b'0'..=b'9'] = *digits else {
        return None;
    };
    let code = u16::from(hundreds - b'0') * 100 + u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
    match rest.first() {
        None | Some(b' ') => Some((code, false)),
        Some(b'-') => Some((code, true)),
        Some(_) => None,
    }
}

/// Whether the beginning of a line can still grow into a reply line, so that other protocols are recognised by
/// their first byte and not by a deadline.
fn can_become_reply(line: &[u8]) -> bool {
    line.iter().take(4).enumerate().all(|(at, byte)| match at {
        0 => matches!(byte, b'2'..=b'5'),
        1 => matches!(byte, b'0'..=b'5'),
        2 => byte.is_ascii_digit(),
        _ => matches!(byte, b' ' | b'-' | b'\r'),
    })
}

/// Printable ASCII as it is, anything else as a question mark, cut to what a table can hold.
fn printable(bytes: &[u8]) -> String {
    let shown = |&byte: &u8| if (b' '..=b'~').contains(&byte) { char::from(byte) } else { '?' };
    bytes.iter().take(TEXT_MAX).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Progress {
        ReplyReader::default().push(bytes)
    }

    fn reply(code: u16, lines: &str) -> Progress {
        let mut lines = lines.split('|').map(str::to_owned);
        let text = lines.next().expect("split gives one");
        Progress::Reply(Reply { code, text, more: lines.collect() })
    }

    fn is_printable(text: &str) -> bool {
        text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    }

    #[test]
    fn whole_replies_are_read() {
        for (bytes, expected) in [
            ("220 mx.example.com ESMTP\r\n", reply(220, "mx.example.com ESMTP")),
            ("220\r\n", reply(220, "")),
            ("220 bare line feed\n", reply(220, "bare line feed")),
            ("220-first\r\n220-second\r\n220 last\r\n", reply(220, "first|second|last")),
            ("220-first\r\n220\r\n", reply(220, "first|")),
            ("554 5.7.1 go away\r\n", reply(554, "5.7.1 go away")),
            ("421 busy\r\nand more", reply(421, "busy")),
            ("220 *****2***\r\n", reply(220, "*****2***")),
            ("220 \u{1b}[31mred\r\n", reply(220, "?[31mred")),
        ] {
            assert_eq!(read(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn unfinished_replies_need_more() {
        for bytes in
            ["", "2", "220", "220 mx", "220 mx\r", "220-first\r\n", "220-first\r\n220", "220-first\r\n22"]
        {
            assert_eq!(read(bytes.as_bytes()), Progress::NeedMore, "{bytes:?}");
        }
    }

    #[test]
    fn other_protocols_are_recognised_by_their_first_bytes() {
        for (bytes, text) in [
            ("SSH-2.0-OpenSSH_9.9\r\n", "SSH-2.0-OpenSSH_9.9"),
            ("HTTP/1.1 400 Bad Request\r\nServer: x", "HTTP/1.1 400 Bad Request"),
            ("+OK pop\r\n", "+OK pop"),
            ("\r\n", "?"),
            ("\n", ""),
            ("260 no such class\r\n", "260 no such class"),
            ("2200 no separator\r\n", "2200 no separator"),
            ("220-a\r\n250 b\r\n", "250 b"),
            ("220-a\r\nx y\r\n", "x y"),
        ] {
            assert_eq!(read(bytes.as_bytes()), Progress::NotSmtp(text.to_owned()), "{bytes:?}");
        }
    }

    #[test]
    fn an_endless_line_is_cut_off() {
        let mut reader = ReplyReader::default();
        assert_eq!(reader.push(b"220 "), Progress::NeedMore);
        let Progress::NotSmtp(text) = reader.push(&[b'x'; 2 * LINE_MAX]) else { panic!("kept on reading") };
        assert_eq!(text.len(), TEXT_MAX);
        assert!(reader.line.len() <= LINE_MAX + 1);
    }

    #[test]
    fn an_endless_reply_is_known_by_its_code() {
        let mut reader = ReplyReader::default();
        let end = (0..REPLY_MAX).map(|_| reader.push(b"220-more\r\n")).find(|p| *p != Progress::NeedMore);
        let Some(Progress::Reply(Reply { code: 220, text, more })) = end else { panic!("{end:?}") };
        assert_eq!((text.as_str(), more.len()), ("more", LINES_MAX));
    }

    #[test]
    fn what_stands_behind_a_reply_is_counted() {
        for (bytes, surplus) in [
            ("220 go ahead\r\n", 0),
            ("220 go ahead\r\n250 injected\r\n", 14),
            ("220-go\r\n220 ahead\r\n\n", 1),
        ] {
            let mut reader = ReplyReader::default();
            assert!(matches!(reader.push(bytes.as_bytes()), Progress::Reply(_)));
            assert_eq!(reader.surplus(), surplus, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic_and_text_is_printable(bytes in proptest::collection::vec(any::<u8>(), 0..6000)) {
            match read(&bytes) {
                Progress::NeedMore => {}
                Progress::Reply(Reply { text, more, .. }) => {
                    prop_assert!(more.iter().chain([&text]).all(|line| is_printable(line)));
                }
                Progress::NotSmtp(text) => prop_assert!(is_printable(&text)),
            }
        }

        #[test]
        fn the_cut_into_pieces_makes_no_difference(
            bytes in "(220[- ][a-z]{0,9}\r\n){1,5}|.{0,40}",
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = bytes.as_bytes();
            let at = cut.index(bytes.len() + 1);
            let mut reader = ReplyReader::default();
            let first = reader.push(&bytes[..at]);
            let pieces = if first == Progress::NeedMore { reader.push(&bytes[at..]) } else { first };
            match (pieces, read(bytes)) {
                // The piece decides only how much of the offending line is quoted.
                (Progress::NotSmtp(_), Progress::NotSmtp(_)) => {}
                (pieces, whole) => prop_assert_eq!(pieces, whole),
            }
        }
    }
}
