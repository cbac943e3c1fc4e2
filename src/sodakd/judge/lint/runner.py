"""Programs through static tools, many in a call, and what is kept of what they say."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from pydantic import JsonValue

from sodakd.judge.languages.spec import Toolchain, language_spec
from sodakd.judge.lint.registry import tools_for
from sodakd.judge.lint.tool import RawFinding, Tool, ToolOutput
from sodakd.judge.program import Program
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.judge.verdict_cache import digest
from sodakd.types import Finding

LONGEST = 200_000
"""Characters of the longest program that tools are given: none that one could read is longer."""
MOST = 50
"""Findings of a tool that are kept of a program."""
_SECONDS = 0.1
"""Of CPU time for each program of a batch, beside those that a tool may take in any case."""
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

    def findings(self, programs: Sequence[Program]) -> list[tuple[Finding, ...]]:
        """What the tools find in programs, in their order; of those missing there is a note."""
        found_here = tools_for({program.language for program in programs if program.code.strip()})
        for why in found_here.missing.values():
            self._note(f"no findings of {why}")
        tools = found_here.installed
        keys = [digest(program) for program in programs]
        pairs = zip(keys, programs, strict=True)
        written = {key: program for key, program in pairs if program.code.strip()}
        for tool, installed in tools.items():
            self.versions.update(installed.versions)
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
        self, tool: Tool, installed: Toolchain, programs: Sequence[Program]
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
        self, tool: Tool, installed: Toolchain, programs: Sequence[Program]
    ) -> list[tuple[Finding, ...]]:
        """A batch that the tool fails on is halved, until the program is alone that it fails on."""
        mark = f"x{os.urandom(8).hex()}n"
        names = [
            f"{mark}{number}.{language_spec(program.language).suffix}"
            for number, program in enumerate(programs)
        ]
        codes = (tool.form(program.code) for program in programs)
        texts = {
            name: code if code.endswith("\n") else f"{code}\n"
            for name, code in zip(names, codes, strict=True)
        }
        paths = {name: path_inside(path) for name, path in installed.tools.items()}
        reply = self._ask(
            frozenset(installed.places),
            {
                "command": [*tool.command(paths), *names],
                "files": {**texts, **tool.files},
                "environment": dict(tool.environment),
                "good": list(tool.good),
                "seconds": tool.seconds + _SECONDS * len(names),
            },
        )
        if reply["note"]:
            self._note(f"{tool.name} finds nothing: {reply['note']}")
            return [() for _ in programs]
        said = reply["said"]
        if isinstance(said, list):
            remarks: dict[str, list[RawFinding]] = {name: [] for name in names}
            for remark in tool.read(ToolOutput(str(said[0]), str(said[1]), texts)):
                if remark.file in remarks:
                    remarks[remark.file].append(remark)
            pairs = zip(programs, names, strict=True)
            return [_kept(tool, program, name, remarks[name]) for program, name in pairs]
        if len(programs) == 1:
            return [(_own(tool, NO_ANSWER, "it gave no answer on this program"),)]
        half = len(programs) // 2
        first = self._batch(tool, installed, programs[:half])
        return [*first, *self._batch(tool, installed, programs[half:])]


def _kept(
    tool: Tool, program: Program, name: str, remarks: Sequence[RawFinding]
) -> tuple[Finding, ...]:
    """Findings on the program's own lines, in their order, each once, and no more than `MOST`."""
    last = program.code.rstrip("\n").count("\n") + 1
    found: dict[Finding, None] = {}
    for remark in remarks:
        if 1 <= remark.line <= last + 1:  # a tool may see a program's end on the line after it
            one = Finding(
                tool=tool.name,
                rule=_short(remark.rule, 60),
                line=min(remark.line, last),
                message=_short(remark.message.replace(name, "the program"), _MESSAGE),
                severity=remark.severity,
            )
            found[one] = None
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
