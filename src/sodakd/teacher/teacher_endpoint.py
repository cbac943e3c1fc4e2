"""Where a recipe's teacher is found, and what of it is missing on this machine."""

import os
import shutil
from pathlib import Path

from sodakd.errors import EndpointError
from sodakd.inference.endpoint import Endpoint, names_a_key, unset_variables, with_secrets
from sodakd.settings.secrets import shown_variable
from sodakd.settings.teacher import TeacherSettings
from sodakd.settings.urls import address_fault, public_address
from sodakd.shipped import find_answers
from sodakd.teacher.cost import Prices
from sodakd.teacher.render_prompt import prompt_mistakes

OPENAI = "https://api.openai.com/v1"


def endpoint_of(settings: TeacherSettings) -> Endpoint:
    """Where the recipe's teacher is served, and the key from the environment.

    Raises:
        EndpointError: something is missing for it: a key, or a header's variable.
    """
    for words in missing_for_teacher(settings):
        raise EndpointError(words)
    key = os.environ.get(settings.api_key_env, "").strip() or None
    return Endpoint(
        _base(settings),
        settings.model or "",
        key,
        settings.token_limit,
        with_secrets(settings.headers),
        settings.query or {},
        settings.extra_body or {},
    )


def missing_for_teacher(settings: TeacherSettings) -> list[str]:
    """What keeps a teacher from being asked, a line each; no call is made to find out."""
    missing = [] if settings.prompts is None else prompt_mistakes(Path(settings.prompts))
    match settings.kind:
        case "openai":
            missing += _missing_for_server(settings)
        case "replay" if not find_answers(Path(settings.file or "")).is_file():
            missing.append(f"there is no file of recorded answers {settings.file} (teacher.file)")
        case "vllm" if shutil.which(settings.command[0]) is None:
            missing.append(
                f"teacher.command starts with {settings.command[0]}, which is not found:"
                " install vllm in an environment of its own and name its program there"
            )
    return missing


def _missing_for_server(settings: TeacherSettings) -> list[str]:
    base, name = _base(settings), settings.api_key_env
    fault = address_fault(base)
    if fault is not None:
        return [f"OPENAI_BASE_URL is {public_address(base)!r}; {fault}"]
    missing = unset_variables(settings.headers)
    named = name != type(settings).model_fields["api_key_env"].default
    needed = named or (base.startswith(OPENAI) and not names_a_key(settings.headers or {}))
    if needed and not os.environ.get(name, "").strip():
        shown = shown_variable(name)
        whose = f"teacher.api_key_env is {shown}, and " if named else ""
        missing.append(f"the key for {base}: {whose}the environment variable {shown} is not set")
    return missing


def prices_of(settings: TeacherSettings) -> Prices:
    """The recipe's prices, else those of the table, else unknown ones."""
    found = settings.prices
    if found is None:
        return Prices(0.0, 0.0, known=False)
    return Prices(found[0], found[1], discount=found[2] if settings.batch_api else 1.0)


def unknown_price(settings: TeacherSettings) -> str | None:
    """Words for a price that nobody knows, if it is so."""
    if settings.prices is not None:
        return None
    return (
        f"the price of {settings.model} is unknown: set teacher.prompt_price and"
        " teacher.completion_price (US dollars per million tokens)"
    )


def _base(settings: TeacherSettings) -> str:
    return settings.base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI
