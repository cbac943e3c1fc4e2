"""Programs written in JavaScript: every step is an expression. TypeScript adds types."""

from collections.abc import Mapping
from dataclasses import replace

from sodakd.synthetic.code_templates import LanguageTemplate, OpTemplate, terms_of_c, types_of
from sodakd.synthetic.operations import Kind
from sodakd.types import Language

_WORDS = r"{v}.split(/\s+/).filter(w => w)"
_DIGITS = "[...String(Math.abs({v}))]"

FORMS: Mapping[str, OpTemplate] = {
    "filter": OpTemplate("{v}.filter(x => {a})"),
    "reject": OpTemplate("{v}.filter(x => !({a}))"),
    "map": OpTemplate("{v}.map(x => {a})"),
    "map_if": OpTemplate("{v}.map(x => {a} ? {b} : x)"),
    "filter_and": OpTemplate("{v}.filter(x => {a} && {b})"),
    "filter_or": OpTemplate("{v}.filter(x => {a} || {b})"),
    "take": OpTemplate("{v}.slice(0, {a})"),
    "drop": OpTemplate("{v}.slice({a})"),
    "last": OpTemplate("{v}.slice(-{a})"),
    "but_last": OpTemplate("{v}.slice(0, -{a})"),
    "every": OpTemplate("{v}.filter((_, i) => i % {a} === 0)"),
    "sort": OpTemplate("[...{v}].sort((a, b) => a - b)"),
    "sort_down": OpTemplate("[...{v}].sort((a, b) => b - a)"),
    "reverse": OpTemplate("[...{v}].reverse()"),
    "unique": OpTemplate("[...new Set({v})]"),
    "running_sum": OpTemplate("{v}.map((_, i) => {v}.slice(0, i + 1).reduce((a, b) => a + b))"),
    "running_max": OpTemplate("{v}.map((_, i) => Math.max(...{v}.slice(0, i + 1)))"),
    "differences": OpTemplate("{v}.slice(1).map((x, i) => x - {v}[i])"),
    "pair_sums": OpTemplate("{v}.slice(1).map((x, i) => x + {v}[i])"),
    "where": OpTemplate("{v}.flatMap((x, i) => {a} ? [i] : [])"),
    "sum": OpTemplate("{v}.reduce((a, b) => a + b, 0)"),
    "max": OpTemplate("{v}.length ? Math.max(...{v}) : 0"),
    "min": OpTemplate("{v}.length ? Math.min(...{v}) : 0"),
    "count": OpTemplate("{v}.filter(x => {a}).length"),
    "length": OpTemplate("{v}.length"),
    "distinct": OpTemplate("new Set({v}).size"),
    "first": OpTemplate("{v}[0] ?? 0"),
    "product": OpTemplate("{v}.reduce((a, b) => a * b, 1)"),
    "span": OpTemplate("{v}.length ? Math.max(...{v}) - Math.min(...{v}) : 0"),
    "rises": OpTemplate("{v}.slice(1).filter((x, i) => x > {v}[i]).length"),
    "join": OpTemplate('{v}.join(",")'),
    "apply": OpTemplate("{a}"),
    "apply_if": OpTemplate("{a} ? {b} : {v}"),
    "digit_sum": OpTemplate(_DIGITS + ".reduce((a, c) => a + Number(c), 0)"),
    "digit_count": OpTemplate("String(Math.abs({v})).length"),
    "reverse_digits": OpTemplate(f'Number({_DIGITS}.reverse().join(""))'),
    "digits": OpTemplate(_DIGITS + ".map(Number)"),
    "upto": OpTemplate("Array.from({{ length: {v} }}, (_, i) => i + 1)"),
    "divisors": OpTemplate(
        "Array.from({{ length: {v} }}, (_, i) => i + 1).filter(d => {v} % d === 0)",
    ),
    "upper": OpTemplate("{v}.toUpperCase()"),
    "reverse_text": OpTemplate('[...{v}].reverse().join("")'),
    "head": OpTemplate("{v}.slice(0, {a})"),
    "tail": OpTemplate("{v}.slice({a})"),
    "without": OpTemplate('{v}.replaceAll("{a}", "")'),
    "replace": OpTemplate('{v}.replaceAll("{a}", "{b}")'),
    "vowels": OpTemplate('{v}.replace(/[^aeiou]/g, "")'),
    "sort_text": OpTemplate('[...{v}].sort().join("")'),
    "reverse_words": OpTemplate(_WORDS + '.reverse().join(" ")'),
    "flip_words": OpTemplate(_WORDS + '.map(w => [...w].reverse().join("")).join(" ")'),
    "text_length": OpTemplate("{v}.length"),
    "count_letter": OpTemplate('{v}.split("{a}").length - 1'),
    "count_words": OpTemplate(_WORDS + ".length"),
    "longest_word": OpTemplate(f"Math.max(0, ...{_WORDS}.map(w => w.length))"),
    "word_lengths": OpTemplate(_WORDS + ".map(w => w.length)"),
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
