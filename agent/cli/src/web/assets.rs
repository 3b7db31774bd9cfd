//! Files that are part of the program: style sheets and scripts of the page.

use std::hash::Hasher;

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};

use super::answer::{self, Answer};

/// A file that is part of the program.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where it is served, with the leading slash.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
}

/// An asset with its validator.
pub(super) struct Tagged {
    asset: &'static Asset,
    tag: HeaderValue,
}

impl Tagged {
    /// The tag is strong: equal for equal bytes only, as far as 64 bits and the length can tell.
    pub(super) fn new(asset: &'static Asset) -> Self {
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write(asset.bytes);
        let tag = format!("\"{:x}-{:016x}\"", asset.bytes.len(), hasher.finish());
        Self { asset, tag: HeaderValue::try_from(tag).expect("digits in quotes are a header value") }
    }

    pub(super) fn path(&self) -> &'static str {
        self.asset.path
    }

    /// The file, or that the browser has it already. It is asked for each time, since an update of the program
    /// changes a file under the same path.
    pub(super) fn answer(&self, request: &HeaderMap) -> Answer {
        let (status, bytes) = if self.is_known(request) {
            (StatusCode::NOT_MODIFIED, Bytes::new())
        } else {
            (StatusCode::OK, Bytes::from_static(self.asset.bytes))
        };
        let answer = answer::whole(status, self.asset.content_type, bytes);
        let answer = answer::with(answer, header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        answer::with(answer, header::ETAG, self.tag.clone())
    }

    /// RFC 9110 §13.1.2: a list of tags or `*`, compared weakly.
    fn is_known(&self, request: &HeaderMap) -> bool {
        let lists = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        lists
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|known| known == "*" || self.tag == known.strip_prefix("W/").unwrap_or(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Asset = Asset { path: "/page.css", content_type: "text/css", bytes: b"body {}" };
    const OTHER: Asset = Asset { bytes: b"body { }", ..STYLE };

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let style = Tagged::new(&STYLE);
        let tag = style.tag.to_str().expect("text");
        let weak = format!("W/{tag}");
        let listed = format!("\"other\", {tag}");
        for (known, status) in [
            (None, 200),
            (Some(tag), 304),
            (Some(&weak), 304),
            (Some(&listed), 304),
            (Some("*"), 304),
            (Some("\"other\""), 200),
            (Some(""), 200),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(known.map(|tags| (header::IF_NONE_MATCH, tags.parse().expect("a value"))));
            assert_eq!(style.answer(&headers).status(), status, "{known:?}");
        }
    }

    #[test]
    fn other_bytes_have_another_tag() {
        assert_ne!(Tagged::new(&STYLE).tag, Tagged::new(&OTHER).tag);
    }
}
