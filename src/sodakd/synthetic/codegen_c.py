"""Programs written in C: loops, new memory for every list and text, and helpers where used."""

from collections.abc import Mapping

from sodakd.synthetic.code_templates import (
    Form,
    LanguageTemplate,
    OpTemplate,
    made,
    terms_of_c,
    types_of,
)
from sodakd.synthetic.operations import Kind
from sodakd.types import Language

_X = "{v}.items[i]"
_BEFORE = "{v}.items[i - 1]"
_ZERO = "long long {r} = 0;"
_PUT = "{r}.items[{r}.count++] = "
_EACH = "for (int i = 0; i < {v}.count; i++) "
_FROM_1 = "for (int i = 1; i < {v}.count; i++) "
_DIGIT = "for (long long d = llabs({v}); d > 0; d /= 10) "
_UPTO = "for (long long d = 1; d <= {v}; d++) "
_CHARS = "for (const char *c = {v}; *c; c++) "
_BEGINS = "!isspace(*c) && (c == {v} || isspace(c[-1]))"


def _list(name: str, size: str) -> str:
    return f"IntList {name} = {{{{malloc(({size}) * sizeof(long long)), 0}}}};"


def _new(*lines: str, size: str = "{v}.count") -> OpTemplate:
    """A new list, filled by the lines."""
    return made(_list("{r}", size), *lines, element="{v}.items[i]")


def _put(value: str, condition: str = "", loop: str = _EACH) -> OpTemplate:
    """A new list of one value for each index at which the condition holds."""
    check = f"if ({condition}) " if condition else ""
    return _new(f"{loop}{check}{_PUT}{value};")


def _sorted(name: str, helper: str) -> tuple[str, ...]:
    return (
        _list(name, "{v}.count"),
        _EACH + f"{name}.items[{name}.count++] = {{v}}.items[i];",
        f"qsort({name}.items, {name}.count, sizeof(long long), {helper});",
    )


def _running(line: str) -> OpTemplate:
    return _new(f"{_EACH}{_PUT}{_X};", f"for (int i = 1; i < {{r}}.count; i++) {line}")


def _best(sign: str) -> OpTemplate:
    first = "long long {r} = {v}.count ? {v}.items[0] : 0;"
    return made(first, f"{_EACH}if ({_X} {sign} {{r}}) {{r}} = {_X};")


def _number(*lines: str, first: str = _ZERO) -> OpTemplate:
    """A number that the lines work out."""
    return made(first, *lines, element="{v}.items[i]")


def _kept(condition: str) -> OpTemplate:
    """A text of the characters for which the condition holds."""
    return made(
        "char *{r} = copy({v}), *{t} = {r};",
        f"{_CHARS}if ({condition}) *{{t}}++ = *c;",
        "*{t} = 0;",
    )


def _changed(line: str) -> OpTemplate:
    """A copy of a text that is worked on."""
    return made("char *{r} = copy({v});", line)


