"""The forms in which trainers take pairs, a row each: TRL's and LLaMA-Factory's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.types import Language

Row = Mapping[str, JsonValue]


@dataclass(frozen=True)
class TrainingRow:
    """A question with its answers, and where in the run it stands.

    `rejected` and `fault` are None where the run asked for correct answers alone.
    """

    prompt: str
    chosen: str
    rejected: str | None
    question_id: str
    language: Language | None
    source: str
    level: int | None
    fault: str | None
    student: str


@dataclass(frozen=True)
class Format:
    """How a row is written. `pairwise` forms need a rejected answer.

    `info` is the entry of LLaMA-Factory's `dataset_info.json`, without the file's name.
    """

    row: Callable[[TrainingRow], Row]
    pairwise: bool
    words: str
    info: Mapping[str, JsonValue] | None = None


def _message(role: str, content: str) -> dict[str, JsonValue]:
    return {"role": role, "content": content}


FORMATS: Mapping[str, Format] = {
    "preference": Format(
        lambda one: {"prompt": one.prompt, "chosen": one.chosen, "rejected": one.rejected},
        True, "TRL's preference format: `prompt`, `chosen`, `rejected`"
    ),
    "conversational": Format(
        lambda one: {
            "prompt": [_message("user", one.prompt)],
            "chosen": [_message("assistant", one.chosen)],
            "rejected": [_message("assistant", one.rejected or "")],
        },
        True, "TRL's conversational preference format: lists of messages"
    ),
    "messages": Format(
        lambda one: {
            "messages": [_message("user", one.prompt), _message("assistant", one.chosen)],
        },
        False, "TRL's conversational format for fine-tuning: `messages`, correct answers"
    ),
    "llamafactory": Format(
        lambda one: {
            "instruction": one.prompt, "input": "", "chosen": one.chosen, "rejected": one.rejected,
        },
        True, "LLaMA-Factory's ranking format: `instruction`, `input`, `chosen`,"
        " `rejected`",
        {
            "ranking": True,
            "columns": {
                "prompt": "instruction", "query": "input", "chosen": "chosen",
                "rejected": "rejected",
            },
        },
    ),
    "sharegpt": Format(
        lambda one: {
            "conversations": [{"from": "human", "value": one.prompt}],
            "chosen": {"from": "gpt", "value": one.chosen},
            "rejected": {"from": "gpt", "value": one.rejected or ""},
        },
        True, "LLaMA-Factory's ranking format of ShareGPT's kind: `conversations`,"
        " `chosen`, `rejected`",
        {
            "formatting": "sharegpt",
            "ranking": True,
            "columns": {
                "messages": "conversations", "chosen": "chosen", "rejected": "rejected",
            },
        },
    ),
}  # fmt: skip


def rows_of(taught: Sequence[TrainingRow], form: Format, *, provenance: bool) -> list[Row]:
    """The rows of a dataset, in order, each once; those without what the form needs are left out.

    An empty side is none. Two rows are the same where the form writes the same of them; the first
    one stays, with its provenance.
    """
    rows: dict[str, Row] = {}
    for one in taught:
        needed = (one.prompt, one.chosen, *([one.rejected] if form.pairwise else ()))
        if not all(side and side.strip() for side in needed):
            continue
        row = form.row(one)
        rows.setdefault(repr(row), {**row, **_provenance(one, form)} if provenance else row)
    return list(rows.values())


def _provenance(one: TrainingRow, form: Format) -> Row:
    """Columns that say where a row is from."""
    known: Row = {
        "question_id": one.question_id,
        "language": one.language.value if one.language else None,
        "source": one.source,
        "level": one.level,
        "student": one.student,
    }
    return {**known, "fault": one.fault} if form.pairwise else known
