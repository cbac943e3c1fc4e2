"""What a compiled program does before its first instruction: nothing, or it is not run.

A function may be chosen as the program is linked by the loader (`ifunc`): code that runs before the
harness has taken the nonce. Nothing but the standard library is imported here.
"""

import struct

_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_PAIR = struct.Struct("<QQ")
_RELOCATION = struct.Struct("<QQq")
_LOADED, _DYNAMIC, _INTERPRETER = 1, 2, 3
_TABLES = {7: 8, 23: 2}
"""Tags of the tables of relocations, and of their sizes."""
_CHOSEN = 37
"""R_X86_64_IRELATIVE."""
_LOADERS = (b"/lib64/ld-linux-x86-64.so.2\0", b"")
EARLY = "code that runs before the program begins: ifunc, or a loader of its own"


def runs_early(program: bytes) -> bool:
    """Whether code of the program runs before that of the harness."""
    try:
        return _runs_early(program)
    except (struct.error, StopIteration):
        return True  # no program of our linker's


def _runs_early(program: bytes) -> bool:
    _, _, _, _, start, _, _, _, size, count, _, _, _ = _HEADER.unpack_from(program)
    segments = [_SEGMENT.unpack_from(program, start + at * size) for at in range(count)]
    loaded = [
        (int(at), int(offset), int(length))
        for kind, _, offset, at, _, length, *_ in segments
        if kind == _LOADED
    ]

    def place(address: int) -> int:
        return next(
            address - at + offset for at, offset, length in loaded if at <= address < at + length
        )

    for kind, _, offset, _, _, length, *_ in segments:
        if kind == _INTERPRETER and program[offset : offset + length] not in _LOADERS:
            return True
        if kind != _DYNAMIC:
            continue
        tags = dict(_PAIR.iter_unpack(program[offset : offset + length // 16 * 16]))
        for table, sized in _TABLES.items():
            if table in tags:
                first = place(tags[table])
                held = program[first : first + tags.get(sized, 0)]
                if any(
                    info & 0xFFFFFFFF == _CHOSEN for _, info, _ in _RELOCATION.iter_unpack(held)
                ):
                    return True
    return False
