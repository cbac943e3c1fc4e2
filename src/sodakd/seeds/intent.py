"""Whether a question wants a program at all, or words: an explanation, a choice, an output."""

import re

from sodakd.seeds.prose import fenced, guess, share_of_prose, start_of, without_prose
from sodakd.text.language_id import MIN_SCORE

_THINGS = (
    r"(?:programs?|functions?|codes?|scripts?|algorithmic sequences?|class(?:es)?|methods?"
    r"|algorithms?|snippets?|loops?|statements?|expressions?|queries|query|recursion|regex"
    r"|regular expressions?|implementations?|data structures?|generators?|decorators?|one-liner"
    r"|constructor|interface|subroutine|procedure|lines? of code|modules?|api|calculator|parser"
    r"|solver|simulation|macro|struct)"
)
_MAKES = (
    r"(?:write|creat|implement|design|develop|build|construct|generat|cod|program|defin|modif|updat"
    r"|refactor|optimi[sz]|fix|debug|correct|complet|convert|rewrit|edit|mak|provid|compos|devis"
    r"|craft|formulat|produc|extend|enhanc|add|chang|translat|simplif|improv|adapt|transform|set up"
    r"|declar|alter|employ|utili[sz]|us|rearrang|insert|replac|adjust|restructur|amend|fabricat"
    r"|engineer|assembl|orchestrat)\w*"
)
_WANTS = re.compile(rf"(?i)\b{_MAKES}\b(?:[^.?!\n]|\.(?=\S)){{0,160}}\b{_THINGS}\b")
_WORDS_WANTED = re.compile(
    r"(?i)^\W*(?:(?:please|can you|could you|kindly) )*(?:explain|describe|what(?:'s| is| are| was"
    r"| does| do| would| will| happens| type| kind| value)\b|why\b|which\b|when\b|who\b|identify\b"
    r"|name\b|list (?:the|some|all|out|down)\b|compare\b|contrast\b|discuss\b"
    r"|define (?:the )?(?:term|concept)|summari[sz]e\b|how (?:many|much|long|does|is|are"
    r"|would you (?:explain|describe))\b|tell\b|(?:determine|predict|find|evaluate|give|state|print"
    r"|identify|calculate|interpret|provide|analy[sz]e) (?:what )?(?:the |an? )?(?:output|result"
    r"|outcome|value|error|time complexity|complexity|answer|meaning) (?:of|for|in|that|when|given"
    r"|returned)\b|classify\b|match\b|choose\b|select (?:the|which)\b|true or false|compile\b"
    r"|is (?:it|there|the|this)\b|outline\b|suggest\b|recommend\b|in what\b|decide\b|detect (?:the"
    r"|any) (?:errors?|bugs?|syntax))"
)
_TASK = re.compile(
    r"(?i)\b(?:strings?|arrays?|integers?|lists?|matri(?:x|ces)|dictionar(?:y|ies)|hash ?maps?"
    r"|trees?|linked lists?|queues?|stacks?|tuples?|sub-?strings?|palindromes?|fibonacci|primes?"
    r"|factorials?|vowels?|anagrams?|sort(?:ed|ing)?|recursive(?:ly)?|binary search|nodes?"
    r"|variables?|loops?|numbers?|digits?|characters?|elements?|indices|index|sequences?"
    r"|algorithm)\b"
)
_COMMAND = re.compile(
    r"(?i)(?:^|[.!?:]\s+|\n[ \t]*|\byou (?:to|need to|must|should|have to|can) |\bplease |\b(?:can"
    r"|could|would|do|should) (?:you|i|we|one) |(?:,|;|\band|\bthen) (?=(?:print|display|return"
    r"|write|output (?:an?|all|each|its?|the))\b))(?:write|create|implement|design|develop|build"
    r"|construct|generate|code|find|return|print|count|calculate|compute|convert|sort|reverse"
    r"|remove|check|determine|replace|output|add|delete|merge|split|extract|transform|combine"
    r"|concatenate|join|filter|iterate|swap|rotate|search|insert|sum|multiply|divide|fix|debug"
    r"|modify|optimi[sz]e|refactor|complete|rewrite|edit|update|given|ascertain|devise|declare"
    r"|define|initiali[sz]e|read|take|accept|receive|get|round|format|encode|decode"
    r"|simulate|solve|display|group|append|select"
    r"|sort|make|use|parse|validate|verify|translate|change|correct|develop|formulate)\b"
)
_CODE_POINTED_AT = re.compile(
    r"(?i)\b(?:the following|the given|given|this|provided|below|above|existing"
    r"|following)\s+(?:[\w+#]+ ){0,3}(?:code|program|function|snippet|script|class|method|loop"
    r"|statement|algorithm|query)\b(?! (?:that|to|which|should|is to|will) )"
)
_REPAIRS = re.compile(
    r"(?i)^\W*(?:\w+ ){0,2}?(?:fix|debug|correct|edit|modify|optimi[sz]e|refactor|rewrite|convert"
    r"|update|find|improve|simplify|complete|add|replace|identify|change|translate|transform"
    r"|rearrange|analy[sz]e|spot|locate|remove)\b"
)  # fmt: skip
_ESSAY = re.compile(
    rf"(?i)\b{_MAKES}\b (?:[\w-]+ ){{0,4}}(?:essay|discourse|narrative|poem|story|article|blog post"
    r"|speech|mathematical formula)\b"
)
_ASKS = re.compile(
    r"(?i)\b(?:how (?:do|does|can|could|would|should|to|is|are)|what|why|which|is (?:it|there|this)"
    r"|does|do you|can i|should i|am i|anyone)\b[^.\n]{3,300}\?"
)
_CODE_ENDS = re.compile(r"[;{}][ \t\r]{0,99}$|\w\([^\n]{0,300}\)", re.MULTILINE)
_CODE_AT_ALL = re.compile(r"[(){}=;\[\]\n`]")
_MOSTLY = 0.6
"""Share of an answer's words in sentences from which on it is prose with code in it."""
_SURELY_CODE = 3.0
_CODE_SIGNS = re.compile(r"[;{}=<>\[\]]|\w\(|^[ \t]{2,}\S", re.MULTILINE)


