"""Compilers as static tools: those that the judge keeps running."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from pydantic import JsonValue

from sodakd.errors import JudgeError
from sodakd.judge.lint.tool import (
    Call,
    InstalledTool,
    Prepared,
    RawFinding,
    Source,
    Tool,
    ToolOutput,
)
from sodakd.judge.program import Program
from sodakd.judge.toolchains import INSTALL, MissingToolchain, toolchain
from sodakd.types import Language


def kept_running(
    name: str,
    package: str,
    language: Language,
    form: Callable[[Program], Prepared],
    message: Callable[[Source], Mapping[str, JsonValue]],
    remarks: Callable[[Source, str], Iterator[RawFinding]],
) -> Tool:
    """A tool that is the running compiler of a language: each program is a `message` to it.

    `remarks` reads its answer on one program. `package` is what its version is known by.
    """

    @cache
    def find() -> InstalledTool:
        found = toolchain(language)
        if isinstance(found, MissingToolchain):
            raise JudgeError(found.reason)
        return InstalledTool(found.tools, found.places, found.versions[package])

    def call(_: InstalledTool, sources: Sequence[Source]) -> Call:
        messages = tuple(json.dumps(message(source)) for source in sources)
        return Call(seconds=10, server=language.value, messages=messages)

    def read(sources: Sequence[Source], answers: Sequence[ToolOutput]) -> Iterator[RawFinding]:
        for source, answer in zip(sources, answers, strict=True):
            yield from remarks(source, answer.out)

    return Tool(
        name=name,
        languages=frozenset({language}),
        install=INSTALL[language],
        find=find,
        form=form,
        call=call,
        read=read,
        batch=32,
    )
