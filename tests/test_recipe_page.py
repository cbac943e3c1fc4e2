"""The page of every key is that of the schema, and each key of it has a meaning."""

import re
from pathlib import Path

from sodakd.recipe import Recipe
from sodakd.recipe_page import recipe_page
from tests.test_head import keys

PAGE = Path(__file__).parents[1] / "docs" / "keys.md"


def test_the_page_of_keys_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == recipe_page(), (
        "write it anew: sodakd schema --markdown > docs/keys.md"
    )


def test_every_key_stands_on_the_page_with_a_meaning() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| .+ \| (.*) \| .* \|$", recipe_page(), re.MULTILINE)
    assert {key for key, _ in rows} == set(keys(Recipe))
    assert [key for key, means in rows if not means.strip()] == []
