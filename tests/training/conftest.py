"""A tiny student, and the check of tensor shapes: what a signature says is tested on every call."""

from pathlib import Path

import pytest
import transformers.trainer  # noqa: F401 - under the hook, 2,300 modules of torch would be compiled
from jaxtyping import install_import_hook

with install_import_hook(
    [
        f"sodakd.training.{name}"
        for name in (
            "packing",
            "losses",
            "divergence",
            "objective",
            "optimizer",
            "attention",
            "split_attention",
            "grid_attention",
        )
    ],
    "beartype.beartype",
):
    import sodakd.training.attention
    import sodakd.training.divergence
    import sodakd.training.objective
    import sodakd.training.optimizer  # noqa: F401

from sodakd.settings.student import StudentShape
from sodakd.training.from_scratch import init_student
from tests.training.questions import synthetic

TINY = StudentShape(
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=48,
    vocab_size=400,
)


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained student of a few thousand parameters."""
    folder = tmp_path_factory.mktemp("student")
    texts = [text for e in synthetic(200) for text in (e.prompt, e.chosen)]
    init_student(texts, TINY, 0, folder)
    return folder
