"""Programs written in Python: one working variable, one line a step where one will do."""

from collections.abc import Mapping

from sodakd.synthetic.code_templates import OpTemplate, written
from sodakd.synthetic.program import Program

FORMS: Mapping[str, OpTemplate] = {
    "filter": OpTemplate("[x for x in {v} if {a}]"),
    "reject": OpTemplate("[x for x in {v} if not {a}]"),
    "map": OpTemplate("[{a} for x in {v}]"),
    "map_if": OpTemplate("[{b} if {a} else x for x in {v}]"),
    "filter_and": OpTemplate("[x for x in {v} if {a} and {b}]"),
    "filter_or": OpTemplate("[x for x in {v} if {a} or {b}]"),
    "take": OpTemplate("{v}[:{a}]"),
    "drop": OpTemplate("{v}[{a}:]"),
    "last": OpTemplate("{v}[-{a}:]"),
    "but_last": OpTemplate("{v}[:-{a}]"),
    "every": OpTemplate("{v}[::{a}]"),
    "sort": OpTemplate("sorted({v})"),
    "sort_down": OpTemplate("sorted({v}, reverse=True)"),
    "reverse": OpTemplate("{v}[::-1]"),
    "unique": OpTemplate("list(dict.fromkeys({v}))"),
    "running_sum": OpTemplate("[sum({v}[:i + 1]) for i in range(len({v}))]"),
    "running_max": OpTemplate("[max({v}[:i + 1]) for i in range(len({v}))]"),
    "differences": OpTemplate("[b - a for a, b in zip({v}, {v}[1:])]"),
    "pair_sums": OpTemplate("[b + a for a, b in zip({v}, {v}[1:])]"),
    "where": OpTemplate("[i for i, x in enumerate({v}) if {a}]"),
    "sum": OpTemplate("sum({v})"),
    "max": OpTemplate("max({v}, default=0)"),
    "min": OpTemplate("min({v}, default=0)"),
    "count": OpTemplate("len([x for x in {v} if {a}])"),
    "length": OpTemplate("len({v})"),
    "distinct": OpTemplate("len(set({v}))"),
    "first": OpTemplate("{v}[0] if {v} else 0"),
    "product": OpTemplate("p", before=("p = 1", "for x in {v}:", "    p *= x")),
    "span": OpTemplate("max({v}) - min({v}) if {v} else 0"),
    "rises": OpTemplate("sum(b > a for a, b in zip({v}, {v}[1:]))"),
    "join": OpTemplate('",".join(str(x) for x in {v})'),
    "apply": OpTemplate("{a}"),
    "apply_if": OpTemplate("{b} if {a} else {v}"),
    "digit_sum": OpTemplate("sum(int(c) for c in str(abs({v})))"),
    "digit_count": OpTemplate("len(str(abs({v})))"),
    "reverse_digits": OpTemplate("int(str(abs({v}))[::-1])"),
    "digits": OpTemplate("[int(c) for c in str(abs({v}))]"),
    "upto": OpTemplate("list(range(1, {v} + 1))"),
    "divisors": OpTemplate("[d for d in range(1, {v} + 1) if {v} % d == 0]"),
    "upper": OpTemplate("{v}.upper()"),
    "reverse_text": OpTemplate("{v}[::-1]"),
    "head": OpTemplate("{v}[:{a}]"),
    "tail": OpTemplate("{v}[{a}:]"),
    "without": OpTemplate('{v}.replace("{a}", "")'),
    "replace": OpTemplate('{v}.replace("{a}", "{b}")'),
    "vowels": OpTemplate('"".join(c for c in {v} if c in "aeiou")'),
    "sort_text": OpTemplate('"".join(sorted({v}))'),
    "reverse_words": OpTemplate('" ".join({v}.split()[::-1])'),
    "flip_words": OpTemplate('" ".join(w[::-1] for w in {v}.split())'),
    "text_length": OpTemplate("len({v})"),
    "count_letter": OpTemplate('{v}.count("{a}")'),
    "count_words": OpTemplate("len({v}.split())"),
    "longest_word": OpTemplate("max((len(w) for w in {v}.split()), default=0)"),
    "word_lengths": OpTemplate("[len(w) for w in {v}.split()]"),
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
    last = written(program.steps[-1], FORMS, TERMS, v) if program.steps else OpTemplate(v)
    lines += [f"    {line}" for line in last.before]
    lines.append(f"    return {last.expression}")
    return "\n".join(lines)
