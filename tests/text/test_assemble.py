"""A whole answer takes the function's place in the program that its question began."""

import pytest

from sodakd.text.assemble import assemble
from sodakd.types import CodePrompt, Language, Question, TestScript

GO_HEAD = 'package main\n\nimport (\n\t"encoding/json"\n)\n\n'
GO_TYPES = {
    "an empty interface": "func f(k string) []interface{} {",
    "a map of empty interfaces": "func f(k map[string]interface{}, n int) interface{} {",
    "a struct": "func f(k struct{ a int }) struct{ a, b int } {",
}
HEAP = "import { Heap } from 'heap-js';\n"
SAME = {
    "the same import": (HEAP, HEAP, False),
    "the same without a semicolon": (HEAP, HEAP.replace(";", ""), False),
    "the same name by another form": (HEAP, "import Heap from 'heap-js';\n", False),
    "a module": ("import * as m from 'a'\n", "import * as m from 'a'\n", False),
    "another name of the module": (HEAP, "import { Other } from 'heap-js';\n", True),
    "none": (HEAP, "", True),
}


def begun(language: Language, code: str) -> Question:
    asked = Question.new(
        text="Complete it.", language=language, tests=TestScript(script="f();"), source="hand",
        level=None,
    )  # fmt: skip
    return asked.model_copy(update={"code_prompt": CodePrompt(code=code, entry_point="f")})


@pytest.mark.parametrize("header", GO_TYPES.values(), ids=list(GO_TYPES))
def test_braces_of_a_type_in_a_header_begin_no_body(header: str) -> None:
    answer = f"package main\n\n{header}\n\treturn nil\n}}\n"
    asked = begun(Language.GO, f"{GO_HEAD}// Says f.\n{header}\n")
    program = assemble(asked, answer)
    assert program.count(header) == 1
    assert program.count("{") == program.count("}")
    assert [line for line in program.splitlines() if line.strip() == "{"] == []


@pytest.mark.parametrize(("head", "own", "kept"), SAME.values(), ids=list(SAME))
@pytest.mark.parametrize("language", [Language.TYPESCRIPT, Language.JAVASCRIPT])
def test_a_name_is_imported_once(language: Language, head: str, own: str, kept: bool) -> None:
    asked = begun(language, f"{head}\n// Says f.\nfunction f() {{\n")
    program = assemble(asked, f"{own}function f() {{\n  return 1;\n}}\n")
    assert program.startswith(head if kept else "\n//")
    assert program.count("import") == kept + bool(own)
