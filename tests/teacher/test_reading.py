"""Every ask has a prompt and a reader; readers are tolerant, and say what is missing."""

import pytest

from sodakd.inference.completions import Completion, Finish
from sodakd.teacher.parsers import (
    UnreadableReply,
    completed_text,
    parse_comparison,
    parse_evolved,
    parse_grade,
    parse_invention,
    retry_request,
)
from sodakd.teacher.render_prompt import EVOLVE_OPERATIONS, FAULT_DESCRIPTIONS, render
from sodakd.teacher.requests import (
    REQUEST_ADAPTER,
    Compare,
    Evolve,
    Fault,
    Grade,
    Inspire,
    Invent,
    Operation,
    Refine,
    Solve,
    TeacherRequest,
    ask_key,
)
from sodakd.types import FaultKind, Language, Usage
from tests.teacher.shop import question

QUESTION = question("Add up {{ a list }} of integers.")
ASKS: list[TeacherRequest] = [
    Solve(question=QUESTION, error="IndexError"),
    Fault(question=QUESTION, correct="return 1", kinds=tuple(FaultKind)),
    Grade(question=QUESTION, answer="return 2"),
    Invent(question=QUESTION, level=3, variant=7),
    Evolve(question=QUESTION, operation=Operation.RARER),
    Refine(question=QUESTION, answer="return 3", error="AssertionError"),
    Inspire(snippet="x = sorted(y)", language=Language.GO),
    Compare(question=QUESTION, answer_a="return 4", answer_b="return 5"),
]
EVOLVE = Evolve(question=QUESTION, operation=Operation.RARER)
INVENT = Invent(question=QUESTION, level=2)
CASE = '{{"entry_point": "f", "cases": [{{"arguments": [1], "expected": {}}}]}}'


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: ask.kind)
def test_every_ask_has_a_prompt_that_holds_all_it_is_about(ask: TeacherRequest) -> None:
    text = render(ask)
    for field in ("correct", "answer", "answer_a", "answer_b", "error", "snippet"):
        assert getattr(ask, field, "") in text
    assert isinstance(ask, Inspire) or QUESTION.text in text
    assert "could not be used" not in text
    assert REQUEST_ADAPTER.validate_json(ask.model_dump_json()) == ask


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: ask.kind)
def test_a_second_ask_says_what_was_wrong_and_has_another_key(ask: TeacherRequest) -> None:
    second = retry_request(ask, UnreadableReply("no fenced block in the reply"))
    assert "no fenced block in the reply" in render(second)
    assert ask_key(second) != ask_key(ask)


def test_a_fault_is_asked_for_one_kind_at_a_time_and_then_for_the_next() -> None:
    kinds = (FaultKind.SWAP, FaultKind.CONSTANT)
    ask = Fault(question=QUESTION, correct="return 1", kinds=kinds)
    for attempt in range(4):
        text = render(ask.model_copy(update={"attempt": attempt}))
        assert [FAULT_DESCRIPTIONS[kind] in text for kind in kinds] == [
            attempt % 2 == 0, attempt % 2 == 1,
        ]  # fmt: skip


def test_every_kind_of_fault_and_operation_has_words() -> None:
    assert set(FAULT_DESCRIPTIONS) == set(FaultKind)
    assert set(EVOLVE_OPERATIONS) == set(Operation)


@pytest.mark.parametrize(
    "lines",
    [
        "Rule {n}: {p}",
        "Rule {n}. Basic Functionality: {p}",
        "**Rule {n}:** {p}/1",
        "- rule {n} (name): **{p}**",
        "Rule {n} - {p}",
        "**Rule {n}** (self-contained) – {p} points",  # noqa: RUF001
        "Rule {n} = {p}/1.",
        "Rule {n}: Basic functionality: {p}",
        "**Rule {n}: Boundary check:** {p} points",
        "{n}. Readability: {p}/1",
        "{n}. **Coding practices**: {p} (no comments)",
    ],
)
def test_a_grade_is_read_however_its_lines_are_dressed(lines: str) -> None:
    points = (2, 0.5, 1, 0, 1)
    text = "It works.\n" + "\n".join(
        lines.format(n=number, p=value) for number, value in enumerate(points, start=1)
    )
    score = parse_grade(text)
    assert (score.total, score.boundary, score.reason) == (4.5, 0.5, "It works.")


@pytest.mark.parametrize("points", ["3", "9" * 400, "0.4" + "9" * 400 + "\nRule 1: 2.3"])
def test_points_out_of_range_are_unreadable(points: str) -> None:
    with pytest.raises(UnreadableReply, match="out of range"):
        parse_grade("\n".join(f"Rule {n}: {points}" for n in range(1, 6)))


def test_an_analysis_ends_before_the_rule_above_the_points() -> None:
    points = "\n".join(f"**Rule {n}:**\n\n1 of 2" for n in range(1, 6))
    assert parse_grade(f"**Good.**\n\n---\n\n{points}").reason == "**Good.**"


