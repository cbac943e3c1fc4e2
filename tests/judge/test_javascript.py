"""JavaScript as models write it, judged as node has it: in a fork of a warm node and in its own."""

from collections.abc import Iterator
from math import inf, nan

import pytest
from pydantic import JsonValue

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, TestCase, TestScript, Verdict
from tests.judge.programs import ROOT, programs
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

SETTINGS = JudgeSettings(cpu_seconds=2)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Judge, Judge]]:
    skip_where_missing(Language.JAVASCRIPT)
    with Judge(SETTINGS, 1) as warm, Judge(SETTINGS, 1, warm=False) as cold:
        yield warm, cold


def judged(both: tuple[Judge, Judge], program: Program) -> Verdict:
    """The verdict of a fork; a node of its own gives the same one."""
    warm, cold = (judge.judge(program) for judge in both)
    assert (warm.outcome, warm.stage) == (cold.outcome, cold.stage), (warm.output, cold.output)
    assert both[0].notes() == []
    return warm


def called(code: str, expected: JsonValue, *arguments: JsonValue) -> Program:
    cases = (TestCase(arguments=arguments, expected=expected),)
    return Program(code, Language.JAVASCRIPT, CallTests(entry_point="f", cases=cases))


def scripted(code: str, script: str) -> Program:
    return Program(code, Language.JAVASCRIPT, TestScript(entry_point="f", script=script))


def test_the_little_programs_get_the_same_verdict_warm_and_cold(both: tuple[Judge, Judge]) -> None:
    for found in programs(ROOT, Language.JAVASCRIPT):
        if not found.name.startswith(("timeout", "memory")):
            judged(both, found.by_calls())
            judged(both, found.by_script())


