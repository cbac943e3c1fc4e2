"""The canary: engines with other weights are stopped, and such that only round otherwise pass."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sodakd.errors import ModelError
from sodakd.inference.canary import (
    CANARY_TOKENS,
    FILE,
    PROMPTS,
    Canary,
    CanaryReport,
    CanaryRow,
    EngineOutput,
    RunnerUp,
    compare,
    read_canary,
)
from sodakd.inference.transformers import TransformersModel
from tests.inference.small import keep_canary, nudge, write_lively


def row(text: str, rival: tuple[str, float] = ("?", -9.0)) -> CanaryRow:
    """A row whose tokens are letters, each with log-probability -0.5."""
    rivals = tuple(RunnerUp(token=ord(rival[0]), piece=rival[0], logprob=rival[1]) for _ in text)
    return CanaryRow(
        prompt="p", tokens=tuple(map(ord, text)), pieces=tuple(text),
        logprobs=tuple(-0.5 for _ in text), rivals=rivals, text=text.removesuffix("."),
    )  # fmt: skip


def heard(text: str, off: float = 0.0, *, ids: bool = True) -> EngineOutput:
    """The letters of a text, with log-probabilities that are `off`."""
    said = [-0.5 - off for _ in text]
    if ids:
        return EngineOutput(text, tokens=list(map(ord, text)), logprobs=said)
    return EngineOutput(text, pieces=list(text), logprobs=said)


def met(
    rows: Sequence[CanaryRow], found: Sequence[EngineOutput], tolerance: float = 0.1
) -> CanaryReport:
    canary = Canary(dtype="float32", stops=(ord("."),), rows=tuple(rows))
    return compare(canary, found, tolerance, "the engine")


@pytest.mark.parametrize("ids", [True, False])
def test_the_same_tokens_within_the_tolerance_pass(ids: bool) -> None:
    compared = met([row("abc"), row("xy.")], [heard("abc", 0.01, ids=ids), heard("xy.", ids=ids)])
    assert (compared.tokens, compared.ties, compared.text_alone) == (6, 0, False)
    assert compared.largest == pytest.approx(0.01)


def test_an_engine_that_leaves_out_the_token_that_ends_an_answer_passes() -> None:
    assert met([row("xy.")], [heard("xy")]).tokens == 2


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (heard("abd"), r"token 3 should be 'c' \(log-probability -0.5000\), and is token 100"),
        (heard("abc", 0.2), r"token 1 should be 'a' .* and is token 97 \(log-probability -0.7000"),
        (heard("abc", 0.05), r"0.05 nats off on average, and 0.025 may be"),
        (heard("abc", float("nan")), "token 1 should be"),
        (heard("a"), "token 2 should be 'b' .* and is nothing"),
        (heard("abcd"), "token 4 should be the end of the answer"),
        (EngineOutput("ab"), "it answers 'ab', and the trained model 'abc'"),
    ],
)
def test_another_answer_stops_and_says_what_and_what_to_do(found: EngineOutput, words: str) -> None:
    with pytest.raises(ModelError, match=f"the engine answers with other weights.*{words}") as told:
        met([row("abc")], [found])
    assert "start a fresh engine on the student's folder" in str(told.value)


def test_another_token_passes_only_where_the_trainer_was_undecided_between_the_two() -> None:
    tied = row("abc", rival=("z", -0.55))
    assert met([tied], [heard("abz")]).ties == 1
    assert met([tied], [EngineOutput("abzq")]).ties == 1
    for other in (heard("abx"), EngineOutput("abxq")):
        with pytest.raises(ModelError):
            met([tied], [other])
    for far in (heard("abz"), EngineOutput("abz")):
        with pytest.raises(ModelError):
            met([row("abc", rival=("z", -0.7))], [far])


def test_marks_inside_an_answer_may_be_shown_or_not_where_texts_alone_are_compared() -> None:
    marked = row("a|b.").model_copy(update={"text": "ab"})
    for text in ("ab", "a|b", "a|b."):
        assert met([marked], [EngineOutput(text)]).text_alone
    with pytest.raises(ModelError, match=r"it answers 'a\|c'"):
        met([marked], [EngineOutput("a|c")])


def test_a_canary_is_kept_with_the_weights_and_repeats(tmp_path: Path) -> None:
    folder = write_lively(tmp_path)
    canary = keep_canary(folder)
    assert read_canary(folder) == canary == keep_canary(folder)
    assert tuple(each.prompt for each in canary.rows) == PROMPTS
    assert all(1 <= len(each.tokens) <= CANARY_TOKENS for each in canary.rows)
    assert len({each.tokens for each in canary.rows}) == len(PROMPTS)
    (folder / FILE).write_text("{}")
    with pytest.raises(ModelError, match=r"canary.json is no canary"):
        read_canary(folder)


def test_weights_that_changed_by_a_thousandth_are_other_weights(tmp_path: Path) -> None:
    folder = write_lively(tmp_path)
    keep_canary(folder)
    assert TransformersModel.open(folder).check(folder) is not None
    nudge(folder, 1e-3)
    with pytest.raises(ModelError, match="answers with other weights"):
        TransformersModel.open(folder).check(folder)
    assert TransformersModel.open(folder).check(tmp_path / "nowhere") is None
