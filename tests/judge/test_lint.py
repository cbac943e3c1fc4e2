"""Static tools find what they must, at the line of the program as it was given; nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sodakd.errors import JudgeError
from sodakd.judge import Judge, Program
from sodakd.judge.lint import ruff, runner
from sodakd.judge.lint.registry import TOOLS, found_tool
from sodakd.judge.lint.tool import Tool
from sodakd.rule_counts import count
from sodakd.settings.stages import JudgeSettings
from sodakd.types import (
    Finding,
    Language,
    Outcome,
    Severity,
    TestScript,
)
from tests.judge.lint_cases import CLEAN, KNOWN, SILENCED, Known

_NONE, _AGAIN = TestScript(script="\n"), TestScript(script="\n\n")
"""What was read once is known: with another script it is another program, and is read again."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(), workers=1) as judge:
        # Each tool that comes later would have the worker made anew, that shows it.
        judge.lint([Program(code, own, _NONE) for own, code in CLEAN.items()])
        yield judge


def need(name: str) -> Tool:
    """The tool, or the test is skipped by what it lacks."""
    tool = next(tool for tool in TOOLS if tool.name == name)
    try:
        tool.find()
    except JudgeError as error:
        pytest.skip(f"{name}: {error}; {tool.install}")
    return tool


def found(judge: Judge, language: Language, code: str, tool: str = "") -> list[Finding]:
    (findings,) = judge.lint([Program(code, language, _NONE)])
    return [one for one in findings if one.tool == tool or not tool]


def test_each_tool_has_a_known_fault() -> None:
    assert {known.tool for known in KNOWN} == {tool.name for tool in TOOLS}


@pytest.mark.toolchain
@pytest.mark.parametrize("known", KNOWN + SILENCED)
def test_a_known_fault_is_found_at_its_line(judge: Judge, known: Known) -> None:
    need(known.tool)
    findings = found(judge, known.language, known.code, known.tool)
    places = {(one.rule, one.line, one.severity) for one in findings}
    assert (known.rule, known.line, known.severity) in places, findings


@pytest.mark.toolchain
@pytest.mark.parametrize("language", Language)
def test_a_clean_program_has_no_finding(judge: Judge, language: Language) -> None:
    for tool in TOOLS:
        if language in tool.languages:
            need(tool.name)
    assert found(judge, language, CLEAN[language]) == []


@pytest.mark.toolchain
def test_many_programs_in_a_call_get_what_each_gets_alone(judge: Judge) -> None:
    codes = [(known.language, known.code) for known in KNOWN + SILENCED]
    codes += list(CLEAN.items())
    together = judge.lint([Program(code, own, _AGAIN) for own, code in codes])
    assert together == [tuple(found(judge, own, code)) for own, code in codes]


@pytest.mark.toolchain
def test_a_finding_changes_no_verdict(judge: Judge) -> None:
    program = Program("import os\ndef f():\n    return y\n", Language.PYTHON, _NONE)
    before = judge.judge(program)
    need("ruff")
    assert len(judge.lint([program])[0]) == 2
    assert judge.judge(program) == before
    assert before.outcome is Outcome.PASSED


@pytest.mark.toolchain
def test_a_program_that_a_tool_fails_on_spoils_no_other(judge: Judge) -> None:
    need("ruff")
    deep = "-" * 150_000 + "1\n"
    programs = [Program(f"print(y{number})\n", Language.PYTHON, _NONE) for number in range(6)]
    programs.insert(3, Program(deep, Language.PYTHON, _NONE))
    findings = judge.lint(programs)
    assert [one.rule for one in findings[3]] == [runner.NO_ANSWER]
    assert [len(one) for one in findings] == [1] * 7
    assert findings[0][0].message == "Undefined name `y0`"


@pytest.mark.toolchain
def test_no_text_takes_longer_to_prepare_than_its_length(judge: Judge) -> None:
    texts = ["\n" * 150_000, "/**/" * 40_000, "@a\n" * 40_000, "import\n" * 20_000, "#" * 150_000]
    programs = [Program(f"{text}x", own, _NONE) for text in texts for own in Language]
    for program in programs:
        for tool in TOOLS:
            if program.language in tool.languages:
                form = tool.form(program.code)
                assert form.count("\n") == program.code.count("\n")


