"""Which language a piece of code is in, and whether a text is code at all: by its marks.

Every mark found adds its weight to its language; the heaviest wins. It is a guess: how good it is,
`tests/judge/test_extract.py` measures on programs whose language is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST = 2.0
"""Weight from which on a text counts as code."""

_MARKS: Mapping[str, Sequence[tuple[float, str]]] = {
    "python": (
        (4, r"^\s*(?:async )?def \w+\(.*\)(?: *->.*)?:"),
        (3, r"^\s*(?:for .+ in .+|while .+|if .+|elif .+|else|try|except.*|with .+):\s*(?:#.*)?$"),
        (3, r"^\s*from [\w.]+ import |^\s*import (?!java|static)[\w.]+(?: as \w+)?(?:, *\w+)*\s*$"),
        (3, r"^\s*class \w+(?:\([\w., ]*\))?:"),
        (2, r"\bself\.|\b__\w+__\b|\bNone\b|\bTrue\b|\bFalse\b"),
        (2, r"\blambda \w*(?:, *\w+)*:|\b(?:for|if) .* in range\("),
        (2, r"^\s*print\(.*\)\s*$|\blen\(|\[.+ for \w+(?:, *\w+)* in .+\]"),
        (2, r"\b(?:str|int|list|dict|set|sorted|sum|max|min|map|filter)\(.*\)\s*$"),
        (1, r"^\s*[a-z_]\w* = [^;{]+$"),
        (1, r"\band\b.*:|\bnot in\b|\bprint\("),
    ),
    "java": (
        (4, r"\bpublic (?:static |final |abstract )*(?:class|interface|enum)\b"),
        (5, r"\bpublic static void main\b|\bSystem\.out\.print"),
        (5, r"^\s*import (?:static )?javax?\.|\bnew (?:Array|Linked)List<|\bnew HashMap<"),
        (4, r"\b(?:public|private|protected) (?:static )?(?:final )?[\w<>\[\]]+ \w+\([^)]*\)\s*"
            r"(?:throws \w+\s*)?\{"),
        (3, r"\b(?:private|public|protected) (?:static )?(?:final )?(?:int|String|double|boolean) \w+ *[;=]"),
        (2, r"\bString\b(?:\[\])? \w+|\bList<\w+>|\bInteger\b|\bboolean \w+"),
        (2, r"@Override|\bextends \w+ *\{|\bimplements \w+|\.equals\(|\.length\(\)|\.charAt\("),
        (1, r"\bint\[\] \w+|\bfor \((?:int|String|char) \w+ :"),
    ),
    "javascript": (
        (3, r"\b(?:const|let|var) (?:\w+|\{[^}]*\}|\[[^\]]*\]) *="),
        (4, r"^\s*(?:export )?(?:async )?function\*? ?\w*\([^):$]*\)\s*\{"),
        (4, r"\bconsole\.\w+\(|\bdocument\.|\bmodule\.exports\b|\brequire\(['\"]|\$\(|\bwindow\."),
        (3, r"=> *[{(]|\)\s*=>|\b\w+ => "),
        (3, r"===|!==|\btypeof\b|\bundefined\b|\bJSON\.(?:parse|stringify)|\bMath\.\w+\("),
        (2, r"\.(?:push|forEach|map|filter|reduce|indexOf|toUpperCase|split|addEventListener|then)\("),
        (2, r"\.length\b(?!\()|\bnew (?:Promise|Map|Set|Date|RegExp)\b|`[^`]*\$\{"),
        (2, r"^\s*constructor\(|\bfor \((?:const|let|var) "),
        (2, r"^\s*import .* from ['\"]|\bexport default\b"),
    ),
    "typescript": (
        (4, r"\b(?:const|let|var) \w+: *[\w<>\[\]|{} ]+ *="),
        (4, r"\bfunction \w*(?:<\w+>)?\([^)]*\w+\??: *[\w<>\[\]|]+[^)]*\)|\)\s*: *(?:number|string|boolean|void|any)\b"),
        (4, r"^\s*(?:export )?(?:interface|type) \w+(?:<\w+>)? *[={]"),
        (3, r"\b(?:private|public|readonly) \w+: *\w+|: *(?:number|string|boolean)(?:\[\])?[;,)]"),
    ),
    "c": (
        (4, r"^\s*#include *<(?:stdio|stdlib|string|math|ctype|stdbool|limits|time|assert|stdint)\.h>"),
        (4, r"\b(?:printf|scanf|malloc|free|sizeof|strlen|strcpy|fgets)\("),
        (2, r"\bint main\((?:void|int argc.*)?\)"),
        (3, r"\bstruct \w+ *\*|\b(?:char|int|float|double|void) *\*+ *\w+|^\s*typedef struct"),
        (2, r"^\s*(?:static |unsigned |const )*(?:int|void|char|float|double|long|size_t) \**\w+\([^)]*\) *\{?"),
        (1, r"^\s*(?:int|char|float|double) \w+(?:\[\w*\])*(?: *=.*)?;"),
    ),
    "cpp": (
        (6, r"^\s*#include *<(?:iostream|vector|string|map|algorithm|set|queue|unordered_map|memory"
            r"|sstream|utility|stack|bits/stdc\+\+\.h|fstream|iomanip|c[a-z]+)>"),
        (6, r"\bstd::|\busing namespace std\b|\bcout *<<|\bcin *>>"),
        (5, r"\b(?:vector|map|set|unordered_map|pair|queue|stack)<\w+|\btemplate *<"),
        (4, r"^\s*(?:public|private|protected):\s*$|\bnullptr\b|\bconst \w+ *&|\w+::\w+\("
            r"|\b(?:static|dynamic)_cast<|\bstring \w+ *[=;)]|\bclass \w+ *: *public \w+"),
    ),
    "go": (
        (6, r"^\s*package \w+\s*$|^\s*func (?:\(\w+ \*?\w+\) )?\w+\([^)]*\)[^{]*\{\s*$"),
        (4, r"\bfmt\.\w+\(|\w+ := |\bfor .*:= range\b|\bmake\((?:map|chan|\[\])"),
        (3, r"^\s*type \w+ (?:struct|interface)\b|\bif err != nil\b|\[\](?:int|string|byte|float64)\b"),
    ),
    "sql": (
        (6, r"(?i)^\s*(?:select [\w*`(\"., ]+(?:from\b|$)|select\s*$|insert into\b|update \w+ set\b|delete from\b"
            r"|create (?:table|database|view|index|procedure)|alter table|drop table|with \w+ as \()"),
        (3, r"\b(?:FROM \w+|LEFT JOIN|INNER JOIN|GROUP BY|ORDER BY|WHERE \w+ *(?:=|IN|LIKE|>|<))"),
        (1, r"(?i)\b(?:from \w+|inner join|group by|order by|where \w+ *(?:=|in|like|>|<))\b"),
    ),
    "html": (
        (6, r"(?i)<!doctype html|</(?:html|head|body|div|p|ul|ol|li|table|tr|td|form|a|h[1-6]|span"
            r"|button|select|label|nav|title|style)>|<(?:input|img|br|link|meta)\b[^>]*/?>"),
    ),
    "css": (
        (5, r"^\s*(?:[.#@]?[\w-]+(?:[ ,>:.#]+[\w-]+)*) *\{\s*(?:[\w-]+ *: *[^;{}]+;\s*)+\}"),
        (2, r"^\s*(?:color|background(?:-\w+)?|font-\w+|margin(?:-\w+)?|padding|display|width|height"
            r"|border(?:-\w+)?|text-\w+) *: *[^;]+;"),
    ),
    "shell": (
        (6, r"^#!/(?:usr/)?bin/(?:env )?(?:ba|z)?sh|^\s*#!/bin/"),
        (3, r"^\s*(?:\$ )?(?:echo|grep|awk|sed|cd|ls|mkdir|rm|chmod|cp|mv|find|cat|curl|sudo|tar|ps"
            r"|git|docker|apt-get|npm|pip|head|tail|sort|wc) [^=(:]*$"),
        (3, r"\$\{?\w+\}?.*;? *(?:then|do)\b|^\s*(?:fi|done|esac)\s*$|\bif \[ |\[\[ "),
    ),
    "php": (
        (8, r"<\?php|<\?="),
        (4, r"^\s*\$\w+ *=|\becho ['\"$]|->\w+\(|\bfunction \w+\(\$\w+"),
        (3, r"\bforeach ?\(\$|\barray\(|\$this->"),
    ),
    "csharp": (
        (6, r"\bConsole\.(?:Write|Read)(?:Line)?\(|^\s*using System|\bnamespace [\w.]+\s*\{?$"),
        (4, r"\{ *get; *(?:set;)?|\bstring\[\] \w+|\bpublic (?:static )?(?:string|bool|decimal|async Task)\b"),
        (3, r"\bforeach ?\((?:var|string|int|char) \w+ in\b|\bvar \w+ = new\b|\.(?:Select|Where|ToList|Length)\b\("),
    ),
    "ruby": (
        (4, r"^\s*def \w+[?!]?(?:\([^)]*\))?\s*$|^\s*end\s*$|\bputs\b"),
        (4, r"\bdo \|\w+|\.each\b|\{ *\|\w+(?:, *\w+)*\||^\s*attr_\w+|\brequire '|\belsif\b|@\w+ ="),
    ),
    "swift": (
        (5, r"^\s*(?:let|var) \w+(?:: *\[?\w+\]?)? *= *[^;]+$|\bfunc \w+\([^)]*\) *-> *\w+"),
        (4, r"\bimport (?:UIKit|Foundation|SwiftUI)\b|\bguard let\b|\bif let\b|\\\(\w+\)"),
    ),
    "kotlin": (
        (5, r"\bfun \w+\([^)]*\)|\bval \w+(?:: *\w+)? *=|\bprintln\(|\bfun main\b|\bdata class\b"),
    ),
    "rust": (
        (5, r"\bfn \w+(?:<[^>]*>)?\([^)]*\)|\blet mut \w+|\bprintln!\(|\bimpl\b .*\{|\bpub fn\b"),
        (3, r"&mut\b|&str\b|\bVec<|\buse std::"),
    ),
    "r": (
        (5, r"^\s*[\w.]+ *<- |\bfunction\(\w*\) *\{\s*$|\bc\(\d|\blibrary\(\w+\)"),
    ),
    "perl": (
        (5, r"^\s*(?:my|our) [\$@%]\w+|^\s*use strict|\bsub \w+ *\{"),
    ),
    "scala": (
        (5, r"\bobject \w+(?: extends \w+)? *\{|\bdef \w+\([^)]*: *\w+[^)]*\)(?:: *[\w\[\]]+)? *=|\bcase class\b"),
    ),
    "visual basic": (
        (6, r"(?i)^\s*dim \w+ as |^\s*end (?:sub|function|if)\s*$|^\s*sub \w+\(\)\s*$"),
    ),
    "data": (
        (3, r'^\s*"\w+" *: *["\[{\d]|^\s*<\?xml|^\s*<(?!html|div|p\b)\w+>[^<]*</\w+>\s*$'),
    ),
    "regex": (
        (4, r"\A\s*/?\^?(?:[^\s\w'\"(]|\\[dwsb]|\[[^\]]+\][+*?{]|\w(?=\\)){3,}\S*\s*\Z"),
    ),
}  # fmt: skip
_COMPILED = {
    label: [(weight, re.compile(pattern, re.MULTILINE)) for weight, pattern in marks]
    for label, marks in _MARKS.items()
}
_LINE, _TEXT = 400, 40_000
"""Characters of a line, and of a text, that are looked at."""
_MOST = 3
"""A mark counts at most so often: a long file is no surer than a short one."""


@dataclass(frozen=True)
class Guess:
    """A language's label and the weight of the marks that speak for it; all weights by label."""

    label: str
    weight: float
    weights: Mapping[str, float]

    def speaks_for(self, label: str) -> bool:
        """Whether the marks speak for this language nearly as much as for the heaviest."""
        return self.weights.get(label, 0.0) >= max(LEAST, 0.6 * self.weight)


