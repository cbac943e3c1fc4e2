"""SODA: self-paced knowledge distillation (Chen et al., arXiv 2408.03680)."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sodakd.errors import DataError
from sodakd.jsonl import read_log
from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import (
    SEED_TESTS,
    Method,
    mix_replay,
    to_examples,
    training_of_cycle,
)
from sodakd.methods.scored_feedback import ScoredFeedback
from sodakd.records import Feedback, Refusal
from sodakd.run import Step
from sodakd.training.schedule import Example
from sodakd.types import PreferencePair, Question

_CYCLE = re.compile(r"cycle-([0-9]+)/(.*)")
_REFUSALS = frozenset(Refusal)
FeedbackFn = Callable[[str, Path, Sequence[Question], Sequence[PreferencePair]], Sequence[Feedback]]
"""Takes a cycle's name, its student, probes, and the pairs it learnt from; returns feedback on each
probe."""


def soda(context: Context, inputs: RunInputs) -> Path:
    """Run cycles whose new questions follow the student's feedback; return the final student."""
    if context.recipe.feedback.scorer == "trained":
        return run_cycles(context, inputs, ScoredFeedback(context, inputs.base))

    def collect(
        cycle: str, student: Path, probes: Sequence[Question], _: Sequence[PreferencePair]
    ) -> Sequence[Feedback]:
        return context.feedback(f"{cycle}/feedback", student, probes)

    return run_cycles(context, inputs, collect)


def run_cycles(context: Context, inputs: RunInputs, collect_feedback: FeedbackFn) -> Path:
    """Run cycles of pairs, training, feedback and new questions; return the final student.

    It is the last cycle's, or with `patience` (early stopping) the one of best pass@1 on dev.

    Of each cycle's questions some are probes: the student answers them before it is ever trained on
    them, so that feedback does not measure memory. They join the training of the next cycle; the
    last cycle has none where its feedback is not wanted.
    A later cycle without a single pair ends the run with what the cycles before it taught.

    Raises:
        DataError: the first cycle has no pair, so there is nothing to learn.
    """
    recipe = context.recipe
    questions = list(context.tested(SEED_TESTS, inputs.seeds))
    if len(questions) < 2:
        raise DataError(_no_tests_message(context.counts(SEED_TESTS)))
    first_probes = max(1, len(questions) * recipe.feedback.probes // recipe.questions.seeds)
    student, feedback = inputs.base, list[Feedback]()
    pool, learnt = list(inputs.seeds), list[Example]()
    dev_scores: list[tuple[float, Path]] = []
    for cycle in range(1, recipe.cycles + 1):
        prefix = f"cycle-{cycle}"
        count = first_probes if cycle == 1 else recipe.feedback.probes
        if cycle == recipe.cycles and not recipe.feedback.last_cycle:
            count = 0
        probes, train_questions = questions[:count], questions[count:]
        pairs = context.pairs(f"{prefix}/pairs", train_questions, feedback)
        if not pairs:
            if cycle == 1:
                raise DataError(_no_pairs_message(context.counts(f"{prefix}/pairs")))
            context.report_status(f"{prefix}/pairs", "no pairs: the cycle before was the last one")
            break
        new, older = to_examples(pairs), [*inputs.base_data, *learnt]
        learnt = [*learnt, *new]
        if recipe.delivery.aggregate:
            new, older = learnt, list(inputs.base_data)
        examples = mix_replay(new, older, recipe.delivery.replay_share, recipe.seed, cycle)
        settings = training_of_cycle(recipe, cycle, recipe.training)
        student = context.train(f"{prefix}/student", student, examples, settings)
        context.record_student(str(cycle), student, f"{prefix}/")
        feedback = list(collect_feedback(prefix, student, probes, pairs)) if probes else []
        if recipe.patience is not None:
            dev_scores.append((context.pass_rate(f"{prefix}/dev", student, inputs.dev), student))
            if should_stop_early([rate for rate, _ in dev_scores], recipe.patience):
                break
        if cycle < recipe.cycles:
            found = context.new_questions(f"{prefix}/questions", feedback, pool)
            questions, pool = [*found, *probes], [*pool, *found]
    if context.allowance is not None:
        context.report_status(
            f"{prefix}/student",
            "this arm ran the cycles of the recipe, whatever the first one spent: the table says"
            " what it took",
        )
    return max(dev_scores, key=lambda found: found[0])[1] if dev_scores else student


def cycles_reached(folder: Path) -> int:
    """Return the number of cycles a run has reached: its recipe may not ask for fewer.

    A cycle's new questions count as the next cycle's.
    """
    steps = [step for path in folder.glob("*/manifest.jsonl") for step in read_log(path, Step)]
    found = [_CYCLE.match(step.step) for step in steps]
    return max((int(each[1]) + (each[2] == "questions") for each in found if each), default=1)


def _no_tests_message(counts: Mapping[str, int]) -> str:
    """Return the error message of seeds that get no tests: what became of them, by reason."""
    reasons = {name: count for name, count in counts.items() if name.partition(" ")[0] in _REFUSALS}
    found = ", ".join(f"{name} {count}" for name, count in reasons.items() if count)
    too_few = any(name.startswith(Refusal.TOO_FEW_CASES) for name in reasons)
    fewer = ", a smaller questions.min_cases" if too_few else ""
    return (
        f"of the seeds fewer than two have tests ({found or 'there were none'}): ask for more"
        f" seeds{fewer}, take a source that brings tests, or train on untested questions,"
        " questions.tests=none; each in another folder: --out DIR"
    )


def _no_pairs_message(counts: Mapping[str, int]) -> str:
    """Return the error message of a first cycle without pairs: the teacher's answers, by fate."""
    kinds = ("tests_", "solution_", "fault_", "reply_")
    found = [f"{name} {count}" for name, count in counts.items() if name.startswith(kinds)]
    if counts.get("tests_cannot_run", 0) > sum(counts.get(f"{kind}dropped", 0) for kind in kinds):
        return (
            f"the first cycle holds no pair, for the tests of its questions cannot run here:"
            f" {', '.join(found)}; leave those questions out (sodakd seeds SOURCE --verify says why"
            " an answer of the source does not pass), and use another folder: --out DIR"
        )
    return (
        "the first cycle holds no pair, so there is nothing to learn from this teacher:"
        f" {', '.join(found) or 'there were no questions'}; look at its answers (sodakd record"
        " FOLDER --out answers.jsonl), mend the recipe's section `teacher`, and use another"
        " folder: --out DIR"
    )


def should_stop_early(rates: Sequence[float], patience: int) -> bool:
    """Return whether the last `patience` pass rates are no better than the best before them."""
    before, newest = rates[:-patience], rates[-patience:]
    return bool(before) and max(newest) <= max(before)


METHOD = Method(
    soda,
    title="SODA, self-paced knowledge distillation ([arXiv 2408.03680]"
    "(https://arxiv.org/abs/2408.03680)), as sodakd does it",
    how="In each cycle the teacher delivers a correct and a faulty solution of every question; the"
    " student\nis trained on both; its answers to fresh questions are judged and graded; and"
    " that feedback\ndecides which questions come next.",
    bibtex="@inproceedings{chen2025soda,\n"
    "  title = {Smaller but Better: Self-Paced Knowledge Distillation for Lightweight yet"
    " Effective LCMs},\n"
    "  author = {Chen, Yujia and others},\n"
    "  booktitle = {FSE},\n"
    "  year = {2025},\n"
    "  note = {arXiv:2408.03680}\n"
    "}",
)
