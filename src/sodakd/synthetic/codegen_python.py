"""Programs written in Python: one working variable, one line a step where one will do."""

from collections.abc import Mapping

from sodakd.synthetic.code_templates import Form, OpTemplate, written
from sodakd.synthetic.program import Program

FORMS: Mapping[str, Form] = {
    "filter": "[x for x in {v} if {a}]",
    "reject": "[x for x in {v} if not {a}]",
    "map": "[{a} for x in {v}]",
    "map_if": "[{b} if {a} else x for x in {v}]",
    "filter_and": "[x for x in {v} if {a} and {b}]",
    "filter_or": "[x for x in {v} if {a} or {b}]",
    "take": "{v}[:{a}]",
    "drop": "{v}[{a}:]",
    "last": "{v}[-{a}:]",
    "but_last": "{v}[:-{a}]",
    "every": "{v}[::{a}]",
    "sort": "sorted({v})",
    "sort_down": "sorted({v}, reverse=True)",
    "reverse": "{v}[::-1]",
    "unique": "list(dict.fromkeys({v}))",
    "running_sum": "[sum({v}[:i + 1]) for i in range(len({v}))]",
    "running_max": "[max({v}[:i + 1]) for i in range(len({v}))]",
    "differences": "[b - a for a, b in zip({v}, {v}[1:])]",
    "pair_sums": "[b + a for a, b in zip({v}, {v}[1:])]",
    "where": "[i for i, x in enumerate({v}) if {a}]",
    "sum": "sum({v})",
    "max": "max({v}, default=0)",
    "min": "min({v}, default=0)",
    "count": "len([x for x in {v} if {a}])",
    "length": "len({v})",
    "distinct": "len(set({v}))",
    "first": "{v}[0] if {v} else 0",
    "product": OpTemplate("p", before=("p = 1", "for x in {v}:", "    p *= x")),
    "span": "max({v}) - min({v}) if {v} else 0",
    "rises": "sum(b > a for a, b in zip({v}, {v}[1:]))",
    "join": '",".join(str(x) for x in {v})',
    "apply": "{a}",
    "apply_if": "{b} if {a} else {v}",
    "digit_sum": "sum(int(c) for c in str(abs({v})))",
    "digit_count": "len(str(abs({v})))",
    "reverse_digits": "int(str(abs({v}))[::-1])",
    "digits": "[int(c) for c in str(abs({v}))]",
    "upto": "list(range(1, {v} + 1))",
    "divisors": "[d for d in range(1, {v} + 1) if {v} % d == 0]",
    "upper": "{v}.upper()",
    "reverse_text": "{v}[::-1]",
    "head": "{v}[:{a}]",
    "tail": "{v}[{a}:]",
    "without": '{v}.replace("{a}", "")',
    "replace": '{v}.replace("{a}", "{b}")',
    "vowels": '"".join(c for c in {v} if c in "aeiou")',
    "sort_text": '"".join(sorted({v}))',
    "reverse_words": '" ".join({v}.split()[::-1])',
    "flip_words": '" ".join(w[::-1] for w in {v}.split())',
    "text_length": "len({v})",
    "count_letter": '{v}.count("{a}")',
    "count_words": "len({v}.split())",
    "longest_word": "max((len(w) for w in {v}.split()), default=0)",
    "word_lengths": "[len(w) for w in {v}.split()]",
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
    v = expression = program.parameter
    lines: list[str] = []
    for step in program.steps:
        if expression != v:
            lines.append(f"{v} = {expression}")
        said = written(step, FORMS, TERMS, v)
        lines += said.before
        expression = said.expression
    body = [f"    {line}\n" for line in lines]
    return "".join([f"def {program.name}({v}):\n", *body, f"    return {expression}"])
