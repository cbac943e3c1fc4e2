"""Which language a piece of code is in, and whether a text is code at all: by its marks.

Every mark found adds its weight to its language; the heaviest wins. It is a guess: how good it is,
`tests/text/test_extract.py` measures on programs whose language is known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sodakd.text.languages import LANGUAGES, NEAR
from sodakd.types import Language

MIN_SCORE = 2.0
"""Weight from which on a text counts as code."""

_MARKS: Mapping[str, Sequence[tuple[float, str]]] = {
    "sql": (
        (6, r"(?i)^[ \t]*(?:select [\w*`(\"., ]+(?:from\b|$)|select\s*$|insert into\b|update \w+ set\b|delete from\b"
            r"|create (?:table|database|view|index|procedure)|alter table|drop table|with \w+ as \()"),
        (3, r"\b(?:FROM \w+|LEFT JOIN|INNER JOIN|GROUP BY|ORDER BY|WHERE \w+ *(?:=|IN|LIKE|>|<))"),
        (1, r"(?i)\b(?:from \w+|inner join|group by|order by|where \w+ *(?:=|in|like|>|<))\b"),
    ),
    "html": (
        (6, r"(?i)<!doctype html|</(?:html|head|body|div|p|ul|ol|li|table|tr|td|form|a|h[1-6]|span"
            r"|button|select|label|nav|title|style)>|<(?:input|img|br|link|meta)\b[^>\n]*/?>"),
    ),
    "css": (
        (5, r"^[ \t]*[.#@]?[\w-]++(?:[ ,>:.#]++[\w-]++)*+ *+\{\s*+(?:[\w-]++ *+:[^;{}]++;\s*+)++\}"),
        (2, r"^[ \t]*(?:color|background(?:-\w+)?|font-\w+|margin(?:-\w+)?|padding|display|width|height"
            r"|border(?:-\w+)?|text-\w+) *: *[^;\n]+;"),
    ),
    "shell": (
        (6, r"^#!/(?:usr/)?bin/(?:env )?(?:ba|z)?sh|^[ \t]*#!/bin/"),
        (3, r"^[ \t]*(?:\$ )?(?:echo|grep|awk|sed|cd|ls|mkdir|rm|chmod|cp|mv|find|cat|curl|sudo|tar|ps"
            r"|git|docker|apt-get|npm|pip|head|tail|sort|wc) [^=(:\n]*$"),
        (3, r"\$\{?\w+\}?.*;? *(?:then|do)\b|^[ \t]*(?:fi|done|esac)\s*$|\bif \[ |\[\[ "),
    ),
    "php": (
        (8, r"<\?php|<\?="),
        (4, r"^[ \t]*\$\w+ *=|\becho ['\"$]|->\w+\(|\bfunction \w+\(\$\w+"),
        (3, r"\bforeach ?\(\$|\barray\(|\$this->"),
    ),
    "csharp": (
        (6, r"\bConsole\.(?:Write|Read)(?:Line)?\(|^[ \t]*using System|\bnamespace [\w.]+\s*\{?$"),
        (4, r"\{ *get; *(?:set;)?|\bstring\[\] \w+|\bpublic (?:static )?(?:string|bool|decimal|async Task)\b"),
        (3, r"\bforeach ?\((?:var|string|int|char) \w+ in\b|\bvar \w+ = new\b|\.(?:Select|Where|ToList|Length)\b\("),
    ),
    "ruby": (
        (4, r"^[ \t]*def \w+[?!]?(?:\([^)\n]*\))?\s*$|^[ \t]*end\s*$|\bputs\b"),
        (4, r"\bdo \|\w+|\.each\b|\{ *\|\w+(?:, *\w+)*\||^[ \t]*attr_\w+|\brequire '|\belsif\b|@\w+ ="),
    ),
    "swift": (
        (5, r"^[ \t]*(?:let|var) \w+(?:: *\[?\w+\]?)? *= *[^;\n]+$|\bfunc \w+\([^)\n]*\) *-> *\w+"),
        (4, r"\bimport (?:UIKit|Foundation|SwiftUI)\b|\bguard let\b|\bif let\b|\\\(\w+\)"),
    ),
    "kotlin": (
        (5, r"\bfun \w+\([^)\n]*\)|\bval \w+(?:: *\w+)? *=|\bprintln\(|\bfun main\b|\bdata class\b"),
    ),
    "rust": (
        (5, r"\bfn \w+(?:<[^>\n]*>)?\([^)\n]*\)|\blet mut \w+|\bprintln!\(|\bimpl\b .*\{|\bpub fn\b"),
        (3, r"&mut\b|&str\b|\bVec<|\buse std::"),
    ),
    "r": (
        (5, r"^[ \t]*[\w.]+ *<- |<- *function\(|\bc\(\d|\blibrary\(\w+\)"),
    ),
    "perl": (
        (5, r"^[ \t]*(?:my|our) [\$@%]\w+|^[ \t]*use strict|\bsub \w+ *\{"),
    ),
    "scala": (
        (5, r"\bobject \w+(?: extends \w+)? *\{|\bdef \w+\([^)\n]*: *\w+[^)\n]*\)(?:: *[\w\[\]]+)? *=|\bcase class\b"),
    ),
    "visual basic": (
        (6, r"(?i)^[ \t]*dim \w+ as |^[ \t]*end (?:sub|function|if)\s*$|^[ \t]*sub \w+\(\)\s*$"),
    ),
    "data": (
        (3, r'^[ \t]*"\w+" *: *["\[{\d]|^[ \t]*<\?xml|^[ \t]*<(?!html|div|p\b)\w+>[^<\n]*</\w+>\s*$'),
    ),
    "regex": (
        (4, r"\A\s*+/?\^?(?:(?:\\[dwsb]){2}|(?:\\[dwsb]|\[[^\]\n]++\][+*?{]|[^\s\w'\"(]|\w(?=\\)){3})"
            r"(?:\[[^\]\n]++\][+*?{]|\S)*+\s*+\Z"),
    ),
    **{name: one.marks for name, one in LANGUAGES.items()},
}  # fmt: skip
_COMPILED = {
    label: [(weight, re.compile(pattern, re.MULTILINE)) for weight, pattern in marks]
    for label, marks in _MARKS.items()
}
_LINE, _TEXT = 200, 8_000
"""Characters of a line, and of a text, that are looked at. Blank lines are none of them, so that a
mark's blanks (`\\s*`) reach no further than into the next line."""
_MOST = 3
"""A mark counts at most so often: a long file is no surer than a short one."""