def has_code(text: str) -> bool:
    """Whether a text holds code: a fenced block, the marks of a language, or code's punctuation."""
    text = start_of(text)
    if fenced(text)[1]:
        return True
    lines = without_prose(text)
    return guess(lines) is not None or bool(_CODE_ENDS.search(lines))


def is_prose(text: str) -> bool:
    """Whether an answer is words and no code."""
    text = start_of(text)
    if fenced(text)[1]:
        return False
    share = share_of_prose(text)
    if share >= _MOSTLY:
        return True
    signs = len(_CODE_SIGNS.findall(text))
    found = guess(text)
    if found is not None and found.weight > MIN_SCORE:
        return False
    return signs == 0 or signs < len(text.split()) / 12


def wants_words(text: str, reference: str | None, language_named: bool) -> bool:
    """Whether a question is answered by words, by a value or by a choice: no program is wanted."""
    text = start_of(text)
    if reference is not None:
        if is_prose(reference):
            return True
        found = guess(reference)
        return bool(_WORDS_WANTED.search(text)) and (found is None or found.weight < _SURELY_CODE)
    if _ESSAY.search(text) or (_ASKS.search(text) and not _COMMAND.search(text)):
        return True
    if _WORDS_WANTED.search(text):
        return not _WANTS.search(text)
    if language_named or _WANTS.search(text):
        return False
    return not (_COMMAND.search(text) and (_TASK.search(text) or has_code(text)))


def lacks_its_code(text: str) -> bool:
    """Whether a question points at code to repair, and gives nothing below its one line."""
    text = start_of(text)
    pointed = _REPAIRS.search(text) and _CODE_POINTED_AT.search(text)
    return bool(pointed) and not _CODE_AT_ALL.search(text)
