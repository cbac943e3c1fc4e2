"""The tables of an efficiency; columns without a figure are left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from sodakd.efficiency import Efficiency, ModelEfficiency, StageEfficiency
from sodakd.report.text_table import TextTable

Row = TypeVar("Row")
_UNITS = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def efficiency_tables(found: Efficiency) -> list[TextTable]:
    """The use by stage, and the models beside one another."""
    models = [row for row in found.models if row.answers or row.parameters]  # or it is no model
    stages = [*found.stages, found.total]
    tables = [_table("Efficiency", _STAGE, stages, " ".join(_remarks(found)))]
    return [*tables, _table("Models", _MODEL, models, _LATENCY)] if models else tables


def _remarks(found: Efficiency) -> Iterator[str]:
    yield (
        "Memory is the most at any time until then. Tokens a second and MFU (the FLOPs that"
        " a model needs, of those that its hardware could have done) are of its time at work."
    )
    if not found.total.energy:
        yield "This machine tells no energy (RAPL of its processors, NVML of its GPU)."


_LATENCY = (
    "Latency: mean seconds from when an answer is begun, with others of its batch, or asked of a"
    " server, to its end."
)
_STAGE: Mapping[str, Callable[[StageEfficiency], str]] = {
    "stage": lambda row: " ".join(filter(None, (row.arm, row.stage))),
    "parts": lambda row: f"{row.parts:,}",
    "seconds": lambda row: _fixed(row.seconds),
    "CPU s": lambda row: _fixed(row.cpu_seconds),
    "children's CPU s": lambda row: _fixed(row.child_cpu_seconds),
    "GPU s": lambda row: _fixed(row.gpu_seconds),
    "memory, MB": lambda row: f"{row.memory / 1e6:,.0f}",
    "GPU memory, MB": lambda row: f"{row.gpu_memory / 1e6:,.0f}" if row.gpu_memory else "",
    "CPU energy, J": lambda row: _fixed(row.energy.get("cpu", 0.0)),
    "GPU energy, J": lambda row: _fixed(row.energy.get("gpu", 0.0)),
    "tokens trained on": lambda row: _short(row.trained_tokens),
    "read": lambda row: _short(row.prompt_tokens),
    "answered": lambda row: _short(row.answer_tokens),
    "tokens a second": lambda row: _short(row.tokens_per_second),
    "FLOPs": lambda row: _short(row.flops),
    "MFU, %": lambda row: "" if row.mfu is None else f"{100 * row.mfu:.2g}",
}
_MODEL: Mapping[str, Callable[[ModelEfficiency], str]] = {
    "model": lambda row: row.role,
    "parameters": lambda row: _short(row.parameters),
    "bytes": lambda row: _short(row.bytes),
    "answers": lambda row: _short(row.answers),
    "tokens an answer": lambda row: _short(row.tokens_an_answer),
    "latency, s": lambda row: "" if row.latency is None else f"{row.latency:.3g}",
}


def _table(
    title: str,
    cells: Mapping[str, Callable[[Row], str]],
    rows: Sequence[Row],
    words: str,
) -> TextTable:
    columns = {name: [cell(row) for row in rows] for name, cell in cells.items()}
    there = {name: column for name, column in columns.items() if any(column)}
    return TextTable(title, list(there), list(zip(*there.values(), strict=True)), words)


def _fixed(value: float) -> str:
    return f"{value:,.1f}" if value else ""


def _short(value: float | None) -> str:
    """A count in a few characters: 950, 55.2k, 1.85M; empty for none."""
    if not value:
        return ""
    size, unit = next((each for each in _UNITS if value >= each[0]), (1, ""))
    return f"{value / size:.3g}{unit}"