@dataclass(frozen=True)
class LanguageGuess:
    """A language's label and the weight of the marks that speak for it; all weights by label."""

    label: str
    weight: float
    weights: Mapping[str, float]

    def speaks_for(self, label: str) -> bool:
        """Whether the marks speak for this language nearly as much as for the heaviest."""
        return self.weights.get(label, 0.0) >= max(MIN_SCORE, 0.6 * self.weight)

    def is_near(self, wanted: Language) -> bool:
        """Whether the guess is the wanted language, or one that is taken for it."""
        return self.label == wanted.value or self.label in NEAR[wanted]


_CAPITAL = re.compile(r"^(?:\d+[.)] )?\W{0,3}[A-Z]")
_ITEM = re.compile(r"^\s*+(?:-|\d+[.)]|\*(?= \*\*)) +\*{0,2}[A-Z]")
"""An item of a Markdown list: a sentence, however deep it stands."""
_LISTED = re.compile(r"^(?:[-*]|\d++[.)]) [A-Za-z`*][^\s;{}=]*+(?: [^\s;{}=]++)++$")
"""An item at the margin whatever it begins with: two words of it stand side by side in no code."""
_QUERY = re.compile(r"^(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WITH) ")
_STOP = re.compile(r"[.?!:]\s*$")
COMMENT = re.compile(r"^\s*(?:#|//|/\*|\*|--|\"\"\"|<!--)")
"""The line of a comment, in any of these languages."""
SIGNS = re.compile(r"[;{}=<>\[\]]|\w\(")
"""What code is full of, and prose is not."""


