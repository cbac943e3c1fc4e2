"""Domain types that flow between the stages, all frozen."""

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function, str_schema

from sodakd.value_type import read_type


class FrozenModel(BaseModel):
    """A pydantic model that is frozen and forbids unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def survives_json(self) -> bool:
        """Whether it comes back the same from JSON: infinite numbers, for one, do not."""
        try:
            return self.model_validate_json(self.model_dump_json()) == self
        except ValueError:
            return False


class Language(StrEnum):
    """The seven languages of the SODA paper."""

    PYTHON = "python"
    JAVA = "java"
    JAVASCRIPT = "javascript"
    C = "c"
    CPP = "cpp"
    GO = "go"
    TYPESCRIPT = "typescript"

    @property
    def display_name(self) -> str:
        """The name as people write it."""
        return _WRITTEN[self]


_WRITTEN = {
    Language.PYTHON: "Python",
    Language.JAVA: "Java",
    Language.JAVASCRIPT: "JavaScript",
    Language.C: "C",
    Language.CPP: "C++",
    Language.GO: "Go",
    Language.TYPESCRIPT: "TypeScript",
}


LEVELS = (1, 2, 3, 4, 5)
Level = Annotated[int, Field(ge=LEVELS[0], le=LEVELS[-1])]
"""How hard a question is to begin with, whoever the student is."""


class ValueType(str):
    """The type of an argument or a result, for the languages that have to say so.

    It is text: `int`, `float`, `bool`, `str`, `char`, `list[T]`, `tuple[T, U]`, `dict[K, V]`,
    `optional[T]`, nested at will. Raises `ValueError` where a text names none.
    """

    __slots__ = ()
    INT: ClassVar["ValueType"]
    FLOAT: ClassVar["ValueType"]
    BOOL: ClassVar["ValueType"]
    STR: ClassVar["ValueType"]
    INTS: ClassVar["ValueType"]
    FLOATS: ClassVar["ValueType"]
    STRS: ClassVar["ValueType"]

    def __new__(cls, text: str) -> Self:
        return super().__new__(cls, str(read_type(text)))

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: object) -> CoreSchema:
        return no_info_after_validator_function(cls, str_schema())


ValueType.INT, ValueType.FLOAT = ValueType("int"), ValueType("float")
ValueType.BOOL, ValueType.STR = ValueType("bool"), ValueType("str")
ValueType.INTS, ValueType.FLOATS = ValueType("list[int]"), ValueType("list[float]")
ValueType.STRS = ValueType("list[str]")


class Signature(FrozenModel):
    """The types of an entry point's arguments and of its result."""

    arguments: tuple[ValueType, ...]
    returns: ValueType


class TestCase(FrozenModel):
    """One call of the entry point and the value it must give."""

    __test__: ClassVar[bool] = False

    arguments: tuple[JsonValue, ...]
    expected: JsonValue


class Comparison(StrEnum):
    """How an assertion of Python compares the value of a call with what it expects.

    `LISTED` is `EQUAL` where a tuple that is given counts as a list.
    """

    EQUAL = "=="
    IDENTICAL = "is"
    TRUTH = "bool"
    LISTED = "listed"


class Assertion(TestCase):
    """A call that a Python script asserts, `assert f(1) == 2`.

    `arguments` and `expected` are Python's values as JSON: `{"tuple": [...]}`, `{"set": [...]}`,
    `{"dict": [[key, value], ...]}` stand for what JSON lacks.
    """

    comparison: Comparison


class CallTests(FrozenModel):
    """Calls that a correct solution answers as expected, in value and in type.

    `signature` is needed by Java, C, C++, Go and TypeScript. `entry_point` is a name, or an
    expression such as `Solution().add` in Python. Floats may differ by `tolerance`, relative and
    absolute; without one by a millionth of what is expected. A program under test never sees what
    is expected of it: it computes the values, and the judge compares them.
    """

    __test__: ClassVar[bool] = False  # not for pytest, whatever its name says

    entry_point: str
    cases: tuple[Assertion | TestCase, ...] = Field(min_length=1)
    signature: Signature | None = None
    tolerance: float | None = Field(default=None, ge=0, exclude_if=lambda value: value is None)


class TestScript(FrozenModel):
    """Test code in the program's own language, as benchmarks have it: it follows the program.

    Passing is reaching its end without a failed assertion. It runs in the program's own process,
    and the verdict says so: a program written to forge its pass may do so. `entry_point` is the
    function that it calls, where there is one. `in_process` asks for just that where the script
    could be read as calls (`sodakd.assertions`). `as_main`: what a Python program does under
    `if __name__ == "__main__"` is part of it, as it is where a file is run; else it is left out, as
    where a function is tested.
    """

    __test__: ClassVar[bool] = False

    entry_point: str = ""
    script: str
    in_process: bool = False
    as_main: bool = False


class OutputComparison(StrEnum):
    """How the output of a program is compared with what is expected."""

    TOKENS = "tokens"
    EXACT = "exact"
    LINES = "lines"


class StdioCase(FrozenModel):
    """What a program reads from standard input, and what it must write to standard output."""

    stdin: str
    stdout: str


class StdioTests(FrozenModel):
    """Runs of a whole program, which reads standard input and writes standard output.

    `comparison`: by tokens (what blanks and line ends part), or exactly, but for blanks at the ends
    of lines and lines at the end; or by lines, without the blanks around each, and two lines of
    numbers are the same where the numbers are. With `tolerance` numbers may differ by it, relative
    and absolute. A program under test never sees what is expected of it: the judge compares its
    output.
    """

    __test__: ClassVar[bool] = False
    entry_point: ClassVar[str] = ""
    """It is the program as a whole."""

    cases: tuple[StdioCase, ...] = Field(min_length=1)
    comparison: OutputComparison = OutputComparison.TOKENS
    tolerance: float | None = Field(default=None, ge=0, exclude_if=lambda value: value is None)


