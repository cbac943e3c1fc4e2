"""The header of a run folder, `run.json`, which ties it to a recipe; and the folder's lock."""

import fcntl
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import JsonValue

from sodakd import __version__
from sodakd.errors import RunError
from sodakd.json_text import JsonError, parse_json
from sodakd.jsonl import atomic_write
from sodakd.recipe import Recipe
from sodakd.recipe_file import differences
from sodakd.settings.changes import MAY_CHANGE, MAY_GROW, MAY_MOVE, SPLIT
from sodakd.settings.questions import WORLD
from sodakd.settings.sources import exists
from sodakd.weights import hash_file

Values = dict[str, JsonValue]

FORMAT = 1
LOCKED = "another sodakd is working in"
"""How the error begins of a folder that is locked."""

_READ_FIRST = frozenset(["questions.source", "questions.exclude"])
"""Keys that name what the run's first step reads, and no later one: it is to stay as it was."""
NO_MINIMUMS: Mapping[str, int] = MappingProxyType({})


def open_header(
    folder: Path, recipe: Mapping[str, JsonValue], minimums: Mapping[str, int] = NO_MINIMUMS
) -> None:
    """Write the head of a new run; of one that was begun, see that it is of this recipe.

    Keys that the older or the newer one does not name have their defaults. `minimums`: the
    smallest values of keys that may grow, from how far the run has come.

    Raises:
        RunError: it is of another recipe (the message says what differs), of another version of the
            format, or the folder holds other files.
    """
    path = folder / "run.json"
    if path.exists():
        old = _read_head(path)
        recipe = _with_variants_of(old.recipe, recipe)
        _require_same(folder, old, recipe, minimums)
        files = dict(old.files)
        if not (folder / "manifest.jsonl").exists():  # nothing was read from them yet
            files |= _hashes(recipe, _READ_FIRST)
        if (old.recipe, old.files) == (recipe, files):
            return
    elif any(entry.name != "lock" and entry.suffix != ".part" for entry in folder.iterdir()):
        if (folder / "manifest.jsonl").exists() or (folder / "ledger.sqlite").exists():
            raise RunError(f"{path} is gone, the head of the run in this folder; {_LOST}")
        raise RunError(f"{folder} holds other files and no run; name an empty folder: --out DIR")
    else:
        files = _hashes(recipe, MAY_MOVE)
    head = {"format": FORMAT, "sodakd": __version__, "recipe": dict(recipe), "files": files}
    atomic_write(path, json.dumps(head, indent=1).encode())


def is_finished(folder: Path, recipe: Mapping[str, JsonValue]) -> bool:
    """Whether a run of this very recipe came to its end in a folder."""
    if not ((folder / "run.json").exists() and (folder / "results.json").exists()):
        return False
    begun = _read_head(folder / "run.json").recipe
    return begun == _with_variants_of(begun, recipe)


@dataclass(frozen=True)
class _Head:
    """What `run.json` holds. `files`: the SHA-256 of what the recipe's files held, by key."""

    version: str
    recipe: Values
    files: Mapping[str, str]


def _require_same(
    folder: Path, old: _Head, recipe: Mapping[str, JsonValue], minimums: Mapping[str, int]
) -> None:
    defaults = Recipe().model_dump(mode="json")
    before, now = _filled(old.recipe, defaults), _filled(recipe, defaults)
    same_steps = _examples_a_step(before) == _examples_a_step(now)
    free = MAY_CHANGE | SPLIT if same_steps else MAY_CHANGE
    asked = {key for key in old.files if _value(before, key) != _value(now, key)}
    asked |= old.files.keys() & _READ_FIRST if (folder / "manifest.jsonl").exists() else set()
    hashes = {key: _hash_of(_value(now, key)) for key in asked}
    moved = {key for key, hashed in hashes.items() if hashed == old.files[key]}
    other = {key for key, hashed in hashes.items() if hashed and key not in moved}
    grow = MAY_GROW if _ends_as_it_goes(before) else frozenset[str]()
    fewest = {key: minimums.get(key, _value(before, key)) for key in grow}
    free |= moved | {key for key, most in fewest.items() if _reaches(_value(now, key), most)}
    new = variants_of(now).keys() - variants_of(before).keys()
    free |= {f"variants.{name}" for name in new}
    why = {
        **{
            key: f" (this run has come to {most}: it takes {most} or more)"
            for key, most in fewest.items()
        },
        **dict.fromkeys(other, " (it holds something else)"),
    }
    differing = _changes(before, now)
    changed = [f"{line}{why.get(key, '')}" for key, line in differing if not _among(free, key)]
    changed += [
        f"{key}: what lies there was changed since the run read it"
        for key in sorted(other - {key for key, _ in differing})
    ]
    if not changed:
        return
    lines = "\n".join(f"  {line}" for line in changed)
    unknown = sorted(key for key, _ in differing if not _known(key, defaults))
    advice = "use the old values, or another folder: --out DIR"
    if other:
        advice = "use the old values and what they held, or another folder: --out DIR"
    if unknown:
        advice = (
            f"{', '.join(unknown)}: this sodakd {__version__} has no such key; use sodakd"
            f" {old.version}, or another folder: --out DIR"
        )
    raise RunError(f"{folder} was begun with another recipe:\n{lines}\n{advice}")


