"""The chat template of a student, and the tokens that end its answers, from its files alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from sodakd.errors import ExportError
from sodakd.models.prompts import ASSISTANT, END, USER
from sodakd.report.student import read_object, template_of

MARKS = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    f"{{{{ '{ASSISTANT}' + message['content'] + '{END}' }}}}"
    "{% else %}"
    f"{{{{ '{USER}' + message['content'] }}}}"
    "{% endif %}{% endfor %}"
    f"{{% if add_generation_prompt %}}{{{{ '{ASSISTANT}' }}}}{{% endif %}}"
)
"""The layout of a student from scratch, which its run laid out by marks, as a chat template."""

_PROBE = "answer0probe"


def chat_template(folder: Path) -> str | None:
    """The template that lays out questions as the training did; None where nothing tells."""
    own = template_of(folder)
    if own is not None:
        return own
    return MARKS if USER in added_tokens(folder) else None


def added_tokens(folder: Path) -> Mapping[str, int]:
    """The special and other added tokens of a tokenizer, by their text."""
    path = folder / "tokenizer.json"
    found = read_object(path).get("added_tokens") if path.is_file() else None
    return {
        str(token["content"]): int(str(token["id"]))
        for token in (found if isinstance(found, list) else [])
        if isinstance(token, dict)
    }


def ending_tokens(folder: Path, template: str | None) -> list[int]:
    """What ends an answer: the tokenizer's end of text, and what the template sets behind answers.

    Raises:
        ExportError: the chat template takes no question with its answer.
    """
    added = added_tokens(folder)
    ends = [] if template is None else [behind_answer(template, added, _texts(folder))]
    ends.append(_texts(folder).get("eos_token", ""))
    return list(dict.fromkeys(added[text] for text in ends if text in added))


def behind_answer(template: str, added: Mapping[str, int], texts: Mapping[str, str]) -> str:
    """The first added token that a chat template sets behind an answer, or nothing."""
    conversation = [
        {"role": "user", "content": "question"},
        {"role": "assistant", "content": _PROBE},
    ]
    try:
        rendered = _environment().from_string(template).render(
            messages=conversation, add_generation_prompt=False, **texts
        )  # fmt: skip
    except (TemplateError, TypeError, ValueError) as error:
        raise ExportError(
            f"the chat template of the student takes no question with its answer: {error}"
        ) from None
    behind = rendered.rpartition(_PROBE)[2]
    found = [(behind.index(text), -len(text), text) for text in added if text in behind]
    return min(found)[2] if found else ""


def _texts(folder: Path) -> Mapping[str, str]:
    """The named special tokens of a tokenizer, as templates use them."""
    path = folder / "tokenizer_config.json"
    config = read_object(path) if path.is_file() else {}
    found = {name: _text(config.get(name)) for name in ("bos_token", "eos_token", "pad_token")}
    return {name: text for name, text in found.items() if text}


def _text(value: JsonValue) -> str:
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else ""


def _environment() -> ImmutableSandboxedEnvironment:
    """Templates as transformers renders them."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _today
    return environment


def _to_json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _today(form: str) -> str:
    """A fixed day: what stands behind an answer does not depend on it."""
    return form
