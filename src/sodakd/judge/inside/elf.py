"""A program that was compiled with its tests, before it is run: is it what it must be?

Its first instruction must be the harness's, which takes the nonce; its `main` the tests'; and what
the tests compare and end by, the C library's. Nothing but the standard library is imported here.
"""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import takewhile

_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_PAIR = struct.Struct("<QQ")
_RELOCATION = struct.Struct("<QQq")
_LOADED, _DYNAMIC, _INTERPRETER = 1, 2, 3
_SYMBOLS = (2, 11)
_TABLES = {7: 8, 23: 2}
"""Tags of the tables of relocations, and of their sizes."""
_FIRST, _OURS = 33, 8
"""The tag of the size of what runs first, and that size where it is the harness's pointer alone."""
_CHOSEN, _CHOOSES = 37, 10
"""R_X86_64_IRELATIVE, STT_GNU_IFUNC: a function that is chosen by code as the program is loaded."""
_LOADERS = (b"/lib64/ld-linux-x86-64.so.2\0", b"")
EARLY = "code that runs before the program begins: ifunc, preinit_array, or a loader of its own"


@dataclass(frozen=True)
class Checked:
    """What is asked of a program that was built, as the file `name`.

    `place` is the section that its `main` must lie in, where it is known; `library` are names that
    must not be its own.
    """

    name: str
    place: str = ""
    library: Collection[str] = ()


def wrong(program: bytes, asked: Checked) -> str:
    """Why a program is not to be run, or ""."""
    try:
        symbols = [*_defined(program)]
        if _runs_early(program, symbols):
            return EARLY
        if asked.place and not any(
            one.name == "main" and one.place == asked.place for one in symbols
        ):
            return "the main function is not that of the tests"
        own = {one.name for one in symbols}.intersection(asked.library)
    except (struct.error, StopIteration, ValueError):
        return EARLY  # no program of our linker's
    return f"{min(own)} is a function of the C library that the tests rely on" if own else ""


@dataclass(frozen=True)
class _Symbol:
    name: str
    chooses: bool
    place: str


def _defined(program: bytes) -> Iterator[_Symbol]:
    """The functions and objects that a program defines."""
    *_, start, _, _, _, _, size, count, names = _HEADER.unpack_from(program)
    sections = [_SECTION.unpack_from(program, start + at * size) for at in range(count)]

    def held(number: int) -> bytes:
        _, _, _, _, offset, length, *_ = sections[number]
        return program[offset : offset + length]

    titles = held(names)
    for number, (_, kind, _, _, _, _, link, *_) in enumerate(sections):
        if kind not in _SYMBOLS:
            continue
        texts = held(link)
        for name, info, _, section, _, _ in _SYMBOL.iter_unpack(held(number)):
            if 0 < section < count:
                text = _text(texts, name).partition("@")[0]
                yield _Symbol(text, info & 15 == _CHOOSES, _text(titles, sections[section][0]))


def _text(texts: bytes, at: int) -> str:
    return texts[at : texts.index(0, at)].decode(errors="replace")


def _runs_early(program: bytes, symbols: Collection[_Symbol]) -> bool:
    """Whether code of the program runs before that of the harness."""
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

    first = 0
    for kind, _, offset, _, _, length, *_ in segments:
        if kind == _INTERPRETER and program[offset : offset + length] not in _LOADERS:
            return True
        if kind != _DYNAMIC:
            continue
        listed = _PAIR.iter_unpack(program[offset : offset + length // 16 * 16])
        pairs = [*takewhile(lambda pair: pair[0], listed)]  # the loader reads no further
        tags = dict(pairs)  # of two it takes the last
        first += sum(value for tag, value in pairs if tag == _FIRST)
        for table, sized in _TABLES.items():
            if table in tags:
                begin = place(tags[table])
                held = program[begin : begin + tags.get(sized, 0)]
                if any(
                    info & 0xFFFFFFFF == _CHOSEN for _, info, _ in _RELOCATION.iter_unpack(held)
                ):
                    return True
    return first != _OURS or any(one.chooses for one in symbols)
