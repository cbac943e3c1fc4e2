"""The preflight: each part of a run tried once on something small, before anything is spent."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from pydantic import ValidationError

from sodakd.errors import JudgeError, TeacherError
from sodakd.inference.canary import PROMPTS
from sodakd.inference.portable import write_portable
from sodakd.jsonl import atomic_write
from sodakd.judge.untested import to_program
from sodakd.methods.arms import arms_of
from sodakd.methods.estimate import requests_about
from sodakd.methods.exam import exam_languages, load_benchmarks
from sodakd.methods.plan import PREFLIGHT, asked_kinds, has_llm_teacher
from sodakd.methods.prepare import sample_for_estimate
from sodakd.methods.run_context import RunResources, open_resources
from sodakd.methods.teacher_weights import check_tokens, distillation_of
from sodakd.methods.teachers import open_teacher
from sodakd.recipe import Recipe
from sodakd.requirements import require_languages
from sodakd.run import Run
from sodakd.settings.training import TrainingSettings
from sodakd.stages.programs import read_fault, read_inspired, read_program
from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.splits import Split
from sodakd.teacher.dispatcher import Teacher
from sodakd.teacher.ledger import DEFAULT_LEDGER_OPTIONS, LedgerOptions
from sodakd.teacher.parsers import (
    UnreadableReply,
    completed_text,
    parse_comparison,
    parse_evolved,
    parse_grade,
    parse_invention,
    parse_test,
)
from sodakd.teacher.requests import (
    Compare,
    Evolve,
    Fault,
    Grade,
    Inspire,
    Invent,
    Refine,
    Solve,
    TeacherRequest,
    Test,
)
from sodakd.training.schedule import Example
from sodakd.types import CallTests, FaultKind, FrozenModel, Language

FILE = "preflight.json"
_TEACHER = "teacher: "
_SAMPLE = 200
"""Questions whose languages count as in use."""
_EXAMPLES = (
    Example("Add a and b.", "def add(a, b):\n    return a + b\n", "def add(a, b):\n    return a\n"),
    Example("Negate a.", "def neg(a):\n    return -a\n", "def neg(a):\n    return a\n"),
)


class Preflight(FrozenModel):
    """The report of a preflight, a line for each part; `recipe` is the digest of what it tried."""

    recipe: str
    lines: tuple[str, ...]


def preflight(
    recipe: Recipe, run: Run, teacher: Teacher, options: LedgerOptions = DEFAULT_LEDGER_OPTIONS
) -> Preflight:
    """Try the student, the teacher and the judge, once for a folder and a recipe.

    The student is opened, trained for one step on two examples, saved, handed out, opened again and
    held against its canary. A teacher behind a server answers one request of each kind that the run
    needs, through the ledger, so that a run that goes on pays for none of them again. The judge
    passes a right program and fails a wrong one in each language of the questions.

    Raises:
        SodakdError: a part does not work, or a language cannot be judged here; nothing but the
            probes was spent.
    """
    digest = hashlib.sha256(recipe.model_dump_json(exclude={"budget"}).encode()).hexdigest()
    path = run.folder / FILE
    before = _read_before(path)
    if before is not None and before.recipe == digest:
        return before
    languages = _languages(recipe)
    if not recipe.judge.ray:
        require_languages(languages)
    if recipe.teacher.batch_api:  # an answer takes up to a day: probes are asked one by one
        asked = recipe.teacher.model_copy(update={"batch_api": False})
        recipe = recipe.model_copy(update={"teacher": asked})
        teacher = open_teacher(asked, run.folder)
    scratch = run.folder / f"{PREFLIGHT}.part"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        with open_resources(recipe, run, teacher, options) as resources:
            run.report_progress(PREFLIGHT, 0, 3, "student")
            student = _try_student(resources, scratch)
            run.report_progress(PREFLIGHT, 1, 3, "teacher")
            answers = _try_teacher(resources)
            run.report_progress(PREFLIGHT, 2, 3, "judge")
            judge = _try_judge(resources, languages)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report = Preflight(recipe=digest, lines=(student, *answers, judge))
    atomic_write(path, report.model_dump_json(indent=1).encode())
    run.report_progress(PREFLIGHT, 3, 3, "done")
    return report


def preflight_calls(run: Run) -> int:
    """Return the number of teacher calls that a run's preflight made."""
    before = _read_before(run.folder / FILE)
    return sum(line.startswith(_TEACHER) for line in before.lines) if before else 0


def _read_before(path: Path) -> Preflight | None:
    """What an earlier preflight found; None where there is none that can be read."""
    try:
        return Preflight.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _try_student(resources: RunResources, scratch: Path) -> str:
    """Train a step, save, hand out, open, and compare with the canary."""
    from sodakd.inference.devices import free_memory, resolve_device
    from sodakd.training.train import train

    recipe = resources.recipe
    start, trained, out = (scratch / name for name in ("start", "trained", "out"))
    for folder in (start, trained, out):
        folder.mkdir()
    _start(recipe, start)
    changes: dict[str, object] = {
        "max_steps": 1, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 1,
        "report_to": (),
    }  # fmt: skip
    if resolve_device(None).type == "cpu":  # where Muon's products take more time than all else
        changes["optimizer"] = "adamw"
    settings = recipe.training.model_copy(update=changes)
    said: list[str] = []
    (row,) = train(
        start, _EXAMPLES, settings, recipe.seed, trained, None, recipe.student, PROMPTS[:1],
        said.append,
    )  # fmt: skip
    said += _try_weights(recipe, start, scratch / "distilled", settings)
    free_memory()
    write_portable(trained, out)
    words = "; ".join([f"student: a step on {row.tokens} tokens, saved, handed out", *said])
    if recipe.generation.base_urls:
        return f"{words}; the servers behind generation.base_urls are asked in the run"
    try:
        return f"{words}; {resources.engine.open(out).checked}"
    finally:
        resources.engine.close()


