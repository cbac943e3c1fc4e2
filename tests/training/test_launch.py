"""A launch of several processes is read from its variables; a wrong one is one clear error."""

import pytest

from sodakd.errors import RecipeError, RunError
from sodakd.recipe import Recipe
from sodakd.training.launch import Launch, check_size, read_launch
from sodakd.training.micro_batches import shares
from sodakd.training.schedule import TokenizedExample
from tests.tiny import sodakd_looks

PLACE = {
    "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500",
}  # fmt: skip


def test_a_process_s_place_is_read() -> None:
    assert read_launch({}) is None
    assert read_launch(PLACE) == Launch(rank=3, size=4, local_rank=1, local_size=2)
    assert read_launch({"RANK": "0", "WORLD_SIZE": "1"}) == Launch(0, 1, 0, 1)


ZERO = "ACCELERATE_DEEPSPEED_"


@pytest.mark.parametrize(
    ("asked", "sharded", "by_pass"),
    [
        ({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}, True, True),
        (
            {
                "ACCELERATE_USE_FSDP": "true",
                "FSDP_VERSION": "2",
                "FSDP_RESHARD_AFTER_FORWARD": "false",
            },
            True,
            False,
        ),
        ({"ACCELERATE_USE_DEEPSPEED": "true", f"{ZERO}ZERO_STAGE": "3"}, True, True),
        ({"ACCELERATE_USE_DEEPSPEED": "true", f"{ZERO}ZERO_STAGE": "2"}, True, False),
        ({"ACCELERATE_USE_FSDP": "false"}, False, True),
    ],
)
def test_what_accelerate_s_config_spreads_is_read(
    asked: dict[str, str], sharded: bool, by_pass: bool
) -> None:
    found = read_launch(PLACE | asked)
    assert found == Launch(3, 4, 1, 2, sharded=sharded, by_pass=by_pass)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"ACCELERATE_USE_FSDP": "true"}, "FSDP, version 1: set fsdp_version: 2"),
        ({"ACCELERATE_USE_DEEPSPEED": "true", f"{ZERO}ZERO_STAGE": "1"}, "ZeRO stage 1: set"),
        (
            {"ACCELERATE_USE_DEEPSPEED": "true", f"{ZERO}OFFLOAD_PARAM_DEVICE": "cpu"},
            "offload_param_device: cpu: what is trained is kept on the GPUs",
        ),
        (
            {"ACCELERATE_USE_DEEPSPEED": "true", f"{ZERO}CONFIG_FILE": "mine.json"},
            "config of DeepSpeed's, mine.json: the recipe says how to train",
        ),
    ],
)
def test_what_cannot_be_spread_so_is_refused_with_what_to_set(
    asked: dict[str, str], words: str
) -> None:
    with pytest.raises(RunError, match=words):
        read_launch(PLACE | asked)


@pytest.mark.parametrize(
    "wrong", [{"RANK": ""}, {"RANK": "4"}, {"LOCAL_RANK": "x"}, {"MASTER_PORT": ""}]
)
def test_a_launch_that_lacks_something_says_what_it_found(wrong: dict[str, str]) -> None:
    with pytest.raises(RunError, match=r"no launch of several processes.*WORLD_SIZE=4.*torchrun"):
        read_launch(PLACE | wrong)


def test_a_command_that_is_one_process_is_refused_in_several() -> None:
    said = sodakd_looks("check", "embedded", **PLACE)
    assert said.returncode == 2
    assert "WORLD_SIZE is 4, and `sodakd check` is one process" in said.stderr
    assert "Traceback" not in said.stderr


def test_more_processes_than_examples_of_a_step_are_refused_with_every_key() -> None:
    recipe = Recipe.model_validate(
        {"training": {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}}
    )
    check_size(recipe, 4)
    with pytest.raises(
        RecipeError, match="training: examples of a step: 4, and 5 processes"
    ) as found:
        check_size(recipe, 5)
    assert len(found.value.mistakes) == 1
    with pytest.raises(RecipeError) as found:
        check_size(recipe, 64)
    assert len(found.value.mistakes) == 2


def test_a_step_is_dealt_out_by_tokens_and_a_question_stays_whole() -> None:
    def example(prompt: int, length: int) -> TokenizedExample:
        return TokenizedExample((prompt,), (7,) * length, None)

    step = [example(0, 4), example(1, 9), example(0, 4), example(2, 2), example(3, 3)]
    assert shares(step, 1) == [[0, 1, 2, 3, 4]]
    assert shares(step, 2) == [[0, 2, 4], [1, 3]]
    assert shares(step[:1], 3) == [[0], [], []]
