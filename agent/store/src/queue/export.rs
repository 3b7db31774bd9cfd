//! An export, and the row it stands in.

use crate::moment::Moment;

/// An export as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its place in the lane, from 1 on. [`Waiting::highest`](crate::Waiting::highest) says which were used.
    pub number: u64,
    /// When it was made.
    pub at: Moment,
    /// What is lost when it is: points or records in it.
    pub records: u32,
    /// What the receiver gets; at most [`EXPORT_MOST`](crate::EXPORT_MOST).
    pub body: Vec<u8>,
}

/// An export without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) number: u64,
    pub(super) at: Moment,
    pub(super) records: u32,
}

const AT_LEN: usize = 8;
const RECORDS_LEN: usize = 4;
const BODY_AT: usize = AT_LEN + RECORDS_LEN;

impl Export {
    pub(super) const KEY_LEN: usize = 8;

    pub(super) fn key(number: u64) -> [u8; Self::KEY_LEN] {
        number.to_be_bytes()
    }

    pub(super) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let Head { number, at, records } = Head::decode(key, value)?;
        Some(Self { number, at, records, body: value[BODY_AT..].to_vec() })
    }

    pub(super) fn value_len(&self) -> usize {
        BODY_AT + self.body.len()
    }

    /// Into a value of [`Export::value_len`] bytes.
    pub(super) fn encode(&self, value: &mut [u8]) {
        value[..AT_LEN].copy_from_slice(&self.at.millis().to_le_bytes());
        value[AT_LEN..BODY_AT].copy_from_slice(&self.records.to_le_bytes());
        value[BODY_AT..].copy_from_slice(&self.body);
    }

    /// Whether a row is this export, under whichever number.
    pub(super) fn is_in(&self, value: &[u8]) -> bool {
        Head::decode(&Self::key(self.number), value)
            .is_some_and(|head| head.at == self.at && head.records == self.records)
            && value[BODY_AT..] == self.body
    }
}

impl Head {
    pub(super) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let number = u64::from_be_bytes(key.try_into().ok()?);
        let (at, rest) = value.split_first_chunk::<AT_LEN>()?;
        let (records, _) = rest.split_first_chunk::<RECORDS_LEN>()?;
        let millis = u64::from_le_bytes(*at);
        let at = Moment::from_millis(millis);
        (at.millis() == millis).then_some(Self { number, at, records: u32::from_le_bytes(*records) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn encoded(export: &Export) -> Vec<u8> {
        let mut value = vec![0; export.value_len()];
        export.encode(&mut value);
        value
    }

    #[test]
    fn an_export_is_read_as_it_was_written_and_sorts_by_its_number() {
        let export = |number, body: &[u8]| Export { number, at: at(7), records: 3, body: body.to_vec() };
        let exports = [export(0, b""), export(255, b"b"), export(256, &[0; 300]), export(u64::MAX, b"last")];
        assert!(exports.is_sorted_by_key(|export| Export::key(export.number)));
        for export in exports {
            let value = encoded(&export);
            assert!(export.is_in(&value));
            assert_eq!(Export::decode(&Export::key(export.number), &value), Some(export));
        }
    }

    #[test]
    fn what_is_no_export_is_not_taken_for_one() {
        let export = Export { number: 1, at: at(7), records: 3, body: b"body".to_vec() };
        let value = encoded(&export);
        for (situation, key, value) in [
            ("a short key", &[1; 7][..], &value[..]),
            ("a long key", &[1; 9], &value),
            ("an empty row", &[1; 8], &[]),
            ("half a moment", &[1; 8], &value[..7]),
            ("no number of records", &[1; 8], &value[..11]),
            ("a moment beyond all calendars", &[1; 8], &[255; 16]),
        ] {
            assert_eq!(Export::decode(key, value), None, "{situation}");
        }
        for other in [
            Export { at: at(8), ..export.clone() },
            Export { records: 4, ..export.clone() },
            Export { body: b"bodies".to_vec(), ..export.clone() },
        ] {
            assert!(!other.is_in(&value), "{other:?}");
        }
    }
}
