"""The program of an answer to a question: the one rule for a student's and a teacher's answers.

`extract` finds it. Where the question shows the beginning of a program, an answer may go on from
there as well, as a base model does: with the body of the function that the beginning leaves open.
"""

from dataclasses import replace

from sodakd.text.assemble import assemble, is_whole, truncate
from sodakd.text.extract import Extracted, extract, is_prose, strip_bom
from sodakd.text.fences import blocks
from sodakd.text.language_id import is_sentence
from sodakd.text.thinking import strip_thinking
from sodakd.text.truncation import compiles
from sodakd.types import Language, Question, StdioTests


def extract_answer(question: Question, answer: str) -> Extracted:
    """The code of an answer: a whole program, or a continuation of the question's `code_prompt`."""
    reads_stdin = isinstance(question.tests, StdioTests)
    if question.code_prompt is None or reads_stdin:
        entry_point = question.tests.entry_point if question.tests is not None else ""
        return extract(answer, question.language, entry_point, reads_stdin=reads_stdin)
    answer = strip_bom(answer)
    fenced = blocks(answer)
    if fenced and answer.lstrip("\n")[:1].isspace() and not fenced[0].closed:
        # The prompt stood in a fence, and the model closed it.
        answer, fenced = answer[: fenced[0].start], ()
    said, _ = strip_thinking(answer)
    if question.language is Language.PYTHON:
        for text in dict.fromkeys((answer, said)):
            code = text if fenced else _up_to_its_end(question, text)
            if code.strip() and compiles(assemble(question, code)):
                return _continuation(question, code)
    found = extract(answer, question.language, question.code_prompt.entry_point)
    if found.code:
        return found if fenced else replace(found, code=_up_to_its_end(question, found.code))
    # What `extract` takes for no program may be a line or two of one.
    says_something = said.strip() and not fenced and not is_prose(said)
    if says_something and not any(map(is_sentence, said.split("\n"))):
        return _continuation(question, _up_to_its_end(question, said))
    return found


def _continuation(question: Question, code: str) -> Extracted:
    return Extracted(code, question.language, question.language.value, complete=True)


def _up_to_its_end(question: Question, code: str) -> str:
    """A continuation may run on after its function; a whole program is taken as it is."""
    return code if is_whole(question, code) else truncate(question, code)
