"""A small run folder, written from typed rows: no training, no teacher."""

import json
from pathlib import Path

from sodakd.evaluate.groups import ExamGroup
from sodakd.evaluate.paired import paired_difference
from sodakd.jsonl import read_rows, write_rows
from sodakd.methods.table import METHODS
from sodakd.records import (
    ArmDescription,
    Difficulty,
    EvalSample,
    Feedback,
    PairedDifference,
    PassRate,
    Results,
    RubricScore,
    StudentResult,
    StudentRow,
    TrainLogRow,
)
from sodakd.run import Event, Step
from sodakd.types import (
    CallTests,
    FaultKind,
    Finding,
    JudgeStage,
    Language,
    Outcome,
    PreferencePair,
    Question,
    Solution,
    TestCase,
    Verdict,
)

CHOSEN = "def total(xs):\n    # adds up\n    return sum(xs) + 0\n"
REJECTED = "def total(xs):\n    # adds up\n    return sum(xs) - 1\n"
CYCLES = 2
_ENDS = (Outcome.PASSED, Outcome.PASSED, Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR)


def question(number: int, text: str = "") -> Question:
    """A question; the number makes it another one."""
    return Question.new(
        text=text or f"Write total(xs) that adds up a list, kind {number}.",
        language=Language.PYTHON,
        tests=CallTests(
            entry_point="total",
            cases=(TestCase(arguments=([1, number],), expected=1 + number),),
        ),
        source="hand",
        level=1 + number % 5,
    )


def pair(number: int, text: str = "", chosen: str = CHOSEN) -> PreferencePair:
    """A pair; kinds of fault take turns."""
    kinds = list(FaultKind)
    return PreferencePair(
        question=question(number, text),
        chosen=chosen,
        rejected=REJECTED,
        fault=kinds[number % len(kinds)],
    )


def feedback(number: int, text: str = "", answer: str = REJECTED) -> Feedback:
    """What became of a question; difficulties and outcomes take turns."""
    kinds = list(Difficulty)
    asked, outcome = question(number, text), _ENDS[number % len(_ENDS)]
    score = RubricScore(
        functionality=1.5, boundary=0.5, coverage=1, readability=1, practices=0, reason="Nearly."
    )
    passed = outcome is Outcome.PASSED
    return Feedback(
        question=asked,
        solution=Solution(question_id=asked.id, text=answer, code=answer, author="student"),
        verdict=Verdict(
            outcome=outcome,
            stage=JudgeStage.RUN,
            output="" if passed else "total([1]) gave 0, not 1",
        ),
        findings=(Finding(tool="ruff", rule="F821", line=1, message="undefined name"),),
        score=None if number % 7 == 3 else score,
        samples=2,
        pass_rate=1.0 if passed else 0.0,
        difficulty=kinds[number % len(kinds)],
        reason=f"reason number {number}",
    )


def attempts(solved: int) -> list[EvalSample]:
    """Answers to forty test questions, of which the first ones pass."""
    found = []
    for number in range(40):
        asked = question(5000 + number)
        outcome = Outcome.PASSED if number < solved else Outcome.WRONG_ANSWER
        answer = Solution(question_id=asked.id, text="", code="", author="student")
        verdict = Verdict(outcome=outcome, stage=JudgeStage.RUN)
        found.append(
            EvalSample(question_id=asked.id, level=asked.level, solution=answer, verdict=verdict)
        )
    return found


def log(count: int, *, contrast: bool) -> list[TrainLogRow]:
    """A training log; the loss falls."""
    return [
        TrainLogRow(
            step=step,
            epoch=step / count,
            loss=4 / step,
            nll=3.5 / step,
            contrast=0.5 / step if contrast else None,
            chosen_logp=-1 / step,
            rejected_logp=-2.0 - step / count if contrast else None,
            gap=1 + step / count if contrast else None,
            ranking_accuracy=0.6 + 0.4 * step / count if contrast else None,
            grad_norm=1 / step,
            learning_rate=0.001 * (1 - step / count),
            tokens=100 * step,
            tokens_per_second=5000.0 + step,
        )
        for step in range(1, count + 1)
    ]


def begin(folder: Path, cycles: int = CYCLES) -> Path:
    """A run that has only been begun."""
    folder.mkdir(parents=True, exist_ok=True)
    head = {
        "format": 1,
        "sodakd": "0.1.0",
        "recipe": {"name": "small", "seed": 7, "arms": ["soda", "sft"], "cycles": cycles},
    }
    (folder / "run.json").write_text(json.dumps(head), encoding="utf-8")
    return folder


def finish_base(folder: Path) -> None:
    """The base student, trained and evaluated."""
    write_rows(folder / "base/student/log.jsonl", log(30, contrast=False))
    write_rows(folder / "base/evaluation.jsonl", attempts(8))
    record_student(folder, "base", "", "base/")


