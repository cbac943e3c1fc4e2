"""The queue decode: the tokens of `generate`, whatever stood in the slot before or beside them."""

import math
import threading
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
import torch

from sodakd.errors import ModelError
from sodakd.inference import queue_decode, transformers
from sodakd.inference.canary import agree
from sodakd.inference.kv_slots import Slots
from sodakd.inference.noise_seeds import noise_seeds
from sodakd.inference.packed_linear import PackedLinear, can_pack, pack
from sodakd.inference.protocols import Generation, Prompt
from sodakd.inference.queue_decode import QueuedPrompt, Room, decode
from sodakd.inference.token_sampling import noise
from sodakd.inference.transformers import TransformersModel
from tests.inference.small import opened, write_lively
from tests.inference.test_families import ASKED, LONGEST, reference, texts

pytestmark = pytest.mark.heavy

PREFIX = "Say what a stack is, and write no more than one line about it. "
SHARING = [*ASKED, *(PREFIX + each for each in ASKED), ASKED[0], PREFIX * 9, PREFIX * 9 + "Go."]


def answers(
    folder: Path, prompts: Sequence[str], room: Room, temperature: float = 0.0
) -> list[str]:
    """Answers of the queue, in float32."""
    model, layout = opened(folder)
    model.eval()
    seeds = noise_seeds(prompts, 3)
    waiting = iter(
        [
            QueuedPrompt(n, layout.prompt(text), LONGEST, temperature, seeds[n])
            for n, text in enumerate(prompts)
        ]
    )
    told: dict[int, str] = {}

    def ended(number: int, tokens: list[int]) -> None:
        assert number not in told
        told[number] = layout.text(tokens)

    decode(model, lambda most: list(islice(waiting, most)), room, layout.stops, ended)
    return [told[number] for number in range(len(prompts))]


@pytest.mark.parametrize("family", ["llama", "qwen2", "starcoder2", "gpt2"])
def test_the_queue_gives_the_tokens_of_generate(family: str, tmp_path: Path) -> None:
    folder = write_lively(tmp_path, family)
    found = answers(folder, SHARING, Room(5, 10**6))
    assert found == reference(folder, SHARING)
    assert len(set(found)) > 5


def test_rows_that_attend_at_once_as_on_a_gpu_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slots, "_decode_each", Slots._decode)
    folder = write_lively(tmp_path)
    assert answers(folder, SHARING, Room(5, 10**6)) == reference(folder, SHARING)


def test_answers_do_not_depend_on_what_is_in_the_queue_and_how_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lively(tmp_path)
    expected = reference(folder, SHARING)
    for room in (Room(64, 10**6), Room(17, 8 * 512), Room(7, 1), Room(6, 10**6, workers=3)):
        assert answers(folder, SHARING[::-1], room) == expected[::-1]
    monkeypatch.setattr(queue_decode, "READ_TOKENS", 9)
    assert answers(folder, SHARING, Room(5, 10**6)) == expected


def test_what_prompts_begin_with_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lively(tmp_path)
    model, layout = opened(folder)
    prompts = [layout.prompt(PREFIX * 3 + text) for text in ASKED]
    read: list[int] = []
    attend = Slots.attend

    def counting(self: Slots, layer: int, *rest: object) -> object:
        if layer == 0:
            read.append(sum(part.end - part.start for part in self.segments))
        return attend(self, layer, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Slots, "attend", counting)
    rows = iter([QueuedPrompt(n, row, 4) for n, row in enumerate(prompts)])
    decode(
        model, lambda most: list(islice(rows, most)), Room(4, 10**6), layout.stops, lambda *_: None
    )
    own = sum(map(len, prompts)) - len(prompts) * len(layout.prompt(PREFIX * 3))
    assert sum(read) < len(prompts[0]) + own + 6 * len(prompts)
    assert sum(read) < sum(map(len, prompts)) / 2


def test_samples_of_the_queue_are_those_of_the_batches(tmp_path: Path) -> None:
    folder = write_lively(tmp_path)
    expected = TransformersModel.open(folder).generate(
        SHARING, max_new_tokens=LONGEST, temperature=0.8, seed=3
    )
    assert answers(folder, SHARING, Room(5, 10**6), 0.8) == texts(expected)


def test_a_token_is_drawn_where_the_whole_distribution_passes_the_noise() -> None:
    logits = torch.randn(200, 1700, generator=torch.Generator().manual_seed(0)) * 3
    drawn = noise(list(range(200)), 1)
    passed = (logits.double() / 0.7).softmax(-1).cumsum(-1)
    expected = torch.searchsorted(passed, drawn * passed[:, -1:], right=True)[:, 0]
    rows = [queue_decode._row(QueuedPrompt(n, [1], 1, temperature=0.7, seed=n)) for n in range(200)]
    rows[7] = queue_decode._row(QueuedPrompt(7, [1], 1))
    expected[7] = logits[7].argmax()
    assert queue_decode.choose(logits, rows).tolist() == expected.tolist()


