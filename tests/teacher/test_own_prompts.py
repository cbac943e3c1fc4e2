"""Prompts of one's own, a system prompt and further fields of requests, and the keys of answers."""

from pathlib import Path

import pytest
from pydantic import JsonValue, ValidationError

from sodakd.errors import TeacherError
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.in_process_client import LocalModel
from sodakd.json_text import parse_json
from sodakd.settings.generation import GenerationSettings
from sodakd.settings.teacher import TeacherSettings
from sodakd.teacher.llm_teacher import LLMTeacher, Sampling
from sodakd.teacher.render_prompt import prompt_hash, prompt_mistakes, render
from sodakd.teacher.requests import Solve
from sodakd.teacher.teacher_endpoint import endpoint_of, missing_for_teacher
from tests.teacher.shop import question

ASK = Solve(question=question("Add two numbers."))


def teacher(sampling: Sampling, prompts: Path | None = None) -> LLMTeacher:
    return LLMTeacher("m", lambda: LocalModel(lambda: None, 8), sampling, 1, prompts)  # type: ignore[arg-type, return-value]


def test_what_is_not_set_is_no_part_of_an_answers_key() -> None:
    assert teacher(Sampling(0.7, 2048)).version(ASK) == (
        f"chat m temperature=0.7 max_tokens=2048 seed=None prompt={prompt_hash('solve')}"
    )


def test_each_thing_that_changes_an_answer_changes_its_key(tmp_path: Path) -> None:
    (tmp_path / "solve.md").write_text("Solve {{ question }}")
    plain = Sampling(0.7, 2048)
    versions = [
        teacher(plain).version(ASK),
        teacher(plain, tmp_path).version(ASK),
        teacher(Sampling(None, 2048)).version(ASK),
        teacher(Sampling(0.7, 2048, system_prompt="Be brief.")).version(ASK),
        teacher(Sampling(0.7, 2048, extra={"top_p": 0.9})).version(ASK),
        teacher(Sampling(0.7, 2048, extra={"top_p": 0.8})).version(ASK),
    ]
    assert len(set(versions)) == len(versions)


def test_a_folder_of_prompts_is_laid_over_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "solve.md").write_text("Solve in {{ language }}: {{ question }}\n\n")
    assert prompt_mistakes(tmp_path) == []
    assert render(ASK, tmp_path) == "Solve in python: Add two numbers.\n"
    request = teacher(Sampling(0.0, 9, system_prompt="Be brief."), tmp_path).request(ASK)
    assert [(each.role, each.content) for each in request.messages] == [
        ("system", "Be brief."),
        ("user", "Solve in python: Add two numbers.\n"),
    ]
    assert prompt_hash("solve", tmp_path) != prompt_hash("solve")
    assert prompt_hash("grade", tmp_path) == prompt_hash("grade")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("solve.md", "{{ task }}", "names {{ task }}; filled in are"),
        ("solve.md", "{% if %}", "cannot be read"),
        ("solve.md", "{% include 'grade.md' %}", "includes another file"),
        ("sovle.md", "{{ question }}", "holds no prompt; known: compare.md"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_found_before_anything_is_spent(
    name: str, text: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    settings = TeacherSettings(
        kind="openai", model="m", base_url="http://h/v1", prompts=str(tmp_path)
    )
    (line,) = missing_for_teacher(settings)
    assert words in line
    assert prompt_mistakes(tmp_path / "none") == [
        f"teacher.prompts is {tmp_path / 'none'}, and there is no such folder"
    ]


@pytest.mark.parametrize("text", ["{{ ''.__class__.__mro__ }}", "{{ 1 // 0 }}"])
def test_a_prompt_of_somebody_elses_reaches_nothing_of_the_program(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "solve.md").write_text(text)
    with pytest.raises(TeacherError, match=r"solve.md cannot be filled"):
        render(ASK, tmp_path)


def test_further_fields_and_a_missing_temperature_are_in_the_request() -> None:
    extra: dict[str, JsonValue] = {"top_p": 0.9, "chat_template_kwargs": {"enable_thinking": False}}
    request = teacher(Sampling(None, 9, extra=extra)).request(ASK)
    body = parse_json(Endpoint("http://h", "m", extra_body=extra).body(request))
    assert isinstance(body, dict)
    assert body["top_p"] == 0.9
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert (body["stream"], body["max_tokens"]) == (False, 9)
    assert "temperature" not in body


def test_azure_is_called_with_its_own_header_and_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.delenv("AZURE_KEY", raising=False)
    settings = TeacherSettings(
        kind="openai",
        model="m",
        base_url="https://me.openai.azure.com/openai/deployments/m",
        headers={"api-key": "env:AZURE_KEY"},
        query={"api-version": "2024-10-21"},
    )
    (line,) = missing_for_teacher(settings)
    assert "the header api-key is to hold the environment variable AZURE_KEY" in line
    monkeypatch.setenv("AZURE_KEY", "azure-secret\n")
    endpoint = endpoint_of(settings)
    assert endpoint.request_headers == {"api-key": "azure-secret"}
    assert endpoint.query == {"api-version": "2024-10-21"}
    assert "secret" not in repr(endpoint)
    assert endpoint.public("not known: azure-secret") == "not known: ***"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"extra_body": {"temperature": 1}}, "has a key of its own: temperature"),
        ({"extra_body": {"max_completion_tokens": 1}}, "has a key of its own: max_tokens"),
        ({"extra_body": {"n": 2}}, "one whole answer in text"),
        ({"extra_body": {"stream": True}}, "one whole answer in text"),
        ({"headers": {"a b": "c"}}, "no name of a header"),
        ({"headers": {"a": "b\nc"}}, "a line's end"),
        ({"kind": "transformers", "model_name_or_path": "x", "system_prompt": "y"}, "is for kind"),
        ({"kind": "transformers", "model_name_or_path": "x", "temperature": None}, "needs one"),
    ],
)
def test_what_cannot_be_sent_is_refused(fields: dict[str, object], words: str) -> None:
    if "kind" not in fields:
        fields = {"kind": "openai", "model": "m", **fields}
    with pytest.raises(ValidationError, match=words):
        TeacherSettings.model_validate(fields)


def test_a_served_student_has_the_same_fields() -> None:
    settings = GenerationSettings(
        backend="server", base_urls=("http://h/v1",), query={"v": "1"}, extra_body={"top_k": 1}
    )
    assert settings.extra_body == {"top_k": 1}
    with pytest.raises(ValidationError, match="is for backend server or vllm"):
        GenerationSettings(headers={"a": "b"})