_CAPITAL = re.compile(r"^\W{0,3}[A-Z]")
_STOP = re.compile(r"[.?!:]\s*$")
_COMMENT = re.compile(r"^\s*(?:#|//|/\*|\*|--|\"\"\"|<!--)")
_SIGNS = re.compile(r"[;{}=<>\[\]]|\w\(")


def is_sentence(line: str) -> bool:
    """Whether a line is one of prose: several words, few of code's signs, and no comment."""
    words = len(line.split())
    if words < 4 or _COMMENT.search(line) or line.startswith(("  ", "\t")):
        return False
    sentence = (words >= 6 and _CAPITAL.search(line)) or _STOP.search(line)
    return bool(sentence) and len(_SIGNS.findall(line)) <= words / 6


def guess_code(text: str) -> Guess | None:
    """The language that the marks of a text speak for, or None where it does not look like code."""
    text = "\n".join(line[:_LINE] for line in text[:_TEXT].splitlines())
    weights = {
        label: sum(
            weight * (1 + 0.25 * (min(_MOST, len(pattern.findall(text))) - 1))
            for weight, pattern in marks
            if pattern.search(text)
        )
        for label, marks in _COMPILED.items()
    }
    # TypeScript is JavaScript and more, C++ is C and more: what is theirs counts on top.
    if weights["typescript"] >= 4:
        weights["typescript"] += weights["javascript"]
    if weights["cpp"] >= 4:
        weights["cpp"] += weights["c"]
    label = max(weights, key=lambda name: weights[name])
    return Guess(label, weights[label], weights) if weights[label] >= LEAST else None
