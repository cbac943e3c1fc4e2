"""What the README and the pages of `docs/` name is there: commands, options, keys, files, links."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel

from sodakd.cli import COMMANDS, GROUPS, app
from sodakd.recipe import Recipe
from sodakd.recipe_values import section_of

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
IDS = [page.stem for page in PAGES]
_CALL = re.compile(r"\bsodakd ([a-z]+)((?:[^`\n#]|\\\n)*)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_KEY = re.compile(r"(?<![\w./-])([a-z_]+(?:\.[a-z_]+)+)(?![\w/(])")
_FILE = re.compile(r"`((?:src|tests|docs|recipes|benchmarks|scripts)/[\w./-]+)`")
_RUN = re.compile(r"\b(?:python|pytest)(?: -m slow)? ((?:benchmarks|scripts|tests)/[\w./]+)")
_HEAD = re.compile(r"^#+ (.*)$", re.MULTILINE)


def _options() -> Mapping[str, set[str]]:
    """The options of each command, as its help lists them; of a group, those of all below it."""
    from typer.main import get_command

    def options(command: object) -> set[str]:
        below = vars(command).get("commands", {}).values()
        own = {
            one
            for option in vars(command)["params"]
            for one in (*option.opts, *option.secondary_opts)
            if one.startswith("--")
        }
        return own.union(*map(options, below))

    commands: Mapping[str, object] = vars(get_command(app))["commands"]
    return {name: options(command) for name, command in commands.items()}


def _keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield before + name
        below = section_of(field.annotation)
        if below is not None:
            yield from _keys(below, f"{before}{name}.")


def _anchor(head: str) -> str:
    plain = re.sub(r"[^\w\- ]", "", head.lower())
    return plain.strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_and_their_options_are_there(page: Path) -> None:
    known = _options()
    assert set(known) == {*COMMANDS, *GROUPS}
    for name, rest in _CALL.findall(page.read_text(encoding="utf-8")):
        if name in known:
            unknown = set(re.findall(r"(?<=\s)--[\w-]+", rest)) - known[name]
            assert not unknown, f"sodakd {name} has no {', '.join(unknown)}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_keys_of_recipes_are_there(page: Path) -> None:
    known = set(_keys(Recipe))
    sections = {key.partition(".")[0] for key in known if "." in key}
    named = _KEY.findall(page.read_text(encoding="utf-8"))
    files = (".py", ".md", ".json", ".jsonl", ".yaml", ".html", ".log", ".sqlite")
    unknown = {
        key
        for key in named
        if key.partition(".")[0] in sections and not key.endswith(files) and key not in known
    }
    assert not unknown


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_files_and_links_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in (*_FILE.findall(text), *_RUN.findall(text)):
        assert (ROOT / name).exists(), name
    for target in _LINK.findall(text):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if anchor:
            heads = _HEAD.findall(file.read_text(encoding="utf-8"))
            assert anchor in {_anchor(head) for head in heads}, target


_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.toolchain
def test_the_judges_example_in_python_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "judge.md").read_text(encoding="utf-8")
    example = _BLOCK.findall(page)[0]
    exec(compile(example, "docs/judge.md", "exec"), {})
    first, *others = capsys.readouterr().out.splitlines()
    assert first == "passed"
    assert sorted(line[:18].strip() for line in others) == ["right passed", "wrong wrong_answer"]


@pytest.mark.heavy
def test_the_plan_on_paper_has_the_tables_that_its_command_prints() -> None:
    pytest.importorskip("torch", reason="FLOPs are counted on models: pip install 'sodakd[train]'")
    command = [sys.executable, "benchmarks/scale.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert len(rows) > 15
    assert [row for row in rows if row not in page and "---" not in row] == []
