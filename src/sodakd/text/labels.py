"""What the label of a fence says: one of the seven languages, another, or nothing."""

import re
from collections.abc import Mapping

from sodakd.text.languages import LANGUAGES
from sodakd.types import Language

_ALIKE: Mapping[str, str] = {
    "sql": "mysql postgresql postgres psql sqlite sqlite3 plsql pgsql tsql t-sql mssql",
    "html": "htm xhtml vue svelte django jinja jinja2 html+erb erb",
    "css": "scss sass less",
    "shell": "bash sh zsh fish ksh shell-session shellscript console terminal cmd bat batch"
    " powershell ps1 pwsh dos",
    "output": "stdout stderr log logs result results pycon python-repl repl traceback error",
    "csharp": "c# cs dotnet",
    "data": "json json5 jsonc jsonl yaml yml toml ini xml csv tsv properties env svg proto graphql",
    "markdown": "md mdx rst asciidoc",
    "ruby": "rb",
    "rust": "rs",
    "kotlin": "kt kts",
    "php": "",
    "swift": "",
    "r": "rscript",
    "perl": "pl",
    "scala": "sc",
    "visual basic": "vb vbnet vba visualbasic",
    "haskell": "hs",
    "lua": "",
    "dart": "",
    "matlab": "octave",
    "julia": "jl",
    "elixir": "ex exs",
    "assembly": "asm nasm",
    "tex": "latex",
    "regex": "regexp",
    "objective-c": "objc objectivec objective-c++",
    "build": "makefile make dockerfile docker cmake gradle nginx",
    "diagram": "mermaid plantuml dot graphviz",
    "diff": "patch",
    "pseudocode": "pseudo algorithm",
    "fortran": "f90",
    "cobol": "",
    "lisp": "clojure clj scheme racket elisp",
    "ocaml": "ml",
    "pascal": "delphi",
    "groovy": "",
    "solidity": "sol",
    "arduino": "ino",
    **{name: one.labels for name, one in LANGUAGES.items()},
}
_LABELS: Mapping[str, str] = {
    name: label for label, names in _ALIKE.items() for name in (label, *names.split())
}
_UNTOLD = frozenset(["text", "txt", "plaintext", "plain", "code", "none", "nohighlight"])
_WORD = re.compile(r"[\w+#./-]+")


def label_of(info: str) -> str:
    """What stands after a fence's marks, by its common name; "" where it names no language.

    Read are `Python`, `py3`, `python3.11`, `{.python .numbers}`, `python title="x"`,
    `language-python`, `c++17`, and the names of files: `main.py`, `python:main.py`.
    """
    found = _WORD.search(info[:200].casefold().lstrip("{. \t"))
    if found is None:
        return ""
    word = found.group().removeprefix("language-").removeprefix("lang-")
    for name in (word, word.rstrip("0123456789."), word.rpartition(".")[2]):
        if name in _LABELS:
            return _LABELS[name]
    return ""


def language_of(name: str) -> Language | None:
    """The language of this name, as people spell it: `Python`, `js`, `c++`, `C++17`, `golang`."""
    word = name.strip()
    return None if re.search(r"\s", word) else one_of_seven(label_of(word))


def one_of_seven(*labels: str) -> Language | None:
    """The first of these labels that is one of the seven languages."""
    return next((Language(label) for label in labels if label in set(Language)), None)


def is_known(info: str) -> bool:
    """Whether what stands after a fence's marks is a language's label, and not a sentence."""
    words = info[:200].casefold().split()
    if not words or (words[0] not in _UNTOLD and not label_of(info)):
        return False
    return len(words) <= 2 or any(sign in info for sign in "={")


def display_label(label: str) -> str:
    """A label as it is written in a sentence."""
    named = {"sql": "SQL", "html": "HTML", "css": "CSS", "php": "PHP", "csharp": "C#"}
    return Language(label).display_name if label in set(Language) else named.get(label, label)
