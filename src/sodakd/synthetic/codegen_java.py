"""Programs written in Java: streams where they will do, in a class `Solution`."""

from collections.abc import Mapping

from sodakd.synthetic.code_templates import (
    Form,
    LanguageTemplate,
    OpTemplate,
    made,
    terms_of_c,
    types_of,
)
from sodakd.types import Language

_STREAM = "Arrays.stream({v})"
_FROM_0 = "IntStream.range(0, {v}.length)"
_FROM_1 = "IntStream.range(1, {v}.length)"
_WORDS = r'Arrays.stream({v}.split("\\s+")).filter(w -> !w.isEmpty())'
_TEXT = "Long.toString(Math.abs({v}))"


def _running(line: str) -> OpTemplate:
    return made(
        "long[] {r} = {v}.clone();", "for (int i = 1; i < {r}.length; i++) {r}[i] = " + line
    )


FORMS: Mapping[str, Form] = {
    "filter": _STREAM + ".filter(x -> {a}).toArray()",
    "reject": _STREAM + ".filter(x -> !({a})).toArray()",
    "map": _STREAM + ".map(x -> {a}).toArray()",
    "map_if": _STREAM + ".map(x -> {a} ? {b} : x).toArray()",
    "filter_and": _STREAM + ".filter(x -> {a} && {b}).toArray()",
    "filter_or": _STREAM + ".filter(x -> {a} || {b}).toArray()",
    "take": _STREAM + ".limit({a}).toArray()",
    "drop": _STREAM + ".skip({a}).toArray()",
    "last": _STREAM + ".skip(Math.max(0, {v}.length - {a})).toArray()",
    "but_last": _STREAM + ".limit(Math.max(0, {v}.length - {a})).toArray()",
    "every": _FROM_0 + ".filter(i -> i % {a} == 0).mapToLong(i -> {v}[i]).toArray()",
    "sort": _STREAM + ".sorted().toArray()",
    "sort_down": _STREAM
    + ".boxed().sorted(Collections.reverseOrder()).mapToLong(x -> x).toArray()",
    "reverse": _FROM_0 + ".mapToLong(i -> {v}[{v}.length - 1 - i]).toArray()",
    "unique": _STREAM + ".distinct().toArray()",
    "running_sum": _running("{r}[i - 1] + {r}[i];"),
    "running_max": _running("Math.max({r}[i - 1], {r}[i]);"),
    "differences": _FROM_1 + ".mapToLong(i -> {v}[i] - {v}[i - 1]).toArray()",
    "pair_sums": _FROM_1 + ".mapToLong(i -> {v}[i] + {v}[i - 1]).toArray()",
    "where": OpTemplate(
        _FROM_0 + ".filter(i -> {a}).mapToLong(i -> i).toArray()", element="{v}[i]"
    ),
    "sum": _STREAM + ".sum()",
    "max": _STREAM + ".max().orElse(0)",
    "min": _STREAM + ".min().orElse(0)",
    "count": _STREAM + ".filter(x -> {a}).count()",
    "length": "{v}.length",
    "distinct": _STREAM + ".distinct().count()",
    "first": "{v}.length > 0 ? {v}[0] : 0",
    "product": _STREAM + ".reduce(1, (p, x) -> p * x)",
    "span": f"{_STREAM}.max().orElse(0) - {_STREAM}.min().orElse(0)",
    "rises": _FROM_1 + ".filter(i -> {v}[i] > {v}[i - 1]).count()",
    "join": _STREAM + '.mapToObj(Long::toString).collect(Collectors.joining(","))',
    "apply": "{a}",
    "apply_if": "{a} ? {b} : {v}",
    "digit_sum": _TEXT + ".chars().map(c -> c - '0').sum()",
    "digit_count": _TEXT + ".length()",
    "reverse_digits": f"Long.parseLong(new StringBuilder({_TEXT}).reverse().toString())",
    "digits": _TEXT + ".chars().mapToLong(c -> c - '0').toArray()",
    "upto": "LongStream.rangeClosed(1, {v}).toArray()",
    "divisors": "LongStream.rangeClosed(1, {v}).filter(d -> {v} % d == 0).toArray()",
    "upper": "{v}.toUpperCase()",
    "reverse_text": "new StringBuilder({v}).reverse().toString()",
    "head": "{v}.substring(0, Math.min({a}, {v}.length()))",
    "tail": "{v}.substring(Math.min({a}, {v}.length()))",
    "without": '{v}.replace("{a}", "")',
    "replace": '{v}.replace("{a}", "{b}")',
    "vowels": '{v}.replaceAll("[^aeiou]", "")',
    "sort_text": "{v}.chars().sorted().mapToObj(Character::toString).collect(Collectors.joining())",
    "reverse_words": _WORDS + '.reduce((p, w) -> w + " " + p).orElse("")',
    "flip_words": _WORDS
    + '.map(w -> new StringBuilder(w).reverse().toString()).collect(Collectors.joining(" "))',
    "text_length": "{v}.length()",
    "count_letter": "{v}.chars().filter(c -> c == '{a}').count()",
    "count_words": _WORDS + ".count()",
    "longest_word": _WORDS + ".mapToLong(String::length).max().orElse(0)",
    "word_lengths": _WORDS + ".mapToLong(String::length).toArray()",
}

_TYPES = types_of(Language.JAVA)

JAVA = LanguageTemplate(
    forms=FORMS,
    terms=terms_of_c("Math.abs({x})", "Math.min({x}, {k})"),
    types=_TYPES,
    parameters={kind: f"{name} {{}}" for kind, name in _TYPES.items()},
    head="public static {result} {name}({parameter})",
    extras={
        "(?:Arrays|Collections)": "import java.util.*;",
        "(?:IntStream|LongStream|Collectors)": "import java.util.stream.*;",
    },
    frame=("class Solution {\n", "\n}"),
    indent="        ",
)