FORMS: Mapping[str, Form] = {
    "filter": _put(_X, "{a}"),
    "reject": _put(_X, "!({a})"),
    "map": _put("{a}"),
    "map_if": _put("{a} ? {b} : " + _X),
    "filter_and": _put(_X, "{a} && {b}"),
    "filter_or": _put(_X, "{a} || {b}"),
    "take": _put(_X, "i < {a}"),
    "drop": _put(_X, "i >= {a}"),
    "last": _put(_X, "i >= {v}.count - {a}"),
    "but_last": _put(_X, "i < {v}.count - {a}"),
    "every": _put(_X, "i % {a} == 0"),
    "sort": OpTemplate("{r}", _sorted("{r}", "ascending")),
    "sort_down": OpTemplate("{r}", _sorted("{r}", "descending")),
    "reverse": _put("{v}.items[{v}.count - 1 - i]"),
    "unique": _put(_X, "!contains({r}, {v}.items[i])"),
    "running_sum": _running("{r}.items[i] += {r}.items[i - 1];"),
    "running_max": _running(
        "if ({r}.items[i] < {r}.items[i - 1]) {r}.items[i] = {r}.items[i - 1];"
    ),
    "differences": _put(f"{_X} - {_BEFORE}", loop=_FROM_1),
    "pair_sums": _put(f"{_X} + {_BEFORE}", loop=_FROM_1),
    "where": _put("i", "{a}"),
    "sum": _number(_EACH + "{r} += {v}.items[i];"),
    "max": _best(">"),
    "min": _best("<"),
    "count": _number(_EACH + "if ({a}) {r}++;"),
    "length": "{v}.count",
    "distinct": OpTemplate(
        "{t}.count",
        (
            _list("{t}", "{v}.count"),
            _EACH + "if (!contains({t}, {v}.items[i])) {t}.items[{t}.count++] = {v}.items[i];",
        ),
    ),
    "first": "{v}.count ? {v}.items[0] : 0",
    "product": _number(_EACH + "{r} *= {v}.items[i];", first="long long {r} = 1;"),
    "span": OpTemplate(
        "{t}.count ? {t}.items[{t}.count - 1] - {t}.items[0] : 0", _sorted("{t}", "ascending")
    ),
    "rises": _number(f"{_FROM_1}if ({_X} > {_BEFORE}) {{r}}++;"),
    "join": made(
        "char *{r} = calloc({v}.count + 1, 24), *{t} = {r};",
        _EACH + '{t} += sprintf({t}, i ? ",%lld" : "%lld", {v}.items[i]);',
    ),
    "apply": "{a}",
    "apply_if": "{a} ? {b} : {v}",
    "digit_sum": _number(_DIGIT + "{r} += d % 10;"),
    "digit_count": _number(
        "for (long long d = llabs({v}); d > 9; d /= 10) {r}++;", first="long long {r} = 1;"
    ),
    "reverse_digits": _number(_DIGIT + "{r} = {r} * 10 + d % 10;"),
    "digits": _new(
        "char {t}[24];",
        'sprintf({t}, "%lld", llabs({v}));',
        f"for (char *c = {{t}}; *c; c++) {_PUT}*c - '0';",
        size="24",
    ),
    "upto": _new(f"{_UPTO}{_PUT}d;", size="{v}"),
    "divisors": _new(f"{_UPTO}if ({{v}} % d == 0) {_PUT}d;", size="{v}"),
    "upper": _changed("for (char *c = {r}; *c; c++) *c = toupper(*c);"),
    "reverse_text": "reversed({v})",
    "head": _changed("if (strlen({r}) > {a}) {r}[{a}] = 0;"),
    "tail": 'copy(strlen({v}) > {a} ? {v} + {a} : "")',
    "without": _kept("*c != '{a}'"),
    "replace": _changed("for (char *c = {r}; *c; c++) if (*c == '{a}') *c = '{b}';"),
    "vowels": _kept('strchr("aeiou", *c)'),
    "sort_text": _changed("qsort({r}, strlen({r}), 1, by_code);"),
    "reverse_words": "flipped(reversed({v}))",
    "flip_words": "flipped({v})",
    "text_length": "strlen({v})",
    "count_letter": _number(_CHARS + "if (*c == '{a}') {r}++;"),
    "count_words": _number(f"{_CHARS}if ({_BEGINS}) {{r}}++;"),
    "longest_word": _number(
        "long long {t} = 0;",
        _CHARS + "if (({t} = isspace(*c) ? 0 : {t} + 1) > {r}) {r} = {t};",
    ),
    "word_lengths": _new(
        _CHARS + "{{",
        f"    if ({_BEGINS}) {_PUT}0;",
        "    if (!isspace(*c)) {r}.items[{r}.count - 1]++;",
        "}}",
        size="strlen({v})",
    ),
}

_HELPERS: Mapping[str, str] = {
    "copy": """\
static char *copy(const char *s) {
    return strcpy(malloc(strlen(s) + 1), s);
}""",
    "reversed": """\
static char *reversed(const char *s) {
    char *r = copy(s);
    for (int i = 0, n = strlen(s); i < n; i++) r[i] = s[n - 1 - i];
    return r;
}""",
    "flipped": """\
static char *flipped(const char *s) {
    char *r = copy(s), *end = r;
    while (*s) {
        int w = 0;
        while (s[w] && !isspace(s[w])) w++;
        if (w && end > r) *end++ = ' ';
        for (int i = w - 1; i >= 0; i--) *end++ = s[i];
        s += w ? w : 1;
    }
    *end = 0;
    return r;
}""",
    "contains": """\
static bool contains(IntList list, long long x) {
    for (int i = 0; i < list.count; i++) if (list.items[i] == x) return true;
    return false;
}""",
    "ascending": """\
static int ascending(const void *a, const void *b) {
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}""",
    "descending": """\
static int descending(const void *a, const void *b) {
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x < y) - (x > y);
}""",
    "by_code": """\
static int by_code(const void *a, const void *b) {
    return *(const unsigned char *)a - *(const unsigned char *)b;
}""",
}

C = LanguageTemplate(
    forms=FORMS,
    terms=terms_of_c("llabs({x})", "({x} < {k} ? {x} : {k})"),
    types=types_of(Language.C),
    parameters={Kind.L: "IntList {}", Kind.N: "long long {}", Kind.S: "const char *{}"},
    head="{result} {name}({parameter})",
    extras=_HELPERS,
    between="\n\n",
    unchanged={Kind.S: "copy({v})"},
)
