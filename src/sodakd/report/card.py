"""`model_card`: the README.md of an exported student, from the run's folder alone."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import JsonValue
from ruamel.yaml import YAML

from sodakd.records import PassRate, StudentResult
from sodakd.report import run_facts
from sodakd.report.licence import base_licence, data_licence, licence_words, teacher_licence
from sodakd.report.reading import Folder, read_folder
from sodakd.report.student import read_student

MARK = "<!-- Written by sodakd"
"""Stands in every card: a folder with a card that has it may be written again."""
_HERE = Path(__file__).parent
_LONGEST = 400
"""Letters of a question of the exam that the quick start asks."""
_UNTOLD = "Write a Python function that returns the sum of a list of integers."


@dataclass(frozen=True)
class StandingRow:
    """A row of the cycle table, as it is written."""

    name: str
    all: str
    above: str
    calls: str
    tokens: str
    money: str
    steps: str
    train_tokens: str


@dataclass(frozen=True)
class Cost:
    """What the teacher took in all, and the part of the other arms."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    money: str
    others: str


def model_card(
    run: Path,
    name: str,
    *,
    has_template: bool,
    licence: str | None = None,
    title: str | None = None,
) -> str:
    """The card of a run's student.

    `name` is what the quick start loads: a folder, or an id of the hub. `has_template` says whether
    the model is handed out with a chat template.

    Raises:
        RunError: the folder is no run, it has no student, or a row of it cannot be read.
    """
    folder = read_folder(run)
    student = read_student(run / "student")
    recipe = folder.recipe
    base, source = run_facts.base_of(recipe), run_facts.data_of(recipe)
    kept = folder.kept
    names = [each for each in ("base", kept, *(row.name for row in folder.others)) if each]
    arm = next((row.arm for row in folder.students if row.name == kept), "")
    method = (
        next((row for row in folder.results.arms if row.name == arm), None)
        if folder.results
        else None
    )
    asked = run_facts.trained_questions(folder)
    groups = folder.results.standings[0].groups if folder.results else ()
    above = next((group.group for group in groups if len(group.levels) > 1), "")
    return (
        environment()
        .get_template("card.md")
        .render(
            header=_header(base, source, arm, licence),
            version=folder.version,
            title=run_facts.public(title or name),
            summary=_summary(folder),
            name=run_facts.public(name),
            name_literal=json.dumps(name, ensure_ascii=False),
            question_literal=json.dumps(_question(folder), ensure_ascii=False),
            student=student,
            has_template=has_template,
            max_new_tokens=run_facts.section(recipe, "evaluation").get("max_new_tokens") or 512,
            base_words=_base_words(base),
            data_words=data_words(recipe, source),
            teacher=run_facts.teacher_of(recipe),
            method=method,
            seed=recipe.get("seed", 0),
            kept=kept or "",
            exam=len(folder.exam),
            standings=_standings(folder, above),
            above=above,
            others=[row.name for row in folder.others],
            names=names,
            languages=run_facts.language_rows(folder, names),
            spend=_cost(folder),
            pairs=sum(len(row.pairs) for row in folder.own),
            questions=len(asked),
            question_languages=counts(run_facts.languages_of(asked)),
            faults=counts(faults(folder)),
            overlap=run_facts.overlap(folder),
            excluded=excluded(recipe),
            refusals=run_facts.refusals(folder),
            settings=_settings(recipe),
            versions=_versions(folder, student.transformers),
            licence_words=licence_words(licence),
            base_licence=base_licence(base),
            teacher_licence=teacher_licence(recipe),
            data_licence=data_licence(source),
        )
    )


def environment() -> Environment:
    """The templates of the cards. What they write is Markdown, which nothing here escapes."""
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=False, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def _header(base: str | None, source: str, method: str, licence: str | None) -> str:
    """The YAML above a card, as the hub reads it."""
    values: dict[str, object] = {}
    if (known := run_facts.hub_id(base)) is not None:
        values |= {"base_model": known, "base_model_relation": "finetune"}
    if (data := run_facts.hub_id(source)) is not None:
        values["datasets"] = [data]
    values |= {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "license": licence or "unknown",
        "tags": ["code", "knowledge-distillation", "sodakd", method],
    }
    return yaml_header(values)


def yaml_header(values: Mapping[str, object]) -> str:
    """Values as YAML, without the marks around them."""
    stream = StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(dict(values), stream)
    return stream.getvalue().strip()