def test_an_invention_is_read_with_or_without_a_fence() -> None:
    body = (
        '{"text": "Double f(x).", "level": 2, "tests": {"entry_point": "f",'
        ' "cases": [{"arguments": [1], "expected": 2}]}}'
    )
    for text in (f"```json\n{body}\n```", f"Here it is: {body} Enjoy!"):
        found = parse_invention(text, INVENT)
        assert found.tests is not None
        assert (found.level, found.parent, found.tests.entry_point) == (2, QUESTION.id, "f")


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "{broken",
        '{"text": "x"}',
        '{"text": "", "level": 2}',
        '{"text": " \\n", "level": 2}',
        "[" * 1000,
        '{"text":' * 1000,
        f'{{"text": "x", "level": {"9" * 5000}}}',
        f'{{"text": "x", "level": 2, "tests": {CASE.format("9" * 5000)}}}',
        f'{{"text": "x", "level": 2, "tests": {CASE.format("1e999")}}}',
        f'{{"text": "x", "level": 2, "tests": {CASE.format("NaN")}}}',
    ],
)
def test_an_invention_that_is_none_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableReply):
        parse_invention(text, INVENT)


def test_what_nobody_asked_for_does_not_void_an_invention() -> None:
    case = '{"arguments": [1], "expected": 2, "why": "twice"}'
    tests = f'{{"entry_point": "f", "cases": [{case}], "framework": "pytest"}}'
    text = f'{{"title": "Double", "text": "Double \\ud83d.", "level": 2, "tests": {tests}}}'
    found = parse_invention(f"```python\ndef f(x): return {{}}\n```\n```json\n{text}\n```", INVENT)
    assert found.text == "Double \ufffd.\n\nWrite it as the function `f`."
    assert found.tests is not None


@pytest.mark.parametrize(
    ("tests", "wrong"),
    [
        (
            '{"entry_point": "f", "cases": [{"arguments": [1], "expected": 2}]}',
            "need the types of f",
        ),
        (
            '{"entry_point": "f", "signature": {"arguments": ["int"], "returns": "int"},'
            ' "cases": [{"arguments": [1, 2], "expected": 2}]}',
            "2 arguments, and the signature has 1",
        ),
        (
            '{"entry_point": "f", "signature": {"arguments": ["int"], "returns": "int"},'
            ' "cases": [{"arguments": ["1"], "expected": 2}]}',
            "the signature says int",
        ),
    ],
)
def test_invented_tests_that_no_program_could_be_judged_by_are_unreadable(
    tests: str, wrong: str
) -> None:
    ask = INVENT.model_copy(
        update={"question": QUESTION.model_copy(update={"language": Language.JAVA})}
    )
    with pytest.raises(UnreadableReply, match=wrong):
        parse_invention(f'{{"text": "Double it.", "level": 2, "tests": {tests}}}', ask)


def test_an_invention_says_how_its_function_is_declared_where_that_has_to_be_so() -> None:
    body = (
        '{{"text": "Double it.", "level": 2{0}, "tests": {{"entry_point": "f", "signature":'
        ' {{"arguments": ["list[int]"], "returns": "int"}},'
        ' "cases": [{{"arguments": [[1]], "expected": 2}}]}}}}'
    )

    def invented(language: Language, also: str = "") -> str:
        question = QUESTION.model_copy(update={"language": language})
        ask = INVENT.model_copy(update={"question": question})
        return parse_invention(body.format(also), ask).text

    java = "Double it.\n\nDeclare it as `public static long f(long[] a)` in `class Solution`."
    assert invented(Language.JAVA) == java
    python = "Double it.\n\nWrite it as the function `f`, which takes (list[int])."
    assert invented(Language.PYTHON) == python
    assert invented(Language.JAVA, ', "source": "world level 2"') == "Double it."


def test_an_evolved_question_is_its_block_or_the_whole_reply() -> None:
    like = "Mend this:\n```python\nx\n```\nin one line."
    for text in ("Harder task.", like):
        for reply in (f"```text\n{text}\n```", f"Here:\n````\n{text}\n````\n", text):
            found = parse_evolved(reply, EVOLVE)
            assert (found.text, found.parent) == (text, QUESTION.id)
    with pytest.raises(UnreadableReply):
        parse_evolved(" \n", EVOLVE)


def test_a_comparison_has_two_scores_of_1_to_10() -> None:
    found = parse_comparison("Score A: 1\nno:\n**Score A:** 8\nScore B: 6.5")
    assert (found.a, found.b) == (8, 6.5)
    for text in ("Score A: 3", "Score A: 0\nScore B: 4"):
        with pytest.raises(UnreadableReply):
            parse_comparison(text)


@pytest.mark.parametrize("finish", [each for each in Finish if each is not Finish.STOP])
def test_a_reply_that_did_not_come_to_its_end_is_unreadable(finish: Finish) -> None:
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    with pytest.raises(UnreadableReply):
        completed_text(Completion(text="```python\na", usage=usage, finish=finish))
    assert completed_text(Completion(text="a", usage=usage)) == "a"


THOUGHT = "<think>\nFault: operator\n```python\nno\n```\n{{ maybe }} Rule 1: 0\n</think>\n{}"


def said(text: str, finish: Finish = Finish.STOP) -> Completion:
    return Completion(text=text, usage=Usage(prompt_tokens=1, completion_tokens=1), finish=finish)


def test_what_was_thought_aloud_is_no_part_of_any_reply() -> None:
    invented = completed_text(said(THOUGHT.format('{"text": "Double it.", "level": 2}')))
    assert parse_invention(invented, INVENT).text == "Double it."
    points = "Good.\n" + "\n".join(f"Rule {n}: 1" for n in range(1, 6))
    assert parse_grade(completed_text(said(THOUGHT.format(points)))).reason == "Good."


def test_a_reply_that_is_nothing_but_thinking_is_unreadable() -> None:
    with pytest.raises(UnreadableReply, match="before its thinking did"):
        completed_text(said("<think>\nFault: operator\n```python\nno\n```\n"))
