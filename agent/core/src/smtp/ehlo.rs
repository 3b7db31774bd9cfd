//! What a server offers in its reply to EHLO (RFC 5321 §4.1.1.1): STARTTLS and the mechanisms of AUTH.

use super::Reply;

/// Most mechanisms that are kept; servers that offer everything have a dozen.
const MECHANISMS_MAX: usize = 24;

/// `sasl-mech = 1*20mech-char` (RFC 4422 §3.1).
const MECHANISM_MAX: usize = 20;

/// The offers that a relay is judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// RFC 3207.
    pub starttls: bool,
    /// RFC 4954: SASL mechanisms in capitals, in their order, each once.
    pub auth: Vec<String>,
}

impl Capabilities {
    /// Reads the reply. Its first line is the server's name and offers nothing.
    pub fn of(reply: &Reply) -> Self {
        let mut offered = Self::default();
        for line in &reply.more {
            // Before RFC 2554 was a standard AUTH had an equals sign; SendGrid says both.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some(keyword) if keyword.eq_ignore_ascii_case("STARTTLS") => offered.starttls = true,
                Some(keyword) if keyword.eq_ignore_ascii_case("AUTH") => words.for_each(|w| offered.add(w)),
                _ => {}
            }
        }
        offered
    }

    fn add(&mut self, mechanism: &str) {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_mechanism = mechanism.len() <= MECHANISM_MAX && mechanism.bytes().all(legal);
        let mechanism = mechanism.to_ascii_uppercase();
        if is_mechanism && self.auth.len() < MECHANISMS_MAX && !self.auth.contains(&mechanism) {
            self.auth.push(mechanism);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(lines: &[&str]) -> (bool, String) {
        let more = lines.iter().map(ToString::to_string).collect();
        let reply = Reply { code: 250, text: "AUTH STARTTLS".to_owned(), more };
        let Capabilities { starttls, auth } = Capabilities::of(&reply);
        (starttls, auth.join(" "))
    }

    #[test]
    fn offers_are_read_as_servers_write_them() {
        for (lines, starttls, auth) in [
            (&[][..], false, ""),
            (&["SIZE 157286400", "PIPELINING", "STARTTLS", "8BITMIME"], true, ""),
            (&["starttls"], true, ""),
            (&["STARTTLSX", "XSTARTTLS"], false, ""),
            (&["AUTH LOGIN XOAUTH2"], false, "LOGIN XOAUTH2"),
            (&["AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN CRAM-MD5"], false, "PLAIN LOGIN CRAM-MD5"),
            (&["auth plain"], false, "PLAIN"),
            (&["AUTH"], false, ""),
            (&["AUTHINFO PLAIN"], false, ""),
            (&["AUTH PL?AIN \u{e9} THIS-NAME-IS-TOO-LONG-TO-BE-ONE SCRAM-SHA-256"], false, "SCRAM-SHA-256"),
        ] {
            assert_eq!(offered(lines), (starttls, auth.to_owned()), "{lines:?}");
        }
    }

    #[test]
    fn a_flood_of_mechanisms_is_cut() {
        let line = (0..1_000).fold("AUTH".to_owned(), |line, n| format!("{line} X{n}"));
        let reply = Reply { code: 250, text: String::new(), more: vec![line] };
        assert_eq!(Capabilities::of(&reply).auth.len(), MECHANISMS_MAX);
    }
}
