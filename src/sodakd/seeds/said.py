"""What a value of a row says: the text of a question, and the answer to it.

A value is a text, the parts of one, or turns; each also as JSON or as Python prints it, within a
text. What is none of these is refused: it never goes on as a question.
"""

import json
import re
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.json_text import JsonError, parse_json, parse_literal
from sodakd.seeds.templates import NotText, split_template

TURNS = ("messages", "conversations", "conversation")
"""Columns, and keys of an object, that hold turns."""

_USERS = frozenset({"user", "human", "prompter"})
_MODELS = frozenset({"assistant", "gpt", "model", "bot", "chatgpt"})
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
_KINDS = {bool: "a truth value", int: "a number", float: "a number"}
_LIKE_TURNS = re.compile(
    r"(?:array\()?\[?\s*\{\s*['\"](?:role|from|content|value|type|text|messages|conversations?)"
    r"['\"]\s*:"
)


@dataclass(frozen=True)
class Exchange:
    """What a user asks first, and the first answer to it, where there is one."""

    asked: str
    answered: str = ""


def exchange_of(value: JsonValue) -> Exchange:
    """The first question and answer in a value.

    Raises:
        NotText: it holds something else than text, or turns without a question.
    """
    if isinstance(value, str):
        inner = _json_within(value)
        inner = _within(value) if inner is None else inner
        if inner is not None:
            return exchange_of(inner)
        asked, answered = split_template(_clean(value))
        return Exchange(_clean(asked), _clean(answered))
    if isinstance(value, dict):
        below = next((value[name] for name in TURNS if name in value), None)
        return exchange_of([value] if below is None else below)
    turns = [turn for turn in value if _role(turn)] if isinstance(value, list) else []
    return _first_of(turns) if turns else Exchange(text_of(value))


def answer_of(value: JsonValue) -> str:
    """The text of a reference answer: its first text, or its last turn of a model; else none."""
    try:
        inner = _within(value) if isinstance(value, str) else None
        if inner is not None:
            return answer_of(inner)
        if isinstance(value, int | float):
            return json.dumps(value)
        if isinstance(value, list):
            said = [turn for turn in value if _role(turn) in _MODELS]
            return answer_of(said[-1]) if said else answer_of(value[0]) if value else ""
        if isinstance(value, dict) and ("content" in value or "value" in value):
            return text_of(_content(value))
        return text_of(value)
    except NotText:
        return ""


def text_of(value: JsonValue) -> str:
    """The text of a message's content: a text, or parts that are texts.

    Raises:
        NotText: there is something else in it.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        inner = _within(value)
        return _clean(value) if inner is None else text_of(inner)
    if isinstance(value, bool | int | float):
        raise NotText(f"{_KINDS[type(value)]}, no text")
    parts = value if isinstance(value, list) else [value]
    if len(parts) > 1 and all(isinstance(part, str) for part in parts):
        raise NotText(f"a list of {len(parts)} texts: nothing says which one is the question")
    return _clean("\n".join(_part(part) for part in parts))


def _first_of(turns: list[JsonValue]) -> Exchange:
    asked = ""
    for turn in turns:
        who = _role(turn)
        if who in _USERS and not asked:
            asked = text_of(_content(turn))
        elif who in _MODELS and asked:
            return Exchange(asked, answer_of(turn))
    if not asked:
        roles = ", ".join(dict.fromkeys(_role(turn)[:20] for turn in turns))
        raise NotText(f"turns without a question of a user: they are of {roles}")
    return Exchange(asked)


def _role(turn: JsonValue) -> str:
    if not isinstance(turn, dict):
        return ""
    who = turn.get("role") or turn.get("from")
    return who.strip().casefold() if isinstance(who, str) else ""


def _content(turn: JsonValue) -> JsonValue:
    if not isinstance(turn, dict):
        return turn
    return next((turn[name] for name in ("content", "value", "text") if turn.get(name)), None)


def _part(part: JsonValue) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise NotText(f"a list that holds {_KINDS.get(type(part), 'a list')}, no text")
    kind, text = part.get("type", "text"), part.get("text")
    if kind in _TEXT_PARTS and isinstance(text, str):
        return text
    if "type" in part:
        raise NotText(f"a part of type {str(kind)[:20]}: only text is read")
    raise NotText(f"an object of {', '.join(part)[:60] or 'nothing'}, no text")


def _within(text: str) -> JsonValue:
    """The turns or parts that a whole text holds, as JSON or as Python prints them; else None."""
    text = _unquoted(text)
    if not text.endswith(("]", "}", ")")) or _LIKE_TURNS.match(text) is None:
        return None
    inner = _json_within(text)
    if inner is not None:
        return inner
    try:
        return parse_literal(text)
    except JsonError:
        raise NotText(
            "a text that holds turns or parts, and is neither JSON nor Python's"
        ) from None


def _json_within(text: str) -> JsonValue:
    """The list or object that a whole text holds as JSON; else None."""
    text = _unquoted(text)
    if not (text.startswith(("[", "{")) and text.endswith(("]", "}"))):
        return None
    try:
        return parse_json(text)
    except JsonError:
        return None


def _unquoted(text: str) -> str:
    """What a text holds that was written as JSON more than once, or as Python prints a text."""
    text = outer = text.strip()
    while len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        try:
            inner = parse_json(text) if text[0] == '"' else parse_literal(text)
        except JsonError:
            return outer
        text = inner.strip() if isinstance(inner, str) else ""
    return text if text.startswith(("[", "{", "array(")) else outer


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
