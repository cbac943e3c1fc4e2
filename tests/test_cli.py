"""The command line: instant help, every wrong input one clear error, exit code 2."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from sodakd.recipe import Recipe
from sodakd.recipe_file import read_recipe
from sodakd.run_header import open_header
from tests.test_recipe import RECIPES
from tests.tiny import command, sodakd, sodakd_looks, write_recipe


def refused(done: subprocess.CompletedProcess[str], says: str) -> None:
    """One clear error, exit code 2, no traceback."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error:") == 1
    assert says in done.stderr


@pytest.mark.parametrize("name", ["run", "check", "plan", "report", "env", "schema"])
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = sodakd_looks(name, "--help", COLUMNS="200")
    assert done.returncode == 0
    assert f"sodakd {name}" in done.stdout
    assert "Example" in done.stdout


def test_help_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys\nsys.argv = ['sodakd', '--help']\n"
        "from sodakd.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [("check",), ("plan",), ("ledger",)])
def test_commands_that_only_look_import_no_client_of_servers(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    recipe = str(write_recipe(tmp_path))
    words = (*words, str(tmp_path) if words == ("ledger",) else recipe)
    code = (
        f"import sys\nsys.argv = ['sodakd', *{words!r}]\n"
        "from sodakd.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'aiohttp'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.heavy
def test_check_says_which_questions_are_not_there(tmp_path: Path) -> None:
    recipe = str(write_recipe(tmp_path))
    words = ("teacher.kind=openai", "teacher.model=m", "teacher.base_url=http://localhost:1/v1")
    for source, there in (("no/such/file.jsonl", False), ("owner/name", True)):
        done = sodakd("check", recipe, *words, f"questions.source={source}")
        assert done.returncode == 0
        assert ("there is no source" in done.stderr) is not there


def test_a_finished_run_whose_source_is_away_is_finished(tmp_path: Path) -> None:
    recipe, out = str(write_recipe(tmp_path)), tmp_path / "run"
    words = (
        "run", recipe, f"questions.source={tmp_path}/away.jsonl", "teacher.kind=openai",
        "teacher.model=m", "teacher.base_url=http://localhost:1/v1", "--out", str(out),
    )  # fmt: skip
    looks = partial(sodakd_looks, *words)
    refused(looks(), "there is no source")
    out.mkdir()
    open_header(out, read_recipe(Path(recipe), [*words[2:6]]).redacted)
    refused(looks(), "there is no source")
    (out / "results.json").touch()
    done = looks()
    assert done.returncode == 0
    assert "is finished" in done.stdout
    refused(looks("--from", "base/student"), "there is no source")


@pytest.mark.toolchain
def test_a_compiler_that_is_missing_is_named_before_anything_is_made(tmp_path: Path) -> None:
    recipe, out = str(write_recipe(tmp_path)), tmp_path / "run"
    checked = sodakd("check", recipe, "questions.language=java", PATH="/nowhere")
    assert checked.returncode == 0
    assert "missing here: java cannot be judged here" in checked.stderr
    assert "questions.languages" in checked.stderr
    done = sodakd("run", recipe, "questions.language=java", "--out", str(out), PATH="/nowhere")
    refused(done, "java cannot be judged here")
    assert not out.exists()


def test_check_and_plan_give_json(tmp_path: Path) -> None:
    recipe = str(write_recipe(tmp_path))
    assert json.loads(sodakd("check", recipe, "--json").stdout)["mistakes"] == []
    wrong = sodakd("check", recipe, "cycles=0", "sead=1", "--json")
    assert wrong.returncode == 2
    assert len(json.loads(wrong.stdout)["mistakes"]) == 2
    planned = json.loads(sodakd("plan", recipe, "--json").stdout)
    assert {row["ask"] for row in planned["calls"]} >= {"solve", "fault"}


def test_shipped_recipes_are_listed_shown_and_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = sodakd("recipes").stdout.splitlines()
    assert [line.split()[0] for line in listed] == [path.stem for path in RECIPES]
    shown = sodakd("recipes", "show", "embedded").stdout
    assert shown == next(path for path in RECIPES if path.stem == "embedded").read_text()
    for words, said in (
        (("show", "none"), "there is no recipe 'none' here; the names are embedded"),
        (("none",), "write:"),
    ):
        refused(sodakd("recipes", *words), said)
    monkeypatch.chdir(tmp_path)
    for name in ("embedded", "recipes/embedded.yaml"):
        done = sodakd("check", name)
        assert f"{name} is right" in done.stdout, done.stderr


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run that its budget of one call has stopped, and what it said of it."""
    out = tmp_path_factory.mktemp("stopped") / "run"
    recipe = str(write_recipe(out.parent))
    done = sodakd("run", recipe, "budget.calls=1", "--no-preflight", "--out", str(out))
    assert done.returncode == 3, done.stderr
    return out, done.stderr


@pytest.fixture
def goes_on(stopped: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(stopped[0], tmp_path / "run")


@pytest.mark.toolchain
def test_a_run_keeps_a_log_of_what_ran_and_why_it_ended(goes_on: Path, tmp_path: Path) -> None:
    out = goes_on
    words = (str(write_recipe(tmp_path)), "budget.calls=2", "--no-preflight")
    sodakd("run", *words, "--out", str(out))
    lines = [line.split("  ", 1)[1] for line in (out / "run.log").read_text().splitlines()]
    begun = [line for line in lines if line.startswith("begins: sodakd ")]
    assert ["budget.calls=1" in begun[0], "budget.calls=2" in begun[1], len(begun)] == [1, 1, 2]
    assert "questions/seeds" in lines
    assert "raise budget.calls" in lines[-1]
    assert lines[-1].startswith("ends: error: ")


def test_seeds_of_an_empty_file_are_one_clear_error(tmp_path: Path) -> None:
    (empty := tmp_path / "empty.jsonl").write_text("")
    refused(sodakd("seeds", str(empty)), "holds no rows")


def test_check_accepts_a_right_recipe(tmp_path: Path) -> None:
    done = sodakd("check", str(write_recipe(tmp_path)))
    assert done.returncode == 0
    assert "is right" in done.stdout


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_check_accepts_every_shipped_recipe(path: Path) -> None:
    done = sodakd("check", str(path))
    assert done.returncode == 0
    assert f"{path} is right" in done.stdout
    assert all(line.startswith("missing here: ") for line in done.stderr.splitlines())


def test_check_reports_all_mistakes_and_spends_nothing(tmp_path: Path) -> None:
    done = sodakd("check", str(write_recipe(tmp_path)), "cycls=2", "budget.money=0")
    refused(done, "2 mistakes")
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.yaml"]


def test_plan_counts_before_anything_is_spent(tmp_path: Path) -> None:
    done = sodakd("plan", str(write_recipe(tmp_path)), "budget.calls=10", COLUMNS="120")
    assert done.returncode == 0, done.stderr
    assert "this passes budget.calls" in done.stdout
    assert "cycle-2" in done.stdout
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.yaml"]


def test_schema_is_that_of_the_recipe() -> None:
    assert json.loads(sodakd("schema").stdout) == Recipe.model_json_schema()


@pytest.mark.heavy
def test_env_names_versions_cores_and_compilers() -> None:
    lines = sodakd("env").stdout.splitlines()
    names = {line.split()[0] for line in lines}
    assert {"sodakd", "python", "cores", "accelerator", "isolation", "torch", "cpp"} <= names


@pytest.mark.toolchain
def test_a_zero_budget_is_refused(tmp_path: Path) -> None:
    refused(sodakd("run", str(write_recipe(tmp_path)), "budget.calls=0"), "budget.calls")


@pytest.mark.toolchain
def test_an_empty_question_set_is_refused(tmp_path: Path) -> None:
    refused(sodakd("run", str(write_recipe(tmp_path)), "questions.seeds=0"), "questions.seeds")


def test_seeds_that_are_all_probes_leave_nothing_to_train_on(tmp_path: Path) -> None:
    refused(sodakd("check", str(write_recipe(tmp_path)), "questions.seeds=12"), "probes")


@pytest.mark.toolchain
def test_a_missing_recipe_is_refused(tmp_path: Path) -> None:
    refused(sodakd("run", str(tmp_path / "none.yaml")), "there is no recipe")


@pytest.mark.toolchain
def test_a_folder_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"format": 7, "recipe": {}}', encoding="utf-8")
    done = sodakd("run", str(write_recipe(tmp_path)), "--out", str(tmp_path / "run"))
    refused(done, "format 7")


@pytest.mark.toolchain
def test_a_truncated_row_is_refused_by_file_and_line(goes_on: Path, tmp_path: Path) -> None:
    seeds = goes_on / "questions" / "seeds.jsonl"
    seeds.write_bytes(seeds.read_bytes()[:-30])
    done = sodakd("run", str(write_recipe(tmp_path)), "--out", str(goes_on))
    refused(done, "seeds.jsonl, line 60")


@pytest.mark.toolchain
def test_a_reached_budget_stops_cleanly_and_goes_on_when_it_is_raised(
    stopped: tuple[Path, str], goes_on: Path, tmp_path: Path
) -> None:
    assert "Traceback" not in stopped[1]
    assert "raise budget.calls" in stopped[1]
    words = (str(write_recipe(tmp_path)), "budget.calls=40", "--no-preflight")
    done = sodakd("run", *words, "--out", str(goes_on))
    assert done.returncode == 3, done.stderr
    *_, spent = json.loads(sodakd("ledger", str(goes_on), "--json").stdout)
    assert spent["calls"] == 40


@pytest.mark.toolchain
def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=64k none {tmp_path}/disk"
    (tmp_path / "disk").mkdir()
    try:
        probe = subprocess.run(
            ["unshare", "-rm", "sh", "-c", mount], check=False, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed: no small disk can be made here")
    if probe.returncode:
        pytest.skip("user namespaces are not allowed here: no small disk can be made")
    words = " ".join(command("run", str(write_recipe(tmp_path)), "--out", f"{tmp_path}/disk/run"))
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"{mount} && {words}"],
        check=False,
        capture_output=True,
        text=True,
    )
    refused(done, "the disk is full")


@pytest.mark.toolchain
def test_a_missing_permission_is_one_clear_error(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    user = None
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and setpriv is not installed")
        # All of root's rights but the one to pass over permissions.
        user = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
        shutil.chown(locked, user=12345)
        locked.chmod(0o500)
    words = [*(user or []), *command("run", str(recipe), "--out", str(locked / "run"))]
    refused(subprocess.run(words, check=False, capture_output=True, text=True), "permission")


def test_seeds_are_never_written_over_their_source(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("instruction\nWrite a Python function that sums a list\n", encoding="utf-8")
    before = path.read_bytes()
    done = sodakd("seeds", str(path), "--out", str(path))
    assert done.returncode == 2
    assert "choose another file" in done.stderr
    assert path.read_bytes() == before
