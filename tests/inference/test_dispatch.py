"""Several servers as one: real ones, of which some are slow, refuse, or are killed in mid-run."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest

from sodakd.errors import EndpointError
from sodakd.inference import dispatch
from sodakd.inference.dispatch import Place
from sodakd.inference.machine_shares import machine_shares
from sodakd.inference.protocols import Generation
from sodakd.inference.remote_model import ServedModel
from tests.servers.running import Running, serving
from tests.teacher.shop import HASTY, client

PROMPTS = [f"Question {number}" for number in range(400)]
AWAY = replace(HASTY, start=1.0, stall=1.0)


def opened(servers: list[Running], tell: Callable[[str], None] = print) -> ServedModel:
    """A student behind these servers; what is lost of them is told."""
    places = [Place.of(client(server.url, 16, AWAY)) for server in servers]
    return ServedModel(places, tell)


def killing(servers: list[Running], after: int) -> Callable[[int, Generation], None]:
    """Kills servers once so many answers have come."""
    told: list[int] = []

    def take(number: int, _: Generation) -> None:
        told.append(number)
        if len(told) == after:
            for server in servers:
                server.process.kill()

    return take


@pytest.mark.heavy
def test_the_prompts_of_a_killed_server_go_to_the_others_and_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "LOST_AFTER", 0.5)
    lost: list[str] = []
    with ExitStack() as stack:
        servers = [stack.enter_context(serving("--latency", "0.02")) for _ in range(3)]
        model = opened(servers, lost.append)
        found = model.generate(
            PROMPTS, max_new_tokens=8, on_generation=killing(servers[:1], after=100)
        )
        assert len({said.text for said in found}) == len(PROMPTS)
        assert found == opened(servers[1:2]).generate(PROMPTS, max_new_tokens=8)
        assert model.generate(PROMPTS[:3], max_new_tokens=8) == found[:3]
    (line,) = lost
    assert line.startswith(
        f"test-model at {servers[0].url} is lost, and what it was asked goes to 2 others: "
    )
    assert "same command" not in line


@pytest.mark.heavy
def test_once_all_servers_are_dead_one_error_names_them_and_what_came_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "LOST_AFTER", 0.3)
    kept: list[int] = []
    with ExitStack() as stack:
        servers = [stack.enter_context(serving("--latency", "0.02")) for _ in range(2)]
        kill = killing(servers, after=50)

        def take(number: int, said: Generation) -> None:
            kept.append(number)
            kill(number, said)

        model = opened(servers)
        with pytest.raises(EndpointError, match="none of the 2 servers of the student") as caught:
            model.generate(PROMPTS, max_new_tokens=8, on_generation=take)
    said = str(caught.value)
    assert all(f"test-model at {server.url}: " in said for server in servers)
    assert said.count("run the same command again") == 1
    assert len(set(kept)) == len(kept) >= 50


def test_the_least_busy_server_is_asked_first_and_one_that_refuses_is_left_out() -> None:
    lost: list[str] = []
    with (
        serving("--latency", "0.5") as slow,
        serving("--latency", "0.01") as quick,
        serving("--faults", "revoked", "--share", "1") as closed,
    ):
        found = opened([slow, closed, quick], lost.append).generate(PROMPTS, max_new_tokens=8)
        assert len(found) == len(PROMPTS)
        delivered = slow.books()["delivered"]
        assert 16 <= delivered < quick.books()["delivered"] / 2
    (line,) = lost
    assert closed.url in line
    assert "the key is not accepted" in line


def test_a_machine_is_shared_by_gpus_else_by_cores() -> None:
    by_gpu = machine_shares(2, ["4", "5", "6", "7"], range(8))
    assert [share.environment["CUDA_VISIBLE_DEVICES"] for share in by_gpu] == ["4,5", "6,7"]
    assert [share.sharers for share in machine_shares(3, ["0", "1"], ())] == [2, 2, 2]
    by_core = machine_shares(3, [], range(8))
    assert [list(share.cores) for share in by_core] == [[0, 1], [2, 3, 4], [5, 6, 7]]
    assert [share.name for share in by_core] == ["cores 0, 1", "cores 2-4", "cores 5-7"]
    assert [share.name for share in machine_shares(2, [], [3])] == ["core 3", "core 3"]