def test_rows_that_ended_make_place_for_prompts_that_come_later(tmp_path: Path) -> None:
    folder = write_lively(tmp_path)
    model, layout = opened(folder)
    held: list[int] = []
    later = [QueuedPrompt(n, layout.prompt(text), LONGEST) for n, text in enumerate(ASKED)]
    told: list[int] = []

    def source(most: int) -> list[QueuedPrompt]:
        # The last three wait for an answer to have been told, as asks wait for others' replies.
        free = [each for each in later if each.number < 13 or told][:most]
        for each in free:
            later.remove(each)
        held.append(len(free))
        return free

    decode(model, source, Room(4, 10**6), layout.stops, lambda number, _: told.append(number))
    assert sorted(told) == list(range(len(ASKED)))
    assert held[0] == 4
    assert max(held[1:]) < 4  # places were taken one by one, not batch by batch


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_who_is_told_ends_the_queue(workers: int, tmp_path: Path) -> None:
    folder = write_lively(tmp_path)
    model, layout = opened(folder)
    rows = iter([QueuedPrompt(n, layout.prompt(text), 8) for n, text in enumerate(ASKED)])
    told: list[int] = []

    def ended(number: int, _: list[int]) -> None:
        told.append(number)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode(
            model,
            lambda most: list(islice(rows, most)),
            Room(4, 10**6, workers),
            layout.stops,
            ended,
        )
    assert len(told) == 3
    assert not [each for each in threading.enumerate() if each.name == "decode"]


def test_room_is_shared_by_workers_that_have_a_batch_each() -> None:
    assert Room.of(2, 64, 1000) == Room(32, 500, 2, 1)
    assert Room.of(2, 9, 1000) == Room(9, 1000, 1, 2)
    assert Room.of(64, 128, 1600) == Room(8, 100, 16, 4)


def test_a_model_of_other_attention_is_refused(tmp_path: Path) -> None:
    model, layout = opened(write_lively(tmp_path))
    model.set_attn_implementation = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="keeps to its own attention"):
        decode(model, lambda _: [], Room(1, 1), layout.stops, lambda *_: None)


def test_slots_take_no_more_than_their_room_unless_for_a_single_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lively(tmp_path)
    made: list[tuple[int, int]] = []
    grow = Slots._grow

    def watched(self: Slots, count: int, places: int) -> None:
        grow(self, count, places)
        made.append((self.count, self.places))

    monkeypatch.setattr(Slots, "_grow", watched)
    long = PREFIX * 18
    asked = [*SHARING, long, *SHARING]
    assert answers(folder, asked, Room(24, 16 * 512)) == reference(folder, asked)
    assert max(map(math.prod, made)) == 16 * 512
    assert max(places for _, places in made) > 512  # fewer slots, for the long one


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_packed_layers_give_the_products_of_plain_ones(dtype: torch.dtype) -> None:
    if not can_pack(dtype):
        pytest.skip(f"this CPU multiplies no packed {dtype}; one with avx512_bf16 or amx does")
    plain = torch.nn.Sequential(torch.nn.Linear(48, 96), torch.nn.Linear(96, 7, bias=False))
    plain = plain.to(dtype).eval()
    rows = torch.randn(3, 5, 48).to(dtype)
    with torch.inference_mode():
        expected = plain(rows)
        pack(plain)
        assert all(isinstance(each, PackedLinear) for each in plain)
        torch.testing.assert_close(plain(rows), expected)


def test_a_large_model_in_float32_answers_through_the_queue_and_as_generate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lively(tmp_path)
    monkeypatch.setattr(transformers, "is_large", lambda _: True)
    model = TransformersModel.open(folder, batch_size=6)
    assert model.queues
    assert isinstance(model._model.lm_head, PackedLinear) is can_pack(torch.float32)
    assert texts(model.generate(SHARING, max_new_tokens=LONGEST)) == reference(folder, SHARING)


@pytest.mark.skipif(not can_pack(torch.float32), reason="this build of torch packs no weights")
def test_a_packed_model_keeps_no_map_of_its_file(tmp_path: Path) -> None:
    model, _ = opened(write_lively(tmp_path))
    weights = str(tmp_path / "model.safetensors")
    assert weights in Path("/proc/self/maps").read_text()
    pack(model)
    assert weights not in Path("/proc/self/maps").read_text()


def test_bfloat16_answers_through_the_queue_and_mostly_as_generate(tmp_path: Path) -> None:
    model = TransformersModel.open(write_lively(tmp_path), dtype="bfloat16", batch_size=6)
    assert model.queues
    found = model.generate(SHARING, max_new_tokens=LONGEST)
    model.lean = False
    expected = model.generate(SHARING, max_new_tokens=LONGEST)
    alike = sum(one == other for one, other in zip(found, expected, strict=True))
    assert alike >= 0.8 * len(SHARING)


def test_prompts_are_served_as_they_come_and_each_as_it_asks(tmp_path: Path) -> None:
    model = TransformersModel.open(write_lively(tmp_path), dtype="bfloat16", batch_size=6)
    asked = [
        Prompt(n + 100, text, 4 + n % 3 * 10, 0.7 * (n % 2), seed=n % 4)
        for n, text in enumerate(SHARING)
    ]

    def served() -> dict[int, Generation]:
        waiting, told = iter(asked), dict[int, Generation]()
        model.serve(lambda most: list(islice(waiting, most)), told.__setitem__)
        return told

    told = served()
    assert sorted(told) == [each.number for each in asked]
    model.lean = False
    plain = served()
    alike = sum(told[number] == said for number, said in plain.items())
    assert alike >= 0.8 * len(asked)


def test_engines_agree_up_to_a_near_tie() -> None:
    said = [([5, 6, 7], [-0.1, -0.7, -0.2])]
    assert agree(said, [([5, 6, 7], [-0.1, -0.72, -0.2])])
    assert agree(said, [([5, 9, 1], [-0.1, -0.71, -3.0])])
    assert not agree(said, [([5, 6, 7], [-0.1, -0.7, -0.6])])
    assert not agree(said, [([4, 6, 7], [-0.9, -0.7, -0.2])])
