"""Finding the program in an answer.

What was thought aloud is left out. Then, **the rule**:

1. The fenced blocks in the wanted language count. Where there is none, the blocks that four blanks
   before each line tell do, if all else is prose; else an answer's plain text does, but for the
   sentences before and after the code.
2. Where the entry point is known, the last block that defines it is the program. Else the program
   is every block that defines a function or a type; of blocks that define the same one, the last.
   Where none does, it is the blocks that share names with each other. Where a whole program is
   wanted, it is the last block that reads and writes, or has a `main` where there must be one.
3. Blocks are added which define what the program uses and does not define; and imports before it.
   What is left over are examples of use, output and earlier versions. Blocks keep their order.

Prose, SQL, HTML, shell, a mere value, or another language than the wanted one is no program: that
is `not_executable`, which is no failure of the judge, nor of code that was never there.
"""

import ast
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sodakd.text.entry_point import name_in
from sodakd.text.fences import Block, blocks
from sodakd.text.indented import indented_blocks
from sodakd.text.labels import display_label, one_of_seven
from sodakd.text.language_id import MIN_SCORE, identify_language, is_remark, is_sentence, score
from sodakd.text.languages import LANGUAGES, NEAR
from sodakd.text.repl_transcript import console_code
from sodakd.text.symbols import Symbols, symbols_of
from sodakd.text.thinking import strip_thinking
from sodakd.text.truncation import compiles, parsed, truncated_at
from sodakd.types import Language

_SURE = 6.0
"""Weight of marks from which on a block's content is believed against its label."""
_NO_PROGRAMS = ("sql", "html", "css", "shell", "php", "csharp")
_MOST_BLOCKS = 64
"""So many blocks of an answer are looked at, the last ones."""
_WHOLE = "\0"
"""In the place of an entry point: the program as a whole."""
_STRAY = re.compile(r"\A (?=\S)")
"""A server with a SentencePiece tokenizer may begin an answer with its first word's blank."""
_SIGNS = re.compile(r"[=(){}\[\];]")
_DOES = (
    ast.Call, ast.Assign, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
    ast.Import, ast.ImportFrom, ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Return,
    ast.Lambda, ast.comprehension, ast.Delete, ast.Raise, ast.Assert, ast.Pass, ast.Global,
    ast.Yield, ast.Await, ast.NamedExpr, ast.Match, ast.Break, ast.Continue,
)  # fmt: skip


@dataclass(frozen=True)
class Extracted:
    """A program found in an answer; `code` is empty where there is none, and `reason` says why.

    `label` is what was found: one of the seven languages, another, `prose`, or `value`. `complete`:
    fences close and no parser says that the end came too early; else `reason` says what is open.
    """

    code: str
    language: Language | None
    label: str
    complete: bool
    reason: str = ""


def extract(
    answer: str,
    language: Language | None = None,
    entry_point: str = "",
    *,
    reads_stdin: bool = False,
) -> Extracted:
    """The program of an answer, by the rule above. Takes any text, in time linear in it.

    `language` is the one that the question wants; without it the answer decides. `entry_point` is
    what the tests call; `reads_stdin`: they run the program as a whole.
    """
    entry_point = _WHOLE if reads_stdin else name_in(entry_point)
    text, thought = strip_thinking(strip_bom(answer))
    text = _STRAY.sub("", text)
    # Python that holds fences in its texts is no answer with fences: that would not parse.
    bare = language is Language.PYTHON and _does_something(text)
    found = [] if bare else blocks(text)[-_MOST_BLOCKS:]
    if language in {None, Language.PYTHON}:
        found = [_unwrap_repl(block) for block in found]
        text = text if bare or found else console_code(text)
    if found and not (len(found) == 1 and _fence_opened_by_prompt(text, found[0])):
        result = _from_blocks(found, language, entry_point)
    else:
        result = _from_plain(text[: found[0].start] if found else text, language, entry_point)
    if not thought and not result.code:
        return Extracted("", result.language, result.label, False, "it ends while it thinks")
    return result


def is_prose(text: str) -> bool:
    """Whether a text holds sentences and nothing else, however short they are."""
    lines = [line for line in text.split("\n") if line.strip()]
    return bool(lines) and all(_prose(lines))


def strip_bom(text: str) -> str:
    """A text without the mark that says in which order its bytes are: no compiler needs it."""
    return text.removeprefix("\ufeff")


