"""C and C++ programs get the verdicts that the plain compilers would give them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sodakd.judge import Judge, Program
from sodakd.judge.languages import cpp
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, Signature, TestCase, TestScript, ValueType
from tests.judge.test_programs import skip_where_missing

SETTINGS = JudgeSettings(cpu_seconds=5, memory_mb=256)
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


PLAIN = {
    Language.C: (["gcc", "-std=gnu17"],),
    Language.CPP: (["g++", "-std=gnu++17"], ["g++", "-std=gnu++20"]),
}
"""The compilers as anyone calls them: a program is one where one of them takes it."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(SETTINGS, 1) as judge:
        yield judge


@pytest.mark.toolchain
@pytest.mark.parametrize("language", TWO)
def test_what_a_program_includes_decides_as_it_does_for_the_plain_compiler(
    judge: Judge, language: Language, tmp_path: Path
) -> None:
    skip_where_missing(language)
    seen = set()
    if language is Language.CPP:  # read once for all programs, it says what it says read anew
        (tmp_path / "whole.h").write_text(STD)
        (tmp_path / "bits").mkdir()
        header = ("-x", "c++-header", "whole.h", "-o", "bits/stdc++.h.gch")
        subprocess.run([*PLAIN[language][0], "-w", *header], check=True, cwd=tmp_path)
    for code in FORGOTTEN[language]:
        source = tmp_path / f"program.{language}"
        source.write_text(f"{code}\n")
        plain = any(
            subprocess.run(
                [*command, "-w", "-fsyntax-only", f"-I{tmp_path}", source], check=False
            ).returncode
            == 0
            for command in PLAIN[language]
        )
        found = judge.judge(Program(code, language, TestScript(script="\n"))).outcome
        assert (found is not Outcome.COMPILE_ERROR) is plain, code
        seen.add(found)
    assert Outcome.PASSED in seen
    assert Outcome.COMPILE_ERROR in seen


@pytest.mark.parametrize(
    "text", ["a##b", "a\\\nb", 'R"(x)"', 'u8R"(x)"', "5ms", "2.0i", '"', "1'000s", "f('\n')"]
)
def test_a_text_whose_names_are_not_certain_is_not_read(text: str) -> None:
    assert cpp.names(f"int main() {{ {text}; }}") is None


def test_names_are_read_from_code_alone() -> None:
    text = "int a1 = 0x1Fu + 1'000ull + 1e-5f; // b\n/* c */ char d = 'e'; auto f = \"g\\\"h\";"
    assert cpp.names(text) == frozenset({"int", "a1", "char", "d", "auto", "f"})


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


@pytest.mark.toolchain
@pytest.mark.parametrize("language", TWO)
def test_a_flood_of_errors_is_told_by_its_first_ones(judge: Judge, language: Language) -> None:
    skip_where_missing(language)
    verdict = judge.judge(Program("x y z N;\n" * 20_000, language, TestScript(script="\n")))
    assert verdict.outcome is Outcome.COMPILE_ERROR
    assert verdict.output.startswith("program.c")
    assert "CPU seconds" not in verdict.output


@pytest.mark.toolchain
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
    judge: Judge, language: Language, returns: ValueType, value: str, expected: object
) -> None:
    skip_where_missing(language)
    tests = CallTests.model_validate(
        {
            "entry_point": "given",
            "cases": [TestCase.model_validate({"arguments": (), "expected": expected})],
            "signature": Signature(arguments=(), returns=returns),
        }
    )
    verdict = judge.judge(Program(GIVEN[language][returns] % value, language, tests))
    assert verdict.passed, verdict.output