def is_sentence(line: str) -> bool:
    """Whether a line is one of prose: several words, few of code's signs, and no comment.

    It begins with a capital letter: `while not done and more in it:` does not.
    """
    words = len(line.split())
    few = len(SIGNS.findall(line)) <= words / 6
    if few and words >= 2 and _ITEM.search(line):
        return True
    if words < 4 or COMMENT.search(line) or line.startswith(("  ", "\t")) or _QUERY.search(line):
        return False
    sentence = _CAPITAL.search(line) and (words >= 6 or _STOP.search(line))
    return bool(sentence) and few


_INLINE = re.compile(r"`[^`\n]*`")
_ANY_SIGN = re.compile(r"[;{}=<>\[\]()\\+/#@&|$_]")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_HEADING = re.compile(r"^#{2,6} \w")
_PLAIN = re.compile(r"^[A-Z][a-z']*(?:,? [\w'-]+)+[.!:]?$")


_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\u9fff\uac00-\ud7af]{2}")
"""Letters of scripts that have no capitals as Latin has, or none at all: names are rarely so."""


def is_remark(line: str) -> bool:
    """Whether a line at the start or the end of code is a remark on it, however short: `Done.`

    Looser than `is_sentence`, for what stands among code is more often code: a label, a clause.
    """
    if _HEADING.search(line) or _LISTED.search(line.rstrip()):
        return True
    bare = _BOLD.sub(r"\1", _INLINE.sub("x", line.strip()))
    if not bare or line.startswith(("  ", "\t")) or COMMENT.search(bare) or _ANY_SIGN.search(bare):
        return False
    if _OTHER_SCRIPT.search(bare):
        return True
    if _CAPITAL.search(bare):
        return bool(_STOP.search(bare) or (len(bare.split()) >= 3 and _PLAIN.search(bare)))
    return len(bare.split()) >= 3 and bare.endswith((".", "!"))


def are_prose(lines: Iterable[str]) -> bool:
    """Whether lines among blocks of Markdown are no code: sentences, remarks, or a few words."""
    others = [line for line in lines if not is_sentence(line) and not is_remark(line)]
    bare = [_BOLD.sub(r"\1", _INLINE.sub("x", line)) for line in others]
    return not any(map(_ANY_SIGN.search, bare)) and identify_language("\n".join(bare)) is None


def score(text: str, labels: Iterable[str]) -> Mapping[str, float]:
    """The weight of the marks that speak for each of these languages."""
    lines = (line[:_LINE].rstrip() for line in text[:_TEXT].splitlines())
    text = "\n".join(line for line in lines if line)
    weights = {label: _weight(text, label) for label in labels}
    # TypeScript is JavaScript and more, C++ is C and more: what is theirs counts on top.
    for more, one in LANGUAGES.items():
        if one.extends and weights.get(more, 0.0) >= 4:
            less = one.extends
            weights[more] += weights[less] if less in weights else _weight(text, less)
    return weights


def _weight(text: str, label: str) -> float:
    total = 0.0
    for weight, pattern in _COMPILED[label]:
        times = len(list(islice(pattern.finditer(text), _MOST)))
        total += weight * (0.75 + 0.25 * times) if times else 0.0
    return total


def identify_language(text: str) -> LanguageGuess | None:
    """The language that the marks of a text speak for, or None where it does not look like code."""
    weights = score(text, _COMPILED)
    label = max(weights, key=lambda name: (weights[name], name in LANGUAGES))
    return LanguageGuess(label, weights[label], weights) if weights[label] >= MIN_SCORE else None
