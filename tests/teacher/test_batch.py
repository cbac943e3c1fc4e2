"""OpenAI's Batch API: half the price, found again after a kill, partial failures asked again."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sodakd.errors import BudgetReached, EndpointError
from sodakd.inference.batch_api import MOST_REQUESTS, Batch, BatchApi, read_batch, read_results
from sodakd.inference.completions import Completion, Finish, Message, Request, max_usage
from sodakd.inference.endpoint import Endpoint
from sodakd.settings.teacher import Budget
from sodakd.teacher.batch_client import BatchClient
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.llm_teacher import LLMTeacher, Sampling
from sodakd.teacher.render_prompt import render
from sodakd.teacher.spend_report import read_totals
from tests.servers.running import ROOT, serving
from tests.teacher.shop import HASTY, solves
from tests.teacher.test_ledger import assert_books_are_the_sum_of_rows
from tests.tiny import heed_interrupts

HALF = Prices(1.0, 2.0, discount=0.5)
LINE = 100 * 500 + 50 * 1000  # nano-dollars of a line of the server, at half the price


def batched(path: Path, url: str, budget: Budget | None = None, max_tokens: int = 512) -> Ledger:
    endpoint = Endpoint(url, "test-model", "sk-secret-of-the-test")
    batches = BatchClient(BatchApi(endpoint, HASTY, 0.1))
    teacher = LLMTeacher("test-model", lambda: batches, Sampling(0.0, max_tokens), MOST_REQUESTS)
    return Ledger(path, teacher, HALF, budget or Budget())


def test_one_batch_answers_all_at_half_the_price(tmp_path: Path) -> None:
    with serving(module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url)
        replies = books.ask([*solves(40), *solves(40)], "one", Counter())
        assert server.books() == {"batches": 1, "answered": 40}
        books.ask(solves(40), "two", Counter())
        assert server.books()["batches"] == 1
    assert [reply.text for reply in replies] == ["reply 1"] * 80
    assert (books.spent().calls, books.spent().money) == (40, 40 * LINE)


def test_lines_that_failed_go_into_another_batch_and_cost_nothing(tmp_path: Path) -> None:
    with serving("--fail", "0.3", module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url)
        replies = books.ask(solves(60), "one", Counter())
        counted = server.books()
    answered = sum(reply.finish is Finish.STOP for reply in replies)
    assert counted["batches"] == 3
    assert answered == counted["answered"] > 50
    assert (books.spent().calls, books.spent().money) == (answered, answered * LINE)
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_a_batch_holds_what_the_budget_allows_and_then_the_run_stops(tmp_path: Path) -> None:
    with serving(module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url, Budget(calls=10))
        with pytest.raises(BudgetReached):
            books.ask(solves(30), "one", Counter())
        assert server.books()["answered"] == 10
    assert books.spent().calls == 10


@pytest.mark.heavy
def test_what_a_batch_gives_back_is_used_before_the_run_stops(tmp_path: Path) -> None:
    with serving(module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url, Budget(tokens=10_000))
        with pytest.raises(BudgetReached, match="the next call could bring tokens"):
            books.ask(solves(200), "one", Counter())
        assert server.books()["answered"] == books.spent().calls
        assert server.books()["batches"] > 2
    assert 10_000 - 1500 < books.spent().tokens == 150 * books.spent().calls < 10_000
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_a_batch_sets_aside_what_answers_were_seen_to_take(tmp_path: Path) -> None:
    with serving(module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url, max_tokens=10)  # and they take 50
        books.ask(solves(2), "one", Counter())
        (ask,) = solves(1, first=5)
        most = max_usage(
            Request(messages=(Message(role="user", content=render(ask)),), max_tokens=10)
        )
        books.budget = Budget(tokens=books.spent().tokens + most.tokens + 39)
        with pytest.raises(BudgetReached, match="the next call could"):
            books.ask([ask], "one", Counter())
        books.budget = Budget(tokens=books.spent().tokens + most.tokens + 40)
        books.ask([ask], "one", Counter())


def test_a_batch_that_is_too_large_for_the_account_goes_in_parts_at_no_cost(tmp_path: Path) -> None:
    with serving("--most", "12", module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url)
        replies = books.ask(solves(40), "one", Counter())
        assert server.books() == {"batches": 6, "refused": 2, "answered": 40}
    assert len(replies) == 40
    assert (books.spent().calls, books.spent().money) == (40, 40 * LINE)
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--broken", "invalid_file"), "failed as a whole: invalid_file: Enqueued limit reached"),
        (("--most", "0"), "token_limit_exceeded: Enqueued limit reached"),
        (("--fail", "1"), "no request of a batch was answered.*batch_expired"),
        (("--refuse",), "no request of a batch was answered.*maximum context length"),
    ],
)
def test_a_batch_that_cannot_be_stops_the_run_with_the_servers_words_and_costs_nothing(
    tmp_path: Path, option: tuple[str, ...], said: str
) -> None:
    with serving(*option, module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url)
        with pytest.raises(EndpointError, match=said):
            books.ask(solves(6), "one", Counter())
        assert server.books().get("answered", 0) == 0
    assert (books.spent().calls, books.spent().money) == (0, 0)
    assert_books_are_the_sum_of_rows(tmp_path / "l.sqlite")


def test_a_page_of_html_in_the_place_of_an_answer_is_one_clear_error(tmp_path: Path) -> None:
    with serving("--html", module="batches") as server:
        books = batched(tmp_path / "l.sqlite", server.url)
        with pytest.raises(
            EndpointError, match=r"POST .*/files: an HTML page instead of an answer"
        ):
            books.ask(solves(3), "one", Counter())


def test_a_field_of_another_type_costs_no_line_of_a_batch() -> None:
    body = {"choices": [{"message": {"content": "code"}, "finish_reason": 5}], "model": None}
    row: dict[str, object] = {"response": {"status_code": 200, "body": body}, "error": []}
    lines = [json.dumps({"custom_id": name, **row}) for name in ("one", "two")]
    lines[1:1] = ["no JSON", "[" * 5000, "", '{"custom_id": 7}']
    lines[-1] = lines[-1].replace("code", "an \\ud83d")
    found = read_results("\r\n".join(lines).encode())
    assert found == {
        "one": Completion("code", Finish.STOP, None),
        "two": Completion("an \ufffd", Finish.STOP, None),
    }
    batch = read_batch(b'{"id": "b", "status": "failed", "metadata": [], "errors": "no"}')
    assert batch == Batch("b", "failed", errors="no")
    assert batch.message == "batch b has failed as a whole: no"


SCRIPT = """
import sys
from collections import Counter
from pathlib import Path
from tests.teacher.shop import solves
from tests.teacher.test_batch import batched
print(len(batched(Path(sys.argv[1]), sys.argv[2]).ask(solves(30), "one", Counter())))
"""


@pytest.mark.heavy
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on_with_the_batch_it_had_begun(
    tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "l.sqlite"
    with serving("--seconds", "3", module="batches") as server:
        command = [sys.executable, "-c", SCRIPT, str(path), server.url]
        with subprocess.Popen(command, cwd=ROOT, preexec_fn=heed_interrupts) as process:  # noqa: PLW1509
            while not server.books().get("batches"):
                time.sleep(0.05)
            process.send_signal(number)
        spent = read_totals(path)
        assert spent is not None
        assert (spent.calls, spent.reserved_calls) == (0, 30)  # the batch is on its way
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert server.books() == {"batches": 1, "answered": 30}
    assert done.stdout.strip() == "30"
    spent = read_totals(path)
    assert spent is not None
    assert (spent.calls, spent.money, spent.lost) == (30, 30 * LINE, 0)
    assert_books_are_the_sum_of_rows(path)


def test_a_batch_that_was_taken_in_by_half_is_read_again_at_no_cost(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with serving(module="batches") as server:
        books = batched(path, server.url)
        replies = books.ask(solves(5), "one", Counter())
        before = books.spent()
        books.close()
        with sqlite3.connect(path) as database:
            database.execute("update batches set state = 'begun'")
            database.execute("update calls set state = 'asked' where rowid < 3")
        database.close()
        books = batched(path, server.url)
        assert books.ask(solves(5), "one", Counter()) == replies
        assert server.books() == {"batches": 1, "answered": 5}
    assert books.spent() == before
    assert_books_are_the_sum_of_rows(path)
