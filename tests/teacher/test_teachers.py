"""Teachers behind a server of their own or in this process; asking again; kills; prices."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from sodakd.errors import EndpointError, ModelError
from sodakd.inference.in_process_client import LocalModel
from sodakd.inference.model_server import Command, Server
from sodakd.inference.protocols import Generation, OnGeneration, PromptSource
from sodakd.judge.judge import Judge
from sodakd.recipe import Recipe
from sodakd.run import Run
from sodakd.settings.stages import JudgeSettings
from sodakd.settings.teacher import Budget
from sodakd.stages.ask_and_parse import ask_and_parse
from sodakd.stages.context import StageContext
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.llm_teacher import LLMTeacher, Sampling
from sodakd.teacher.parsers import UnreadableReply
from sodakd.teacher.requests import Solve
from sodakd.teacher.spend_report import read_totals
from tests.servers.running import ROOT, serving
from tests.teacher.shop import ledger, question, solves
from tests.teacher.test_ledger import assert_books_are_the_sum_of_rows


def test_an_answer_that_was_cut_off_is_asked_for_once_more_at_twice_the_length(
    tmp_path: Path,
) -> None:
    with serving("--faults", "length", "--share", "1") as server:
        books = ledger(tmp_path / "l.sqlite", server.url)
        tally: Counter[str] = Counter()
        books.ask(solves(1), "one", tally)
        again: Counter[str] = Counter()
        books.ask(solves(1), "one", again)
        counted = server.books()
    assert again == tally  # what is read back is what was said, not all that was paid for it
    assert (counted["requests"], tally["reply_length"], books.spent().calls) == (2, 1, 2)
    assert books.spent().money == counted["delivered_money"]


@pytest.mark.toolchain
def test_what_could_not_be_read_is_asked_again_with_what_was_wrong_and_counted(
    tmp_path: Path,
) -> None:
    tally: Counter[str] = Counter()
    seen: list[str] = []
    shown: list[int] = []

    def never(text: str, ask: Solve) -> str:
        seen.append(ask.unreadable)
        if ask.question.text == "Question 0" or not ask.unreadable:
            raise UnreadableReply("too plain")
        return text

    asks = [Solve(question=question(f"Question {number}")) for number in range(4)]
    with serving() as server:
        books = ledger(tmp_path / "l.sqlite", server.url)
        judge = Judge(JudgeSettings())  # it judges nothing
        work = StageContext(Recipe(), Run(tmp_path), "one", 0, books, judge)
        found = ask_and_parse(work, asks, never, tally, progress=shown.append)
    assert [each is None for each in found] == [True, False, False, False]
    assert seen == [""] * 4 + ["too plain"] * 4
    assert shown[-1] == 4
    assert (tally["solve_unreadable"], tally["solve_dropped"]) == (5, 1)


SCRIPT = """
import sys
from collections import Counter
from pathlib import Path
from tests.teacher.shop import ledger, solves
ledger(Path(sys.argv[1]), sys.argv[2]).ask(solves(400), "one", Counter())
"""


@pytest.mark.heavy
def test_killed_at_any_moment_nothing_answered_is_asked_twice(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with serving("--latency", "0.03") as server:
        command = [sys.executable, "-c", SCRIPT, str(path), server.url]
        for seconds in (0.1, 0.2):
            with subprocess.Popen(command, cwd=ROOT) as process:
                before = server.books().get("requests", 0)
                while server.books().get("requests", 0) < before + 20:
                    time.sleep(0.01)
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
        subprocess.run(command, cwd=ROOT, check=True)
        counted = server.books()
    spent = read_totals(path)
    assert spent is not None
    assert counted["answers"] == 400
    # What was sent and not stored when it was killed is lost.
    assert spent.calls - spent.lost == 400
    assert spent.lost > 0
    assert counted["requests"] <= spent.calls
    assert spent.money >= counted["delivered_money"]
    assert_books_are_the_sum_of_rows(path)


class Parrot:
    """A model that repeats the last line, and counts its batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def serve(self, source: PromptSource, on_generation: OnGeneration) -> None:
        while asked := source(32):
            self.batches.append(len(asked))
            for each in asked:
                on_generation(each.number, Generation(each.text.splitlines()[-1], ended=True))


def test_a_model_in_this_process_answers_in_batches(tmp_path: Path) -> None:
    parrot = Parrot()
    model = LocalModel(lambda: parrot, 32)
    teacher = LLMTeacher("parrot", lambda: model, Sampling(0.0, 64), 32)
    books = Ledger(tmp_path / "l.sqlite", teacher, Prices(0, 0), Budget())
    assert len(books.ask(solves(100), "one", Counter())) == 100
    assert sum(parrot.batches) == 100
    assert len(parrot.batches) < 10


class Slow:
    """A model that tells its second answer once the first one is in the ledger."""

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger
        self.kept = False

    def serve(self, source: PromptSource, on_generation: OnGeneration) -> None:
        for number, each in enumerate(source(2)):
            until = time.monotonic() + 20 * number
            while time.monotonic() < until and not self.kept:
                with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True) as database:
                    self.kept = database.execute(
                        "select count(*) from calls where state = 'answered'"
                    ).fetchone() == (1,)
                time.sleep(0.02)
            on_generation(each.number, Generation("answer", ended=True))


