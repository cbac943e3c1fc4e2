"""`model_card`: the README.md of an exported student, from the run's folder alone."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import JsonValue
from ruamel.yaml import YAML

from sodakd.inference.folder_facts import read_facts
from sodakd.report import run_facts
from sodakd.report.reading import Folder, read_folder

MARK = "<!-- Written by sodakd"
"""Stands in every card: a folder with a card that has it may be written again."""
_HERE = Path(__file__).parent
_LONGEST = 400
"""Letters of a question of the exam that the quick start asks."""
_UNTOLD = "Write a Python function that returns the sum of a list of integers."


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
    student = read_facts(run / "student")
    recipe, results, kept = folder.recipe, folder.results, folder.kept
    base = run_facts.base_of(recipe)
    others = [row.name for row in folder.others]
    names = [each for each in ("base", kept, *others) if each]
    arm = next((row.arm for row in folder.students if row.name == kept), "")
    method = next((row for row in results.arms if row.name == arm), None) if results else None
    shown = [row for row in folder.standings if row.name in names]
    groups = folder.standings[0].groups if folder.standings else ()
    kinds = dict.fromkeys(group.by for group in groups if group.by)
    return (
        environment()
        .get_template("card.md")
        .render(
            shared_facts(folder),
            header=_header(base, run_facts.data_of(recipe), arm, licence),
            title=run_facts.public(title or name),
            measure=run_facts.measure(folder),
            passes=_passes(folder),
            name=run_facts.public(name),
            name_literal=json.dumps(name, ensure_ascii=False),
            question_literal=json.dumps(_question(folder), ensure_ascii=False),
            student=student,
            has_template=has_template,
            max_new_tokens=run_facts.section(recipe, "evaluation").get("max_new_tokens") or 512,
            base=run_facts.public(base) if base else "",
            base_id=run_facts.hub_id(base),
            method=method,
            seed=recipe.get("seed", 0),
            kept=kept or "",
            exam=len(folder.exam),
            standings=folder.standings,
            share=run_facts.written_share,
            dollars=_dollars,
            priced=run_facts.price_is_known(folder),
            groups=[group.group for group in groups if not group.by],
            others=others,
            names=[row.name for row in shown],
            parts={by: run_facts.group_rows(shown, by) for by in kinds},
            differences=results.differences if results else (),
            difference=run_facts.written_difference,
            spend=folder.spend,
            others_spend=[row for row in folder.spend if row.arm in folder.arms[1:]],
            pairs=sum(len(row.pairs) for row in folder.own),
            questions=len(run_facts.trained_questions(folder)),
            refusals=run_facts.refusals(folder),
            settings=_settings(recipe),
            versions=_versions(folder, student.transformers),
            licence=licence,
        )
    )


def shared_facts(folder: Folder) -> dict[str, object]:
    """What the cards of a run's student and of its data both say."""
    recipe = folder.recipe
    source = run_facts.data_of(recipe)
    questions = run_facts.section(recipe, "questions")
    named = questions.get("exclude")
    excluded = map(run_facts.public, named) if isinstance(named, list) else ()
    kinds = Counter(pair.fault.value for row in folder.own for pair in row.pairs if pair.fault)
    return {
        "version": folder.version,
        "teacher": run_facts.teacher_of(recipe),
        "computed": (run_facts.section(recipe, "teacher").get("kind") or "world") == "world",
        "world": source == "world",
        "source": run_facts.public(source),
        "data_id": run_facts.hub_id(source),
        "seeds": questions.get("seeds", "some"),
        "faults": _counts(kinds).replace("_", " "),
        "languages": _counts(
            Counter(one.language.display_name for one in run_facts.trained_questions(folder))
        ),
        "overlaps": run_facts.overlaps(folder),
        "excluded": ", ".join(excluded),
    }


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


def _passes(folder: Folder) -> Sequence[str]:
    """The two numbers a reader came for: of the base and of the kept student, in percent."""
    shares = {row.name: row.groups[0] for row in folder.standings}
    found = [shares.get(name) for name in ("base", folder.kept or "")]
    return [f"{100 * one.share:.1f}" for one in found if one] if all(found) else ()


def _question(folder: Folder) -> str:
    texts = (question.text for question in folder.exam)
    fit = (text for text in texts if len(text) <= _LONGEST and "```" not in text)
    return next(fit, _UNTOLD)


def _dollars(amount: float) -> str:
    """Dollars; of little money more digits are shown."""
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.4f}"


def _counts(found: Counter[str]) -> str:
    """`name 12, other 3`: the most first."""
    return ", ".join(f"{name} {count:,}" for name, count in found.most_common())


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
