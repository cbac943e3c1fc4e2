"""Encoding and the plan of batches."""

from collections import Counter
from pathlib import Path
from typing import cast

import pytest
from pydantic import ValidationError
from transformers import AutoTokenizer

from sodakd.errors import TrainingError
from sodakd.inference.chat_format import ChatFormat, Tokenizer, chat_format_for
from sodakd.settings.training import TrainingSettings
from sodakd.training.forward import BatchLayout
from sodakd.training.micro_batches import check_budget, micro_batches
from sodakd.training.packing import pack
from sodakd.training.schedule import (
    Example,
    TokenizedExample,
    batch_schedule,
    count_steps,
    encode,
)
from tests.training.questions import synthetic


@pytest.fixture
def layout(student: Path) -> ChatFormat:
    return chat_format_for(cast("Tokenizer", AutoTokenizer.from_pretrained(student)))


def test_every_epoch_trains_on_every_example_once() -> None:
    lengths = [10 + place % 40 for place in range(150)]
    steps = batch_schedule(
        lengths, TrainingSettings(num_train_epochs=2, per_device_train_batch_size=8), 0
    )
    assert len(steps) == 38
    assert set(Counter(place for step in steps for place in step).values()) == {2}


def test_a_plan_depends_on_its_seed_alone() -> None:
    settings = TrainingSettings(max_steps=9, per_device_train_batch_size=4)
    lengths = list(range(1, 41))
    assert batch_schedule(lengths, settings, 3) == batch_schedule(lengths, settings, 3)
    assert batch_schedule(lengths, settings, 3) != batch_schedule(lengths, settings, 4)


def test_a_longer_plan_begins_as_the_shorter_one() -> None:
    lengths = list(range(1, 41))
    short = batch_schedule(lengths, TrainingSettings(max_steps=5, per_device_train_batch_size=4), 0)
    long = batch_schedule(lengths, TrainingSettings(max_steps=25, per_device_train_batch_size=4), 0)
    assert long[:5] == short


def test_batches_hold_examples_of_like_length(layout: ChatFormat) -> None:
    encoded = encode(synthetic(1024), layout, 512)
    lengths = [example.length for example in encoded]
    steps = batch_schedule(lengths, TrainingSettings(), 0)
    places = sum(len(step) * max(lengths[place] for place in step) for step in steps)
    assert 1 - sum(lengths) / places < 0.08


def test_max_steps_wins_over_epochs() -> None:
    assert count_steps(100, TrainingSettings(max_steps=7, num_train_epochs=50)) == 7
    assert count_steps(100, TrainingSettings(num_train_epochs=0.5)) == 2
    assert count_steps(3, TrainingSettings(num_train_epochs=0.1)) == 1


def test_nothing_to_train_on_is_refused(layout: ChatFormat) -> None:
    with pytest.raises(TrainingError, match="no examples"):
        encode([], layout, 512)


def test_an_answer_that_is_too_long_is_left_out(layout: ChatFormat) -> None:
    long = Example("short", "x = 1\n" * 200, None)
    assert len(encode([Example("a", "b", None), long], layout, 512)) == 1
    with pytest.raises(TrainingError, match=r"tokens with its answer, and at most 512"):
        encode([long], layout, 512)


def test_a_faulty_answer_that_is_too_long_is_left_out_alone(layout: ChatFormat) -> None:
    (encoded,) = encode([Example("short", "x", "x = 1\n" * 200)], layout, 512)
    assert encoded.rejected is None


def test_a_faulty_answer_equal_to_the_correct_one_is_no_pair(layout: ChatFormat) -> None:
    (encoded,) = encode([Example("a", "b", "b")], layout, 512)
    assert encoded.rejected is None


def pairs(*lengths: int) -> list[TokenizedExample]:
    """Pairs of one prompt each, ten tokens long, whose answers differ from their first token on."""
    return [
        TokenizedExample((number,) * 10, (1,) * length, (2,) * length)
        for number, length in enumerate(lengths)
    ]


def test_a_step_without_a_budget_is_cut_by_examples() -> None:
    settings = TrainingSettings(per_device_train_batch_size=2)
    assert micro_batches(pairs(9, 8, 7, 6, 5), settings, "packed", rejected=True) == [
        [0, 1], [2, 3], [4]
    ]  # fmt: skip


def test_a_budget_counts_a_rows_tokens_or_a_grids_places() -> None:
    settings = TrainingSettings(max_tokens_per_batch=54)
    examples = pairs(9, 4, 5)
    assert [pack([each], rejected=True).tree.tokens for each in examples] == [26, 16, 18]
    assert micro_batches(examples, settings, "packed", rejected=True) == [[1, 2], [0]]
    assert micro_batches(examples, settings, "padded", rejected=True) == [[1], [2], [0]]
    assert micro_batches(examples, settings, "packed", rejected=False) == [[1, 2, 0]]


def test_answers_to_one_prompt_stand_in_one_batch_and_count_it_once() -> None:
    prompt = (7,) * 30
    same = [TokenizedExample(prompt, (number, 1), None) for number in range(2, 5)]
    apart = TokenizedExample((8,) * 31, (9, 1), None)
    settings = TrainingSettings(max_tokens_per_batch=33)
    given = [same[0], apart, *same[1:]]
    assert micro_batches(given, settings, "packed", rejected=True) == [[0, 2, 3], [1]]


@pytest.mark.parametrize(
    ("layout", "rejected", "largest"),
    [("packed", True, 26), ("packed", False, 18), ("padded", True, 36), ("padded", False, 18)],
)
def test_a_budget_below_the_largest_example_names_the_one_that_suffices(
    layout: BatchLayout, rejected: bool, largest: int
) -> None:
    examples = pairs(4, 9, 5)

    def check(budget: int) -> None:
        settings = TrainingSettings(max_tokens_per_batch=budget)
        check_budget(examples, settings, layout, rejected=rejected)

    words = rf"largest of 3 examples takes {largest} tokens .*set it to {largest} or more"
    with pytest.raises(TrainingError, match=words):
        check(10)
    with pytest.raises(TrainingError, match=words):
        check(largest - 1)
    check(largest)


def test_a_budget_below_the_longest_examples_of_a_recipe_is_refused_with_it() -> None:
    with pytest.raises(ValidationError, match="set max_tokens_per_batch to 512 or more"):
        TrainingSettings(max_tokens_per_batch=511, max_length=512)
    TrainingSettings(max_tokens_per_batch=512, max_length=512)
