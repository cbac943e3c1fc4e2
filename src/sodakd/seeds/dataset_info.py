"""A folder with LLaMA-Factory's `dataset_info.json`: which files it describes, and their columns.

The rules are those of its `data/README.md`: `formatting` is `alpaca` or `sharegpt` (`openai` is
read alike), `columns` and `tags` say what is named otherwise, and where `columns` stands, a column
that it leaves out is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.json_text import json_kind, parse_json
from sodakd.settings.sources import exists

INFO = "dataset_info.json"
Values = dict[str, JsonValue]

_ALPACA = {"prompt": "instruction", "query": "input", "response": "output"}
_SHAREGPT = {"messages": "conversations"}
_FORMS = {"alpaca": _ALPACA, "sharegpt": _SHAREGPT, "openai": _SHAREGPT}
_TAGS = {
    "role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt",
}  # fmt: skip
_SHADOWS = frozenset({
    "instruction", "input", "output", "messages", "conversations", "prompt", "chosen", "rejected",
    "response", "solution",
})  # fmt: skip


@dataclass(frozen=True)
class Described:
    """A dataset of a `dataset_info.json`, with its file in the same folder.

    Without `columns` those of the format count, as far as a row has them.
    """

    name: str
    file: Path
    formatting: str
    ranking: bool
    columns: Mapping[str, str] | None
    tags: Mapping[str, str]

    def canonical(self, values: Values, where: str) -> Values:
        """A row with its columns under the names that are the defaults of its format.

        Raises:
            DataError: a column that the description names is not there.
        """
        form = _FORMS[self.formatting]
        answer = "chosen" if self.ranking else "response"
        columns = self.columns
        if columns is None:
            defaults = {**form, "chosen": "chosen"}
            columns = {name: column for name, column in defaults.items() if column in values}
        wanted = {name: columns[name] for name in (*form, answer) if name in columns}
        absent = [column for column in wanted.values() if column not in values]
        if absent:
            raise DataError(
                f"{where} has no column {', '.join(absent)}; found {', '.join(values)}: mend the"
                f" entry {self.name} of {INFO}"
            )
        found = {form.get(name, name): values[column] for name, column in wanted.items()}
        if form is _SHAREGPT:
            found = {name: self._turns(value) for name, value in found.items()}
        others = {name: value for name, value in values.items() if name not in _SHADOWS}
        return {**others, **found}

    def _turns(self, value: JsonValue) -> JsonValue:
        """Turns under the default tags; an answer may be a single turn."""
        if isinstance(value, list):
            return [self._turns(turn) for turn in value]
        if not isinstance(value, dict):
            return value
        tags = self.tags
        who = value.get(tags["role_tag"])
        said = value.get(tags["content_tag"])
        roles: dict[JsonValue, str] = {tags["user_tag"]: "human", tags["assistant_tag"]: "gpt"}
        named = roles.get(who, str(who)) if isinstance(who, str) else ""
        return {"from": named, "value": said}


def described(folder: Path, name: str = "") -> list[Described]:
    """The datasets of a folder's `dataset_info.json` whose file lies there; or the one named so.

    Raises:
        DataError: the description cannot be read, or describes no such dataset in this folder.
    """
    path = folder / INFO
    try:
        info = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if not isinstance(info, dict):
        raise DataError(f"{path} holds {json_kind(info)}; it is an object of datasets")
    if name and name not in info:
        raise DataError(f"{path} describes no {name}; it has: {', '.join(info)}")
    wanted = {name: info[name]} if name else info
    found = [
        _described(folder, each, entry)
        for each, entry in wanted.items()
        if isinstance(entry, dict) and _file(folder, entry) is not None
    ]
    if not found:
        raise DataError(
            f"{path} describes no dataset whose file lies in {folder}"
            + (f" by the name of {name}" if name else "")
        )
    return found


def _file(folder: Path, entry: Mapping[str, JsonValue]) -> Path | None:
    named = entry.get("file_name")
    path = folder / named if isinstance(named, str) and named else None
    return path if path is not None and exists(path) else None


def _described(folder: Path, name: str, entry: Mapping[str, JsonValue]) -> Described:
    formatting = entry.get("formatting", "alpaca")
    if not isinstance(formatting, str) or formatting not in _FORMS:
        raise DataError(
            f"{folder / INFO}, {name}: unknown formatting {formatting!r}; known:"
            f" {', '.join(_FORMS)}"
        )
    file = _file(folder, entry)
    assert file is not None
    columns = entry.get("columns")
    tags = entry.get("tags")
    return Described(
        name=name,
        file=file,
        formatting=formatting,
        ranking=entry.get("ranking") is True,
        columns=_texts(columns) if isinstance(columns, dict) else None,
        tags={**_TAGS, **(_texts(tags) if isinstance(tags, dict) else {})},
    )


def _texts(values: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str)}
