"""Attention of packed rows: each way is plain attention of each sequence alone."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from sodakd.errors import TrainingError
from sodakd.training.attention import ATTENTIONS, RowAttention
from sodakd.training.grid_attention import GridAttention
from sodakd.training.packing import pack
from sodakd.training.prefix_tree import PrefixTree
from sodakd.training.schedule import TokenizedExample
from sodakd.training.split_attention import GRID_LONGEST, SplitAttention

CPU = torch.device("cpu")
TREES = {
    "apart": PrefixTree.build([4, 1, 3], [0, 0, 0], [0, 0, 0]),
    "pairs": PrefixTree.build([7, 5, 3, 2], [0, 0, 4, 5], [0, 0, 0, 1]),
    "branches of branches": PrefixTree.build([6, 4, 2, 3, 0], [0, 3, 5, 2, 6], [0, 0, 1, 1, 0]),
}


def states(tree: PrefixTree, size: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """Queries of four heads; keys and values of two."""
    generator = torch.Generator().manual_seed(1)

    def drawn(heads: int) -> Tensor:
        rows = torch.randn(1, tree.tokens, heads, size, generator=generator)
        return rows.transpose(1, 2).requires_grad_()

    return drawn(4), drawn(2), drawn(2)


def alone(tree: PrefixTree, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Each sequence's attention with its beginning computed anew."""
    found = torch.zeros(1, tree.tokens, query.shape[1], query.shape[3])
    for at in range(len(tree)):
        places = tree.places(at)
        whole = functional.scaled_dot_product_attention(
            query[:, :, places],
            key[:, :, places].repeat_interleave(2, 1),
            value[:, :, places].repeat_interleave(2, 1),
            is_causal=True,
        ).transpose(1, 2)
        own = tree.own[at]
        found = found.index_copy(1, places[len(places) - own :], whole[:, len(places) - own :])
    return found


def gradients(found: Tensor, inputs: tuple[Tensor, ...]) -> list[Tensor]:
    weight = torch.linspace(-1, 1, found.numel()).view_as(found)
    return list(torch.autograd.grad((found * weight).sum(), inputs))


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("way", [SplitAttention, ATTENTIONS["split"]])
def test_a_row_s_attention_and_gradients_are_those_of_each_sequence_alone(
    name: str, way: type[SplitAttention]
) -> None:
    tree = TREES[name]
    inputs = states(tree)
    attention: RowAttention = way(tree, CPU)
    found, right = attention(*inputs, None, 0.0), alone(tree, *inputs)
    assert torch.allclose(found, right, atol=1e-6)
    for one, other in zip(gradients(found, inputs), gradients(right, inputs), strict=True):
        assert torch.allclose(one, other, atol=2e-6)


def test_what_dropout_leaves_of_attention_stands_for_all_of_it() -> None:
    tree = PrefixTree.build([150, 100], [0, 50], [0, 0])
    query, key, value = (
        torch.randn(1, 8, 250, 4),
        torch.randn(1, 8, 250, 4),
        torch.ones(1, 8, 250, 4),
    )
    found = SplitAttention(tree, CPU)(query, key, value, None, 0.3)
    assert found.mean().item() == pytest.approx(1, abs=0.05)
    assert found[:, 100:].std() > 0.01
    with pytest.raises(TrainingError, match="no dropout"):
        ATTENTIONS["varlen"](tree, CPU)(query, key, value, None, 0.3)


def test_short_sequences_that_share_nothing_go_in_one_call() -> None:
    long = PrefixTree.build([GRID_LONGEST + 1, 2], [0, 0], [0, 0])
    assert isinstance(ATTENTIONS["split"](TREES["apart"], CPU), GridAttention)
    assert isinstance(ATTENTIONS["split"](TREES["pairs"], CPU), SplitAttention)
    assert isinstance(ATTENTIONS["split"](long, CPU), SplitAttention)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this kernel needs a GPU")
@pytest.mark.parametrize("name", TREES)
def test_a_gpu_s_kernel_gives_the_attention_of_each_sequence_alone(name: str) -> None:
    tree = TREES[name]
    inputs = states(tree, 64)
    right = alone(tree, *inputs)
    wanted = gradients(right, inputs)
    query, key, value = (
        each.detach().to("cuda", torch.bfloat16).requires_grad_() for each in inputs
    )
    found = ATTENTIONS["varlen"](tree, torch.device("cuda"))(query, key, value, None, 0.0)
    assert torch.allclose(found.float().cpu(), right, atol=0.05)
    for one, other in zip(gradients(found.float().cpu(), (query, key, value)), wanted, strict=True):
        assert (one.float().cpu() - other).norm() <= 0.05 * other.norm()


def test_answers_to_one_prompt_share_it_and_what_they_begin_with() -> None:
    prompt = (5, 6, 7)
    batch = pack(
        [
            TokenizedExample(prompt, (10, 11, 12, 1), (10, 13, 1)),
            TokenizedExample(prompt, (10, 11, 12, 1), (10, 13, 14, 1)),
            TokenizedExample(prompt, (20, 21, 1), None),
        ],
        rejected=True,
    )
    assert batch.tokens[0].tolist() == [5, 6, 7, 10, 11, 12, 20, 21, 13, 14]
    assert batch.positions[0].tolist() == [0, 1, 2, 3, 4, 5, 3, 4, 4, 5]
    assert batch.tree.own == [6, 0, 2, 1, 1]
    predicting = batch.tokens[0][batch.predict_index][batch.predicted_by]
    assert predicting.tolist() == [
        7,
        10,
        11,
        12,
        7,
        10,
        11,
        12,
        7,
        20,
        21,
        7,
        10,
        13,
        7,
        10,
        13,
        14,
    ]