def record_student(folder: Path, name: str, arm: str, steps: str) -> None:
    """Enter a student in the run's list, and its training in the manifest of its arm."""
    path = folder / "students.jsonl"
    before = read_rows(path, StudentRow) if path.exists() else []
    at = "/".join(filter(None, (arm, steps.strip("/"))))
    row = StudentRow(
        name=name, arm=arm, steps=steps, weights=f"{at}/student", evaluation=f"{at}/evaluation"
    )
    write_rows(path, [*before, row])
    manifest = folder / arm / "manifest.jsonl"
    done = read_rows(manifest, Step) if manifest.exists() else []
    step = f"{steps}student"
    write_rows(manifest, [*done, Step(step=step, kind="weights", path=step, sha256=step)])


def finish_cycle(folder: Path, number: int) -> None:
    """All rows of a cycle. Every second question of the feedback has a pair."""
    at, first = folder / f"soda/cycle-{number}", 100 * number
    write_rows(at / "pairs.jsonl", [pair(first + each) for each in range(0, 60, 2)])
    write_rows(at / "student/log.jsonl", log(40, contrast=True))
    write_rows(at / "evaluation.jsonl", attempts(8 + 10 * number))
    write_rows(at / "feedback.jsonl", [feedback(first + each) for each in range(40)])
    write_rows(at / "questions.jsonl", [question(first + each) for each in range(60, 90)])
    record_student(folder, f"soda-{number}", "soda", f"cycle-{number}/")


def finish(folder: Path) -> Path:
    """A finished run of two cycles and a second arm."""
    begin(folder)
    finish_base(folder)
    for number in range(1, CYCLES + 1):
        finish_cycle(folder, number)
    write_rows(folder / "sft/student/log.jsonl", log(50, contrast=False))
    write_rows(folder / "sft/evaluation.jsonl", attempts(20))
    record_student(folder, "sft", "sft", "")
    _books(folder)
    standings = [standing("base", 8, 0), standing("soda-1", 18, 300), standing("soda-2", 28, 600)]
    words = [
        ArmDescription(name=name, title=method.title, how=method.how, bibtex=method.bibtex)
        for name, method in METHODS.items()
    ]
    results = Results(
        arms=tuple(words),
        kept="soda-2",
        seed=7,
        standings=(*standings, standing("sft", 20, 600)),
        differences=differences(),
    )
    (folder / "results.json").write_text(results.model_dump_json(), encoding="utf-8")
    return folder


def without_tests(folder: Path) -> Path:
    """The run, its exam one of questions without tests."""
    path = folder / "questions" / "test.jsonl"
    exam = read_rows(path, Question) if path.exists() else [question(1)]
    write_rows(path, [one.model_copy(update={"tests": None}) for one in exam])
    return folder


def differences() -> tuple[PairedDifference, ...]:
    """The student that is kept beside the two others, on all questions."""
    (group,), kept = [ExamGroup("all", [range(40)])], [at < 28 for at in range(40)]
    return tuple(
        paired_difference(group, kept, [at < solved for at in range(40)], name)
        for name, solved in (("base", 8), ("sft", 20))
    )


def standing(name: str, solved: int, calls: int) -> StudentResult:
    """A row of the table."""
    shares = {"all": 40, "levels 2-5": 32, **{f"level {level}": 8 for level in range(1, 6)}}
    return StudentResult(
        name=name,
        groups=tuple(
            PassRate(
                group=group,
                passed=solved * total // 40,
                total=total,
                low=0.1,
                high=0.9,
                by="level" if total == 8 else "",
            )
            for group, total in shares.items()
        ),
        teacher_calls=calls,
        teacher_tokens=100 * calls,
        money=calls / 1000,
        train_steps=calls // 10,
        train_tokens=50 * calls,
    )


def _books(folder: Path) -> None:
    tallies = {
        "cycle-1/pairs": {"solved": 32, "solution_dropped": 8, "pairs": 30, "fault_dropped": 2},
        "cycle-2/pairs": {"solved": 30, "solution_dropped": 0, "pairs": 30, "fault_dropped": 0},
        "cycle-1/questions": {
            "near_duplicate": 1234,
            "overlaps_mbpp": 3,
            "kept": 30,
            "highest_open_level": 3,
        },
    }
    steps = [
        Step(step=step, kind="rows", path=f"{step}.jsonl", sha256=step, rows=30, tally=tally)
        for step, tally in tallies.items()
    ]
    manifest = folder / "soda" / "manifest.jsonl"
    write_rows(manifest, [*read_rows(manifest, Step), *steps])
    for arm, step in (("", "base/student"), ("soda", "cycle-1/pairs"), ("sft", "student")):
        events = [
            Event(at="2026-01-02T03:04:05.000+00:00", step=step, event="start"),
            Event(at="2026-01-02T03:05:05.000+00:00", step=step, event="done", seconds=61.5),
        ]
        write_rows(folder / arm / "events.jsonl", events)
    asks = [
        ("soda/cycle-1/pairs", "solve"), ("soda/cycle-1/feedback", "grade"),
        ("sft/solutions", "solve"),
    ]  # fmt: skip
    spend = [
        {
            "arm": step.partition("/")[0], "step": step, "ask": ask,
            "calls": 40, "prompt_tokens": 900, "completion_tokens": 300, "money": 0.25,
        }
        for step, ask in asks
    ]  # fmt: skip
    (folder / "spend.json").write_text(json.dumps(spend), encoding="utf-8")
