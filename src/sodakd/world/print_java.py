"""Programs written in Java: streams where they will do, in a class `Solution`."""

from collections.abc import Mapping

from sodakd.world.forms import Form, Style, print_function, terms_of_c, used
from sodakd.world.operations import Kind
from sodakd.world.program import Program

_STREAM = "Arrays.stream({v})"
_FROM_0 = "IntStream.range(0, {v}.length)"
_FROM_1 = "IntStream.range(1, {v}.length)"
_WORDS = r'Arrays.stream({v}.split("\\s+")).filter(w -> !w.isEmpty())'
_TEXT = "Long.toString(Math.abs({v}))"


def _running(line: str) -> Form:
    return Form(
        "{r}",
        ("long[] {r} = {v}.clone();", "for (int i = 1; i < {r}.length; i++) {r}[i] = " + line),
    )


FORMS: Mapping[str, Form] = {
    "filter": Form(_STREAM + ".filter(x -> {a}).toArray()"),
    "reject": Form(_STREAM + ".filter(x -> !({a})).toArray()"),
    "map": Form(_STREAM + ".map(x -> {a}).toArray()"),
    "map_if": Form(_STREAM + ".map(x -> {a} ? {b} : x).toArray()"),
    "filter_and": Form(_STREAM + ".filter(x -> {a} && {b}).toArray()"),
    "filter_or": Form(_STREAM + ".filter(x -> {a} || {b}).toArray()"),
    "take": Form(_STREAM + ".limit({a}).toArray()"),
    "drop": Form(_STREAM + ".skip({a}).toArray()"),
    "last": Form(_STREAM + ".skip(Math.max(0, {v}.length - {a})).toArray()"),
    "but_last": Form(_STREAM + ".limit(Math.max(0, {v}.length - {a})).toArray()"),
    "every": Form(_FROM_0 + ".filter(i -> i % {a} == 0).mapToLong(i -> {v}[i]).toArray()"),
    "sort": Form(_STREAM + ".sorted().toArray()"),
    "sort_down": Form(
        _STREAM + ".boxed().sorted(Collections.reverseOrder()).mapToLong(x -> x).toArray()"
    ),
    "reverse": Form(_FROM_0 + ".mapToLong(i -> {v}[{v}.length - 1 - i]).toArray()"),
    "unique": Form(_STREAM + ".distinct().toArray()"),
    "running_sum": _running("{r}[i - 1] + {r}[i];"),
    "running_max": _running("Math.max({r}[i - 1], {r}[i]);"),
    "differences": Form(_FROM_1 + ".mapToLong(i -> {v}[i] - {v}[i - 1]).toArray()"),
    "pair_sums": Form(_FROM_1 + ".mapToLong(i -> {v}[i] + {v}[i - 1]).toArray()"),
    "where": Form(_FROM_0 + ".filter(i -> {a}).mapToLong(i -> i).toArray()", element="{v}[i]"),
    "sum": Form(_STREAM + ".sum()"),
    "max": Form(_STREAM + ".max().orElse(0)"),
    "min": Form(_STREAM + ".min().orElse(0)"),
    "count": Form(_STREAM + ".filter(x -> {a}).count()"),
    "length": Form("{v}.length"),
    "distinct": Form(_STREAM + ".distinct().count()"),
    "first": Form("{v}.length > 0 ? {v}[0] : 0"),
    "product": Form(_STREAM + ".reduce(1, (p, x) -> p * x)"),
    "span": Form(f"{_STREAM}.max().orElse(0) - {_STREAM}.min().orElse(0)"),
    "rises": Form(_FROM_1 + ".filter(i -> {v}[i] > {v}[i - 1]).count()"),
    "join": Form(_STREAM + '.mapToObj(Long::toString).collect(Collectors.joining(","))'),
    "apply": Form("{a}"),
    "apply_if": Form("{a} ? {b} : {v}"),
    "digit_sum": Form(_TEXT + ".chars().map(c -> c - '0').sum()"),
    "digit_count": Form(_TEXT + ".length()"),
    "reverse_digits": Form(f"Long.parseLong(new StringBuilder({_TEXT}).reverse().toString())"),
    "digits": Form(_TEXT + ".chars().mapToLong(c -> c - '0').toArray()"),
    "upto": Form("LongStream.rangeClosed(1, {v}).toArray()"),
    "divisors": Form("LongStream.rangeClosed(1, {v}).filter(d -> {v} % d == 0).toArray()"),
    "upper": Form("{v}.toUpperCase()"),
    "reverse_text": Form("new StringBuilder({v}).reverse().toString()"),
    "head": Form("{v}.substring(0, Math.min({a}, {v}.length()))"),
    "tail": Form("{v}.substring(Math.min({a}, {v}.length()))"),
    "without": Form('{v}.replace("{a}", "")'),
    "replace": Form('{v}.replace("{a}", "{b}")'),
    "vowels": Form('{v}.replaceAll("[^aeiou]", "")'),
    "sort_text": Form(
        "{v}.chars().sorted().mapToObj(Character::toString).collect(Collectors.joining())"
    ),
    "reverse_words": Form(
        _WORDS + '.reduce((p, w) -> w + " " + p).orElse("")',
    ),
    "flip_words": Form(
        _WORDS
        + '.map(w -> new StringBuilder(w).reverse().toString()).collect(Collectors.joining(" "))'
    ),
    "text_length": Form("{v}.length()"),
    "count_letter": Form("{v}.chars().filter(c -> c == '{a}').count()"),
    "count_words": Form(_WORDS + ".count()"),
    "longest_word": Form(_WORDS + ".mapToLong(String::length).max().orElse(0)"),
    "word_lengths": Form(_WORDS + ".mapToLong(String::length).toArray()"),
}

_TYPES = {Kind.L: "long[]", Kind.N: "long", Kind.S: "String"}

JAVA = Style(
    forms=FORMS,
    terms=terms_of_c("Math.abs({x})", "Math.min({x}, {k})"),
    types=_TYPES,
    parameters={kind: f"{name} {{}}" for kind, name in _TYPES.items()},
    head="public static {result} {name}({parameter})",
    declaration="{type} {r} = {e}",
    frame=("class Solution {\n", "\n}"),
    indent="        ",
)

_IMPORTS = (
    ("(?:Arrays|Collections)", "import java.util.*;"),
    ("(?:IntStream|LongStream|Collectors)", "import java.util.stream.*;"),
)


def print_java(program: Program) -> str:
    """The program as a static method of `Solution`, with the imports that it uses."""
    code = print_function(program, JAVA)
    imports = used(code, _IMPORTS)
    return "\n".join([*imports, "", code] if imports else [code])
