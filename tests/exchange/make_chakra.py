"""Writes the Chakra traces of the tests: the sample beside this file and the wrong ones under `tests/errors`.

Run it from the root of the crate. It encodes protocol buffers by itself, after `et_def.proto` of mlcommons/chakra, so that
the reader is not held against its own writer.
"""

import os
import struct

INT32, INT64, UINT32, UINT64, SINT64, BOOL, BOOLS, STRING, DOUBLE = 7, 9, 11, 13, 17, 27, 28, 29, 3
META, LOAD, STORE, COMP, SEND, RECV, COLL = range(1, 8)


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def attribute(name, kind, value):
    body = block(1, name)
    if kind == STRING:
        body += block(kind, value)
    elif kind == DOUBLE:
        body += varint(kind << 3 | 1) + struct.pack("<d", value)
    elif kind == SINT64:
        body += number(kind, (value << 1) ^ (value >> 63))
    elif kind == BOOLS:
        body += block(kind, block(1, bytes(value)))
    else:
        body += number(kind, value)
    return block(10, body)


def node(id, name, kind, data=(), ctrl=(), dur=0, attrs=(), packed=True, values=None):
    body = number(1, id) if id else b""
    body += block(2, name)
    body += number(3, kind) if kind else b""
    for field, deps in ((4, ctrl), (5, data)):
        if packed and deps:
            body += block(field, b"".join(varint(dep) for dep in deps))
        else:
            body += b"".join(number(field, dep) for dep in deps)
    body += number(7, dur) if dur else b""
    body += block(8, block(1, values)) if values is not None else b""
    return body + b"".join(attribute(*attr) for attr in attrs)


def frame(body):
    return varint(len(body)) + body


def file(nodes):
    return frame(block(1, "0.0.4")) + b"".join(frame(body) for body in nodes)


def put(folder, files, groups=None):
    os.makedirs(folder, exist_ok=True)
    for rank, body in files.items():
        with open(f"{folder}/step.{rank}.et", "wb") as out:
            out.write(body)
    if groups is not None:
        with open(f"{folder}/step.groups.json", "w") as out:
            out.write(groups)


def coll(id, name, kind, size, pg=None, **rest):
    attrs = [("is_cpu_op", BOOL, 0), ("comm_type", INT64, kind)]
    attrs += [("comm_size", INT64, size)] if size is not None else []
    attrs += [("pg_name", STRING, pg)] if pg is not None else []
    return node(id, name, COLL, attrs=attrs, **rest)


def comp(id, name, dur=5, **rest):
    return node(id, name, COMP, dur=dur, **rest)


def send(id, name, to, size, tag=0, **rest):
    attrs = [("comm_dst", INT32, to), ("comm_size", UINT64, size), ("comm_tag", INT32, tag)]
    return node(id, name, SEND, attrs=attrs, **rest)


def recv(id, name, source, size, tag=0, **rest):
    attrs = [("comm_src", INT32, source), ("comm_size", UINT64, size), ("comm_tag", INT32, tag)]
    return node(id, name, RECV, attrs=attrs, **rest)


def sample(r):
    pg = '[\'[{"pg_name": "0", "ranks": []}, {"pg_name": "7", "ranks": [0, 1]}]\']'
    ns = [
        node(3, "## process_group:init ##", META, values=pg),
        node(
            1,
            "forward",
            COMP,
            data=[3],
            dur=5,
            attrs=[
                ("is_cpu_op", BOOL, 0),
                ("num_ops", INT64, 1000),
                ("tensor_size", UINT64, 64),
                ("rf_id", INT64, 9),
            ],
        ),
        # refers to a node that comes later
        coll(10, "nccl:all_gather", 2, 1 << 20, pg="7", data=[5], ctrl=[1], packed=False),
        node(5, "launch", COMP, data=[1], attrs=[("is_cpu_op", BOOL, 1), ("runtime", UINT64, 2)]),
        node(11, "load", LOAD, data=[10], attrs=[("tensor_size", SINT64, 4096)]),
        coll(12, "nccl:all_reduce", 0, 4096, data=[11]),
        coll(13, "barrier", 9, None, data=[12]),
    ]
    ns.append(send(14, "send", 1, 512, 3, data=[13]) if r == 0 else recv(14, "recv", 0, 512, 3, data=[13]))
    ns.append(node(15, "store", STORE, data=[14], attrs=[("tensor_size", UINT32, 8)]))
    return file(ns)