CALLS: dict[str, tuple[str, JsonValue]] = {
    "an exported function": ("export function f() { return 3; }", 3),
    "an exported value": ("export const f = () => 3;", 3),
    "a list of exports": ("const g = () => 3;\nexport { g as f };", 3),
    "a function that is the default export": ("export default function f() { return 3; }", 3),
    "a default export without a name": ("export default () => 3;", 3),
    "a function that a module does not export": ("import 'fs';\nfunction f() { return 3; }", 3),
    "default and named imports": (
        "import fs, { existsSync } from 'fs';\nimport * as path from 'node:path';\n"
        "export const f = () => [existsSync === fs.existsSync, path.join('a', 'b')];",
        [True, "a/b"],
    ),
    "an import as it runs": ("const f = async () => (await import('path')).join('a', 'b');", "a/b"),
    "await at the outermost level": ("const x = await Promise.resolve(3);\nconst f = () => x;", 3),
    "what a module lacks": ("export const f = () => typeof require;", "undefined"),
    "require made in a module": (
        "import { createRequire } from 'module';\nconst require = createRequire(import.meta.url);\n"
        "export const f = () => require('path').join('a', 'b');",
        "a/b",
    ),
    "the address of a module": (
        "import { fileURLToPath } from 'url';\n"
        "export const f = () => fileURLToPath(import.meta.url).endsWith('/program.mjs');",
        True,
    ),
    "an async function": ("async function f() { return [3]; }", [3]),
    "a promise that takes time": ("const f = () => new Promise((go) => setTimeout(go, 9, 3));", 3),
    "another thread's promise": (
        "const { promisify } = require('util'), { pbkdf2 } = require('crypto');\n"
        "const f = async () => (await promisify(pbkdf2)('a', 'b', 99, 2, 'sha1')).length;",
        2,
    ),
    "whatever has a then": ("const f = () => ({ then(go) { go(3); } });", 3),
    "exports that are a function": ("module.exports = function f() { return 3; };", 3),
    "exports that are a function of another name": ("module.exports = (n) => 3;", 3),
    "exports that are an object": ("module.exports = { f: () => 3 };", 3),
    "an export": ("exports.f = () => 3;", 3),
    "no number": ("const f = () => [NaN, null, { a: NaN }];", [nan, None, {"a": nan}]),
    "infinite numbers": ("const f = () => [Infinity, -Infinity];", [inf, -inf]),
    "a BigInt": ("const f = () => [2n ** 70n, 3n];", [2**70, 3]),
    "a Map, which is an object": (
        "const f = () => new Map([['a', new Map([[1, [2]], [3n, null]])]]);",
        {"a": {"1": [2], "3": None}},
    ),
    "where the program lies": ("const f = () => __filename.startsWith(__dirname);", True),
    "a process of its own": (
        "const f = () => require('child_process').execSync('echo a').toString();", "a\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives(both: tuple[Judge, Judge], name: str) -> None:
    code, expected = CALLS[name]
    verdict = judged(both, called(code, expected))
    assert verdict.outcome is Outcome.PASSED, verdict.output


def test_an_argument_may_be_no_number_or_infinite(both: tuple[Judge, Judge]) -> None:
    code = "const f = (x, [y]) => [Number.isNaN(x), y];"
    assert judged(both, called(code, [True, -inf], nan, [-inf])).passed


FAILING: dict[str, tuple[str, JsonValue, Outcome]] = {
    "NaN is not null": ("const f = () => NaN;", None, Outcome.WRONG_ANSWER),
    "infinity is not its opposite": ("const f = () => Infinity;", -inf, Outcome.WRONG_ANSWER),
    "a BigInt of another value": ("const f = () => 3n;", 4, Outcome.WRONG_ANSWER),
    "a Map of which two keys are one text": (
        "const f = () => new Map([[1, 2], ['1', 2]]);", {"1": 2}, Outcome.WRONG_ANSWER
    ),
    "a Map whose keys are no keys of a dict": (
        "const f = () => [new Map([[[1], 2]])];", [{"1": 2}], Outcome.WRONG_ANSWER
    ),
    "a promise of another value": ("const f = async () => 3;", 4, Outcome.WRONG_ANSWER),
    "a promise that is broken": ("const f = async () => g();", 3, Outcome.RUNTIME_ERROR),
    "a promise that is not kept": ("const f = () => new Promise(() => {});", 3, Outcome.NO_VERDICT),
    "a module that waits forever": (
        "await new Promise(() => {});\nexport const f = () => 3;", 3, Outcome.NO_VERDICT
    ),
    "a module that raises": ("export const f = () => 3;\nf.g.h;", 3, Outcome.RUNTIME_ERROR),
    "no such module": ("import 'of-nobody';\nexport const f = () => 3;", 3, Outcome.RUNTIME_ERROR),
    "no such export": (
        "import { nothing } from 'fs';\nexport const f = () => 3;", 3, Outcome.RUNTIME_ERROR
    ),
    "require in a module": (
        "import 'fs';\nconst path = require('path');\nexport const f = () => 3;",
        3,
        Outcome.RUNTIME_ERROR,
    ),
    "a module that does not parse": ("export const f = () => {;", 3, Outcome.COMPILE_ERROR),
    "no function": ("export const g = () => 3;", 3, Outcome.RUNTIME_ERROR),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILING)
def test_a_call_does_not_pass(both: tuple[Judge, Judge], name: str) -> None:
    code, expected, outcome = FAILING[name]
    verdict = judged(both, called(code, expected))
    assert verdict.outcome is outcome, verdict.output


F, OF_MODULE = "const f = () => 3;", "export const f = () => 3;"
REQUIRED = "const assert = require('assert');\n"
EQUAL = "assert.equal(f(), 3);"
IMPORTED = "import assert from 'node:assert';\n"
SCRIPTS = {
    "tests of a module": (OF_MODULE, REQUIRED + EQUAL),
    "tests that are a module": (F, IMPORTED + EQUAL),
    "both modules": (OF_MODULE, IMPORTED + EQUAL),
    "tests that await": ("const f = async () => 3;", REQUIRED + "assert.equal(await f(), 3);"),
    "an import of both": (IMPORTED + OF_MODULE, IMPORTED + EQUAL),
    "a name of both": (REQUIRED + F, REQUIRED + EQUAL),
    "a name of both in braces": (
        "const { equal } = require('assert');\n" + F,
        "const { equal, ok } = require('assert'); equal(f(), 3); ok(true);",
    ),
    "a function of both": (
        "const test = 1;\n" + F,
        REQUIRED + f"function test() {{ {EQUAL} }}\ntest();",
    ),
    "a name of a module and its tests": (IMPORTED + OF_MODULE, REQUIRED + EQUAL),
    "what a module does not export": ("import 'fs';\n" + F, REQUIRED + EQUAL),
    "what changes in a module": (
        "export let count = 0;\nexport const f = () => { count += 3; };",
        REQUIRED + "f(); assert.equal(count, 3);",
    ),
    "exports that are a function": ("module.exports = function f() { return 3 }", REQUIRED + EQUAL),
    "exports that are an object": ("module.exports = { f: () => 3 };", REQUIRED + EQUAL),
    "another thread's callback": (
        "const { pbkdf2 } = require('crypto');\n"
        "const f = (then) => pbkdf2('a', 'b', 9, 2, 'sha1', then);",
        REQUIRED + "f((error, key) => assert.equal(key.length, 2));",
    ),
    "a file that is run": ("import fs from 'fs';\nconsole.log(typeof fs);", ""),
    "an import as it runs": ("import('fs').then((fs) => console.log(typeof fs.default));", ""),
    "a process and what it says": (
        "const { spawn } = require('child_process');\n"
        "const f = (then) => spawn('true').on('close', then);",
        REQUIRED + "f((code) => assert.equal(code, 0));",
    ),
    "a process that is waited for": (
        "const { spawnSync } = require('child_process');\n"
        "const f = () => spawnSync('echo', ['3']).stdout;",
        REQUIRED + "assert.equal(Number(f()), 3);",
    ),
    "a shell": (
        "const { exec } = require('child_process');\nconst f = (then) => exec('echo 3', then);",
        REQUIRED + "f((error, said) => assert.equal(said, '3\\n'));",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_passes_and_fails_where_the_answer_is_wrong(
    both: tuple[Judge, Judge], name: str
) -> None:
    code, script = SCRIPTS[name]
    verdict = judged(both, scripted(code, script))
    assert verdict.outcome is Outcome.PASSED, verdict.output
    if "equal(" in script:
        wrong = script.replace(", 3)", ", 4)").replace(", 2)", ", 4)").replace("'3\\n'", "'4\\n'")
        wrong = wrong.replace(", 0)", ", 4)")
        verdict = judged(both, scripted(code, wrong))
        assert verdict.outcome is Outcome.WRONG_ANSWER, verdict.output


FORGED = {
    "tests that are never reached": (
        "Object.defineProperty(Promise.prototype, 'constructor', { value: Object });\n"
        "Promise.prototype.then = (go) => go();\nexport const f = () => 4;\n"
        "await new Promise(() => {});"
    ),
    "an end before the tests": "export const f = () => 3;\nprocess.exit(0);",
    "an end that is announced": (
        "export const f = () => { process.emit('beforeExit', 0); process.reallyExit(0); };"
    ),
    "exports that are set later": (
        "import vm from 'vm';\nfor (const name of ['setExport', 'link', 'evaluate'])\n"
        "  for (const kind of [vm.SyntheticModule, vm.SourceTextModule])\n"
        "    kind.prototype[name] = function () { return Promise.resolve(); };\n"
        "export const f = () => 4;"
    ),
    "what fails is swallowed": (
        "for (const event of ['uncaughtException', 'unhandledRejection'])\n"
        "  process.on(event, () => {});\n"
        "export const f = () => 4;"
    ),
    "the main module": (
        "import.meta.done?.({});\n"
        "for (const name of ['main.js', 'sodakd-tests', 'sodakd-program'])\n"
        "  try { await import(name); } catch {}\nexport const f = () => 4;"
    ),
    "tests in a comment": "export const f = () => 3;\n/*",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_no_module_passes_but_by_its_answers(both: tuple[Judge, Judge], name: str) -> None:
    for script in (REQUIRED + EQUAL, IMPORTED + EQUAL):
        for judge in both:
            assert not judge.judge(scripted(FORGED[name], script)).passed


def test_a_program_that_saw_its_tests_fail_does_not_see_them_again(
    both: tuple[Judge, Judge],
) -> None:
    code = (
        "const assert = require('assert');\nlet asked = 0;\nconst f = () => (asked++ ? 3 : 4);\n"
        "RegExp.prototype.test = () => true;\n"
        "Object.defineProperty(SyntaxError, Symbol.hasInstance, { value: () => true });"
    )
    for judge in both:
        assert not judge.judge(scripted(code, REQUIRED + EQUAL)).passed