def _changes(before: JsonValue, now: JsonValue) -> list[tuple[str, str]]:
    """The keys that differ, each with the line that says so."""
    return [(line.partition(":")[0], line) for line in differences(before, now)]


def _filled(recipe: Mapping[str, JsonValue], defaults: Mapping[str, JsonValue]) -> Values:
    """A written recipe, with the defaults of the keys that it does not name."""
    filled: Values = {**defaults, **recipe}
    for key, below in defaults.items():
        own = filled[key]
        if isinstance(below, dict) and isinstance(own, dict):
            filled[key] = _filled(own, below)
    return filled


def _with_variants_of(begun: Mapping[str, JsonValue], recipe: Mapping[str, JsonValue]) -> Values:
    """A recipe with the variants that a run was begun with: it may leave out some of them."""
    kept = variants_of(begun)
    return {**recipe, "variants": {**kept, **variants_of(recipe)}} if kept else dict(recipe)


def _known(key: str, values: JsonValue) -> bool:
    for part in key.split("."):
        if not isinstance(values, dict) or not values:  # in an empty one any key may stand
            return True
        if part not in values:
            return False
        values = values[part]
    return True


def _value(recipe: Mapping[str, JsonValue], key: str) -> JsonValue:
    value: JsonValue = dict(recipe)
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def variants_of(recipe: Mapping[str, JsonValue]) -> Values:
    """Return the settings of the variants of a written recipe, by name."""
    found = recipe.get("variants")
    return found if isinstance(found, dict) else {}


def _ends_as_it_goes(recipe: Mapping[str, JsonValue]) -> bool:
    """Whether the last cycle of a recipe is as all others: it may have more of them later."""
    measured = _value(recipe, "feedback.last_cycle") is not False
    return measured and _value(recipe, "anneal") != "last"


def _reaches(new: JsonValue, minimum: JsonValue) -> bool:
    return isinstance(new, int) and isinstance(minimum, int) and new >= minimum


def _among(keys: Set[str], key: str) -> bool:
    return any(key == free or key.startswith(f"{free}.") for free in keys)


def _examples_a_step(recipe: Mapping[str, JsonValue]) -> int:
    """Examples of one step of the trainings."""
    counts = (_value(recipe, key) for key in SPLIT)
    return math.prod(count for count in counts if isinstance(count, int))


def _hashes(recipe: Mapping[str, JsonValue], keys: Set[str]) -> dict[str, str]:
    """The SHA-256 of what lies at the paths of some keys, where there is something."""
    hashes = {key: _hash_of(_value(recipe, key)) for key in sorted(keys)}
    return {key: hashed for key, hashed in hashes.items() if hashed}


def _hash_of(named: JsonValue) -> str:
    """The SHA-256 of what lies at some paths; "" where one of them is no file or folder here."""
    if named == WORLD:
        return ""
    paths = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    total = hashlib.sha256()
    for text in paths:
        place = Path(str(text).rpartition("#")[0] or str(text))
        if not exists(place):
            return ""
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in files:
            if path.is_file():
                total.update(path.relative_to(place).as_posix().encode("utf-8", "surrogateescape"))
                total.update(bytes.fromhex(hash_file(path)))
        total.update(str(text).partition("#")[2].encode())
    return total.hexdigest() if paths else ""


def _read_head(path: Path) -> _Head:
    try:
        head = parse_json(path.read_bytes())
    except JsonError as error:
        raise RunError(f"{path} cannot be read as the head of a run: {error}; {_LOST}") from None
    if not isinstance(head, dict) or not isinstance(head.get("recipe"), dict):
        raise RunError(f"{path} cannot be read as the head of a run: it holds no recipe; {_LOST}")
    found, recipe, files = head.get("format"), head["recipe"], head.get("files")
    if found != FORMAT:
        raise RunError(
            f"{path.parent} is a run of format {found}; this sodakd {__version__} reads format"
            f" {FORMAT}: use the sodakd that made it, or another folder: --out DIR"
        )
    assert isinstance(recipe, dict)
    hashes = files.items() if isinstance(files, dict) else ()
    return _Head(
        version=str(head.get("sodakd", "of an unknown version")),
        recipe=recipe,
        files={key: value for key, value in hashes if isinstance(value, str)},
    )


_LOST = (
    "restore it; or begin in another folder (--out DIR) with the answers that are paid for: --reuse"
    " this one"
)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder, so that nobody else works in it.

    Raises:
        RunError: somebody does.
    """
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(f"{LOCKED} {folder}; wait for it, or stop it") from None
        yield