def _summary(folder: Folder) -> str:
    """The two numbers a reader came for."""
    teacher = run_facts.teacher_of(folder.recipe)
    words = f"A small code model, distilled from {teacher} with sodakd."
    shares = {row.name: _group(row, "all") for row in (folder.results or _NONE).standings}
    first, last = shares.get("base"), shares.get(folder.kept or "")
    if first is None or last is None:
        return words
    return (
        f"{words} On the questions held out of its run it\npasses"
        f" {100 * last.share:.1f} % (pass@1), where its base passes {100 * first.share:.1f} %."
    )


@dataclass(frozen=True)
class _NoResults:
    standings: Sequence[StudentResult] = ()


_NONE = _NoResults()


def _question(folder: Folder) -> str:
    texts = (question.text for question in folder.exam)
    fit = (text for text in texts if len(text) <= _LONGEST and "```" not in text)
    return next(fit, _UNTOLD)


def _base_words(base: str | None) -> str:
    if base is None:
        return "made from scratch for this run: its tokenizer and its weights are the run's own"
    known = run_facts.hub_id(base)
    return f"[{known}](https://huggingface.co/{known})" if known else run_facts.public(base)


def data_words(recipe: Mapping[str, JsonValue], source: str) -> str:
    """Where the questions came from, in a card's words."""
    questions = run_facts.section(recipe, "questions")
    if source == "world":
        return f"questions of sodakd's embedded world, {questions.get('seeds', 'some')} seeds"
    known = run_facts.hub_id(source)
    named = f"[{known}](https://huggingface.co/datasets/{known})" if known else "a private source"
    return f"{named}, {questions.get('seeds', 'some')} seed questions, and those asked for later"


def _standings(folder: Folder, above: str) -> list[StandingRow]:
    kept, known = folder.kept, run_facts.price_is_known(folder)
    return [
        StandingRow(
            name=f"**{row.name}**" if row.name == kept else row.name,
            all=_written(_group(row, "all")),
            above=_written(_group(row, above)),
            calls=f"{row.teacher_calls:,}",
            tokens=f"{row.teacher_tokens:,}",
            money=_money(row.money) if known else "unknown",
            steps=f"{row.train_steps:,}",
            train_tokens=f"{row.train_tokens:,}",
        )
        for row in (folder.results or _NONE).standings
    ]


def _group(row: StudentResult, name: str) -> PassRate | None:
    return next((group for group in row.groups if group.group == name), None)


def _written(found: PassRate | None) -> str:
    return run_facts.written_share(found) if found else ""


def _cost(folder: Folder) -> Cost:
    known = run_facts.price_is_known(folder)
    others = [row for row in folder.spend if row.arm in folder.arms[1:]]

    def money(amount: float) -> str:
        return f"US $ {_money(amount)}" if known else "at a price that is unknown"

    return Cost(
        calls=sum(row.calls for row in folder.spend),
        prompt_tokens=sum(row.prompt_tokens for row in folder.spend),
        completion_tokens=sum(row.completion_tokens for row in folder.spend),
        money=money(sum(row.money for row in folder.spend)),
        others=f"{sum(row.calls for row in others):,} calls,"
        f" {money(sum(row.money for row in others))}",
    )


def _money(amount: float) -> str:
    """Dollars; of little money more digits are shown."""
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.4f}"


def faults(folder: Folder) -> list[tuple[str, int]]:
    """How many pairs have each kind of fault, the most first."""
    kinds = Counter(pair.fault.value for row in folder.own for pair in row.pairs if pair.fault)
    return [(kind.replace("_", " "), count) for kind, count in kinds.most_common()]


def counts(found: Sequence[tuple[str, int]]) -> str:
    """`name 12, other 3`."""
    return ", ".join(f"{name} {count:,}" for name, count in found)


def excluded(recipe: Mapping[str, JsonValue]) -> str:
    """The sources that questions may not overlap with."""
    names = run_facts.section(recipe, "questions").get("exclude")
    return ", ".join(map(run_facts.public, names)) if isinstance(names, list) else ""


def _settings(recipe: Mapping[str, JsonValue]) -> list[tuple[str, str]]:
    chosen = {name: recipe.get(name) for name in ("cycles", "patience")}
    chosen |= run_facts.section(recipe, "training")
    return [(name, json.dumps(value)) for name, value in chosen.items() if value is not None]


def _versions(folder: Folder, transformers: str) -> list[tuple[str, str]]:
    results = folder.results
    frameworks = dict(results.frameworks) if results else {}
    frameworks = {"transformers": transformers, **frameworks}
    tools = dict(results.toolchains) if results else {}
    named = [(f"{name}, which judged", version) for name, version in sorted(tools.items())]
    return [("sodakd", folder.version), *sorted(frameworks.items()), *named]
