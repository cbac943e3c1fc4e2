"""Linux's format of compiled programs, as far as memory is told by it."""

import struct

_HEAD = struct.Struct("<6s26xQ14xHH")
"""A 64-bit file's first bytes; where its segments are told, how long each is told, how many."""
_SEGMENT = struct.Struct("<I36xQ8x")
"""The kind of a segment, and its bytes in memory."""
_LOADED = 1


def static_size(program: bytes) -> int:
    """The bytes of memory that a program has from its start on; 0 where it is none."""
    if len(program) < _HEAD.size:
        return 0
    mark, at, each, count = _HEAD.unpack_from(program)
    if mark != b"\x7fELF\x02\x01" or each != _SEGMENT.size:
        return 0
    told = _SEGMENT.iter_unpack(program[at : at + each * count])
    return sum(size for kind, size in told if kind == _LOADED)
