//! Messages of the Chakra schema (`schema/protobuf/et_def.proto` of mlcommons/chakra): what of them is read here.

use std::sync::Arc;

use super::wire::{Reader, Wire, WireFault};

/// Types of nodes by number.
const TYPES: [&str; 11] = [
    "INVALID_NODE",
    "METADATA_NODE",
    "MEM_LOAD_NODE",
    "MEM_STORE_NODE",
    "COMP_NODE",
    "COMM_SEND_NODE",
    "COMM_RECV_NODE",
    "COMM_COLL_NODE",
    "STORAGE_NODE",
    "BATCH_NODE",
    "CHECKPOINT_NODE",
];

pub(super) const METADATA: u64 = 1;
pub(super) const LOAD: u64 = 2;
pub(super) const STORE: u64 = 3;
pub(super) const COMPUTE: u64 = 4;
pub(super) const SEND: u64 = 5;
pub(super) const RECEIVE: u64 = 6;
pub(super) const COLLECTIVE: u64 = 7;

/// The name of a type of nodes.
pub(super) fn type_name(kind: u64) -> String {
    let known = usize::try_from(kind).ok().and_then(|kind| TYPES.get(kind));
    known.map_or_else(|| format!("type {kind}"), |name| (*name).to_owned())
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Any of the kinds of whole numbers.
    Whole(i128),
    /// `double` or `float`.
    Real(f64),
    /// `bool`.
    Truth(bool),
    /// `string`.
    Text(String),
    /// `bool_list`.
    Truths(Vec<bool>),
    /// Another kind, or none.
    Other,
}

/// Attributes that are read here, by name; all others are passed over.
pub(super) const KNOWN: [&str; 13] = [
    "is_cpu_op",
    "num_ops",
    "tensor_size",
    "runtime",
    "comm_type",
    "comm_size",
    "comm_src",
    "comm_dst",
    "comm_tag",
    "pg_name",
    "involved_dim",
    DURATION_PS,
    BYTES,
];

/// An attribute of our own: the exact duration, where it is not of whole microseconds or is zero.
pub(super) const DURATION_PS: &str = "railspine_duration_ps";

/// An attribute of our own: the exact size, where `comm_size` cannot tell it.
pub(super) const BYTES: &str = "railspine_bytes";