def _try_weights(
    recipe: Recipe, start: Path, out: Path, settings: TrainingSettings
) -> Sequence[str]:
    """Train a step by a teacher's weights, where a method reads them; a line about it.

    A student from scratch has its tokens from the run's own texts, which are not there yet.
    """
    from sodakd.training.train import train

    reads = any(each.method.reads_weights for each in arms_of(recipe).values())
    if not reads or recipe.student.model_name_or_path is None:
        return []
    distillation = distillation_of(recipe)
    check_tokens(distillation.teacher, start)
    plain = settings.model_copy(update={"loss": "none"})
    out.mkdir()
    train(
        start, _EXAMPLES, plain, recipe.seed, out, None, recipe.student, PROMPTS[:1],
        distillation=distillation,
    )  # fmt: skip
    return [f"a step by the token probabilities of {distillation.teacher}"]


def _start(recipe: Recipe, folder: Path) -> None:
    from sodakd.methods.base_student import lay_out_pretrained
    from sodakd.training.from_scratch import init_student

    if recipe.student.model_name_or_path is not None:
        lay_out_pretrained(recipe.student, folder)
    else:
        texts = [text for example in _EXAMPLES for text in (example.prompt, example.chosen)]
        init_student(texts, recipe.base.shape, recipe.seed, folder)


def _try_teacher(resources: RunResources) -> list[str]:
    """Return a line for a request of each kind, where they are answered by somebody who may refuse.

    A solution comes first: what is asked about a program is asked about it.

    Raises:
        TeacherError: not one of the answers can be read.
    """
    if not has_llm_teacher(resources.recipe):
        return []
    kinds = asked_kinds(resources.recipe)
    sample = sample_for_estimate(resources.recipe, 1)
    question, code = sample.questions[0], sample.answers[0]
    lines = []
    for some in (
        ["solve"] if "solve" in kinds else [],
        [kind for kind in kinds if kind != "solve"],
    ):
        every = requests_about(question, code)
        replies = resources.ledger.ask([every[kind] for kind in some], PREFLIGHT, Counter())
        for kind, reply in zip(some, replies, strict=True):
            line = f"{_TEACHER}{kind}, an answer of {len(reply.text):,} characters"
            try:
                read = _read(every[kind], completed_text(reply, kind))
                code = read if kind == "solve" and isinstance(read, str) else code
            except UnreadableReply as error:
                line += f", which cannot be read: {error}"
                line += f" ({reply.error})" if reply.error else ""
            lines.append(line)
    if lines and all("cannot be read" in line for line in lines):
        raise TeacherError(
            "no answer of this teacher can be read:\n"
            + "\n".join(f"  {line}" for line in lines)
            + "\nmend the recipe's section `teacher`, or leave the preflight out: --no-preflight"
        )
    return lines


def _read(ask: TeacherRequest, text: str) -> object:
    """Return what a reply holds, read as its stage does. Raises `UnreadableReply`."""
    match ask:
        case Solve() | Refine():
            return read_program(text, ask.question)
        case Fault():
            return read_fault(text, ask)
        case Grade():
            return parse_grade(text)
        case Invent():
            return parse_invention(text, ask)
        case Test():
            return parse_test(text, ask)
        case Evolve():
            return parse_evolved(text, ask)
        case Inspire():
            return read_inspired(text, ask)
        case Compare():
            return parse_comparison(text)
        case _:
            return None


def _try_judge(resources: RunResources, languages: Sequence[Language]) -> str:
    """A right and a wrong program in each language.

    Raises:
        JudgeError: a right one fails, or a wrong one passes.
    """
    programs = []
    for language in languages:
        (question,) = draw_questions(1, (1,), Split.TRAIN, 0, language)
        program = program_of(question)
        assert isinstance(question.tests, CallTests)
        wrong = make_fault(program, question.tests, tuple(FaultKind), Random(0), language)
        assert wrong is not None
        programs += [
            to_program(question, code) for code in (print_program(program, language), wrong.code)
        ]
    verdicts = resources.judge.judge_all(programs)
    for language, right, wrong_one in zip(languages, verdicts[::2], verdicts[1::2], strict=True):
        if not right.passed or wrong_one.passed:
            odd = right if not right.passed else wrong_one
            kind = "right" if odd is right else "wrong"
            raise JudgeError(
                f"the judge says {odd.outcome} of a {kind} {language} program"
                f" ({odd.output.strip()[:300]}): see what this machine has: sodakd env"
            )
    return f"judge: a right and a wrong program told apart in {', '.join(languages)}"


def _languages(recipe: Recipe) -> Sequence[Language]:
    """The languages of the exam's benchmarks, which have to be there, and of the questions."""
    load_benchmarks(recipe.evaluation)
    own = {recipe.questions.language}
    if recipe.questions.real:
        own = {each.language for each in sample_for_estimate(recipe, _SAMPLE).questions}
    return sorted({*own, *exam_languages(recipe)})
