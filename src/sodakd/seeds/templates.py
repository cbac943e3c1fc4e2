"""Questions that were laid into a prompt's template, with the answer behind them: taken apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


class NotText(ValueError):
    """A value holds no text of a question. The message says what it holds."""


@dataclass(frozen=True)
class Template:
    """The marks of a template: before the question, before the answer, and behind either.

    `opens`: it counts only where the text begins with it, for its marks are everyday words.
    """

    question: re.Pattern[str]
    answer: re.Pattern[str]
    opens: bool = False


def _template(question: str, answer: str, *, opens: bool = False) -> Template:
    return Template(re.compile(question, re.MULTILINE), re.compile(answer, re.MULTILINE), opens)


TEMPLATES: Sequence[Template] = (
    _template(
        r"^#{2,3} ?(?i:Instruction|Human|User|Question|Prompt|Problem) ?:",
        r"#{2,3} ?(?i:Response|Assistant|Answer|Output|Solution) ?:",
    ),
    _template(r"<\|im_start\|>(?:user|human)\b", r"<\|im_start\|>assistant\b"),
    _template(r"<\|start_header_id\|>user<\|end_header_id\|>",
              r"<\|start_header_id\|>assistant<\|end_header_id\|>"),
    _template(r"<start_of_turn>user\b", r"<start_of_turn>model\b"),
    _template(r"<\|(?:user|human|prompter)\|>", r"<\|(?:assistant|model)\|>"),
    _template(r"\[INST\]", r"\[/INST\]"),
    _template(r"^(?:USER|User|Human|HUMAN): ", r"(?:ASSISTANT|Assistant): ?", opens=True),
    _template(r"^(?:Q|(?i:Question|Prompt)) ?: ?", r"^(?:A|(?i:Answer|Completion)) ?: ?",
              opens=True),
    _template(r"^(?i:Instruction) ?: ?", r"^(?i:Output|Response|Answer) ?: ?", opens=True),
)  # fmt: skip
_TOKENS = re.compile(
    r"<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|<\|(?:user|human|prompter|assistant)\|>"
    r"|\[/?INST\]"
)
"""Marks that nobody writes by hand: a text with one of them is a filled template."""
_ENDS = re.compile(
    r"<\|im_end\|>|<\|eot_id\|>|<\|end_of_text\|>|<end_of_turn>|<\|end\|>|<\|endoftext\|>|</s>"
)
_SYSTEM_ENDS = "<</SYS>>"
_INPUT = re.compile(r"^(?:#{2,3} ?(?i:Input) ?:|(?i:Input) ?:\s*\Z)", re.MULTILINE)
_PREFACE = re.compile(r"A chat between a curious (?:user|human)[^\n]{0,300}?(?=USER: |Human: )")


def split_template(text: str) -> tuple[str, str]:
    """The question and the answer of a filled template; a text that is none is a question.

    Raises:
        NotText: a mark of a template stands in it, and no question can be found.
    """
    preface = _PREFACE.match(text)
    bare = text[preface.end() :] if preface else text
    for template in TEMPLATES:
        begun = template.question.match(bare) if template.opens else template.question.search(bare)
        if begun is None:
            continue
        answered = template.answer.search(bare, begun.end())
        if answered is None and template.opens:
            continue
        asked = bare[begun.end() : answered.start() if answered else len(bare)]
        return _question(asked), _answer(bare[answered.end() :] if answered else "", template)
    if _TOKENS.search(text):
        raise NotText("a filled template of a prompt, in which no question can be found")
    return text, ""


def _question(text: str) -> str:
    end = _ENDS.search(text)
    text = text[: end.start()] if end else text
    if text.lstrip().startswith("<<SYS>>"):
        text = text.partition(_SYSTEM_ENDS)[2] or text
    parts = [part.strip() for part in _INPUT.split(text, maxsplit=1)]
    return "\n\n".join(part for part in parts if part)


def _answer(text: str, template: Template) -> str:
    ends = [
        found.start() for found in (_ENDS.search(text), template.question.search(text)) if found
    ]
    return text[: min(ends)] if ends else text
