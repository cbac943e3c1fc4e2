"""Programs through static tools, many in a call, and what is kept of what they say."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict

from pydantic import JsonValue

from sodakd.judge.lint.registry import tools_for
from sodakd.judge.lint.tool import SUFFIX, InstalledTool, RawFinding, Source, Tool, ToolOutput
from sodakd.judge.program import Program
from sodakd.judge.verdict_cache import digest
from sodakd.types import Finding

LONGEST = 200_000
"""Characters of the longest program that tools are given: none that one could read is longer."""
MOST = 50
"""Findings of a tool that are kept of a program."""
_MESSAGE = 300
"""Characters of a message that are kept."""

NO_ANSWER, TOO_LONG, MORE = "no-answer", "too-long", "more"
"""Rules of ours: the tool failed on a program, it was not given it, it found more than is kept."""


class StaticTools:
    """The static tools of a judge: batches of programs, as many at a time as it has workers.

    `ask` has a worker that shows some places run one call, and gives what it said; `note` takes
    what is not as it should be. What was found once is remembered. `versions` are those of the
    tools that were used.
    """

    def __init__(
        self,
        workers: int,
        threads: Executor,
        ask: Callable[[frozenset[str], dict[str, JsonValue]], dict[str, JsonValue]],
        note: Callable[[str], None],
    ) -> None:
        self._workers = workers
        self._threads = threads
        self._ask = ask
        self._note = note
        self._known: dict[tuple[str, bytes], tuple[Finding, ...]] = {}
        self.versions: dict[str, str] = {}

    def of(self, programs: Sequence[Program]) -> Mapping[Tool, InstalledTool]:
        """The tools for these programs; of those missing there is a note."""
        languages = {program.language for program in programs if program.code.strip()}
        tools = tools_for(languages)
        for why in tools.missing.values():
            self._note(f"no findings of {why}")
        return tools.installed

    def findings(
        self, tools: Mapping[Tool, InstalledTool], programs: Sequence[Program]
    ) -> list[tuple[Finding, ...]]:
        """What the tools find in programs, in their order."""
        keys = [digest(program) for program in programs]
        written = {
            key: program
            for key, program in zip(keys, programs, strict=True)
            if program.code.strip()
        }
        for tool, installed in tools.items():
            self.versions[tool.name] = installed.version
            fresh = {
                (tool.name, key): program
                for key, program in written.items()
                if program.language in tool.languages and (tool.name, key) not in self._known
            }
            found = self._read(tool, installed, list(fresh.values()))
            self._known.update(zip(fresh, found, strict=True))
        return [
            tuple(one for tool in tools for one in self._known.get((tool.name, key), ()))
            for key in keys
        ]

    def _read(
        self, tool: Tool, installed: InstalledTool, programs: Sequence[Program]
    ) -> list[tuple[Finding, ...]]:
        long = _own(tool, TOO_LONG, f"not read: longer than {LONGEST:,} characters")
        found: dict[int, tuple[Finding, ...]] = {
            number: (long,)
            for number, program in enumerate(programs)
            if len(program.code) > LONGEST
        }
        left = [number for number in range(len(programs)) if number not in found]
        size = max(1, min(tool.batch, -(-len(left) // self._workers)))
        batches = [left[at : at + size] for at in range(0, len(left), size)]
        given = self._threads.map(
            lambda batch: self._batch(tool, installed, [programs[number] for number in batch]),
            batches,
        )
        for batch, findings in zip(batches, given, strict=True):
            found.update(zip(batch, findings, strict=True))
        return [found[number] for number in range(len(programs))]

    def _batch(
        self, tool: Tool, installed: InstalledTool, programs: Sequence[Program]
    ) -> list[tuple[Finding, ...]]:
        """A batch that the tool fails on is halved, until the program is alone that it fails on."""
        mark = f"x{os.urandom(8).hex()}n"
        sources = [
            Source(f"{mark}{number}.{SUFFIX[program.language]}", program, tool.form(program))
            for number, program in enumerate(programs)
        ]
        call = tool.call(installed, sources)
        reply = self._ask(frozenset(installed.places), asdict(call))
        if reply["note"]:
            self._note(f"{tool.name} finds nothing: {reply['note']}")
            return [() for _ in programs]
        said = reply["said"]
        if isinstance(said, list):
            return _findings(tool, sources, ToolOutput(*map(str, said)))
        if len(programs) == 1:
            return [(_own(tool, NO_ANSWER, "it gave no answer on this program"),)]
        half = len(programs) // 2
        first = self._batch(tool, installed, programs[:half])
        return [*first, *self._batch(tool, installed, programs[half:])]


def _findings(tool: Tool, sources: Sequence[Source], said: ToolOutput) -> list[tuple[Finding, ...]]:
    remarks: dict[str, list[RawFinding]] = {source.name: [] for source in sources}
    for remark in tool.read(sources, said):
        if remark.file in remarks:
            remarks[remark.file].append(remark)
    return [_kept(tool, source, remarks[source.name]) for source in sources]


def _kept(tool: Tool, source: Source, remarks: Sequence[RawFinding]) -> tuple[Finding, ...]:
    """Findings on the program's own lines, in their order, each once, and no more than `MOST`."""
    last = source.program.code.rstrip("\n").count("\n") + 1
    found: dict[Finding, None] = {}
    for remark in remarks:
        line = remark.line - source.form.before
        if 1 <= line <= last + 1:  # a tool may see the end of a program on the line after its last
            found[
                Finding(
                    tool=tool.name,
                    rule=_short(remark.rule, 60),
                    line=min(line, last),
                    message=_short(remark.message.replace(source.name, "the program"), _MESSAGE),
                    severity=remark.severity,
                )
            ] = None
    ordered = sorted(found, key=lambda one: (one.line, one.rule, one.message))
    if len(ordered) <= MOST:
        return tuple(ordered)
    left = f"{len(ordered) - MOST} more findings"
    return (*ordered[:MOST], _own(tool, MORE, left, ordered[MOST].line))


def _own(tool: Tool, rule: str, message: str, line: int = 1) -> Finding:
    return Finding(tool=tool.name, rule=rule, line=line, message=message)


def _short(text: str, most: int) -> str:
    """In one line of what can be shown."""
    text = "".join(one if one.isprintable() else "?" for one in " ".join(text.split()))
    return text if len(text) <= most else f"{text[: most - 1]}…"