/// A node as it stands in the file.
#[derive(Debug, Clone, Default)]
pub(super) struct RawNode {
    pub(super) id: u64,
    pub(super) name: Arc<str>,
    pub(super) kind: u64,
    pub(super) ctrl_deps: Vec<u64>,
    pub(super) data_deps: Vec<u64>,
    pub(super) duration_micros: u64,
    /// What metadata nodes tell, such as groups of PyTorch.
    pub(super) input_values: String,
    /// Known attributes; where one stands twice, the last counts, as in any message.
    pub(super) attributes: Vec<(&'static str, Value)>,
}

impl RawNode {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// Whether a message can be the `GlobalMetadata` that a file begins with.
///
/// # Errors
/// Where it can not.
pub(super) fn is_metadata(bytes: &[u8], base: usize) -> Result<bool, WireFault> {
    let mut reader = Reader::new(bytes, base);
    let mut fits = true;
    while !reader.is_done() {
        fits &= matches!(reader.field()?, (1 | 2, Wire::Bytes(_)));
    }
    Ok(fits)
}

/// Reads a node; where something is wrong with its bytes, also what, and the node is what was read before.
pub(super) fn node(bytes: &[u8], base: usize) -> (RawNode, Option<WireFault>) {
    let mut node = RawNode::default();
    let fault = fill(&mut node, bytes, base).err();
    (node, fault)
}

fn fill(node: &mut RawNode, bytes: &[u8], base: usize) -> Result<(), WireFault> {
    let mut reader = Reader::new(bytes, base);
    while !reader.is_done() {
        let at = reader.position();
        match reader.field()? {
            (1, Wire::Varint(id)) => node.id = id,
            (2, Wire::Bytes(name)) => node.name = String::from_utf8_lossy(name).into(),
            (3, Wire::Varint(kind)) => node.kind = kind,
            (4, value) => ids(&mut node.ctrl_deps, value, reader.position(), at)?,
            (5, value) => ids(&mut node.data_deps, value, reader.position(), at)?,
            (7, Wire::Varint(duration)) => node.duration_micros = duration,
            (8, Wire::Bytes(inputs)) => {
                let base = reader.position() - inputs.len();
                if let Some(values) = text_field(inputs, base, 1)? {
                    node.input_values = values;
                }
            }
            (10, Wire::Bytes(attribute)) => {
                let base = reader.position() - attribute.len();
                node.attributes.extend(self::attribute(attribute, base)?);
            }
            (number @ (1..=3 | 7 | 8 | 10), _) => {
                return Err(WireFault {
                    at,
                    what: format!("field {number} of a node has the wrong wire type"),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Ids, one by one or packed.
fn ids(list: &mut Vec<u64>, value: Wire<'_>, end: usize, at: usize) -> Result<(), WireFault> {
    match value {
        Wire::Varint(id) => list.push(id),
        Wire::Bytes(packed) => {
            let mut reader = Reader::new(packed, end - packed.len());
            while !reader.is_done() {
                list.push(reader.varint()?);
            }
        }
        Wire::Fixed64(_) | Wire::Fixed32(_) => {
            return Err(WireFault { at, what: "a list of dependencies has the wrong wire type".into() });
        }
    }
    Ok(())
}

/// The text in a field of a message.
fn text_field(bytes: &[u8], base: usize, wanted: u64) -> Result<Option<String>, WireFault> {
    let mut reader = Reader::new(bytes, base);
    let mut found = None;
    while !reader.is_done() {
        if let (number, Wire::Bytes(text)) = reader.field()?
            && number == wanted
        {
            found = Some(String::from_utf8_lossy(text).into_owned());
        }
    }
    Ok(found)
}

/// A known attribute; `None` for others.
fn attribute(bytes: &[u8], base: usize) -> Result<Option<(&'static str, Value)>, WireFault> {
    let mut reader = Reader::new(bytes, base);
    let (mut name, mut value) = (None, Value::Other);
    while !reader.is_done() {
        match reader.field()? {
            (1, Wire::Bytes(text)) => {
                name = KNOWN.into_iter().find(|known| known.as_bytes() == text);
            }
            (2, _) => {}
            (number, wire) => value = scalar(number, wire, reader.position())?,
        }
    }
    Ok(name.map(|name| (name, value)))
}

/// A value by the number of its field in `AttributeProto`.
#[expect(clippy::cast_possible_truncation, reason = "32-bit kinds keep their low 32 bits, as in any reader")]
#[expect(clippy::cast_possible_wrap, reason = "signed kinds are two's complement on the wire")]
fn scalar(number: u64, wire: Wire<'_>, end: usize) -> Result<Value, WireFault> {
    let zigzag = |raw: u64| (raw >> 1) as i64 ^ -((raw & 1) as i64);
    Ok(match (number, wire) {
        (3, Wire::Fixed64(bits)) => Value::Real(f64::from_bits(bits)),
        (5, Wire::Fixed32(bits)) => Value::Real(f64::from(f32::from_bits(bits))),
        (7, Wire::Varint(raw)) => Value::Whole((raw as i32).into()),
        (9, Wire::Varint(raw)) => Value::Whole((raw as i64).into()),
        (11, Wire::Varint(raw)) => Value::Whole((raw as u32).into()),
        (13, Wire::Varint(raw)) | (21, Wire::Fixed64(raw)) => Value::Whole(raw.into()),
        (15, Wire::Varint(raw)) => Value::Whole((zigzag(raw) as i32).into()),
        (17, Wire::Varint(raw)) => Value::Whole(zigzag(raw).into()),
        (19, Wire::Fixed32(raw)) => Value::Whole(raw.into()),
        (23, Wire::Fixed32(raw)) => Value::Whole((raw as i32).into()),
        (25, Wire::Fixed64(raw)) => Value::Whole((raw as i64).into()),
        (27, Wire::Varint(raw)) => Value::Truth(raw != 0),
        (28, Wire::Bytes(list)) => Value::Truths(truths(list, end - list.len())?),
        (29, Wire::Bytes(text)) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        _ => Value::Other,
    })
}

/// The values of a `BoolList`.
fn truths(bytes: &[u8], base: usize) -> Result<Vec<bool>, WireFault> {
    let mut reader = Reader::new(bytes, base);
    let mut list = Vec::new();
    while !reader.is_done() {
        match reader.field()? {
            (1, Wire::Varint(raw)) => list.push(raw != 0),
            (1, Wire::Bytes(packed)) => {
                let mut reader = Reader::new(packed, reader.position() - packed.len());
                while !reader.is_done() {
                    list.push(reader.varint()? != 0);
                }
            }
            _ => {}
        }
    }
    Ok(list)
}
