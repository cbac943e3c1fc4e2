"""Programs written in Python: one working variable, one line a step where one will do."""

from collections.abc import Mapping

from sodakd.world.forms import Form, written
from sodakd.world.program import Program

FORMS: Mapping[str, Form] = {
    "filter": Form("[x for x in {v} if {a}]"),
    "reject": Form("[x for x in {v} if not {a}]"),
    "map": Form("[{a} for x in {v}]"),
    "map_if": Form("[{b} if {a} else x for x in {v}]"),
    "filter_and": Form("[x for x in {v} if {a} and {b}]"),
    "filter_or": Form("[x for x in {v} if {a} or {b}]"),
    "take": Form("{v}[:{a}]"),
    "drop": Form("{v}[{a}:]"),
    "last": Form("{v}[-{a}:]"),
    "but_last": Form("{v}[:-{a}]"),
    "every": Form("{v}[::{a}]"),
    "sort": Form("sorted({v})"),
    "sort_down": Form("sorted({v}, reverse=True)"),
    "reverse": Form("{v}[::-1]"),
    "unique": Form("list(dict.fromkeys({v}))"),
    "running_sum": Form("[sum({v}[:i + 1]) for i in range(len({v}))]"),
    "running_max": Form("[max({v}[:i + 1]) for i in range(len({v}))]"),
    "differences": Form("[b - a for a, b in zip({v}, {v}[1:])]"),
    "pair_sums": Form("[b + a for a, b in zip({v}, {v}[1:])]"),
    "where": Form("[i for i, x in enumerate({v}) if {a}]"),
    "sum": Form("sum({v})"),
    "max": Form("max({v}, default=0)"),
    "min": Form("min({v}, default=0)"),
    "count": Form("len([x for x in {v} if {a}])"),
    "length": Form("len({v})"),
    "distinct": Form("len(set({v}))"),
    "first": Form("{v}[0] if {v} else 0"),
    "product": Form("p", before=("p = 1", "for x in {v}:", "    p *= x")),
    "span": Form("max({v}) - min({v}) if {v} else 0"),
    "rises": Form("sum(b > a for a, b in zip({v}, {v}[1:]))"),
    "join": Form('",".join(str(x) for x in {v})'),
    "apply": Form("{a}"),
    "apply_if": Form("{b} if {a} else {v}"),
    "digit_sum": Form("sum(int(c) for c in str(abs({v})))"),
    "digit_count": Form("len(str(abs({v})))"),
    "reverse_digits": Form("int(str(abs({v}))[::-1])"),
    "digits": Form("[int(c) for c in str(abs({v}))]"),
    "upto": Form("list(range(1, {v} + 1))"),
    "divisors": Form("[d for d in range(1, {v} + 1) if {v} % d == 0]"),
    "upper": Form("{v}.upper()"),
    "reverse_text": Form("{v}[::-1]"),
    "head": Form("{v}[:{a}]"),
    "tail": Form("{v}[{a}:]"),
    "without": Form('{v}.replace("{a}", "")'),
    "replace": Form('{v}.replace("{a}", "{b}")'),
    "vowels": Form('"".join(c for c in {v} if c in "aeiou")'),
    "sort_text": Form('"".join(sorted({v}))'),
    "reverse_words": Form('" ".join({v}.split()[::-1])'),
    "flip_words": Form('" ".join(w[::-1] for w in {v}.split())'),
    "text_length": Form("len({v})"),
    "count_letter": Form('{v}.count("{a}")'),
    "count_words": Form("len({v}.split())"),
    "longest_word": Form("max((len(w) for w in {v}.split()), default=0)"),
    "word_lengths": Form("[len(w) for w in {v}.split()]"),
}

TERMS: Mapping[str, str] = {
    "even": "{x} % 2 == 0",
    "odd": "{x} % 2 != 0",
    "positive": "{x} > 0",
    "negative": "{x} < 0",
    "over": "{x} > {k}",
    "under": "{x} < {k}",
    "multiple": "{x} % {k} == 0",
    "unlike": "{x} % {k} != 0",
    "within": "abs({x}) < {k}",
    "beyond": "abs({x}) > {k}",
    "square": "{x} * {x}",
    "negate": "-{x}",
    "absolute": "abs({x})",
    "add": "{x} + {k}",
    "subtract": "{x} - {k}",
    "multiply": "{x} * {k}",
    "from": "{k} - {x}",
    "cap": "min({x}, {k})",
}


def print_python(program: Program) -> str:
    """The program as a Python function; the last step is the return expression."""
    v = program.parameter
    lines = [f"def {program.name}({v}):"]
    for step in program.steps[:-1]:
        said = written(step, FORMS, TERMS, v)
        lines += [f"    {line}" for line in said.before]
        lines.append(f"    {v} = {said.expression}")
    last = written(program.steps[-1], FORMS, TERMS, v) if program.steps else Form(v)
    lines += [f"    {line}" for line in last.before]
    lines.append(f"    return {last.expression}")
    return "\n".join(lines)
