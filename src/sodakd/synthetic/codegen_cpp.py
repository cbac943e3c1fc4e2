"""Programs written in C++: algorithms of the standard library, and loops where they are shorter."""

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

_LIST = "std::vector<long long>"
_ALL = "{v}.begin(), {v}.end()"
_STREAM = "std::istringstream {t}({v});"
_READ = "for (std::string w; {t} >> w;) "


def _collect(body: str) -> OpTemplate:
    """A new list, filled by going over the elements."""
    return made(f"{_LIST} {{r}};", "for (long long x : {v}) " + body)


def _indexed(start: int, body: str, step: str = "i++", element: str = "x") -> OpTemplate:
    """A new list, filled by going over the indexes."""
    loop = f"for (size_t i = {start}; i < {{v}}.size(); {step}) {body}"
    return made(f"{_LIST} {{r}};", loop, element=element)


def _copied(kind: str, line: str) -> OpTemplate:
    """A copy that is worked on."""
    return made(f"{kind} {{r}} = {{v}};", line)


def _words(first: str, body: str) -> OpTemplate:
    """A result that is made by going over the words."""
    return made(_STREAM, first, _READ + body)


def _letters(condition: str) -> OpTemplate:
    """A text of the characters for which the condition holds."""
    return made("std::string {r};", f"for (char c : {{v}}) if ({condition}) {{r}} += c;")


FORMS: Mapping[str, Form] = {
    "filter": _collect("if ({a}) {r}.push_back(x);"),
    "reject": _collect("if (!({a})) {r}.push_back(x);"),
    "map": _collect("{r}.push_back({a});"),
    "map_if": _collect("{r}.push_back({a} ? {b} : x);"),
    "filter_and": _collect("if ({a} && {b}) {r}.push_back(x);"),
    "filter_or": _collect("if ({a} || {b}) {r}.push_back(x);"),
    "take": _LIST + "({v}.begin(), {v}.begin() + std::min<long>({a}, {v}.size()))",
    "drop": _LIST + "({v}.begin() + std::min<long>({a}, {v}.size()), {v}.end())",
    "last": _LIST + "({v}.end() - std::min<long>({a}, {v}.size()), {v}.end())",
    "but_last": _LIST + "({v}.begin(), {v}.end() - std::min<long>({a}, {v}.size()))",
    "every": _indexed(0, "{r}.push_back({v}[i]);", "i += {a}"),
    "sort": _copied(_LIST, "std::sort({r}.begin(), {r}.end());"),
    "sort_down": _copied(_LIST, "std::sort({r}.rbegin(), {r}.rend());"),
    "reverse": _LIST + "({v}.rbegin(), {v}.rend())",
    "unique": _collect("if (std::count({r}.begin(), {r}.end(), x) == 0) {r}.push_back(x);"),
    "running_sum": _copied(
        _LIST, "for (size_t i = 1; i < {r}.size(); i++) {r}[i] = {r}[i - 1] + {r}[i];"
    ),
    "running_max": _copied(
        _LIST, "for (size_t i = 1; i < {r}.size(); i++) {r}[i] = std::max({r}[i - 1], {r}[i]);"
    ),
    "differences": _indexed(1, "{r}.push_back({v}[i] - {v}[i - 1]);"),
    "pair_sums": _indexed(1, "{r}.push_back({v}[i] + {v}[i - 1]);"),
    "where": _indexed(0, "if ({a}) {r}.push_back(i);", element="{v}[i]"),
    "sum": f"std::accumulate({_ALL}, 0LL)",
    "max": f"{{v}}.empty() ? 0 : *std::max_element({_ALL})",
    "min": f"{{v}}.empty() ? 0 : *std::min_element({_ALL})",
    "count": made("long long {r} = 0;", "for (long long x : {v}) if ({a}) {r}++;"),
    "length": "{v}.size()",
    "distinct": f"std::set<long long>({_ALL}).size()",
    "first": "{v}.empty() ? 0 : {v}[0]",
    "product": f"std::accumulate({_ALL}, 1LL, std::multiplies<long long>())",
    "span": f"{{v}}.empty() ? 0 : *std::max_element({_ALL}) - *std::min_element({_ALL})",
    "rises": made(
        "long long {r} = 0;",
        "for (size_t i = 1; i < {v}.size(); i++) if ({v}[i] > {v}[i - 1]) {r}++;",
    ),
    "join": made(
        "std::string {r};",
        'for (long long x : {v}) {r} += ({r}.empty() ? "" : ",") + std::to_string(x);',
    ),
    "apply": "{a}",
    "apply_if": "{a} ? {b} : {v}",
    "digit_sum": made(
        "long long {r} = 0;", "for (long long t = std::abs({v}); t > 0; t /= 10) {r} += t % 10;"
    ),
    "digit_count": "std::to_string(std::abs({v})).size()",
    "reverse_digits": made(
        "long long {r} = 0;",
        "for (long long t = std::abs({v}); t > 0; t /= 10) {r} = {r} * 10 + t % 10;",
    ),
    "digits": made(
        f"{_LIST} {{r}};", "for (char c : std::to_string(std::abs({v}))) {r}.push_back(c - '0');"
    ),
    "upto": made(f"{_LIST} {{r}};", "for (long long d = 1; d <= {v}; d++) {r}.push_back(d);"),
    "divisors": made(
        f"{_LIST} {{r}};",
        "for (long long d = 1; d <= {v}; d++) if ({v} % d == 0) {r}.push_back(d);",
    ),
    "upper": _copied("std::string", "for (char &c : {r}) c = std::toupper(c);"),
    "reverse_text": "std::string({v}.rbegin(), {v}.rend())",
    "head": "{v}.substr(0, {a})",
    "tail": "{v}.substr(std::min<size_t>({a}, {v}.size()))",
    "without": _letters("c != '{a}'"),
    "replace": _copied("std::string", "std::replace({r}.begin(), {r}.end(), '{a}', '{b}');"),
    "vowels": _letters('std::strchr("aeiou", c)'),
    "sort_text": _copied("std::string", "std::sort({r}.begin(), {r}.end());"),
    "reverse_words": _words("std::string {r};", '{r} = w + ({r}.empty() ? "" : " ") + {r};'),
    "flip_words": _words(
        "std::string {r};",
        '{r} += ({r}.empty() ? "" : " ") + std::string(w.rbegin(), w.rend());',
    ),
    "text_length": "{v}.size()",
    "count_letter": f"std::count({_ALL}, '{{a}}')",
    "count_words": _words("long long {r} = 0;", "{r}++;"),
    "longest_word": _words("long long {r} = 0;", "{r} = std::max<long long>({r}, w.size());"),
    "word_lengths": _words(f"{_LIST} {{r}};", "{r}.push_back(w.size());"),
}

_TYPES = types_of(Language.CPP)

CPP = LanguageTemplate(
    forms=FORMS,
    terms=terms_of_c("std::abs({x})", "std::min({x}, {k}LL)"),
    types=_TYPES,
    parameters={kind: f"{name} {{}}" for kind, name in _TYPES.items()},
    head="{result} {name}({parameter})",
    opening="#include <bits/stdc++.h>",
)