Tests = CallTests | StdioTests | TestScript
"""The tests of a question, of the three kinds that there are."""


class CodePrompt(FrozenModel):
    """The beginning of a program, as HumanEval has it: an answer continues it, or is the whole.

    It leaves the function `entry_point` open. `preamble` is what its tests need above any program
    (includes, imports); `auto_imports` are imports that a continuation may use without writing
    them; `java_class` is the class that holds a Java method.
    """

    code: str
    entry_point: str
    preamble: str = ""
    auto_imports: tuple[str, ...] = ()
    java_class: str = ""


class Question(FrozenModel):
    """A programming problem: one type for training and benchmarks, so one judge for both.

    `code_prompt` is the beginning of a program that the text shows, where it shows one.
    `reference` is a solution that passes the tests, where one is known; no student is shown it.
    """

    id: str
    text: str
    language: Language
    tests: Tests | None
    source: str
    level: int | None
    parent: str | None = None
    code_prompt: CodePrompt | None = Field(default=None, exclude_if=lambda value: value is None)
    reference: str | None = Field(default=None, exclude_if=lambda value: value is None)

    @classmethod
    def new(
        cls,
        *,
        text: str,
        language: Language,
        tests: Tests | None,
        source: str,
        level: int | None,
        parent: str | None = None,
        code_prompt: CodePrompt | None = None,
    ) -> Self:
        """Make a question whose id is the hash of its text and language."""
        digest = hashlib.sha256(f"{language}\n{text}".encode()).hexdigest()[:16]
        return cls(
            id=digest,
            text=text,
            language=language,
            tests=tests,
            source=source,
            level=level,
            parent=parent,
            code_prompt=code_prompt,
        )


class Solution(FrozenModel):
    """An answer to a question: the raw text, and the code found in it."""

    question_id: str
    text: str
    code: str
    author: str


class FaultKind(StrEnum):
    """What is wrong in a faulty solution."""

    OPERATOR = "operator"
    CONSTANT = "constant"
    OPERATION = "operation"
    DROP = "drop"
    SWAP = "swap"
    NAME = "name"
    SYNTAX = "syntax"
    NO_RETURN = "no_return"


class PreferencePair(FrozenModel):
    """A question with a correct and a faulty answer (DPO's prompt, chosen, rejected).

    `rejected` is None where only correct answers were asked for, and `fault`, the kind of a faulty
    answer of the teacher, also where that is the student's own or a mutation.
    """

    question: Question
    chosen: str
    rejected: str | None = None
    fault: FaultKind | None = None


class Outcome(StrEnum):
    """How judging a program ended."""

    PASSED = "passed"
    WRONG_ANSWER = "wrong_answer"
    COMPILE_ERROR = "compile_error"
    RUNTIME_ERROR = "runtime_error"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    SANDBOX_VIOLATION = "sandbox_violation"
    NO_VERDICT = "no_verdict"
    NOT_EXECUTABLE = "not_executable"


class JudgeStage(StrEnum):
    """Where judging a program ended."""

    EXTRACT = "extract"
    COMPILE = "compile"
    RUN = "run"


class Isolation(StrEnum):
    """How a program and its tests were kept apart."""

    SPLIT = "split"
    IN_PROCESS = "in_process"


class SandboxKind(StrEnum):
    """What kept a program from the machine, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    NONE = "none"


class Verdict(FrozenModel):
    """The judge's result for one program.

    `walls` says what kept it from the machine; where that was not the strongest there is,
    `warning` says so in words. `isolation` says whether the tests and the program shared a process:
    where they did, a program written for the purpose could in principle have forged its pass.

    `seconds` (CPU), `wall_seconds` and `peak_memory` (bytes) are measurements: they never repeat
    exactly, so they are not written into the rows of a run, which do. `values` are the lines that
    calls gave of which nothing is expected (`OpenCalls`).
    """

    outcome: Outcome
    stage: JudgeStage
    output: str = ""
    isolation: Isolation = Isolation.SPLIT
    walls: SandboxKind = SandboxKind.NAMESPACES
    warning: str = ""
    seconds: float = Field(default=0.0, exclude=True)
    wall_seconds: float = Field(default=0.0, exclude=True)
    peak_memory: int = Field(default=0, exclude=True)
    values: str = Field(default="", exclude=True)

    def blames_tests(self, wanted: str) -> bool:
        """Whether the tests themselves failed here: then nothing is said of the program.

        Not so for want of a name that stands in `wanted`, which tells what a program is to have.
        """
        if self.outcome is not Outcome.NO_VERDICT or not self.output.startswith(
            "the tests cannot "
        ):
            return False
        name = re.search(r"they use (\w+), and nobody defines it", self.output)
        return name is None or re.search(rf"\b{name[1]}\b", wanted) is None

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED


class Severity(StrEnum):
    """Whether what a static tool found is a fault wherever it stands, or may be meant so."""

    ERROR = "error"
    WARNING = "warning"


class Finding(FrozenModel):
    """One remark of a static tool on a line of a program: advice, never part of the verdict."""

    tool: str
    rule: str
    line: int
    message: str
    severity: Severity = Severity.WARNING

    @property
    def as_text(self) -> str:
        """The finding in a line of text."""
        return f"{self.tool} {self.rule}, line {self.line}: {self.message}"


def canonical_json(value: JsonValue) -> str:
    """JSON text that is the same for the same value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Usage(FrozenModel):
    """Tokens of one call to a model."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens
