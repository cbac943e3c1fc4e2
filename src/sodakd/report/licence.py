"""What a card says of licences: the model's own, its base's, its teacher's terms, its data's."""

from collections.abc import Mapping

from pydantic import JsonValue

from sodakd.report import run_facts

_TEACHERS = (
    "its answers are the training data, and its terms apply to what is made of them. Some providers"
    " forbid to\n  train models that compete with theirs on the output of their own (OpenAI's terms"
    " of use do). Read the\n  terms before you publish or sell this model."
)


def licence_words(licence: str | None) -> str:
    """Under which licence the model stands, if anybody has said so."""
    if licence is None:
        return (
            "Nobody has said yet under which licence this model stands: `license: unknown` above is"
            " to be\nreplaced (`sodakd export --license`) after looking at these three."
        )
    return f"`{licence}`, as its maker says. What it was made from:"


def base_licence(base: str | None) -> str:
    """What is to be known of the base's licence."""
    if base is None:
        return "none; the run made it from scratch."
    name = run_facts.public(base)
    return f"{name}: its licence holds for models made from it as well; read it there."


def teacher_licence(recipe: Mapping[str, JsonValue]) -> str:
    """What is to be known of the teacher's terms."""
    kind = run_facts.section(recipe, "teacher").get("kind") or "world"
    if kind == "world":
        return "none; its answers are computed by sodakd (Apache-2.0)."
    return f"{run_facts.teacher_of(recipe)}: {_TEACHERS}"


def data_licence(source: str) -> str:
    """What is to be known of the questions' licence."""
    if source == "world":
        return "drawn by sodakd (Apache-2.0); nobody else's rights are in them."
    return f"{run_facts.public(source)}: its own licence holds for its questions."
