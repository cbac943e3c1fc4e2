"""A disk that is full is said, whichever library meets it."""

import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.heavy

SCRIPT = """
import errno, sys
from contextlib import suppress
from pathlib import Path
import torch
from safetensors.torch import save_file
import sodakd.training.train
from sodakd.training.disk_errors import disk_errors_as_oserror
from tests.tiny_models import byte_tokenizer

disk = Path(sys.argv[1])
tensors = {"a": torch.zeros(200_000)}
WRITERS = {
    "torch": lambda: torch.save(tensors, disk / "state.pt"),
    "safetensors": lambda: save_file(tensors, disk / "model.safetensors"),
    "tokenizers": lambda: byte_tokenizer(None).save_pretrained(disk),
    "python": lambda: (disk / "rows").write_bytes(bytes(900_000)),
}
for name, write in WRITERS.items():
    for path in disk.iterdir():
        path.unlink()
    if name == "tokenizers":
        with suppress(OSError), (disk / "rest").open("wb", buffering=0) as file:
            while file.write(bytes(1000)):
                pass
    try:
        with disk_errors_as_oserror(disk):
            write()
    except OSError as error:
        assert error.errno == errno.ENOSPC, (name, error)
    else:
        raise SystemExit(f"{name} wrote more than there is room for")
for path in disk.iterdir():
    path.unlink()
try:
    with disk_errors_as_oserror(disk):
        raise RuntimeError("something else")
except RuntimeError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    """The script, run to its end on a small disk."""
    unshare = ("unshare", "--user", "--map-root-user", "--mount")
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed: no small disk can be made here")
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("user namespaces are not allowed here: no small disk can be made")
    disk = str(tmp_path_factory.mktemp("disk"))
    mount = f'mount -t tmpfs -o size=500k none "{disk}" && exec "$@"'
    return subprocess.run(
        [*unshare, "sh", "-c", mount, "sh", sys.executable, "-c", SCRIPT, disk],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_full_disk_is_an_error_of_the_disk_in_every_writer(
    done: "subprocess.CompletedProcess[str]",
) -> None:
    assert (done.returncode, done.stdout) == (0, "something else\n"), done.stderr


def test_opening_the_trainer_prints_nothing_of_packages_that_it_does_not_need(
    done: "subprocess.CompletedProcess[str]",
) -> None:
    assert done.stderr == ""