def _unwrap_repl(block: Block) -> Block:
    """A block; of one that shows an interpreter, what was typed in."""
    code = console_code(block.text)
    return block if code is block.text else replace(block, text=code, label="python")


def _fence_opened_by_prompt(text: str, block: Block) -> bool:
    """Whether the one fence closes code: the prompt opened it. Before it is code, after it none."""
    before = text[: block.start]
    if block.closed or block.label or not before.strip():
        return False
    if not block.text.strip():
        return bool(_trimmed(before).strip())
    return identify_language(before) is not None and identify_language(block.text) is None


def _from_blocks(found: Sequence[Block], wanted: Language | None, entry_point: str) -> Extracted:
    labels = [_label(block, wanted) for block in found]
    if wanted is None:
        wanted = one_of_seven(*labels)
    right = [] if wanted is None else _blocks_in(found, labels, wanted)
    if wanted is None or not right:
        label = next((label for label in labels if label != "text"), "text")
        why = f"the answer is in {display_label(label)}"
        return Extracted("", None, label, found[-1].closed, why)
    code = _joined([block.text for block in right], wanted, entry_point)
    if not code.strip():
        return Extracted("", wanted, wanted.value, right[-1].closed, "its fenced block is empty")
    end = "" if right[-1].closed else "the fence does not close"
    end = end or truncated_at(code, wanted)
    return Extracted(code, wanted, wanted.value, not end, end)


def _blocks_in(found: Sequence[Block], labels: Sequence[str], wanted: Language) -> Sequence[Block]:
    """The blocks in the wanted language, else in one near to it, else those that say nothing."""
    alone = {"text"} if len(set(labels)) == 1 else set[str]()
    for group in ({wanted.value}, NEAR[wanted], alone):
        right = [block for block, label in zip(found, labels, strict=True) if label in group]
        if any(block.text.strip() for block in right):
            return [block for block in right if block.text.strip()]
    return [block for block, label in zip(found, labels, strict=True) if label == wanted.value]


def _label(block: Block, wanted: Language | None) -> str:
    """What a block is in: its label says it, but for content that clearly says otherwise."""
    own = block.label
    if own and (wanted is None or own in {wanted.value, "output"} | NEAR[wanted]):
        return own
    if not own and wanted is Language.PYTHON and _does_something(block.text):
        return wanted.value
    guess = identify_language(block.text)
    if own and wanted:
        sure = guess is not None and guess.weight >= _SURE and not guess.speaks_for(own)
        return wanted.value if guess and sure and guess.is_near(wanted) else own
    if guess is None:
        return "text"
    if wanted and (guess.is_near(wanted) or guess.speaks_for(wanted.value)):
        return wanted.value
    return guess.label


def _joined(texts: Sequence[str], language: Language, entry_point: str) -> str:
    if len(texts) == 1:
        return texts[0]
    programs = [text for text in texts if entry_point == _WHOLE and _is_program(text, language)]
    if programs:
        earlier = {*programs} - {programs[-1]}
        texts = [text for text in texts if text not in earlier]
    names = [symbols_of(text, language) for text in texts]
    kept = {texts.index(programs[-1])} if programs else _chosen(names, entry_point)
    first = min(kept, default=0)
    kept |= {at for at in range(first) if names[at].preamble}
    _add_needed(names, kept, overriding=language is Language.PYTHON)
    return "\n".join(texts[at] for at in sorted(kept))


def _is_program(text: str, language: Language) -> bool:
    """Whether a text both reads and writes, or has the `main` that such programs have."""
    return all(re.search(one, text) for one in LANGUAGES[language].whole)


def _chosen(names: Sequence[Symbols], entry_point: str) -> set[int]:
    for level in ("within", "bound"):
        holders = [at for at, own in enumerate(names) if entry_point in getattr(own, level)]
        if holders:
            return {holders[-1]}
    known: set[str] = set()
    kept: set[int] = set()
    for at in reversed(range(len(names))):
        if names[at].defined and not names[at].defined & known:
            kept.add(at)
            known |= names[at].defined
    if kept:
        return kept
    for at, own in enumerate(names):
        others = [other for number, other in enumerate(names) if number != at]
        if any(own.bound & other.used or own.used & other.bound for other in others):
            kept.add(at)
    return kept or {0}


