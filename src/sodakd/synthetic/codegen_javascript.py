"""Programs written in JavaScript: every step is an expression. TypeScript adds types."""

from collections.abc import Mapping
from dataclasses import replace

from sodakd.synthetic.code_templates import Form, LanguageTemplate, terms_of_c, types_of
from sodakd.synthetic.operations import Kind
from sodakd.types import Language

_WORDS = r"{v}.split(/\s+/).filter(w => w)"
_DIGITS = "[...String(Math.abs({v}))]"

FORMS: Mapping[str, Form] = {
    "filter": "{v}.filter(x => {a})",
    "reject": "{v}.filter(x => !({a}))",
    "map": "{v}.map(x => {a})",
    "map_if": "{v}.map(x => {a} ? {b} : x)",
    "filter_and": "{v}.filter(x => {a} && {b})",
    "filter_or": "{v}.filter(x => {a} || {b})",
    "take": "{v}.slice(0, {a})",
    "drop": "{v}.slice({a})",
    "last": "{v}.slice(-{a})",
    "but_last": "{v}.slice(0, -{a})",
    "every": "{v}.filter((_, i) => i % {a} === 0)",
    "sort": "[...{v}].sort((a, b) => a - b)",
    "sort_down": "[...{v}].sort((a, b) => b - a)",
    "reverse": "[...{v}].reverse()",
    "unique": "[...new Set({v})]",
    "running_sum": "{v}.map((_, i) => {v}.slice(0, i + 1).reduce((a, b) => a + b))",
    "running_max": "{v}.map((_, i) => Math.max(...{v}.slice(0, i + 1)))",
    "differences": "{v}.slice(1).map((x, i) => x - {v}[i])",
    "pair_sums": "{v}.slice(1).map((x, i) => x + {v}[i])",
    "where": "{v}.flatMap((x, i) => {a} ? [i] : [])",
    "sum": "{v}.reduce((a, b) => a + b, 0)",
    "max": "{v}.length ? Math.max(...{v}) : 0",
    "min": "{v}.length ? Math.min(...{v}) : 0",
    "count": "{v}.filter(x => {a}).length",
    "length": "{v}.length",
    "distinct": "new Set({v}).size",
    "first": "{v}[0] ?? 0",
    "product": "{v}.reduce((a, b) => a * b, 1)",
    "span": "{v}.length ? Math.max(...{v}) - Math.min(...{v}) : 0",
    "rises": "{v}.slice(1).filter((x, i) => x > {v}[i]).length",
    "join": '{v}.join(",")',
    "apply": "{a}",
    "apply_if": "{a} ? {b} : {v}",
    "digit_sum": _DIGITS + ".reduce((a, c) => a + Number(c), 0)",
    "digit_count": "String(Math.abs({v})).length",
    "reverse_digits": f'Number({_DIGITS}.reverse().join(""))',
    "digits": _DIGITS + ".map(Number)",
    "upto": "Array.from({{ length: {v} }}, (_, i) => i + 1)",
    "divisors": "Array.from({{ length: {v} }}, (_, i) => i + 1).filter(d => {v} % d === 0)",
    "upper": "{v}.toUpperCase()",
    "reverse_text": '[...{v}].reverse().join("")',
    "head": "{v}.slice(0, {a})",
    "tail": "{v}.slice({a})",
    "without": '{v}.replaceAll("{a}", "")',
    "replace": '{v}.replaceAll("{a}", "{b}")',
    "vowels": '{v}.replace(/[^aeiou]/g, "")',
    "sort_text": '[...{v}].sort().join("")',
    "reverse_words": _WORDS + '.reverse().join(" ")',
    "flip_words": _WORDS + '.map(w => [...w].reverse().join("")).join(" ")',
    "text_length": "{v}.length",
    "count_letter": '{v}.split("{a}").length - 1',
    "count_words": _WORDS + ".length",
    "longest_word": f"Math.max(0, ...{_WORDS}.map(w => w.length))",
    "word_lengths": _WORDS + ".map(w => w.length)",
}

JAVASCRIPT = LanguageTemplate(
    forms=FORMS,
    terms=terms_of_c("Math.abs({x})", "Math.min({x}, {k})", "===", "!=="),
    types=dict.fromkeys(Kind, ""),
    parameters=dict.fromkeys(Kind, "{}"),
    head="function {name}({parameter})",
    declaration="const {r} = {e}",
)

_TYPES = types_of(Language.TYPESCRIPT)

TYPESCRIPT: LanguageTemplate = replace(
    JAVASCRIPT,
    types=_TYPES,
    parameters={kind: f"{{}}: {name}" for kind, name in _TYPES.items()},
    head="function {name}({parameter}): {result}",
)
