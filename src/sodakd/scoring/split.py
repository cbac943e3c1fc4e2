"""The split of a scorer's data: whole questions, by their texts, never the answers to one."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from sodakd.errors import DataError
from sodakd.scoring.grades import GradedAnswer
from sodakd.types import FrozenModel

FILE = "split.json"


class Part(StrEnum):
    """What the answers to a question are for."""

    TRAIN = "train"
    STOPPING = "stopping"
    HELD_BACK = "held_back"


class QuestionSplit(FrozenModel):
    """The questions of each part by their keys (`question_key`); `split.json` beside a scorer."""

    seed: int
    train: tuple[str, ...]
    stopping: tuple[str, ...]
    held_back: tuple[str, ...]

    def of(self, rows: Iterable[GradedAnswer], part: Part) -> list[GradedAnswer]:
        """Return the rows whose question is in a part."""
        keys: frozenset[str] = frozenset(getattr(self, part.value))
        return [row for row in rows if question_key(row.question) in keys]

    def unseen(self, rows: Iterable[GradedAnswer]) -> list[GradedAnswer]:
        """Return the rows whose question neither trained the scorer nor told it when to stop."""
        seen = {*self.train, *self.stopping}
        return [row for row in rows if question_key(row.question) not in seen]


def question_key(text: str) -> str:
    """The key of a question: a hash of its words, in which case and white space do not count."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()[:16]


def split_questions(
    rows: Sequence[GradedAnswer], *, held_back: float, stopping: float, seed: int
) -> QuestionSplit:
    """Split questions by shares, drawn by the seed and not by the order of the rows.

    Questions of one id or one text stay together: one problem in several languages, say.

    Raises:
        DataError: there are too few questions for three parts.
    """
    groups = _drawn(rows, seed)
    out = max(1, round(held_back * len(groups)))
    stop = max(1, round(stopping * len(groups)))
    if out + stop >= len(groups):
        raise DataError(
            f"{len(groups)} different questions cannot be split into training, stopping and"
            " held-back ones: grade answers to more"
        )

    return QuestionSplit(
        seed=seed,
        held_back=_keys(groups[:out]),
        stopping=_keys(groups[out : out + stop]),
        train=_keys(groups[out + stop :]),
    )


def fold_questions(
    rows: Sequence[GradedAnswer], folds: int, *, stopping: float, seed: int
) -> list[QuestionSplit]:
    """Split questions into folds: a split for each, in which it is held back.

    Raises:
        DataError: there are fewer questions than folds, or too few for a stopping part.
    """
    groups = _drawn(rows, seed)
    stop = max(1, round(stopping * len(groups)))
    if len(groups) < folds or len(groups) // folds + stop + 1 >= len(groups):
        raise DataError(
            f"{len(groups)} different questions are too few for {folds} folds: take fewer folds,"
            " or grade answers to more"
        )
    splits = []
    for fold in range(folds):
        others = [group for at, group in enumerate(groups) if at % folds != fold]
        splits.append(
            QuestionSplit(
                seed=seed,
                held_back=_keys(groups[fold::folds]),
                stopping=_keys(others[:stop]),
                train=_keys(others[stop:]),
            )
        )
    return splits


def group_numbers(rows: Sequence[GradedAnswer]) -> list[int]:
    """Return the number of each row's group of questions, which a bootstrap draws as one."""
    number_of = {key: at for at, keys in enumerate(_groups(rows)) for key in keys}
    return [number_of[question_key(row.question)] for row in rows]


def _groups(rows: Sequence[GradedAnswer]) -> Iterator[list[str]]:
    """The keys of questions that belong together, sorted: those of one id are linked."""
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    by_id: dict[str, str] = {}
    for row in rows:
        key = question_key(row.question)
        mine, other = find(key), find(by_id.setdefault(row.question_id, key))
        leader[max(mine, other)] = min(mine, other)
    together: dict[str, list[str]] = {}
    for key in sorted(leader):
        together.setdefault(find(key), []).append(key)
    yield from together.values()


def _drawn(rows: Sequence[GradedAnswer], seed: int) -> list[list[str]]:
    """Groups of questions in the order that the seed draws."""
    return sorted(_groups(rows), key=lambda keys: _draw(seed, keys[0]))


def _keys(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted(key for group in groups for key in group))


def _draw(seed: int, key: str) -> str:
    return hashlib.sha256(f"{seed}\n{key}".encode()).hexdigest()
