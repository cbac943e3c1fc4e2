"""Every seed that is left out has its reason; the words of good tasks are no reason."""

import time

import pytest

from sodakd.seeds.filter import filter_seeds
from sodakd.seeds.seed import FilteredSeed, Reason, Seed
from sodakd.settings.questions import QuestionSettings
from sodakd.types import Language, Question

SETTINGS = QuestionSettings(source="rows.jsonl", max_words=80)


def sifted(*texts: str, reference: str | None = None) -> list[FilteredSeed]:
    seeds = [
        Seed(text=text, reference=reference, file="rows.jsonl", row=number)
        for number, text in enumerate(texts)
    ]
    return list(filter_seeds(seeds, SETTINGS, []))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY),
        ("Sort a list", Reason.TOO_SHORT),
        ("word " * 90, Reason.TOO_LONG),
        ("\uff0cwrite a function that sorts a list", Reason.STRANGE_START),
        (", write a function that sorts a list", Reason.STRANGE_START),
        ("Write a SQL query that selects all users.", Reason.ANOTHER_LANGUAGE),
        ("Create a web page with a red title in HTML.", Reason.ANOTHER_LANGUAGE),
        ("Explain the difference between a list and a tuple.", Reason.NO_PROGRAM_WANTED),
        ("What is the time complexity of bubble sort?", Reason.NO_PROGRAM_WANTED),
        ("Models have\ninput variables. How do they find the numbers?", Reason.NO_PROGRAM_WANTED),
        ("Compose a short essay about concurrency in Java.", Reason.NO_PROGRAM_WANTED),
        ("Fix the bug in the following Python code.", Reason.CODE_MISSING),
        ("Write a Python program with a GUI that adds numbers.", Reason.NEEDS_SCREEN),
        ("Write a JavaScript function that hides a button on click.", Reason.NEEDS_SCREEN),
        ("Write a Python program that resizes an image.", Reason.NEEDS_SCREEN),
        ("Write a Python script to scrape a website.", Reason.NEEDS_NETWORK),
        ("Create a REST API in Python that returns users.", Reason.NEEDS_NETWORK),
        ("Write a Java program that connects to a MySQL database.", Reason.NEEDS_DATABASE),
        ("Write a Python program that reads a CSV file.", Reason.NEEDS_FILES),
        ("Write a Python script that renames all files in a folder.", Reason.NEEDS_FILES),
        ("Write a C program that asks the user for a number.", Reason.NEEDS_INPUT),
        ("Use pandas in Python to find the mean of a column.", Reason.NEEDS_LIBRARY),
    ],
)
def test_a_seed_is_left_out_by_its_reason(text: str, reason: Reason) -> None:
    (row,) = sifted(text.strip())
    assert row.reason is reason
    assert row.detail


@pytest.mark.parametrize(
    "text",
    [
        "Write a Python function that maps each word to its count.",
        "Read a number n and print all prime numbers that are below it, one in each line.",
        "For a given n, print all prime numbers that are below it.",
        "Take a list of words and output the longest one.",
        "Input two integers and print the sum of both numbers.",
        "Implement a graph as a map of lists in Java and search it breadth first.",
        "Given a 2D matrix that is an image, write a Python function that rotates it.",
        "Write a Python function for the maximum sum of a sliding window.",
        "Write a C++ function that validates an email address.",
        "Write a JavaScript function that takes the domain out of a URL string.",
        'Write a Python function that counts "open the file" in a string.',
        "Write a Python function that flattens a 3D array.",
        "Write a Python program that simulates a queue in a bank.",
        "Write a Java class with a method that plots nothing but returns the points.",
        "Debug this Python code: def f(x): return x +",
        "Translate the following Python code into JavaScript: def add(a, b): return a + b",
        "How would you write a Python function that reverses a string?",
    ],
)
def test_words_of_good_tasks_are_no_reason(text: str) -> None:
    (row,) = sifted(text)
    assert row.kept, (row.reason, row.detail)


def test_an_answer_in_words_says_that_no_program_is_wanted() -> None:
    (row,) = sifted("Find the index of the largest number in the list.", reference="It is at 3.")
    assert row.reason is Reason.NO_PROGRAM_WANTED


def test_what_the_answer_uses_the_question_needs() -> None:
    reference = "document.getElementById('x').innerHTML = 'hello';"
    (row,) = sifted("Write a JavaScript line that sets x to hello.", reference=reference)
    assert row.reason is Reason.NEEDS_SCREEN


def test_duplicates_are_of_one_language_and_the_first_stays() -> None:
    rows = sifted(
        "Write a Python function that reverses a given string of letters.",
        "Write a Java function that reverses a given string of letters.",
        "Write a Python function that reverses a given string of letters.",
        "Write a Python function which reverses a given string of letters.",
    )
    reasons = [row.reason for row in rows]
    assert reasons == [None, None, Reason.EXACT_DUPLICATE, Reason.NEAR_DUPLICATE]
    assert rows[2].detail == "rows.jsonl#0"


def test_what_overlaps_with_an_evaluation_question_is_left_out() -> None:
    text = "Write a Python function that returns the longest palindrome within a given string."
    exam = Question.new(
        text=f"{text} It must be fast.", language=Language.PYTHON, tests=None, source="", level=None
    )
    seed = Seed(text=text, file="rows.jsonl", row=0)
    (row,) = filter_seeds([seed], SETTINGS, [exam])
    assert row.reason is Reason.OVERLAPS_EVALUATION


def test_a_language_the_recipe_does_not_want_is_left_out() -> None:
    settings = SETTINGS.model_copy(update={"languages": (Language.GO,)})
    seed = Seed(text="Write a Python function that adds.", file="rows.jsonl", row=0)
    (row,) = filter_seeds([seed], settings, [])
    assert (row.reason, row.detail) == (Reason.LANGUAGE_NOT_WANTED, "python")


@pytest.mark.parametrize("bait", ["[", "a:", "<a", "\\d", "x = ", "{a:b;", "select a ", "the a "])
def test_hostile_texts_take_no_time(bait: str) -> None:
    text = f"Write a Python function: {bait * 20_000}"
    begun = time.process_time()
    sifted(text, reference=bait * 20_000)
    assert time.process_time() - begun < 10


CHINESE = "\u5199\u4e00\u4e2a Python \u51fd\u6570" + "\u6570" * 20


@pytest.mark.parametrize("text", [CHINESE, "\u00c9cris une fonction Python qui trie."])
def test_a_question_in_another_tongue_is_neither_short_nor_strange(text: str) -> None:
    (row,) = sifted(text)
    assert row.kept, (row.reason, row.detail)


def test_a_program_in_another_language_is_so_however_it_begins() -> None:
    seed = Seed(text="/// Adds one to n.\nfn one(n: i32) {", label="rust", file="a", row=1)
    (row,) = filter_seeds([seed], SETTINGS, [])
    assert (row.reason, row.detail) == (Reason.ANOTHER_LANGUAGE, "rust")
