"""YAML that a person wrote, as values that JSON can hold.

YAML 1.2: `2e-5` is a number, `no` is a string, and so is a date. What JSON has no form for is one
error, and so is what would not end: an alias within its own anchor, aliases of aliases.
"""

import re
from io import StringIO
from itertools import accumulate

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError

from sodakd.json_text import valid_unicode

MAX_DEPTH = 30
MAX_BRACKETS = 200
"""Open ones: the reader takes time that grows with the square of their number."""
MAX_VALUES = 100_000
MAX_SIZE = 1_000_000
"""Characters: no recipe is longer, and the reader takes its time."""


_SIGNS = re.compile(r"[\[\]{}]")
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
_TOO_DEEP = "values within one another, too deep to be read"


class YamlError(ValueError):
    """A text is no YAML that can be used. The message says what is wrong, and where."""


class _Constructor(SafeConstructor):
    """YAML 1.2 knows no dates: what looks like one is a text."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def parse_yaml(text: str) -> JsonValue:
    """Return the value of a YAML text.

    Raises:
        YamlError: it is not YAML, is too long or nested too deep, or holds what JSON cannot.
    """
    if len(text) > MAX_SIZE:
        raise YamlError(f"{len(text):,} characters; {MAX_SIZE:,} are read at most")
    if max(accumulate(_STEP[sign] for sign in _SIGNS.findall(text)), default=0) > MAX_BRACKETS:
        raise YamlError(_TOO_DEEP)
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    reader.Constructor = _Constructor
    try:
        return _Copy().of(reader.load(StringIO(text)), "")
    except RecursionError:
        raise YamlError(_TOO_DEEP) from None
    except YamlError:
        raise
    except (YAMLError, ValueError, TypeError, OverflowError, AttributeError, LookupError) as error:
        # The reader's own errors, and what its scanner and constructors let through.
        words = str(error).partition("To suppress this check")[0].strip()
        raise YamlError(words or type(error).__name__) from None


class _Copy:
    """Copies a value that was read, and counts what it copies: an alias is a copy each time."""

    def __init__(self) -> None:
        self._values = 0

    def of(self, value: object, at: str, depth: int = 0) -> JsonValue:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise YamlError(
                f"more than {MAX_DEPTH} levels within one another"
                if depth > MAX_DEPTH
                else f"more than {MAX_VALUES:,} values: aliases of aliases, perhaps"
            )
        if isinstance(value, dict):
            pairs = [(valid_unicode(str(key)), below) for key, below in value.items()]
            return {
                key: self.of(below, f"{at}.{key}".lstrip("."), depth + 1) for key, below in pairs
            }
        if isinstance(value, list):
            return [self.of(each, f"{at}.{n}", depth + 1) for n, each in enumerate(value)]
        if isinstance(value, str):
            return valid_unicode(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        raise YamlError(f"{at}: a recipe holds no {type(value).__name__}: {str(value)[:60]}")