def _add_needed(names: Sequence[Symbols], kept: set[int], *, overriding: bool) -> None:
    """Add blocks that define what the kept ones use: the last before them, else one after them.

    `overriding`: a later definition replaces an earlier one; elsewhere two are an error.
    """
    while True:
        bound = {name for at in kept for name in names[at].bound}
        defined = {name for at in kept for name in names[at].defined}
        missing = {name for at in kept for name in names[at].used} - bound
        first, last = min(kept), max(kept)
        order = [*reversed(range(last)), *range(last + 1, len(names))]
        fitting = (
            at
            for at in order
            if at not in kept
            and names[at].bound & missing
            and (not names[at].defined & defined or (overriding and at < first))
        )
        found = next(fitting, None)
        if found is None:
            return
        kept.add(found)


def _from_plain(text: str, wanted: Language | None, entry_point: str) -> Extracted:
    if not text.strip():
        return Extracted("", None, "nothing", True, "the answer is empty")
    if wanted is Language.PYTHON and _does_something(text):
        return Extracted(text, wanted, wanted.value, True)
    shown = indented_blocks(text)
    if shown:
        return _from_blocks(shown, wanted, entry_point)
    trimmed = _trimmed(text)
    if wanted is Language.PYTHON:
        for code in (trimmed, textwrap.dedent(trimmed), trimmed.lstrip(" \t")):
            if _does_something(code) and (code is trimmed or compiles(code)):
                return Extracted(code, wanted, wanted.value, True)
    label = _plain_label(trimmed, wanted)
    wanted = wanted or one_of_seven(label)
    if wanted is None or label != wanted.value:
        what = "prose" if label == "prose" else f"in {display_label(label)}"
        what = "a value, no program" if label == "value" else what
        return Extracted("", None, label, True, f"the answer is {what}")
    end = truncated_at(trimmed, wanted)
    return Extracted(trimmed, wanted, label, not end, end)


def _plain_label(text: str, wanted: Language | None) -> str:
    """What a text without fences is in. A faulty program in the wanted language is one as well: it
    takes clear marks of another, and none of its own, to be something else.
    """
    if not text.strip():
        return "prose"
    if wanted in {None, Language.PYTHON} and parsed(text) is not None and not _does_something(text):
        return "value" if _SIGNS.search(text) or len(text.split()) == 1 else "prose"
    if wanted:
        own = max(score(text, {wanted.value} | NEAR[wanted]).values())
        if own >= MIN_SCORE:
            others = score(text, _NO_PROGRAMS)
            most = max(others, key=lambda label: others[label])
            return most if others[most] >= max(_SURE, 1.5 * own) else wanted.value
    guess = identify_language(text)
    if guess is None or (wanted and guess.weight < _SURE):
        # Nothing speaks for any language: code only if it holds what prose does not.
        return (wanted.value if wanted else "text") if _SIGNS.search(text) else "prose"
    return wanted.value if wanted and guess.is_near(wanted) else guess.label


def _prose(lines: Sequence[str]) -> list[bool]:
    """Which lines are sentences; at both ends short ones are as well."""
    prose = [is_sentence(line) for line in lines]
    for order in (range(len(lines)), reversed(range(len(lines)))):
        for at in order:
            if lines[at].strip() and not prose[at]:
                prose[at] = is_remark(lines[at])
                if not prose[at]:
                    break
    return prose


def _trimmed(text: str) -> str:
    """A text without the sentences before and after its code."""
    lines = text.splitlines(keepends=True)
    prose = _prose(lines)
    return "".join(_without_ends(lines, prose)) if any(prose) else text


def _without_ends(lines: Sequence[str], prose: Sequence[bool]) -> Sequence[str]:
    """The lines without the sentences before and after the others."""
    code = [at for at, own in enumerate(prose) if not own and lines[at].strip()]
    if not code:
        return ()
    start = code[0] if any(prose[: code[0]]) else 0
    end = code[-1] + 1 if any(prose[code[-1] :]) else len(lines)
    return lines[start:end]


def _does_something(code: str) -> bool:
    """Whether it is Python that does anything: a mere value, `5` or `[1, 2]`, is an answer, but no
    program; nor is a word.
    """
    tree = parsed(code)
    return tree is not None and any(isinstance(node, _DOES) for node in ast.walk(tree))
