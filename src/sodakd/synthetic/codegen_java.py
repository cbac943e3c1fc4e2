"""Programs written in Java: streams where they will do, in a class `Solution`."""

from collections.abc import Mapping

from sodakd.synthetic.code_templates import LanguageTemplate, OpTemplate, terms_of_c, types_of
from sodakd.types import Language

_STREAM = "Arrays.stream({v})"
_FROM_0 = "IntStream.range(0, {v}.length)"
_FROM_1 = "IntStream.range(1, {v}.length)"
_WORDS = r'Arrays.stream({v}.split("\\s+")).filter(w -> !w.isEmpty())'
_TEXT = "Long.toString(Math.abs({v}))"


def _running(line: str) -> OpTemplate:
    return OpTemplate(
        "{r}",
        ("long[] {r} = {v}.clone();", "for (int i = 1; i < {r}.length; i++) {r}[i] = " + line),
    )


FORMS: Mapping[str, OpTemplate] = {
    "filter": OpTemplate(_STREAM + ".filter(x -> {a}).toArray()"),
    "reject": OpTemplate(_STREAM + ".filter(x -> !({a})).toArray()"),
    "map": OpTemplate(_STREAM + ".map(x -> {a}).toArray()"),
    "map_if": OpTemplate(_STREAM + ".map(x -> {a} ? {b} : x).toArray()"),
    "filter_and": OpTemplate(_STREAM + ".filter(x -> {a} && {b}).toArray()"),
    "filter_or": OpTemplate(_STREAM + ".filter(x -> {a} || {b}).toArray()"),
    "take": OpTemplate(_STREAM + ".limit({a}).toArray()"),
    "drop": OpTemplate(_STREAM + ".skip({a}).toArray()"),
    "last": OpTemplate(_STREAM + ".skip(Math.max(0, {v}.length - {a})).toArray()"),
    "but_last": OpTemplate(_STREAM + ".limit(Math.max(0, {v}.length - {a})).toArray()"),
    "every": OpTemplate(_FROM_0 + ".filter(i -> i % {a} == 0).mapToLong(i -> {v}[i]).toArray()"),
    "sort": OpTemplate(_STREAM + ".sorted().toArray()"),
    "sort_down": OpTemplate(
        _STREAM + ".boxed().sorted(Collections.reverseOrder()).mapToLong(x -> x).toArray()"
    ),
    "reverse": OpTemplate(_FROM_0 + ".mapToLong(i -> {v}[{v}.length - 1 - i]).toArray()"),
    "unique": OpTemplate(_STREAM + ".distinct().toArray()"),
    "running_sum": _running("{r}[i - 1] + {r}[i];"),
    "running_max": _running("Math.max({r}[i - 1], {r}[i]);"),
    "differences": OpTemplate(_FROM_1 + ".mapToLong(i -> {v}[i] - {v}[i - 1]).toArray()"),
    "pair_sums": OpTemplate(_FROM_1 + ".mapToLong(i -> {v}[i] + {v}[i - 1]).toArray()"),
    "where": OpTemplate(
        _FROM_0 + ".filter(i -> {a}).mapToLong(i -> i).toArray()", element="{v}[i]"
    ),
    "sum": OpTemplate(_STREAM + ".sum()"),
    "max": OpTemplate(_STREAM + ".max().orElse(0)"),
    "min": OpTemplate(_STREAM + ".min().orElse(0)"),
    "count": OpTemplate(_STREAM + ".filter(x -> {a}).count()"),
    "length": OpTemplate("{v}.length"),
    "distinct": OpTemplate(_STREAM + ".distinct().count()"),
    "first": OpTemplate("{v}.length > 0 ? {v}[0] : 0"),
    "product": OpTemplate(_STREAM + ".reduce(1, (p, x) -> p * x)"),
    "span": OpTemplate(f"{_STREAM}.max().orElse(0) - {_STREAM}.min().orElse(0)"),
    "rises": OpTemplate(_FROM_1 + ".filter(i -> {v}[i] > {v}[i - 1]).count()"),
    "join": OpTemplate(_STREAM + '.mapToObj(Long::toString).collect(Collectors.joining(","))'),
    "apply": OpTemplate("{a}"),
    "apply_if": OpTemplate("{a} ? {b} : {v}"),
    "digit_sum": OpTemplate(_TEXT + ".chars().map(c -> c - '0').sum()"),
    "digit_count": OpTemplate(_TEXT + ".length()"),
    "reverse_digits": OpTemplate(
        f"Long.parseLong(new StringBuilder({_TEXT}).reverse().toString())"
    ),
    "digits": OpTemplate(_TEXT + ".chars().mapToLong(c -> c - '0').toArray()"),
    "upto": OpTemplate("LongStream.rangeClosed(1, {v}).toArray()"),
    "divisors": OpTemplate("LongStream.rangeClosed(1, {v}).filter(d -> {v} % d == 0).toArray()"),
    "upper": OpTemplate("{v}.toUpperCase()"),
    "reverse_text": OpTemplate("new StringBuilder({v}).reverse().toString()"),
    "head": OpTemplate("{v}.substring(0, Math.min({a}, {v}.length()))"),
    "tail": OpTemplate("{v}.substring(Math.min({a}, {v}.length()))"),
    "without": OpTemplate('{v}.replace("{a}", "")'),
    "replace": OpTemplate('{v}.replace("{a}", "{b}")'),
    "vowels": OpTemplate('{v}.replaceAll("[^aeiou]", "")'),
    "sort_text": OpTemplate(
        "{v}.chars().sorted().mapToObj(Character::toString).collect(Collectors.joining())"
    ),
    "reverse_words": OpTemplate(
        _WORDS + '.reduce((p, w) -> w + " " + p).orElse("")',
    ),
    "flip_words": OpTemplate(
        _WORDS
        + '.map(w -> new StringBuilder(w).reverse().toString()).collect(Collectors.joining(" "))'
    ),
    "text_length": OpTemplate("{v}.length()"),
    "count_letter": OpTemplate("{v}.chars().filter(c -> c == '{a}').count()"),
    "count_words": OpTemplate(_WORDS + ".count()"),
    "longest_word": OpTemplate(_WORDS + ".mapToLong(String::length).max().orElse(0)"),
    "word_lengths": OpTemplate(_WORDS + ".mapToLong(String::length).toArray()"),
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
