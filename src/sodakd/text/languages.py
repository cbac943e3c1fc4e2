"""How programs of the seven languages are known and read: of each language one entry.

Code inside the sandbox uses it: nothing but the standard library is imported here. Patterns are
compiled by whoever reads by them, with `^` for the beginning of a line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sodakd.text.type_forms import NoTypeError, TypeWriter, c_type, forms, java_type
from sodakd.value_type import read_type


@dataclass(frozen=True, kw_only=True)
class LanguageText:
    """What the modules that read text have to know of a language: names and patterns."""

    labels: str  # what it is called behind a fence's marks, beside its own name
    suffixes: str  # of its files
    named: str = ""  # what names it in a sentence
    everyday: str = ""  # a name that is a common word, and counts where a program is spoken of
    marks: Sequence[tuple[float, str]]  # what speaks for it in a text, with its weight
    extends: str = ""  # the language that it is and more: one is taken for the other
    # Comments and strings: what the lexer may not pass over, brackets and plain quotes apart.
    comment: str = r"//|/\*"
    also: str = ""
    triple: str = ""  # the quotes that may be three, around lines of text
    raw: str = ""  # how a string begins in which nothing is escaped
    preprocessor: bool = False  # lines that begin with `#` are orders; a backslash joins two lines
    ended_by_line: str = ""  # what the end of its line ends, where a line break counts
    # Definitions. The name is a group of the pattern.
    begins: str = ""  # an item at the margin, where none needs a semicolon before it
    defines: str = ""  # what stands outside of all braces; "" reads it as C does
    functions: str = ""  # functions that a word tells; their parameters are left out
    types: TypeWriter | None = None  # those of a signature, where it has any
    several: str = ""  # how a function gives a tuple, where it is no value but several
    declared: tuple[str, str] = ("", "")  # a function, and one of its parameters
    last_char: int = 0x10FFFF  # the last character that a char holds
    zero_ends: bool = False  # a text ends at its first character 0
    needs_types: bool = False  # no call can be written without them
    one_number: bool = False  # integers are floats: 1 is 1.0, and not all are there beyond 2**53
    # What a whole program has that reads standard input and writes: each of these.
    whole: Sequence[str] = (r"\bmain\s*+\(",)
    joined: Literal["python", "java", "script", "native", "go"]  # how `text/assemble.py` does it

    def type_name(self, kind: str, *, result: bool = False) -> str:
        """A type of a signature as the language writes it. Raises `NoTypeError` where it cannot."""
        tree = read_type(kind)
        if self.types is None:
            raise NoTypeError(kind)
        if result and self.several and tree.name == "tuple":
            return self.several.format(", ".join(map(self.types, tree.items)))
        return self.types(tree)


_NUMBER = r"|(?<![\w$])\.?\d(?:[eEpP][+-]|'\w|[\w.])*+"  # it may have quotes: `1'000`
_NATIVE = ("`{returns} {name}({arguments})`", "{kind} {name}")
_DIRECTIVE = r"^[^\S\n]*+\#(?:\\\n|[^\n])*+"
_SCRIPT_ENDED = r"\b(?:return|throw|break|continue|yield)\b[^\S\n]*+\n"
_SCRIPT_BEGINS = r"export[ \t]|async[ \t]|function\b|const\b|let\b|var\b|class\b"
_SCRIPT_WHOLE = (
    r"\bstdin\b|\breadFileSync\s*+\(\s*+0\b|\breadline\b",
    r"\bconsole\s*+\.|\bstdout\b|\bwriteSync\b",
)
_SCRIPT_DEFINES = (
    r"\bfunction(?:[ \t]*+\*[ \t]*+|[ \t]++)(\w++)|\b(?:const|let|var|class|enum)[ \t]++(\w++)"
)


LANGUAGES: Mapping[str, LanguageText] = {
    "python": LanguageText(
        labels="py py2 py3 ipython cpython python-3 gyp", suffixes=".py", joined="python",
        named=r"(?i:\bpython ?[23]?(?:\.\d+)?\b|\bpythonic\b)",
        comment="#", also=r"|(?<!\w)[bBfFrRtTuU]{1,2}[\"']", triple="\"'",
        whole=(
            r"\binput\s*+\(|\bstdin\b|\b(?:open|read)\s*+\(\s*+0\b",
            r"\bprint\s*+\(|\bstdout\b|\b(?:open|write)\s*+\(\s*+1\b",
        ),
        marks=(
            (4, r"^[ \t]*(?:async )?def \w+\(.*\)(?: *->.*)?:"),
            (3, r"^[ \t]*(?:for .+ in .+|while .+|if .+|elif .+|else|try|except.*|with .+):\s*(?:#.*)?$"),
            (3, r"^[ \t]*from [\w.]+ import |^[ \t]*import (?!java|static)[\w.]+(?: as \w+)?(?:, *\w+)*\s*$"),
            (3, r"^[ \t]*class \w+(?:\([\w., ]*\))?:"),
            (2, r"\bself\.|\b__\w+__\b|\bNone\b|\bTrue\b|\bFalse\b"),
            (2, r"\blambda \w*(?:, *\w+)*:|\b(?:for|if) .* in range\("),
            (2, r"^[ \t]*print\(.*\)\s*$|\blen\(|\[.+ for \w+(?:, *\w+)* in .+\]"),
            (2, r"\b(?:str|int|list|dict|set|sorted|sum|max|min|map|filter)\(.*\)\s*$"),
            (1, r"^[ \t]*[a-z_]\w* = [^;{\n]+$"),
            (1, r"\band\b.*:|\bnot in\b|\bprint\("),
        ),
    ),
    "java": LanguageText(
        labels="jav", suffixes=".java", named=r"\b[Jj]ava\b(?! ?[Ss]cript)|\bJAVA\b", joined="java",
        triple='"', defines=r"\b(?:class|interface|enum|record)[ \t]++(\w++)",
        declared=("`public static {returns} {name}({arguments})` in `class Solution`", "{kind} {name}"),
        needs_types=True,
        types=java_type, last_char=0xFFFF,
        marks=(
            (4, r"\bpublic (?:static |final |abstract )*(?:class|interface|enum)\b"),
            (5, r"\bpublic static void main\b|\bSystem\.out\.print"),
            (5, r"^[ \t]*import (?:static )?javax?\.|\bnew (?:Array|Linked)List<|\bnew HashMap<"),
            (4, r"\b(?:public|private|protected) (?:static )?(?:final )?[\w<>\[\]]+ \w+\([^)\n]*\)\s*"
                r"(?:throws \w+\s*)?\{"),
            (3, r"\b(?:private|public|protected) (?:static )?(?:final )?(?:int|String|double|boolean) \w+ *[;=]"),
            (2, r"\bString\b(?:\[\])? \w+|\bList<\w+>|\bInteger\b|\bboolean \w+"),
            (2, r"\blong(?:\[\])? \w+ =|\bArrays\.\w+\(|\bCollectors\.|\bIntStream\.|\bCharacter\."),
            (2, r"@Override|\bextends \w+ *\{|\bimplements \w+|\.equals\(|\.length\(\)|\.charAt\("),
            (1, r"\bint\[\] \w+|\bfor \((?:int|String|char) \w+ :"),
        ),
    ),
    "javascript": LanguageText(
        labels="js mjs cjs node nodejs ecmascript es6 jsx javascriptreact", suffixes=".js .mjs",
        named=r"(?i:\bjava ?script\b|\bnode\.?js\b|\becmascript\b|\bES6\b)|\bJS\b|\bNode\b",
        also="|`|/", ended_by_line=_SCRIPT_ENDED, begins=_SCRIPT_BEGINS, defines=_SCRIPT_DEFINES,
        one_number=True, joined="script", whole=_SCRIPT_WHOLE,
        marks=(
            (3, r"\b(?:const|let|var) (?:\w+|\{[^}\n]*\}|\[[^\]\n]*\]) *="),
            (4, r"^[ \t]*(?:export )?(?:async )?function\*? ?\w*\([^):$\n]*\)\s*\{"),
            (4, r"\bconsole\.\w+\(|\bdocument\.|\bmodule\.exports\b|\brequire\(['\"]|\$\(|\bwindow\."),
            (3, r"=> *[{(]|\)\s*=>|\b\w+ => "),
            (3, r"===|!==|\btypeof\b|\bundefined\b|\bJSON\.(?:parse|stringify)|\bMath\.\w+\("),
            (2, r"\.(?:push|forEach|map|filter|reduce|indexOf|toUpperCase|split|addEventListener|then)\("),
            (2, r"\.length\b(?!\()|\bnew (?:Promise|Map|Set|Date|RegExp)\b|`[^`\n]*\$\{"),
            (2, r"^[ \t]*constructor\(|\bfor \((?:const|let|var) "),
            (2, r"^[ \t]*import .* from ['\"]|\bexport default\b"),
        ),
    ),
    "typescript": LanguageText(
        labels="ts mts tsx typescriptreact", suffixes=".ts", named=r"(?i:\btype ?script\b)",
        extends="javascript", also="|`|/", ended_by_line=_SCRIPT_ENDED, begins=_SCRIPT_BEGINS,
        defines=_SCRIPT_DEFINES + r"|^[ \t]*+(?:type|interface)[ \t]++(\w++)",
        declared=("`function {name}({arguments}): {returns}`", "{name}: {kind}"),
        types=forms({
            "int": "number", "float": "number", "bool": "boolean", "str": "string",
            "char": "string", "list": "{}[]", "tuple": "[{}]", "dict": "Record<{}, {}>",
            "optional": "{} | null",
        }),
        one_number=True, joined="script", whole=_SCRIPT_WHOLE,
        marks=(
            (4, r"\b(?:const|let|var) \w+: *[\w<>\[\]|{} ]+ *="),
            (4, r"\bfunction \w*(?:<\w+>)?\([^)\n]*?\w\??: *+[\w<>\[\]|][^)\n]*+\)|\)\s*: *(?:number|string|boolean|void|any)\b"),
            (4, r"^[ \t]*(?:export )?(?:interface|type) \w+(?:<\w+>)? *[={]"),
            (3, r"\b(?:private|public|readonly) \w+: *\w+|: *(?:number|string|boolean)(?:\[\])?[;,)]"),
        ),
    ),
    "c": LanguageText(
        labels="h ansi-c", suffixes=".c .h", everyday="C", joined="native",
        also=_NUMBER, preprocessor=True, ended_by_line=_DIRECTIVE, declared=_NATIVE, needs_types=True,
        types=c_type, last_char=0x7F, zero_ends=True,
        marks=(
            (4, r"^[ \t]*#include *<(?:stdio|stdlib|string|math|ctype|stdbool|limits|time|assert|stdint)\.h>"),
            (4, r"\b(?:printf|scanf|malloc|free|sizeof|strlen|strcpy|fgets)\("),
            (2, r"\bint main\((?:void|int argc.*)?\)"),
            (3, r"\bstruct \w+ *\*|\b(?:char|int|float|double|void) *\*+ *\w+|^[ \t]*typedef struct"),
            (2, r"^[ \t]*(?:static |unsigned |const )*(?:int|void|char|float|double|long|size_t) \**\w+\([^)\n]*\) *\{?"),
            (1, r"^[ \t]*(?:int|char|float|double) \w+(?:\[\w*\])*(?: *=.*)?;"),
        ),
    ),
    "cpp": LanguageText(
        labels="c++ cc cxx hpp hxx cplusplus c-plus-plus", suffixes=".cc .cpp .cxx .hpp",
        named=r"(?i:(?<!\w)c\+\+|(?<![\w.])cpp\b)", extends="c", joined="native",
        also=rf'|(?<!\w)(?:u8|[uUL])?R"{_NUMBER}', raw='R"', preprocessor=True,
        ended_by_line=_DIRECTIVE, declared=_NATIVE, needs_types=True,
        types=forms({
            "int": "long long", "float": "double", "bool": "bool", "str": "std::string",
            "char": "char", "list": "std::vector<{}>", "pair": "std::pair<{}>",
            "tuple": "std::tuple<{}>", "dict": "std::map<{}, {}>", "optional": "std::optional<{}>",
        }),
        last_char=0x7F,
        marks=(
            (6, r"^[ \t]*#include *<(?:iostream|vector|string|map|algorithm|set|queue|unordered_map|memory"
                r"|sstream|utility|stack|bits/stdc\+\+\.h|fstream|iomanip|c[a-z]+)>"),
            (6, r"\bstd::|\busing namespace std\b|\bcout *<<|\bcin *>>"),
            (5, r"\b(?:vector|map|set|unordered_map|pair|queue|stack)<\w+|\btemplate *<"),
            (4, r"^[ \t]*(?:public|private|protected):\s*$|\bnullptr\b|\bconst \w+ *&|\w+::\w+\("
                r"|\b(?:static|dynamic)_cast<|\bstring \w+ *[=;)]|\bclass \w+ *: *public \w+"),
        ),
    ),
    "go": LanguageText(
        labels="golang", suffixes=".go", named=r"(?i:\bgolang\b)", everyday="Go", joined="go",
        also="|`", raw="`", begins=r"(?:func|var|const|type|import)\b",
        defines=r"^func[ \t]++(\w++)|^(?:var|const|type)[ \t]++(\w++)",
        functions=r"^[ \t]*+func\s++(?:\(\)\s*+)?(\w++)",
        declared=("`func {name}({arguments}) {returns}` in `package main`", "{name} {kind}"),
        needs_types=True,
        types=forms({
            "int": "int", "float": "float64", "bool": "bool", "str": "string", "char": "rune",
            "list": "[]{}", "same": "[{count}]{item}", "dict": "map[{}]{}", "optional": "*{}",
        }),
        several="({})",
        marks=(
            (6, r"^[ \t]*package \w+\s*$|^[ \t]*func (?:\(\w+ \*?\w+\) )?\w+\([^)\n]*\)[^{\n]*\{\s*$"),
            (4, r"\bfmt\.\w+\(|\w+ := |\bfor .*:= range\b|\bmake\((?:map|chan|\[\])"),
            (3, r"^[ \t]*type \w+ (?:struct|interface)\b|\bif err != nil\b|\[\](?:int|string|byte|float64)\b"),
        ),
    ),
}  # fmt: skip
NEAR: Mapping[str, frozenset[str]] = {
    name: frozenset(
        other for other, its in LANGUAGES.items() if name == its.extends or other == one.extends
    )
    for name, one in LANGUAGES.items()
}
"""Languages that are taken for each other: a label `c` over C++ is a slip of the pen."""
