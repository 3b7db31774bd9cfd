//! Rows and the keys they stand under.

use crate::moment::Moment;

/// Which port and IP family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortKey {
    /// The TCP port.
    pub port: u16,
    /// The family, in the caller's code.
    pub family: u8,
}

/// What is on show for one port and family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortMemory {
    /// Whose it is.
    pub key: PortKey,
    /// State, signature, since and whatever else is needed to show it again; at most [`ROW_MOST`](crate::ROW_MOST).
    pub value: Vec<u8>,
}

/// One row of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it happened.
    pub at: Moment,
    /// What tells it from others of the same millisecond. The same moment and id are the same row.
    pub id: u128,
    /// What happened; at most [`ROW_MOST`](crate::ROW_MOST).
    pub value: Vec<u8>,
}

impl PortKey {
    pub(crate) const LEN: usize = 3;

    pub(crate) fn encode(self) -> [u8; Self::LEN] {
        let [high, low] = self.port.to_be_bytes();
        [high, low, self.family]
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let [high, low, family] = *<&[u8; Self::LEN]>::try_from(bytes).ok()?;
        Some(Self { port: u16::from_be_bytes([high, low]), family })
    }
}

impl Row {
    pub(crate) const KEY_LEN: usize = 24;
    const MOMENT_LEN: usize = 8;

    pub(crate) fn key(&self) -> [u8; Self::KEY_LEN] {
        let mut key = [0; Self::KEY_LEN];
        key[..Self::MOMENT_LEN].copy_from_slice(&self.at.millis().to_be_bytes());
        key[Self::MOMENT_LEN..].copy_from_slice(&self.id.to_be_bytes());
        key
    }

    /// The first key that a row of that moment could have.
    pub(crate) fn first_key(at: Moment) -> [u8; Self::KEY_LEN] {
        Self { at, id: 0, value: Vec::new() }.key()
    }

    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let at = Self::moment(key)?;
        let id = u128::from_be_bytes(key[Self::MOMENT_LEN..].try_into().ok()?);
        Some(Self { at, id, value: value.to_vec() })
    }

    pub(crate) fn moment(key: &[u8]) -> Option<Moment> {
        let key = <&[u8; Self::KEY_LEN]>::try_from(key).ok()?;
        let millis = u64::from_be_bytes(key[..Self::MOMENT_LEN].try_into().ok()?);
        Some(Moment::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_what_they_stand_for() {
        let row = |at, id| Row { at: Moment::from_millis(at), id, value: Vec::new() };
        let rows =
            [row(0, 0), row(0, 255), row(0, 256), row(255, 0), row(256, 0), row(256, u128::MAX), row(257, 0)];
        assert!(rows.is_sorted_by_key(Row::key));
        for row in &rows {
            assert_eq!(Row::decode(&row.key(), &[]).as_ref(), Some(row));
        }

        let port = |port, family| PortKey { port, family };
        let ports = [port(25, 4), port(25, 6), port(256, 4), port(587, 4), port(u16::MAX, 0)];
        assert!(ports.is_sorted_by_key(|key| key.encode()));
        for key in ports {
            assert_eq!(PortKey::decode(&key.encode()), Some(key));
        }
    }

    #[test]
    fn a_key_of_another_length_is_none_of_ours() {
        for length in [0, 1, 2, 4, 8, 23, 25] {
            let key = vec![0; length];
            assert_eq!(Row::decode(&key, &[]), None, "{length} bytes");
            assert_eq!(PortKey::decode(&key), None, "{length} bytes");
        }
    }
}
