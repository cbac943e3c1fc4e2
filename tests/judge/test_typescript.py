"""TypeScript as models write it gets the verdict that tsc and node give it."""

from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from sodakd.judge import Judge, Program
from sodakd.judge.languages import typescript
from sodakd.judge.toolchains import toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, TestCase, TestScript
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

SETTINGS = JudgeSettings(cpu_seconds=2)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    skip_where_missing(Language.TYPESCRIPT)
    with Judge(SETTINGS, 1) as judge:
        yield judge
        assert judge.notes() == []


def called(code: str, expected: JsonValue) -> Program:
    cases = (TestCase(arguments=(), expected=expected),)
    return Program(code, Language.TYPESCRIPT, CallTests(entry_point="f", cases=cases))


def scripted(code: str, script: str) -> Program:
    return Program(code, Language.TYPESCRIPT, TestScript(script=script))


CALLS: dict[str, tuple[str, JsonValue]] = {
    "node's modules": (
        "import * as fs from 'fs';\nimport path from 'node:path';\n"
        "import { createHash } from 'crypto';\n"
        "export function f(): string[] { return [path.join('a', 'b'), typeof fs.readFileSync,"
        " createHash('md5').update('a').digest('hex').slice(0, 2)]; }",
        ["a/b", "function", "0c"],
    ),
    "require": (
        "const path = require('path');\nfunction f(): string { return path.join('a', 'b'); }",
        "a/b",
    ),
    "the process": ("function f(): string { return typeof process.argv; }", "object"),
    "a function of the name of node's": (
        "function process(n: number): number { return n; }\n"
        "function f(): number { return process(3); }",
        3,
    ),
    "names of a browser": (
        "const name = 'a', status = 1;\nfunction f(): string { return name + status; }",
        "a1",
    ),
    "methods of 2023": (
        "const f = (): number[] => [[3, 1].toSorted()[0]!, [1, 2].findLast((x) => x < 2)!];",
        [1, 1],
    ),
    "an async function": ("export async function f(): Promise<number> { return 3; }", 3),
    "a default export without a name": ("export default (): number => 3;", 3),
    "a type of node's that is made longer": (
        "interface Array<T> { last(): T }\n"
        "Array.prototype.last = function () { return this[this.length - 1]; };\n"
        "function f(): number { return [1, 3].last(); }",
        3,
    ),
    "await at the outermost level": (
        "const x = await Promise.resolve(3);\nexport function f(): number { return x; }",
        3,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives(judge: Judge, name: str) -> None:
    verdict = judge.judge(called(*CALLS[name]))
    assert verdict.outcome is Outcome.PASSED, verdict.output


WRONG = {
    "a name of a browser": "const name: number = 'a';\nfunction f(): number { return 3; }",
    "no such export": "import { nothing } from 'fs';\nfunction f(): number { return 3; }",
    "a value that is awaited": "const x: number = await Promise.resolve('a');\n"
    "export function f(): number { return x; }",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_type_error_is_one_in_every_way_of_compiling(judge: Judge, name: str) -> None:
    verdict = judge.judge(called(WRONG[name], 3))
    assert verdict.outcome is Outcome.COMPILE_ERROR, verdict.output


F = "function f(): number { return 3; }\n"
IMPORT, STAR = "import assert from 'assert';\n", "import * as assert from 'node:assert';\n"
SCRIPTS = {
    "the default import": (F, IMPORT + "assert.equal(f(), 3);"),
    "a module's name": (F, STAR + "assert.equal(f(), 3);"),
    "a module that is called": (F, STAR + "assert(f() === 3); assert.equal(f(), 3);"),
    "named imports": (F, "import { equal } from 'assert';\nequal(f(), 3);"),
    "require": (F, "declare var require: any;\nrequire('node:assert').equal(f(), 3);"),
    "an import of both": (IMPORT + "export " + F, IMPORT + "assert.equal(f(), 3);"),
    "require in both": (
        "const assert = require('assert');\n" + F,
        "const assert: any = require('assert');\nassert.equal(f(), 3);",
    ),
    "an async function": (
        "async function f(): Promise<number> { return 3; }",
        IMPORT + "(async () => { assert.equal(await f(), 3); })();",
    ),
    "await at the outermost level": (
        "async function f(): Promise<number> { return 3; }",
        IMPORT + "assert.equal(await f(), 3);",
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_passes_and_fails_where_the_answer_is_wrong(judge: Judge, name: str) -> None:
    code, script = SCRIPTS[name]
    verdict = judge.judge(scripted(code, script))
    assert verdict.outcome is Outcome.PASSED, verdict.output
    verdict = judge.judge(scripted(code, script.replace(", 3)", ", 4)")))
    assert verdict.outcome is Outcome.WRONG_ANSWER, verdict.output


QUICK = ("names of a browser", "an async function")
ALL = {
    **{name: called(*one) for name, one in CALLS.items()},
    **{f"wrong: {name}": called(code, 3) for name, code in WRONG.items()},
    **{f"script: {name}": scripted(*one) for name, one in SCRIPTS.items()},
}


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """A judge whose compiler reads all anew for each program, from no snapshot."""
    monkeypatch.setattr(typescript, "_build_snapshot", lambda *_: {})
    toolchain.cache_clear()
    with Judge(SETTINGS, 1, warm=False) as judge:
        yield judge
    toolchain.cache_clear()


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in ALL],
)
def test_a_compiler_that_reads_all_anew_gives_the_verdict_of_the_one_that_is_kept(
    judge: Judge, fresh: Judge, name: str
) -> None:
    cold, warm = fresh.judge(ALL[name]), judge.judge(ALL[name])
    assert (cold.outcome, cold.stage) == (warm.outcome, warm.stage), cold.output
