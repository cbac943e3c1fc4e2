"""Whatever the hub or the network refuses is an error of ours, that says what can be done."""

import sys
from pathlib import Path

import pytest

from sodakd.errors import DataError, ModelError
from sodakd.inference.hub import asking_hub, find_model

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

NOBODY = "http://127.0.0.1:9"


def test_a_folder_is_its_own_model(tmp_path: Path) -> None:
    assert find_model(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("name", ["../there", ".hidden", "a/b/c"])
def test_what_is_no_id_is_not_asked_for(name: str) -> None:
    with pytest.raises(ModelError, match="name a model's folder, or a hub's id"):
        find_model(name)


def test_a_hub_that_nobody_answers_for_is_an_error_of_ours() -> None:
    from huggingface_hub import HfApi

    with (
        pytest.raises(DataError, match=r"x is none, and the hub did not give it \(.*; do this"),
        asking_hub(DataError, "x is none", extra="data", instead="do this"),
    ):
        HfApi(endpoint=NOBODY).model_info("some/model")


def test_a_name_that_is_none_is_an_error_of_ours() -> None:
    from huggingface_hub import hf_hub_download

    with pytest.raises(DataError, match="check the name"), asking_hub(DataError, "x", extra="data"):
        hf_hub_download("a--b/..", "file")


def test_an_error_without_a_word_is_told_by_its_name() -> None:
    with pytest.raises(DataError, match=r"\(TimeoutError\)"), asking_hub(DataError, "x", extra=""):
        raise TimeoutError


def test_without_huggingface_hub_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", None)
    with pytest.raises(ModelError, match=r"pip install 'sodakd\[train\]'"):
        find_model("some/model")
