"""The language of a question: by its words, by its code, and the everyday words that name none."""

import pytest

from sodakd.seeds.filter import question_of, tell_language
from sodakd.seeds.languages import named_languages
from sodakd.seeds.seed import Seed
from sodakd.text.labels import label_of
from sodakd.types import Language


def seed(text: str, reference: str | None = None, label: str = "") -> Seed:
    return Seed(text=text, reference=reference, label=label, file="rows.jsonl", row=0)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Write a Python function to add two numbers.", "python"),
        ("Write a program in Java that sorts.", "java"),
        ("Create a JavaScript function that sorts.", "javascript"),
        ("Write a C++ program to reverse a list.", "cpp"),
        ("Write a C program to reverse a list.", "c"),
        ("Implement a stack in C.", "c"),
        ("I need the C equivalent for this:", "c"),
        ("Write a Go program that counts words.", "go"),
        ("Implement a queue in Golang.", "go"),
        ("Write a TypeScript class for a point.", "typescript"),
        ("Write a C# program to add numbers.", "csharp"),
        ("Create a SQL query that selects all.", "sql"),
        ("Write a regular expression for dates.", "regex"),
        ("How would you write this in Rust?", "rust"),
    ],
)
def test_words_name_a_language(text: str, label: str) -> None:
    assert next(iter(named_languages(text))) == label


@pytest.mark.parametrize(
    "text",
    [
        "Go through the list and add the numbers.",
        "Find the vitamin C content of each row.",
        "Sort the grades A, B, C and D.",
        "Sort the letters in A, B, C order.",
        "Let R be the radius; compute the area.",
        "Return true where the swift fox is in the list.",
        "Given points A, B and C, find the area.",
    ],
)
def test_everyday_words_and_letters_name_none(text: str) -> None:
    assert named_languages(text) == {}


def test_a_conversion_wants_the_language_it_goes_to() -> None:
    told = tell_language(seed("Convert this Python code to Java: def f(x): return x"), Language.C)
    assert told.language is Language.JAVA


def test_a_query_inside_a_program_leaves_the_program_its_language() -> None:
    text = "Write a Python program that builds an SQL query as a string."
    assert tell_language(seed(text), Language.JAVA).language is Language.PYTHON


def test_the_source_s_own_column_comes_first() -> None:
    told = tell_language(seed("Add two numbers in Java.", label="C++"), Language.PYTHON)
    assert told.language is Language.CPP
    assert told.seen_in == "column: C++"


def test_the_code_of_the_answer_tells_where_words_do_not() -> None:
    reference = "public class A { public static void main(String[] args) { } }"
    told = tell_language(seed("Add two numbers.", reference), Language.PYTHON)
    assert told.language is Language.JAVA
    assert told.seen_in == "code of the answer"


def test_a_json_input_is_data_and_no_language() -> None:
    text = 'Count the names.\n\n{\n  "names": ["a", "b"],\n  "more": {"x": 1}\n}'
    assert tell_language(seed(text), Language.PYTHON).seen_in == "default"


def test_what_nothing_tells_is_the_default_and_says_so() -> None:
    told = tell_language(seed("Add two numbers."), Language.GO)
    assert (told.language, told.seen_in) == (Language.GO, "default")


def test_labels_are_written_one_way() -> None:
    labels = {label_of(name) for name in ("JS", "javascript", "Node", "jsx")}
    assert labels == {"javascript"}
    assert label_of("C++") == "cpp"
    assert label_of("Golang") == "go"


def test_a_question_that_does_not_name_its_language_is_told_it() -> None:
    question = question_of(seed("Add two numbers."), Language.CPP)
    assert question.text == "Add two numbers.\n\nAnswer in C++."
    named = question_of(seed("Add two numbers in C++."), Language.CPP)
    assert named.text == "Add two numbers in C++."
    assert question.source == "seed:rows.jsonl#0"


@pytest.mark.parametrize("language", list(Language))
def test_every_language_is_known_by_the_name_that_people_write(language: Language) -> None:
    assert list(named_languages(f"Write it in {language.display_name}.")) == [language.value]
