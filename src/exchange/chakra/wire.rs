//! The wire format of protocol buffers, as much of it as Chakra needs: fields by number, and messages with their length
//! before them. Lengths that a file tells are never trusted.
//!
//! Written here and not taken from a crate: a few screens of code, and messages can name the node that a file breaks in.

use std::fmt;

/// The value of a field as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire<'a> {
    /// Whole numbers, booleans and enumerations.
    Varint(u64),
    /// Eight bytes, little-endian.
    Fixed64(u64),
    /// Four bytes, little-endian.
    Fixed32(u32),
    /// Texts, bytes, messages and packed lists.
    Bytes(&'a [u8]),
}

/// Where and how bytes stop making sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WireFault {
    /// The byte of the file, from 0.
    pub(super) at: usize,
    /// What is wrong there.
    pub(super) what: String,
}

impl fmt::Display for WireFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// Bytes that are read from the front.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the bytes stand in the file.
    base: usize,
}

impl<'a> Reader<'a> {
    /// Reads bytes that start at byte `base` of the file.
    pub(super) const fn new(bytes: &'a [u8], base: usize) -> Self {
        Self { bytes, at: 0, base }
    }

    /// True where nothing is left.
    pub(super) const fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The byte of the file that comes next.
    pub(super) const fn position(&self) -> usize {
        self.base + self.at
    }

    /// What comes next, to the end.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn fault<T>(&self, at: usize, what: impl Into<String>) -> Result<T, WireFault> {
        Err(WireFault { at: self.base + at, what: what.into() })
    }

    /// A number in groups of seven bits, the lowest first.
    pub(super) fn varint(&mut self) -> Result<u64, WireFault> {
        let start = self.at;
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let Some(&byte) = self.bytes.get(self.at) else {
                return self.fault(self.bytes.len(), "a number is cut off");
            };
            self.at += 1;
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        self.fault(start, "a number has more than 64 bits")
    }

    fn take(&mut self, count: u64, what: &str) -> Result<&'a [u8], WireFault> {
        let left = self.bytes.len() - self.at;
        match usize::try_from(count).ok().filter(|count| *count <= left) {
            Some(count) => {
                let taken = &self.bytes[self.at..self.at + count];
                self.at += count;
                Ok(taken)
            }
            None => self.fault(self.at, format!("{what} of {count} bytes has only {left}")),
        }
    }

    /// The next message of a file, and where it starts.
    pub(super) fn message(&mut self) -> Result<(&'a [u8], usize), WireFault> {
        let length = self.varint()?;
        let start = self.position();
        Ok((self.take(length, "a message")?, start))
    }

    /// The next field: its number and value.
    pub(super) fn field(&mut self) -> Result<(u64, Wire<'a>), WireFault> {
        let start = self.at;
        let key = self.varint()?;
        let (number, kind) = (key >> 3, key & 7);
        if number == 0 {
            return self.fault(start, "a field has the number 0");
        }
        let value = match kind {
            0 => Wire::Varint(self.varint()?),
            1 => {
                let mut eight = [0; 8];
                eight.copy_from_slice(self.take(8, "a number")?);
                Wire::Fixed64(u64::from_le_bytes(eight))
            }
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length, "a field")?)
            }
            5 => {
                let mut four = [0; 4];
                four.copy_from_slice(self.take(4, "a number")?);
                Wire::Fixed32(u32::from_le_bytes(four))
            }
            other => return self.fault(start, format!("field {number} has the unknown wire type {other}")),
        };
        Ok((number, value))
    }
}

/// A message in the making.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// The message.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven bits fit")]
    fn raw(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// A whole number, also where it is zero.
    pub(super) fn varint(&mut self, number: u64, value: u64) {
        self.raw(number << 3);
        self.raw(value);
    }

    /// A floating-point number.
    pub(super) fn double(&mut self, number: u64, value: f64) {
        self.raw(number << 3 | 1);
        self.bytes.extend(value.to_bits().to_le_bytes());
    }

    /// A text, bytes or a message.
    pub(super) fn text(&mut self, number: u64, value: &[u8]) {
        self.raw(number << 3 | 2);
        self.raw(value.len() as u64);
        self.bytes.extend(value);
    }

    /// Whole numbers, packed; nothing where there are none.
    pub(super) fn packed(&mut self, number: u64, values: impl Iterator<Item = u64>) {
        let mut list = Self::default();
        values.for_each(|value| list.raw(value));
        if !list.bytes.is_empty() {
            self.text(number, &list.bytes);
        }
    }

    /// A message with its length before it, as files hold them.
    pub(super) fn framed(&mut self, message: &Self) {
        self.raw(message.bytes.len() as u64);
        self.bytes.extend(&message.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_the_format_says() {
        // The examples of the description of protocol buffers: 150 in field 1, `testing` in field 2.
        assert_eq!(Reader::new(&[0x08, 0x96, 0x01], 0).field(), Ok((1, Wire::Varint(150))));
        let text = [0x12, 7, b't', b'e', b's', b't', b'i', b'n', b'g'];
        assert_eq!(Reader::new(&text, 0).field(), Ok((2, Wire::Bytes(b"testing"))));
        let minus_two = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Reader::new(&minus_two, 0).varint(), Ok(u64::MAX - 1));
    }

    #[test]
    fn broken_bytes_say_where() {
        let told = |bytes: &[u8]| Reader::new(bytes, 100).field().unwrap_err().to_string();
        assert_eq!(told(&[0x08]), "a number is cut off at byte 101");
        assert_eq!(told(&[0x08, 0xff]), "a number is cut off at byte 102");
        assert_eq!(
            told(&[0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2]),
            "a number has more than 64 bits at byte 101"
        );
        assert_eq!(told(&[0x12, 5, 1]), "a field of 5 bytes has only 1 at byte 102");
        assert_eq!(told(&[0x09, 5, 1]), "a number of 8 bytes has only 2 at byte 101");
        assert_eq!(told(&[0x00]), "a field has the number 0 at byte 100");
        assert_eq!(told(&[0x0b]), "field 1 has the unknown wire type 3 at byte 100");
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0];
        let fault = Reader::new(&huge, 0).message().unwrap_err();
        assert_eq!(fault.to_string(), "a message of 18446744073709551615 bytes has only 1 at byte 10");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in 1_u64..1 << 29, value: u64, text: Vec<u8>, real: f64) {
            let mut writer = Writer::default();
            writer.varint(number, value);
            writer.text(number, &text);
            writer.double(number, real);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes, 0);
            prop_assert_eq!(reader.field(), Ok((number, Wire::Varint(value))));
            prop_assert_eq!(reader.field(), Ok((number, Wire::Bytes(&text[..]))));
            prop_assert_eq!(reader.field(), Ok((number, Wire::Fixed64(real.to_bits()))));
            prop_assert!(reader.is_done());
        }

        #[test]
        fn any_bytes_end_in_time(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes, 0);
            while !reader.is_done() {
                let before = reader.position();
                if reader.field().is_err() { break; }
                prop_assert!(reader.position() > before);
            }
        }
    }
}
