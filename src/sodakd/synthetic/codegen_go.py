"""Programs written in Go: loops, and the packages of the standard library."""

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

# `string` and `make` are no words to use here: a parameter and a function may be called so.
_LIST = "{r} := []int{{}}"
_EACH = "for _, x := range {v} "
_FROM_1 = "for i := 1; i < len({v}); i++ "
_UPTO = "for d := 1; d <= {v}; d++ "
_DIGIT = "for d := max({v}, -{v}); d > 0; d /= 10 "
_LETTERS = 'strings.Split({v}, "")'
_WORDS = "strings.Fields({v})"


def _made(first: str, loop: str, body: str, condition: str = "") -> OpTemplate:
    """A result that a loop works out."""
    inner = f"if {condition} {{{{ {body} }}}}" if condition else body
    return made(first, loop + "{{", "    " + inner, "}}")


def _put(value: str, condition: str = "", loop: str = _EACH) -> OpTemplate:
    return _made(_LIST, loop, f"{{r}} = append({{r}}, {value})", condition)


def _at_first(expression: str) -> OpTemplate:
    """A number of the list, 0 where it is empty."""
    return made("{r} := 0", f"if len({{v}}) > 0 {{{{ {{r}} = {expression} }}}}")


def _copied(*lines: str) -> OpTemplate:
    return made("{r} := slices.Clone({v})", *lines)


def _running(line: str) -> OpTemplate:
    return _copied("for i := 1; i < len({r}); i++ {{", "    " + line, "}}")


def _characters(line: str) -> OpTemplate:
    return OpTemplate('strings.Join({t}, "")', (f"{{t}} := {_LETTERS}", line))


FORMS: Mapping[str, Form] = {
    "filter": _put("x", "{a}"),
    "reject": _put("x", "!({a})"),
    "map": _put("{a}"),
    "map_if": made(
        _LIST, _EACH + "{{", "    if {a} {{ x = {b} }}", "    {r} = append({r}, x)", "}}"
    ),
    "filter_and": _put("x", "{a} && {b}"),
    "filter_or": _put("x", "{a} || {b}"),
    "take": "{v}[:min({a}, len({v}))]",
    "drop": "{v}[min({a}, len({v})):]",
    "last": "{v}[max(0, len({v})-{a}):]",
    "but_last": "{v}[:max(0, len({v})-{a})]",
    "every": _put("{v}[i]", loop="for i := 0; i < len({v}); i += {a} "),
    "sort": _copied("slices.Sort({r})"),
    "sort_down": _copied("slices.Sort({r})", "slices.Reverse({r})"),
    "reverse": _copied("slices.Reverse({r})"),
    "unique": _put("x", "!slices.Contains({r}, x)"),
    "running_sum": _running("{r}[i] += {r}[i-1]"),
    "running_max": _running("{r}[i] = max({r}[i-1], {r}[i])"),
    "differences": _put("{v}[i] - {v}[i-1]", loop=_FROM_1),
    "pair_sums": _put("{v}[i] + {v}[i-1]", loop=_FROM_1),
    "where": _put("i", "{a}", "for i, x := range {v} "),
    "sum": _made("{r} := 0", _EACH, "{r} += x"),
    "max": _at_first("slices.Max({v})"),
    "min": _at_first("slices.Min({v})"),
    "count": _made("{r} := 0", _EACH, "{r}++", "{a}"),
    "length": "len({v})",
    "distinct": OpTemplate(
        "len({t})", ("{t} := map[int]bool{{}}", _EACH + "{{", "    {t}[x] = true", "}}")
    ),
    "first": _at_first("{v}[0]"),
    "product": _made("{r} := 1", _EACH, "{r} *= x"),
    "span": _at_first("slices.Max({v}) - slices.Min({v})"),
    "rises": _made("{r} := 0", _FROM_1, "{r}++", "{v}[i] > {v}[i-1]"),
    "join": 'strings.Trim(strings.Join(strings.Fields(fmt.Sprint({v})), ","), "[]")',
    "apply": "{a}",
    "apply_if": made("{r} := {v}", "if {a} {{ {r} = {b} }}"),
    "digit_sum": _made("{r} := 0", _DIGIT, "{r} += d % 10"),
    "digit_count": "len(strconv.Itoa(max({v}, -{v})))",
    "reverse_digits": _made("{r} := 0", _DIGIT, "{r} = {r}*10 + d%10"),
    "digits": _put("int(c - '0')", loop="for _, c := range strconv.Itoa(max({v}, -{v})) "),
    "upto": _put("d", loop=_UPTO),
    "divisors": _put("d", "{v}%d == 0", _UPTO),
    "upper": "strings.ToUpper({v})",
    "reverse_text": _characters("slices.Reverse({t})"),
    "head": "{v}[:min({a}, len({v}))]",
    "tail": "{v}[min({a}, len({v})):]",
    "without": 'strings.ReplaceAll({v}, "{a}", "")',
    "replace": 'strings.ReplaceAll({v}, "{a}", "{b}")',
    "vowels": _made(
        '{r} := ""', f"for _, c := range {_LETTERS} ", "{r} += c", 'strings.Contains("aeiou", c)'
    ),
    "sort_text": _characters("slices.Sort({t})"),
    "reverse_words": OpTemplate(
        'strings.Join({t}, " ")', (f"{{t}} := {_WORDS}", "slices.Reverse({t})")
    ),
    "flip_words": OpTemplate(
        "strings.TrimSpace({t})",
        (
            '{t} := ""',
            f"for _, w := range {_WORDS} {{{{",
            '    {t} += " "',
            "    for i := len(w) - 1; i >= 0; i-- {{ {t} += w[i : i+1] }}",
            "}}",
        ),
    ),
    "text_length": "len({v})",
    "count_letter": 'strings.Count({v}, "{a}")',
    "count_words": f"len({_WORDS})",
    "longest_word": _made("{r} := 0", f"for _, w := range {_WORDS} ", "{r} = max({r}, len(w))"),
    "word_lengths": _put("len(w)", loop=f"for _, w := range {_WORDS} "),
}

_TYPES = types_of(Language.GO)

GO = LanguageTemplate(
    forms=FORMS,
    terms=terms_of_c("max({x}, -{x})", "min({x}, {k})"),
    types=_TYPES,
    parameters={kind: f"{{}} {name}" for kind, name in _TYPES.items()},
    head="func {name}({parameter}) {result}",
    declaration="{r} := {e}",
    end="",
    opening="package main",
    extras={
        rf"{package}\.\w+": f'import "{package}"'
        for package in ("fmt", "slices", "strconv", "strings")
    },
)
