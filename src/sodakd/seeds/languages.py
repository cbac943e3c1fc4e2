"""Which language a question wants: by the words that name one.

Names that are everyday words or letters (C, Go, R, Swift) count only where the words around them
speak of a program.
"""

import re
from collections.abc import Mapping

from sodakd.seeds.prose import start_of
from sodakd.text.languages import LANGUAGES

_THING = (
    r"(?:programs?|programming|codes?|functions?|scripts?|class(?:es)?|language|snippets?|structs?"
    r"|syntax|algorithm|application|method|compiler|routines?|statements?|struct|arrays?|pointers?"
    r"|implementation|solution|library|loop|macro|preprocessor|equivalent|version)\b"
)


def _letter(name: str) -> str:
    """A name that is an everyday word or letter, where a program is spoken of."""
    return (
        rf"(?:\b(?i:in|using|with|to|from|into) (?:the |plain |pure |standard "
        rf"|ANSI )?{name}(?![\w+#'-]|"
        rf"\.\w)(?! (?:and|or) [A-Z]\b)|(?<![\w-]){name}(?![\w+#'.-])[ -]{_THING})"
    )


_PATTERNS: Mapping[str, str] = {
    "csharp": r"(?i:(?<!\w)c#|\bc ?sharp\b|\.net\b|\bLINQ\b)",
    "php": r"(?i:\bphp\d?\b|\blaravel\b|\bwordpress\b)",
    "ruby": r"(?i:\bruby\b|\brails\b)",
    "rust": rf"\bRust\b|(?i:{_letter('rust')})",
    "swift": r"\bSwift\b|\bSwiftUI\b|\biOS\b",
    "kotlin": r"(?i:\bkotlin\b)",
    "scala": r"\bScala\b",
    "perl": r"(?i:\bperl\b)",
    "r": _letter("R"),
    "matlab": r"(?i:\bmatlab\b)",
    "objective-c": r"(?i:\bobjective-?c\b)",
    "visual basic": r"(?i:\bvisual basic\b|\bVBA\b|\bvb\.net\b|\bexcel\b|\bspreadsheet\b)",
    "haskell": r"\bHaskell\b",
    "lisp": r"\bLisp\b|\bClojure\b|\bScheme\b",
    "lua": r"\bLua\b",
    "dart": r"\bDart\b|\bFlutter\b",
    "applescript": r"(?i:\bapplescript\b)",
    "assembly": r"(?i:\bassembly (?:language|code|program)|\bassembler\b)",
    "sql": r"\b[Ss][Qq][Ll]\b|(?i:\bmysql\b|\bpostgres\w*\b|\bsqlite\b|\bsql (?:query|statement)\b"
    r"|\bstored procedure\b|\bselect statement\b)",
    "html": r"(?i:\bhtml5?\b|\bweb ?page\b)",
    "css": r"(?i:\bs?css3?\b|\bstyle ?sheet\b)",
    "shell": r"(?i:\bbash\b|\bshell\b|\bpowershell\b|\bcommand line\b|\bunix command\b"
    r"|\blinux command\b|\bdockerfile\b|\bcron ?job\b)|\bgit command\b",
    "regex": r"(?i:^(?:\w+ ){0,4}(?:regex|regular expression|regexp)\b)",
    "data": r"(?i:^(?:\w+ ){0,4}(?:json|xml|yaml|csv) (?:object|document|file|schema|structure"
    r"|format|string|data)\b|\blatex\b|\bgraphql\b)",
    "no code": r"(?i:\bpseudo-?code\b|\bflow ?chart\b|\bUML\b|\bwireframe\b|\buser stor(?:y|ies)\b"
    r"|\bmock-?up\b)",
    **{
        name: "|".join(filter(None, [one.named, one.everyday and _letter(one.everyday)]))
        for name, one in LANGUAGES.items()
    },
}
_COMPILED = {label: re.compile(pattern) for label, pattern in _PATTERNS.items()}

_INTO = re.compile(r"(?i)\b(?:to|into|in)\s+(?:an? |the |equivalent )*$")
_CONVERTS = re.compile(r"(?i)\b(?:convert|translat|port|rewrit|transform|chang)\w*\b")


def named_languages(text: str) -> dict[str, str]:
    """The languages a text names, by label, with the words that do it, the first first.

    In a text that asks to convert, the language to convert to stands first.
    """
    text = start_of(text)
    conversion = _CONVERTS.search(text)
    found: list[tuple[int, int, str, str]] = []
    for label, pattern in _COMPILED.items():
        first = pattern.search(text)
        if first is None:
            continue
        converts = conversion is not None and any(
            _is_target(match, text, conversion.end()) for match in pattern.finditer(text)
        )
        found.append((0 if converts else 1, first.start(), label, first.group().strip()))
    return {label: words for _, _, label, words in sorted(found)}


def _is_target(name: re.Match[str], text: str, asked: int) -> bool:
    """Whether a language's name stands behind `to` or `into`, behind the words that end there."""
    before = text[max(0, name.start() - 40) : name.start()]
    into = _INTO.search(before) or re.match(r"(?i)(?:to|into)\b", name.group())
    return into is not None and asked <= name.start()
