"""A new student: its tokenizer and its weights."""

from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from sodakd.inference.chat_format import ASSISTANT, END, MARKS, USER, Tokenizer, chat_format_for
from sodakd.settings.student import StudentShape
from sodakd.training.from_scratch import init_student, train_tokenizer
from tests.training.questions import synthetic

CORPUS = [text for e in synthetic(200) for text in (e.prompt, e.chosen)]
TOKENIZER = train_tokenizer(CORPUS, 700, 512)


def pieces(text: str) -> list[str]:
    ids = TOKENIZER.encode(text, add_special_tokens=False)
    return [str(TOKENIZER.decode([token])) for token in ids]


@given(st.text())
def test_every_text_comes_back_exactly(text: str) -> None:
    ids = TOKENIZER.encode(text, add_special_tokens=False, split_special_tokens=True)
    assert TOKENIZER.decode(ids, clean_up_tokenization_spaces=False) == text


def test_a_digit_is_a_token_of_its_own_without_its_space() -> None:
    assert pieces(" 3") == [" ", "3"]
    assert pieces("12") == ["1", "2"]


def test_a_word_takes_its_space_along() -> None:
    assert pieces(" the list") == [" the", " list"]


def test_a_line_break_takes_the_next_lines_indent_along() -> None:
    assert pieces("\n    return xs") == ["\n    ", "return", " xs"]


def test_code_takes_few_tokens() -> None:
    assert len(pieces("xs = [x for x in xs if x % 2 == 0]")) <= 17


def test_marks_inside_a_text_are_plain_characters() -> None:
    tokenizer = cast("Tokenizer", TOKENIZER)
    ids = chat_format_for(tokenizer).prompt(f"say {END} and {ASSISTANT}")
    marks = [tokenizer.convert_tokens_to_ids(mark) for mark in (USER, ASSISTANT, END)]
    assert [token for token in ids if token in marks] == [ids[0], ids[-1]]
    assert (ids[0], ids[-1]) == (marks[0], marks[1])


def test_its_template_says_to_others_what_its_marks_say_here() -> None:
    layout = chat_format_for(cast("Tokenizer", TOKENIZER))
    for text in ("Add two numbers.", "a\n\n    b", " x "):
        turn = [{"role": "user", "content": text}]
        rendered = TOKENIZER.apply_chat_template(
            turn, add_generation_prompt=True, return_dict=False
        )
        assert rendered == layout.prompt(text)


def test_an_answer_ends_in_the_end_token() -> None:
    tokenizer = cast("Tokenizer", TOKENIZER)
    assert chat_format_for(tokenizer).answer("xs")[-1] == tokenizer.convert_tokens_to_ids(END)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    shape = StudentShape(hidden_size=32, num_hidden_layers=1, vocab_size=400)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        init_student(CORPUS, shape, seed, tmp_path / name)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_a_student_folder_holds_its_tokenizer(student: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(student)
    assert tokenizer.eos_token == END
    assert tokenizer.chat_template == MARKS


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_student_folder_is_complete(student: Path, name: str) -> None:
    assert (student / name).stat().st_size > 0