def test_an_answer_is_kept_while_others_are_still_being_written(tmp_path: Path) -> None:
    slow = Slow(tmp_path / "l.sqlite")
    teacher = LLMTeacher("slow", lambda: LocalModel(lambda: slow, 2), Sampling(0.0, 64), 2)
    books = Ledger(tmp_path / "l.sqlite", teacher, Prices(0, 0), Budget())
    assert len(books.ask(solves(2), "one", Counter())) == 2
    assert slow.kept


class Broken:
    """A model that fails at its second prompt."""

    def serve(self, source: PromptSource, on_generation: OnGeneration) -> None:
        first, _ = source(2)
        on_generation(first.number, Generation("answer", ended=True))
        raise ModelError("no memory")


def test_a_model_that_fails_ends_the_round_and_what_it_said_is_kept(tmp_path: Path) -> None:
    teacher = LLMTeacher("broken", lambda: LocalModel(Broken, 2), Sampling(0.0, 64), 2)
    books = Ledger(tmp_path / "l.sqlite", teacher, Prices(0, 0), Budget())
    with pytest.raises(ModelError, match="no memory"):
        books.ask(solves(2), "one", Counter())
    found = read_totals(tmp_path / "l.sqlite")
    assert found is not None
    assert found.calls - found.lost >= 1


def _server(log: Path, *words: str) -> Server:
    return Server(Command(words, "tiny", None, 15.0, log))


def test_a_server_is_started_answers_and_is_stopped_with_its_log_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    log = tmp_path / "teacher.log"
    server = _server(log, sys.executable, "-m", "tests.servers.completions", "--port", "{port}")
    url = server.start()
    assert server.start() == url
    books = ledger(tmp_path / "l.sqlite", url)
    assert len(books.ask(solves(5), "one", Counter())) == 5
    server.stop()
    assert url in log.read_text()
    with pytest.raises(EndpointError, match="no connection"):
        ledger(tmp_path / "m.sqlite", url).ask(solves(1), "one", Counter())


def test_a_server_that_ends_is_told_with_its_own_first_error_and_its_last_words(
    tmp_path: Path,
) -> None:
    log = tmp_path / "teacher.log"
    log.write_text("ValueError: of an earlier server\n")
    words = "print('(Worker) [a.py:3] ValueError: no room'); [print('at', n) for n in range(40)]"
    with pytest.raises(EndpointError) as caught:
        _server(log, sys.executable, "-c", f"{words}; raise SystemExit(3)").start()
    said = str(caught.value).splitlines()
    assert said[0].endswith("ended with status 3:")
    assert said[1] == "(Worker) [a.py:3] ValueError: no room"
    assert said[2:-1] == [f"at {n}" for n in range(25, 40)]


def test_a_server_keeps_to_its_cores_and_dies_with_what_watches_it_which_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = (sys.executable, "-m", "tests.servers.completions", "--port", "{port}")
    core = max(os.sched_getaffinity(0))
    server = Server(Command(words, "tiny", None, 60.0, tmp_path / "log", cores=(core,)))
    url = server.start()
    assert server.ended() is None
    (child,) = psutil.Process(server.process).children()
    assert child.cpu_affinity() == [core]
    os.kill(server.process, signal.SIGKILL)
    until = time.monotonic() + 20
    while (server.ended() is None or _alive(child.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _alive(child.pid)
    assert f"its process ended with status -9, the last that it wrote is {url}" in str(
        server.ended()
    )
    server.stop()


DEAF = (
    "import signal, subprocess, sys\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
    "import runpy; sys.argv[0] = 'completions'\n"
    "runpy.run_module('tests.servers.completions', run_name='__main__', alter_sys=True)\n"
)


@pytest.mark.heavy
def test_a_server_that_hears_no_signal_dies_with_who_started_it_and_so_do_its_children(
    tmp_path: Path,
) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "import psutil\n"
        "from tests.teacher.test_teachers import DEAF, _server\n"
        "s = _server(Path(sys.argv[1]), sys.executable, '-c', DEAF, '--port', '{port}')\n"
        "s.start()\n"
        "found = psutil.Process(s._process.pid)\n"
        "print(found.pid, *(c.pid for c in found.children(recursive=True)), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "log")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 3
    until = time.monotonic() + 20
    while any(map(_alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_alive, pids))


def test_a_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.teacher.test_teachers import _server\n"
        "s = _server(Path(sys.argv[1]), sys.executable, '-m', 'tests.servers.completions',"
        " '--port', '{port}')\n"
        "s.start()\n"
        "print(s._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "log")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    until = time.monotonic() + 10
    while _alive(int(done.stdout)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _alive(int(done.stdout))


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        os.kill(pid, 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_a_server_that_ends_at_once_shows_the_end_of_its_log(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "raise SystemExit('no such model')")
    with pytest.raises(EndpointError, match="no such model"):
        _server(tmp_path / "log", *words).start()
    with pytest.raises(EndpointError, match="cannot be started: no-such-program"):
        _server(tmp_path / "log", "no-such-program").start()


@pytest.mark.heavy
def test_a_server_that_is_told_to_end_ends_at_once(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(500)")
    log = tmp_path / "log"
    server = Server(Command(words, "tiny", None, 3.0, log))
    with pytest.raises(EndpointError, match="did not answer within"):
        server.start()
    process = server._process
    assert process is None
    assert "up" in log.read_text()
