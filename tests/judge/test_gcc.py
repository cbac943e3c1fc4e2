"""C and C++ programs get the verdicts that the compilers' own drivers would give them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sodakd.judge import Judge, Program, toolchains
from sodakd.judge.languages import c, c_tokens
from sodakd.judge.toolchains import Toolchain, toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Case, Language, Outcome, Signature, Tests, TestScript, ValueType
from tests.judge.programs import ROOT, programs
from tests.judge.test_programs import skip_where_missing

SETTINGS = JudgeSettings(cpu_seconds=5, memory_mb=256)
MODEL_WRITTEN = Path(__file__).parents[3] / "shared" / "data" / "model-solutions"
TWO = (Language.C, Language.CPP)
STD = "#include <bits/stdc++.h>\n"
FORGOTTEN = {
    Language.C: (
        "#include <stdio.h>\nint main(void) { return sqrt(16.0) != 4; }",
        '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { return strlen("a") - 1; }',
        "#include <stdlib.h>\nint main(void) { return errno; }",
        "#include <stdio.h>\n#include <math.h>\nint main(void) { return !exit; }",
        "#define _GNU_SOURCE\n#include <stdio.h>\n#include <string.h>\n"
        "#include <stdlib.h>\nint main(void) { return strcasestr == 0; }",
        "#include <stdio.h>\n#include <string.h>\n#include <stdlib.h>\n#include <math.h>\n"
        "static double y1 = 2;\nint main(void) { return 0; }",
    ),
    Language.CPP: (
        "#include <vector>\nint main() { std::vector<int> v{2}; std::sort(v.begin(), v.end()); }",
        f"/*\n{STD}*/\nint main() {{ std::string s; }}",
        "int main() { std::string s; }",
        f"{STD}using namespace std;\nstruct future {{}};\nint main() {{ future f; }}",
        f"{STD}using namespace std;\nstruct regex {{ int n; }};\nint main() {{ regex r{{1}}; }}",
        f'{STD}int main() {{ std::regex r("a+"); return !std::regex_match("aa", r); }}',
        f"{STD}int main() {{ using namespace std; auto t = 5ms; return t.count() != 5; }}",
        f"{STD}int main() {{ using namespace std; auto z = 2.0i; return z.imag() != 2; }}",
        f"{STD}int main() {{ std::mt19937 g(1); return g() == g(); }}",
        f"{STD}#define N(a, b) a##b\nint main() {{ std::N(comp, lex)<double> z(1); }}",
        f"{STD}int main() {{ std::\\\nregex r; std::f\\\nuture<int> f; }}",
        f'{STD}int main() {{ auto s = R"(")"; std::mutex m; std::regex r; (void)"\\""; }}',
        f"{STD}#include <thread>\nint main() {{ std::this_thread::yield(); }}",
        f"{STD}int main() {{ return std::gcd(1'000, 0x1p3 > 7 ? 5 : 3) - 5; }}",
    ),
}
"""Programs whose verdict depends on what is included, and what is not."""


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Judge, Judge]]:
    with Judge(SETTINGS, 1) as warm, Judge(SETTINGS, 1, warm=False) as cold:
        yield warm, cold


@pytest.mark.parametrize("language", TWO)
def test_what_a_program_includes_decides_as_it_does_for_the_plain_compiler(
    both: tuple[Judge, Judge], language: Language
) -> None:
    skip_where_missing(language)
    seen = set()
    for code in FORGOTTEN[language]:
        asked = Program(code, language, TestScript(script="\n"))
        warm, cold = (judge.one(asked).outcome for judge in both)
        assert warm is cold, code
        seen.add(cold)
    assert Outcome.PASSED in seen
    assert Outcome.COMPILE_ERROR in seen


@pytest.mark.slow
@pytest.mark.parametrize("language", TWO)
def test_the_little_programs_get_the_same_verdict_warm_and_cold(
    both: tuple[Judge, Judge], language: Language
) -> None:
    skip_where_missing(language)
    for found in programs(ROOT, language):
        for asked in (found.by_calls(), found.by_script()):
            warm, cold = (judge.one(asked).outcome for judge in both)
            assert warm is cold, found.name


@pytest.mark.slow
@pytest.mark.parametrize("language", TWO)
def test_programs_of_a_model_get_the_same_verdict_warm_and_cold(
    both: tuple[Judge, Judge], language: Language
) -> None:
    skip_where_missing(language)
    rows = MODEL_WRITTEN / f"{language}.jsonl"
    if not rows.exists():
        pytest.skip(f"{rows} is not there")
    for line in rows.read_text().splitlines():
        row = json.loads(line)
        asked = Program(row["program"], language, TestScript(script="\n"))
        warm, cold = (judge.one(asked).outcome for judge in both)
        assert warm is cold, row["id"]


@pytest.mark.parametrize("language", TWO)
def test_the_fast_way_is_found_here(language: Language) -> None:
    skip_where_missing(language)
    found = toolchain(language)
    assert isinstance(found, Toolchain)
    assert {"compile", "assemble", "link"} <= set(found.tools)
    assert language is Language.C or "heavy" in found.tools


@pytest.mark.parametrize(
    ("source", "header"),
    [
        ("#include <stdio.h>\n", ""),
        ("#include <math.h>\n#include <stdio.h>\n", c.HEADER.format(2)),
        ("// a\n/* b\n */\n#include <stdio.h>\n # include <math.h> // c\n", c.HEADER.format(2)),
        ("#include <stdio.h>\n#define X\n#include <math.h>\n", ""),
        ("#if 0\n#include <stdio.h>\n#include <math.h>\n#endif\n", ""),
        ("/*\n#include <math.h>\n*/\n#include <stdio.h>\n", ""),
        ("/* #include <math.h>\n*/\n#include <stdio.h>\n", ""),
        ("#define _GNU_SOURCE\n#include <math.h>\n#include <stdio.h>\n", ""),
    ],
)
def test_a_header_stands_for_what_a_program_begins_with(source: str, header: str) -> None:
    assert c.precompiled(source) == header


@pytest.mark.parametrize(
    "text", ["a##b", "a\\\nb", 'R"(x)"', 'u8R"(x)"', "5ms", "2.0i", '"', "1'000s", "f('\n')"]
)
def test_a_text_whose_names_are_not_certain_is_not_read(text: str) -> None:
    assert c_tokens.words(f"int main() {{ {text}; }}") is None


def test_names_are_read_from_code_alone() -> None:
    text = "int a1 = 0x1Fu + 1'000ull + 1e-5f; // b\n/* c */ char d = 'e'; auto f = \"g\\\"h\";"
    assert c_tokens.words(text) == frozenset({"int", "a1", "char", "d", "auto", "f"})


GIVEN = {
    Language.C: {
        ValueType.FLOAT: "double given(void) { return %s; }",
        ValueType.FLOATS: "FloatList given(void) { static double v[] = {%s}; "
        "return (FloatList){v, 2}; }",
        ValueType.STR: "char *given(void) { return %s; }",
    },
    Language.CPP: {
        ValueType.FLOAT: "double given() { return %s; }",
        ValueType.FLOATS: "std::vector<double> given() { return {%s}; }",
        ValueType.STR: "std::string given() { return %s; }",
    },
}


@pytest.mark.parametrize("language", TWO)
@pytest.mark.parametrize(
    ("returns", "value", "expected"),
    [
        (ValueType.FLOAT, "2", 2.0),
        (ValueType.FLOAT, "1e300", 1e300),
        (ValueType.FLOAT, "0.1", 0.1),
        (ValueType.FLOATS, "1, -0.5", [1.0, -0.5]),
        (ValueType.STR, '"\\"\\\\\\n\\xc2\\x85\\xe2\\x80\\xa8"', '"\\\n\x85\u2028'),
    ],
)
def test_a_value_arrives_as_it_was_given(
    both: tuple[Judge, Judge], language: Language, returns: ValueType, value: str, expected: object
) -> None:
    skip_where_missing(language)
    tests = Tests.model_validate(
        {
            "entry_point": "given",
            "cases": [Case.model_validate({"arguments": (), "expected": expected})],
            "signature": Signature(arguments=(), returns=returns),
        }
    )
    verdict = both[0].one(Program(GIVEN[language][returns] % value, language, tests))
    assert verdict.passed, verdict.output


SAID = (
    "int main(void) {\n    return x;\n}",
    "#error nothing here\nint main(void) { return 0; }",
    '#include <stdio.h>\n#include <stdlib.h>\n#include <math.h>\n#include "nowhere.h"\n',
    "#include <math.h>\n#include <nowhere.h>\nint main(void) { return 0; }",
    "#include <assert.h>\nint main(void) { assert(__FILE__[0] == __FILE__[1]); return 0; }",
    "int main(void) { return __LINE__ - 1 + __INCLUDE_LEVEL__ * 0; }",
    "int main(void) { return 0; }\nint main(void) { return 0; }",
)
"""Programs of which a compiler, or a failed assertion, has something to say."""


@pytest.mark.parametrize("language", TWO)
def test_a_compiler_that_forks_itself_says_what_one_says_that_is_started(
    both: tuple[Judge, Judge], language: Language
) -> None:
    skip_where_missing(language)
    script = TestScript(script="\n")
    asked = [Program(f"{source}\n", language, script) for source in SAID]
    warm, cold = (judge.all(asked) for judge in both)
    assert [(one.outcome, one.output) for one in warm] == [
        (one.outcome, one.output) for one in cold
    ]
    unfinished = Program("int f(\n", language, script)
    warm_end, cold_end = (judge.one(unfinished) for judge in both)
    assert warm_end.outcome is cold_end.outcome is Outcome.COMPILE_ERROR
    assert "sodakd" not in warm_end.output
    assert not both[0].notes()


@pytest.mark.parametrize("language", TWO)
def test_where_no_compiler_forks_itself_each_program_starts_its_own(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_where_missing(language)
    found = toolchain(language)
    assert isinstance(found, Toolchain)
    lost = Toolchain({**found.tools, "cc1": "/nowhere.so"}, found.places, found.versions)
    monkeypatch.setitem(toolchains._FINDERS, language, lambda: lost)
    toolchain.cache_clear()
    source = "#include <stdio.h>\nint main(void) { return 0; }\n"
    try:
        with Judge(SETTINGS, 1) as judge:
            verdict = judge.one(Program(source, language, TestScript(script="\n")))
            notes = judge.notes()
    finally:
        toolchain.cache_clear()
    assert verdict.outcome is Outcome.PASSED
    assert any("gcc cannot be kept running" in note for note in notes)
