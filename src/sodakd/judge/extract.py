"""Finding the program in an answer.

What was thought aloud is left out. Then, **the rule**: of the fenced blocks in the wanted language,
those that define nothing (examples of use, output) are left out where another one defines
something; those after the last one that defines the entry point are left out; of blocks that
define the same name the last counts; what is left is joined in its order. An answer without fences
is taken as it is, but for sentences before and after the code. An answer in prose, SQL, HTML, shell
or another language than the wanted one holds no program: that is `not_executable`, no failure.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.judge.complete import unexpected_end
from sodakd.judge.fences import Block, blocks, spoken
from sodakd.judge.guess import guess_code, is_sentence
from sodakd.types import Language, Question


@dataclass(frozen=True)
class Extracted:
    """A program found in an answer; `code` is empty where there is none, and `reason` says why.

    `label` is the language that was found, one of the seven or another. `complete`: fences close
    and no parser says that the end came too early.
    """

    code: str
    language: Language | None
    label: str
    complete: bool
    reason: str = ""


_LABELS: Mapping[str, str] = {
    "py": "python", "python3": "python", "python2": "python", "ipython": "python",
    "js": "javascript", "node": "javascript", "nodejs": "javascript", "jsx": "javascript",
    "mjs": "javascript", "ts": "typescript", "tsx": "typescript", "c++": "cpp", "cc": "cpp",
    "cxx": "cpp", "hpp": "cpp", "h": "c", "golang": "go",
    "bash": "shell", "sh": "shell", "zsh": "shell", "console": "shell", "powershell": "shell",
    "mysql": "sql", "postgresql": "sql", "sqlite": "sql", "c#": "csharp", "cs": "csharp",
    "htm": "html", "scss": "css",
}  # fmt: skip
_UNTOLD = frozenset({"", "text", "txt", "plaintext", "plain", "code", "none", "output", "markdown"})
_NEAR: Mapping[Language, frozenset[str]] = {
    Language.CPP: frozenset({"c"}),
    Language.C: frozenset({"cpp"}),
    Language.TYPESCRIPT: frozenset({"javascript"}),
    Language.JAVASCRIPT: frozenset({"typescript"}),
}
"""Languages that are taken for each other: a label `c` over C++ is a slip of the pen."""

_SCRIPT = (
    r"^(?:export )?(?:default )?(?:async )?function\*? *(\w+)"
    r"|^(?:export )?(?:abstract )?class (\w+)|^(?:export )?(?:const|let|var) (\w+)"
)
_BRACES = (
    r"^(?!(?:return|else|if|for|while|switch|new|using)\b)[\w:<>,&*\[\] \t]*?[\w>*&\]][ \t*&]+(\w+)"
    r"[ \t]*\([^;{}]*\)[\w \t]*\{|^[\w \t]*\b(?:class|struct|enum|union|interface|record) (\w+)"
)
_DEFINES: Mapping[Language, re.Pattern[str]] = {
    Language.PYTHON: re.compile(r"^(?:async )?def (\w+)|^class (\w+)", re.MULTILINE),
    Language.JAVASCRIPT: re.compile(_SCRIPT, re.MULTILINE),
    Language.TYPESCRIPT: re.compile(
        _SCRIPT + r"|^(?:export )?(?:interface|type|enum) (\w+)", re.MULTILINE
    ),
    Language.GO: re.compile(r"^func (?:\([^)]*\) )?(\w+)|^type (\w+)", re.MULTILINE),
    Language.JAVA: re.compile(_BRACES, re.MULTILINE),
    Language.C: re.compile(_BRACES, re.MULTILINE),
    Language.CPP: re.compile(_BRACES, re.MULTILINE),
}


def extract(answer: str, language: Language | None = None, entry_point: str = "") -> Extracted:
    """The program of an answer, by the rule above.

    `language` is the one that the question wants; without it the answer decides. `entry_point` is
    the function that the tests call.
    """
    text, thought = spoken(answer)
    found = blocks(text) if "```" in text or "~~~" in text else ()
    result = _of_blocks(found, language, entry_point) if found else _of_plain(text, language)
    if not thought and not result.code:
        return Extracted("", result.language, result.label, False, "it ends while it thinks")
    return result


def extract_for(question: Question, answer: str) -> Extracted:
    """The program of an answer to a question."""
    entry_point = question.tests.entry_point if question.tests is not None else ""
    return extract(answer, question.language, entry_point)


def _of_blocks(found: Sequence[Block], wanted: Language | None, entry_point: str) -> Extracted:
    labels = [_label(block, wanted) for block in found]
    if wanted is None:
        wanted = next((Language(label) for label in labels if label in set(Language)), None)
    if wanted is None:
        return Extracted("", None, labels[0], found[-1].closed, f"the answer is in {labels[0]}")
    right = [block for block, label in zip(found, labels, strict=True) if label == wanted.value]
    if not right:
        near = _NEAR.get(wanted, frozenset())
        right = [block for block, label in zip(found, labels, strict=True) if label in near]
    if not right:
        named = ", ".join(dict.fromkeys(labels))
        return Extracted("", None, labels[0], found[-1].closed, f"the answer is in {named}")
    code = _joined(right, wanted, entry_point)
    if not code.strip():
        return Extracted("", wanted, wanted.value, True, "its fenced block is empty")
    end = "" if right[-1].closed else "the fence does not close"
    end = end or unexpected_end(code, wanted)
    return Extracted(code, wanted, wanted.value, not end, end)


def _label(block: Block, wanted: Language | None) -> str:
    label = _LABELS.get(block.label, block.label)
    if label not in _UNTOLD:
        return label
    if wanted is Language.PYTHON and _parses(block.text):
        return wanted.value
    guess = guess_code(block.text)
    if guess is None:
        return wanted.value if wanted and label != "output" else label or "text"
    if wanted and guess.label in _NEAR.get(wanted, ()):
        return wanted.value
    return guess.label


def _joined(right: Sequence[Block], language: Language, entry_point: str) -> str:
    if len(right) == 1:
        return right[0].text
    names = [_names(block.text, language) for block in right]
    last = max((at for at, own in enumerate(names) if entry_point in own), default=len(right) - 1)
    some = any(names[: last + 1])
    kept: list[str] = []
    known: set[str] = set()
    for block, own in reversed([*zip(right, names, strict=True)][: last + 1]):
        if (own or not some) and not own & known:
            kept.insert(0, block.text)
            known |= own
    return "\n".join(kept)


def _names(code: str, language: Language) -> set[str]:
    """What a block defines at its outermost level."""
    return {name for found in _DEFINES[language].findall(code) for name in found if name}


def _of_plain(text: str, wanted: Language | None) -> Extracted:
    if not text.strip():
        return Extracted("", None, "nothing", True, "the answer is empty")
    if wanted is Language.PYTHON and _parses(text):
        return Extracted(text, wanted, wanted.value, True)
    lines = text.splitlines(keepends=True)
    prose = [is_sentence(line) for line in lines]
    trimmed = "".join(_without_ends(lines, prose)) if any(prose) else text
    if wanted is Language.PYTHON and trimmed.strip() and any(prose) and _parses(trimmed):
        return Extracted(trimmed, wanted, wanted.value, True)
    guess = guess_code(trimmed)
    if guess is None:
        # Nothing speaks for any language: code only if it holds what prose does not.
        if not trimmed.strip() or not re.search(r"[=(){}\[\];]", trimmed):
            return Extracted("", None, "prose", True, "the answer is prose")
        label = wanted.value if wanted else "text"
    else:
        label = guess.label
        if wanted and (label in _NEAR.get(wanted, ()) or guess.speaks_for(wanted.value)):
            label = wanted.value
    if wanted is None:
        wanted = Language(label) if label in set(Language) else None
    if wanted is None or label != wanted.value:
        return Extracted("", None, label, True, f"the answer is in {label}")
    end = unexpected_end(trimmed, wanted)
    return Extracted(trimmed, wanted, label, not end, end)


def _without_ends(lines: Sequence[str], prose: Sequence[bool]) -> Sequence[str]:
    """The lines from the first to the last that is no sentence, blank ones at the ends dropped."""
    code = [at for at, own in enumerate(prose) if not own and lines[at].strip()]
    return lines[code[0] : code[-1] + 1] if code else ()


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
