"""What a recipe says of its teacher: prices, addresses, keys, and what of them is missing."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from sodakd.settings.prices import known_prices
from sodakd.settings.teacher import TeacherSettings
from sodakd.teacher.cost import Prices
from sodakd.teacher.teacher_endpoint import (
    endpoint_of,
    missing_for_teacher,
    prices_of,
    unknown_price,
)


def test_known_prices_are_dated_and_have_a_source() -> None:
    for price in known_prices().values():
        assert price.read.startswith("20")
        assert price.source.startswith("https://")
        assert 0 < price.prompt < price.completion


def test_an_unknown_price_is_said_and_the_recipe_overrides_a_known_one() -> None:
    unknown = TeacherSettings(kind="openai", model="no-such-model")
    assert not prices_of(unknown).known
    assert "the price of no-such-model is unknown" in (unknown_price(unknown) or "")
    known = TeacherSettings(kind="openai", model="gpt-4.1-mini")
    assert prices_of(known) == Prices(0.40, 1.60)
    half = known.model_copy(update={"batch_api": True})
    assert prices_of(half).cost_of(1_000_000, 0) == 200_000_000
    own = TeacherSettings(kind="openai", model="x", prompt_price=1, completion_price=3)
    assert prices_of(own) == Prices(1, 3)
    assert unknown_price(own) is None


def test_a_file_of_ones_own_is_laid_over_the_known_prices(tmp_path: Path) -> None:
    own = tmp_path / "prices.yaml"
    own.write_text(
        'my-model: {prompt: 0.5, completion: 1.5, read: "2026-11-01", source: my contract}\n'
        'gpt-4.1: {prompt: 1.0, completion: 4.0, batch: 0.4, read: "2026-11-01", source: mine}\n'
    )

    def prices(model: str) -> Prices:
        return prices_of(TeacherSettings(kind="openai", model=model, price_file=str(own)))

    assert prices("my-model") == Prices(0.5, 1.5)
    assert prices("gpt-4.1") == Prices(1.0, 4.0)
    assert prices("gpt-4.1-mini") == Prices(0.40, 1.60)
    assert not prices("another").known
    for text, words in (("x: {prompt: 1}", "are wrong: completion"), ("- x", "cannot be read")):
        (bad := tmp_path / f"{len(text)}.yaml").write_text(text)
        with pytest.raises(ValidationError, match=words):
            TeacherSettings(kind="openai", model="x", price_file=str(bad))
    with pytest.raises(ValidationError, match="cannot be read"):
        TeacherSettings(kind="openai", model="x", price_file=str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "openai"}, "needs teacher.model"),
        ({"kind": "replay"}, "needs teacher.file"),
        ({"kind": "world", "model": "x"}, "is for kind openai"),
        ({"kind": "openai", "model": "x", "prompt_price": 1.0}, "or neither"),
        ({"kind": "openai", "model": "x", "base_url": "localhost:8000/v1"}, "it must be like"),
        ({"kind": "openai", "model": "x", "base_url": "http://a:99999/v1"}, "no port 99999"),
    ],
)
def test_settings_that_do_not_fit_the_kind_are_refused(
    fields: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        TeacherSettings.model_validate(fields)


def test_what_a_teacher_lacks_is_said_before_anything_is_spent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for settings, words in (
        (TeacherSettings(kind="openai", model="gpt-4.1"), "OPENAI_API_KEY is not set"),
        (
            TeacherSettings(
                kind="openai", model="x", base_url="http://localhost:1/v1", api_key_env="NOT_SET"
            ),
            "teacher.api_key_env is NOT_SET",
        ),
        (TeacherSettings(kind="replay", file="/no/file"), "no file of recorded answers"),
        (
            TeacherSettings(kind="vllm", model_name_or_path="x", command=("no-such",)),
            "which is not found",
        ),
    ):
        (line,) = missing_for_teacher(settings)
        assert words in line
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:8000/v1")
    (line,) = missing_for_teacher(TeacherSettings(kind="openai", model="x"))
    assert "OPENAI_BASE_URL is 'localhost:8000/v1'; it must be like" in line
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert missing_for_teacher(TeacherSettings(kind="openai", model="x")) == []


def test_blanks_around_a_key_and_an_address_are_no_part_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefgh12\n")
    url = "http://127.0.0.1:8000/v1"
    endpoint = endpoint_of(TeacherSettings(kind="openai", model="m", base_url=f"{url}\n"))
    assert (endpoint.key, endpoint.base_url) == ("sk-abcdefgh12", url)
