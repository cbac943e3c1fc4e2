"""Where a secret stands that belongs elsewhere: it is refused, and shown nowhere."""

from pathlib import Path

import pytest

from sodakd.errors import EndpointError, RecipeError
from sodakd.evaluate.open_model import RemoteModel
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.http import HttpPool
from sodakd.recipe_file import read_recipe
from sodakd.settings.teacher import TeacherSettings
from sodakd.settings.urls import address_fault, public_address
from sodakd.teacher.teacher_endpoint import missing_for_teacher

SECRET = "hunter2-of-the-test"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("base_url", f"http://me:{SECRET}@h/v1", "a user's name or a password"),
        ("base_url", f"https://{SECRET}@h/v1", "a user's name or a password"),
        ("base_url", f"me:{SECRET}@h/v1", "it must be like"),
        ("base_url", f"http://me:pa/ss{SECRET}@h/v1", "it must be like"),
        ("base_url", f"http://h/v1?key={SECRET}", r"belongs into `query`"),
        ("base_url", f"http://h/v1#{SECRET}", r"belongs into `query`"),
        ("api_key_env", f"sk-{SECRET}", "no name of an environment variable"),
        ("api_key_env", f"{SECRET} ", "no name of an environment variable"),
        ("headers.api-key", SECRET, "holds a secret"),
        ("headers.X-Auth-Token", f"Bearer {SECRET}", "holds a secret"),
        ("headers.authorization", f"env:{SECRET}", "no name of an environment variable"),
    ],
)
def test_a_secret_in_a_recipe_is_refused_at_its_reading_and_not_repeated(
    key: str, value: str, words: str, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("teacher: {kind: openai, model: m}\n")
    with pytest.raises(RecipeError, match=words) as caught:
        read_recipe(recipe, [f"teacher.{key}='{value}'"])
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("key", ["gsk_0123456789abcdef", "A1B2C3D4E5F6A7B8C9D0", "abcdef012345"])
def test_a_key_that_could_be_a_name_is_not_repeated_where_it_is_not_set(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(key, raising=False)
    settings = TeacherSettings(
        kind="openai", model="m", base_url="http://h/v1", api_key_env=key,
        headers={"x-api-key": f"env:{key}"},
    )  # fmt: skip
    lines = missing_for_teacher(settings)
    assert len(lines) == 2
    assert key not in str(lines)
    assert "***" in lines[0]


def test_a_password_in_an_address_of_the_environment_or_the_command_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"http://me:{SECRET}@h/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    (line,) = missing_for_teacher(TeacherSettings(kind="openai", model="m"))
    assert "'http://***@h/v1'" in line
    for refused in (lambda: RemoteModel(url, "KEY", 1), lambda: HttpPool(Endpoint(url, "m"), 1.0)):
        with pytest.raises(EndpointError) as caught:
            refused()
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "HTTP://h/v1",
        "https://h:1/@cf/model",
        "http://[::1]:8000/v1",
        "http://h",
        "https://h/a%20b/",
    ],
)
def test_an_address_of_a_server_is_taken(address: str) -> None:
    assert address_fault(address) is None
    settings = TeacherSettings(kind="openai", model="m", base_url=f" {address}\n")
    assert settings.base_url == address.replace("HTTP", "http")


def test_the_whole_path_of_a_call_is_no_address() -> None:
    assert address_fault("http://h/v1/chat/completions") == "it ends before /chat/completions"
    assert public_address("http://h/v1?key=x") == "http://h/v1"


def test_secrets_of_headers_are_masked_in_a_servers_words() -> None:
    endpoint = Endpoint("http://h", "m", None, headers={"authorization": f"Bearer {SECRET}"})
    assert endpoint.public(f"unknown: {SECRET}") == "unknown: ***"
    assert endpoint.public(f"unknown: Bearer {SECRET}") == "unknown: ***"
    assert SECRET not in repr(endpoint)
