"""Programs written in JavaScript: every step is an expression. TypeScript has the same table."""

from collections.abc import Mapping

from sodakd.world.forms import Form, Style, print_function, terms_of_c
from sodakd.world.operations import Kind
from sodakd.world.program import Program

_WORDS = r"{v}.split(/\s+/).filter(w => w)"
_DIGITS = "[...String(Math.abs({v}))]"

FORMS: Mapping[str, Form] = {
    "filter": Form("{v}.filter(x => {a})"),
    "reject": Form("{v}.filter(x => !({a}))"),
    "map": Form("{v}.map(x => {a})"),
    "map_if": Form("{v}.map(x => {a} ? {b} : x)"),
    "filter_and": Form("{v}.filter(x => {a} && {b})"),
    "filter_or": Form("{v}.filter(x => {a} || {b})"),
    "take": Form("{v}.slice(0, {a})"),
    "drop": Form("{v}.slice({a})"),
    "last": Form("{v}.slice(-{a})"),
    "but_last": Form("{v}.slice(0, -{a})"),
    "every": Form("{v}.filter((_, i) => i % {a} === 0)"),
    "sort": Form("[...{v}].sort((a, b) => a - b)"),
    "sort_down": Form("[...{v}].sort((a, b) => b - a)"),
    "reverse": Form("[...{v}].reverse()"),
    "unique": Form("[...new Set({v})]"),
    "running_sum": Form("{v}.map((_, i) => {v}.slice(0, i + 1).reduce((a, b) => a + b))"),
    "running_max": Form("{v}.map((_, i) => Math.max(...{v}.slice(0, i + 1)))"),
    "differences": Form("{v}.slice(1).map((x, i) => x - {v}[i])"),
    "pair_sums": Form("{v}.slice(1).map((x, i) => x + {v}[i])"),
    "where": Form("{v}.flatMap((x, i) => {a} ? [i] : [])"),
    "sum": Form("{v}.reduce((a, b) => a + b, 0)"),
    "max": Form("{v}.length ? Math.max(...{v}) : 0"),
    "min": Form("{v}.length ? Math.min(...{v}) : 0"),
    "count": Form("{v}.filter(x => {a}).length"),
    "length": Form("{v}.length"),
    "distinct": Form("new Set({v}).size"),
    "first": Form("{v}[0] ?? 0"),
    "product": Form("{v}.reduce((a, b) => a * b, 1)"),
    "span": Form("{v}.length ? Math.max(...{v}) - Math.min(...{v}) : 0"),
    "rises": Form("{v}.slice(1).filter((x, i) => x > {v}[i]).length"),
    "join": Form('{v}.join(",")'),
    "apply": Form("{a}"),
    "apply_if": Form("{a} ? {b} : {v}"),
    "digit_sum": Form(_DIGITS + ".reduce((a, c) => a + Number(c), 0)"),
    "digit_count": Form("String(Math.abs({v})).length"),
    "reverse_digits": Form(f'Number({_DIGITS}.reverse().join(""))'),
    "digits": Form(_DIGITS + ".map(Number)"),
    "upto": Form("Array.from({{ length: {v} }}, (_, i) => i + 1)"),
    "divisors": Form(
        "Array.from({{ length: {v} }}, (_, i) => i + 1).filter(d => {v} % d === 0)",
    ),
    "upper": Form("{v}.toUpperCase()"),
    "reverse_text": Form('[...{v}].reverse().join("")'),
    "head": Form("{v}.slice(0, {a})"),
    "tail": Form("{v}.slice({a})"),
    "without": Form('{v}.replaceAll("{a}", "")'),
    "replace": Form('{v}.replaceAll("{a}", "{b}")'),
    "vowels": Form('{v}.replace(/[^aeiou]/g, "")'),
    "sort_text": Form('[...{v}].sort().join("")'),
    "reverse_words": Form(_WORDS + '.reverse().join(" ")'),
    "flip_words": Form(_WORDS + '.map(w => [...w].reverse().join("")).join(" ")'),
    "text_length": Form("{v}.length"),
    "count_letter": Form('{v}.split("{a}").length - 1'),
    "count_words": Form(_WORDS + ".length"),
    "longest_word": Form(f"Math.max(0, ...{_WORDS}.map(w => w.length))"),
    "word_lengths": Form(_WORDS + ".map(w => w.length)"),
}

JAVASCRIPT = Style(
    forms=FORMS,
    terms=terms_of_c("Math.abs({x})", "Math.min({x}, {k})", "===", "!=="),
    types=dict.fromkeys(Kind, ""),
    parameters=dict.fromkeys(Kind, "{}"),
    head="function {name}({parameter})",
    declaration="const {r} = {e}",
)


def print_javascript(program: Program) -> str:
    """The program as a JavaScript function."""
    return print_function(program, JAVASCRIPT)