put("tests/exchange/chakra", {0: sample(0), 1: sample(1)})
E = "tests/errors/"
# truncated: rank 0 cut within the last node, rank 1 a broken node
whole = file([comp(1, "forward"), coll(2, "all-reduce", 0, 4096, data=[1])])
bad = comp(7, "broken") + varint(9 << 3 | 3)
put(E + "E0801-truncated.chakra", {0: whole[:-20], 1: file([comp(1, "forward"), bad, comp(8, "backward")])})
put(
    E + "E0801-begin.chakra",
    {0: b"\x1f\x8b\x08\x00rest", 1: b"", 2: frame(comp(1, "forward")), 3: b'{"schema": "1.0"}'},
)
put(
    E + "E0802-attributes.chakra",
    {
        0: file(
            [
                node(1, "storage", 8),
                node(2, "untyped", 0),
                coll(3, "all-reduce", 0, -4),
                coll(4, "what", 12, 8),
                coll(5, "gather", 2, None),
                coll(6, "huge", 0, 1 << 60),
                node(7, "text", COLL, attrs=[("comm_type", STRING, "ring")]),
                node(
                    8,
                    "dims",
                    COLL,
                    attrs=[("comm_type", INT64, 0), ("comm_size", INT64, 8), ("involved_dim", BOOLS, [1, 0])],
                ),
                node(
                    9,
                    "send",
                    SEND,
                    attrs=[("comm_src", INT32, 3), ("comm_dst", INT32, 1), ("comm_size", INT64, 8)],
                ),
                node(10, "nowhere", SEND, attrs=[("comm_size", INT64, 8)]),
                node(11, "long", COMP, dur=1 << 60),
                node(12, "real", COMP, attrs=[("tensor_size", DOUBLE, 1.5)]),
                node(13, "cpu", COMP, attrs=[("is_cpu_op", STRING, "yes")]),
                node(
                    14,
                    "pg",
                    COLL,
                    attrs=[("comm_type", INT64, 0), ("comm_size", INT64, 8), ("pg_name", INT64, 3)],
                ),
                node(15, "load", LOAD),
            ]
        )
    },
)
put(
    E + "E0802-values.chakra",
    {
        0: file(
            [
                coll(1, "gather", 2, 1 << 49),
                send(2, "far", 9, 8),
                send(3, "self", 0, 8),
                comp(4, "slow", dur=900_000_000_000),
                coll(5, "other", 0, 8, pg="1"),
            ]
        ),
        1: file([coll(1, "gather", 2, 1 << 49)]),
        2: file([coll(1, "gather", 2, 1 << 49)]),
    },
    groups='{"1": [1, 2]}\n',
)
put(
    E + "E0803-dependencies.chakra",
    {
        0: file([comp(1, "a", data=[9]), comp(2, "b", ctrl=[1]), comp(1, "c")]),
        1: file(
            [comp(1, "a", data=[3]), comp(2, "b", data=[1]), comp(3, "c", ctrl=[2]), comp(4, "d", data=[3])]
        ),
        2: file([comp(5, "alone", data=[5])]),
        3: file([comp(i, f"n{i}", data=[i % 6 + 1]) for i in range(1, 7)]),
    },
)
put(
    E + "E0804-groups.chakra",
    {
        0: file([coll(1, "x", 0, 8, pg="5"), coll(2, "y", 0, 8, pg="1"), coll(3, "z", 0, 8, pg="2")]),
        1: file([]),
    },
    groups='{"1": [0, 0], "2": [0, 4], "3": []}\n',
)
put(E + "E0804-json.chakra", {0: file([])}, groups='{\n  "1": [0, 1],\n  "2": [0, x]\n}\n')
put(E + "E0804-twice.chakra", {0: file([])}, groups='{"1": [0], "1": [0]}\n')
put(
    E + "E0804-metadata.chakra",
    {
        0: file([node(1, "pg", META, values='[\'[{"pg_name": "7", "ranks": [0, 1]}]\']')]),
        1: file(
            [
                node(1, "pg", META, values='[\'[{"pg_name": "7", "ranks": [1, 0]}]\']'),
                node(2, "pg", META, values="['[{\"pg_name\": 7}]']"),
            ]
        ),
    },
)
put(
    E + "E0805-collectives.chakra",
    {
        0: file([coll(1, "a", 0, 8), coll(2, "b", 2, 8, data=[1]), coll(3, "c", 0, 8, pg="1")]),
        1: file([coll(1, "a", 0, 8), coll(2, "b", 0, 8, data=[1]), coll(3, "c", 0, 16, pg="1")]),
        2: file([coll(1, "a", 0, 8)]),
    },
    groups='{"1": [0, 1]}\n',
)
put(
    E + "E0805-messages.chakra",
    {
        0: file([send(1, "s", 1, 8), send(2, "t", 1, 8, tag=1), send(3, "u", 1, 9, tag=2)]),
        1: file([recv(1, "r", 0, 8), recv(2, "v", 0, 10, tag=2), recv(3, "w", 0, 8, tag=3)]),
    },
)
put(E + "E0805-missing.chakra", {0: file([]), 3: file([])})
put(
    E + "E0805-waits.chakra",
    {
        0: file([coll(1, "a", 0, 8, pg="1"), coll(2, "b", 0, 8, pg="2", data=[1])]),
        1: file([coll(1, "b", 0, 8, pg="2"), coll(2, "a", 0, 8, pg="1", data=[1])]),
    },
    groups='{"1": [0, 1], "2": [1, 0]}\n',
)
