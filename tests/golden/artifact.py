"""Weights files, read from the description of their format alone (shared/src/artifact.rs opens with it)."""

import struct
import zlib

import numpy as np

KINDS = {0: "<f4", 1: "<f2", 2: "<i1", 3: "<u1", 4: "<u2"}
SIGNED_BYTES = 2


def read_weights(content: bytes, model: str) -> dict[str, np.ndarray]:
    """A file's tensors, widened to 64 bits from the 32 that the Rust code reads them into."""
    if zlib.crc32(content[:-4]) != struct.unpack("<I", content[-4:])[0]:
        raise SystemExit(f"the weights of {model} are damaged: train them again")
    magic, version, count, name = struct.unpack_from("<4sHH16s", content)
    if (magic, version, name.rstrip(b"\0").decode()) != (b"HBRD", 1, model):
        raise SystemExit(f"these are not the weights of {model}: {magic} {version} {name}")
    at = 24
    tensors = {}
    for _ in range(count):
        length = content[at]
        name = content[at + 1 : at + 1 + length].decode()
        at += 1 + length
        kind, rank = content[at], content[at + 1]
        shape = struct.unpack_from(f"<{rank}I", content, at + 2)
        at += 2 + 4 * rank
        dtype = np.dtype(KINDS[kind])
        size = int(np.prod(shape))
        scales = None
        if kind == SIGNED_BYTES:
            scales = np.frombuffer(content, "<f4", shape[0], at)
            at += 4 * shape[0]
        values = np.frombuffer(content, dtype, size, at).reshape(shape).astype(np.float32)
        at += size * dtype.itemsize
        if scales is not None:
            values = values * scales.reshape(-1, *[1] * (rank - 1))
        tensors[name] = values.astype(np.float64)
    assert at == len(content) - 4, "bytes are left over"
    return tensors