@pytest.mark.toolchain
def test_huge_programs_and_endless_findings_are_bounded(judge: Judge) -> None:
    need("ruff")
    long = f"x = [{'1,' * runner.LONGEST}]\n"
    line = f"x = [{'y, ' * 30_000}]\n"
    findings = judge.lint([Program(code, Language.PYTHON, _NONE) for code in (long, line)])
    assert [one.rule for one in findings[0]] == [runner.TOO_LONG]
    assert {one.rule for one in findings[1]} == {"F821"}
    many = "".join(f"print(y{number}, '{'a' * 2000}')\n" for number in range(90))
    (bounded,) = judge.lint([Program(many, Language.PYTHON, _NONE)])
    assert len(bounded) == runner.MOST + 1
    assert bounded[-1].rule == runner.MORE
    assert bounded[-1].message == "40 more findings"


@pytest.mark.toolchain
def test_no_program_reads_the_machine_or_speaks_for_another(judge: Judge) -> None:
    need("cppcheck")
    need("ruff")
    reader = '#include "/etc/shadow"\n#include "/proc/self/environ"\nint f(void) { return 1; }\n'
    # ruff's words hold this text, whose second line looks like a finding in another file.
    finding = "\\n{}.py:1:1: F821 mine)s"
    liar = f"print('%(x{finding}' % {{{{'x': 1, 'y': 2}}}}, '%(z{finding}' % {{{{}}}})\n"
    programs = [
        Program(CLEAN[Language.C], Language.C, _NONE),
        Program(reader, Language.C, _NONE),
        Program(CLEAN[Language.PYTHON], Language.PYTHON, _NONE),
        Program(liar.format("x0n0", "x1"), Language.PYTHON, _NONE),
    ]
    clean, read, other, lied = judge.lint(programs)
    assert clean == other == ()
    assert all("root" not in one.message for one in read)
    assert "F505" in {one.rule for one in lied}
    assert all(one.message != "mine" for one in lied)


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("language", "code"),
    [
        (Language.JAVASCRIPT, '{"rules": {"no-undef": "off"}, "extends": ["/etc/passwd"]}\n'),
        (Language.TYPESCRIPT, '{"compilerOptions": {"strict": false}, "files": ["/etc/passwd"]}\n'),
        (Language.TYPESCRIPT, 'import x from "/etc/passwd";\n/// <reference path="/a" />\n'),
        (Language.PYTHON, "# /// script\n# requires-python = '>=9'\n# ///\nx = 1\n"),
    ],
)  # fmt: skip
def test_a_configuration_in_a_program_is_text(judge: Judge, language: Language, code: str) -> None:
    other = next(known for known in KNOWN if known.language is language)
    need(other.tool)
    script = TestScript(script="\n" + " " * len(code))
    programs = [Program(one, language, script) for one in (code, other.code)]
    configured, beside = judge.lint(programs)
    assert all("root:" not in one.message for one in configured)
    assert list(beside) == found(judge, language, other.code)


@pytest.mark.toolchain
def test_bytes_that_are_no_text_are_contained(judge: Judge) -> None:
    odd = "x = '\ud800\0'\u2028\r\n"
    programs = [Program(odd, language, _NONE) for language in Language]
    for findings in judge.lint(programs):
        assert all(one.line == 1 and one.message.isprintable() for one in findings)


@pytest.mark.toolchain
def test_a_missing_tool_is_named_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    need("cppcheck")
    program = Program("int f(void) {\n  int y;\n  return 1;\n}\n", Language.C, _NONE)
    with Judge(JudgeSettings(), workers=1) as judge, monkeypatch.context() as patch:
        judge.lint([program])  # the other tools are found while they can be
        patch.setenv("PATH", str(tmp_path))
        found_tool.cache_clear()
        try:
            (findings,) = judge.lint([program])
        finally:
            found_tool.cache_clear()
        assert findings == ()
        assert "no findings of cppcheck: cppcheck is not installed; apt-get install cppcheck" in (
            judge.notes()
        )


@pytest.mark.toolchain
def test_the_versions_of_the_tools_are_known(judge: Judge) -> None:
    need("ruff")
    judge.lint([Program(CLEAN[Language.PYTHON], Language.PYTHON, _NONE)])
    assert judge.versions()["ruff"] == ruff.find().versions["ruff"]


def test_rules_are_counted_faults_first() -> None:
    def finding(rule: str, severity: Severity = Severity.WARNING) -> Finding:
        return Finding(tool="ruff", rule=rule, line=1, message=rule, severity=severity)

    rules = count([
        [finding("F401"), finding("F401")], [finding("F821", Severity.ERROR)], [finding("F401")],
        [],
    ])  # fmt: skip
    assert [(one.rule, one.findings, one.programs) for one in rules] == [
        ("F821", 1, 1), ("F401", 3, 2),
    ]  # fmt: skip
