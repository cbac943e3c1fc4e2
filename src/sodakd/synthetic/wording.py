"""How programs are spoken of: the words for operations, predicates, functions and kinds.

Every phrase says all of the meaning: a text may not leave open what its tests will check.
"""

from collections.abc import Mapping

from sodakd.synthetic.operations import Kind

FUNCTION_NAMES = (
    "solve",
    "compute",
    "process",
    "convert",
    "transform",
    "derive",
    "build",
    "handle",
    "make",
    "work",
    "task",
    "calc",
)

PARAMETER_NAMES: Mapping[Kind, tuple[str, ...]] = {
    Kind.L: ("xs", "nums", "items", "data"),
    Kind.N: ("n", "num", "value", "number"),
    Kind.S: ("s", "text", "line", "string"),
}

KINDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.L: ("a list of integers", "an integer list"),
    Kind.N: ("an integer", "a whole number"),
    Kind.S: ("a string", "a piece of text"),
}

CONNECTORS = (", then ", "; then ", ", and then ", ", after that ")

# {p}, {q}: predicates; {a}, {b}: constants or letters; {f}: one of FUNCTION_PHRASES, whose {t} is
# one of the operation's TARGETS.
OPERATION_PHRASES: Mapping[str, tuple[str, ...]] = {
    "filter": (
        "keep only the numbers that are {p}",
        "keep the elements that are {p}",
        "select the numbers that are {p}",
    ),
    "reject": (
        "remove the numbers that are {p}",
        "discard every element that is {p}",
        "leave out the numbers that are {p}",
    ),
    "map": ("{f}",),
    "map_if": (
        "where a number is {p}, {f}, and keep the rest",
        "for each number that is {p}, {f}, keeping the others",
    ),
    "filter_and": (
        "keep only the numbers that are both {p} and {q}",
        "select the elements that are {p} and also {q}",
    ),
    "filter_or": (
        "keep only the numbers that are {p} or {q} (or both)",
        "select the elements that are {p} or {q}, or both",
    ),
    "take": (
        "keep only the first {a} elements",
        "take the first {a} elements",
        "cut the list to its first {a} elements",
    ),
    "drop": ("skip the first {a} elements", "remove the first {a} elements"),
    "last": ("keep only the last {a} elements", "take the last {a} elements"),
    "but_last": ("remove the last {a} elements", "cut off the last {a} elements"),
    "every": (
        "keep only the elements whose index (from 0) is divisible by {a}",
        "take the elements at indexes 0, {a} and so on in steps of {a}",
    ),
    "sort": (
        "sort the list in ascending order",
        "sort the numbers from smallest to largest",
        "put the numbers in increasing order",
    ),
    "sort_down": (
        "sort the list in descending order",
        "sort the numbers from largest to smallest",
        "put the numbers in decreasing order",
    ),
    "reverse": ("reverse the list", "reverse the order of the elements"),
    "unique": (
        "remove duplicates, keeping the first of each",
        "keep only the first occurrence of each number",
    ),
    "running_sum": (
        "replace each number by the sum of all up to and including it",
        "form the list of running sums",
    ),
    "running_max": (
        "replace each number by the largest up to and including it",
        "form the list of running maximums",
    ),
    "differences": (
        "form the list of differences, each element minus the one before it",
        "list each element minus its predecessor",
    ),
    "pair_sums": (
        "form the list of sums of each two neighbours",
        "list each element plus its predecessor, from the second on",
    ),
    "where": (
        "list the indexes (from 0) of the numbers that are {p}",
        "form the list of 0-based positions of the elements that are {p}",
    ),
    "sum": ("add up the numbers", "compute the sum of the list", "sum all elements"),
    "max": (
        "find the largest number (0 if empty)",
        "get the maximum, or 0 for an empty list",
    ),
    "min": (
        "find the smallest number (0 if empty)",
        "get the minimum, or 0 for an empty list",
    ),
    "count": (
        "count the numbers that are {p}",
        "find how many elements are {p}",
    ),
    "length": ("count the elements", "get the length of the list"),
    "distinct": ("count the distinct numbers", "find how many different numbers there are"),
    "first": (
        "get the first element (0 if empty)",
        "pick the first number, or 0 for an empty list",
    ),
    "product": (
        "multiply all numbers together (1 if empty)",
        "compute the product of the list, 1 if it is empty",
    ),
    "span": (
        "subtract the smallest number from the largest (0 if empty)",
        "compute maximum minus minimum, or 0 for an empty list",
    ),
    "rises": (
        "count the elements that are larger than the one before",
        "find how often an element is greater than its predecessor",
    ),
    "join": (
        "join the numbers into a string with commas",
        "write the numbers as a string, separated by commas without spaces",
    ),
    "apply": ("{f}",),
    "apply_if": (
        "if the number is {p}, {f}, otherwise keep it",
        "when the number is {p}, {f}, else leave it",
    ),
    "digit_sum": ("add up its decimal digits", "compute the sum of its digits"),
    "digit_count": ("count its decimal digits", "find how many digits it has"),
    "reverse_digits": (
        "reverse its digits, dropping any sign",
        "read its digits backwards as a number without sign",
    ),
    "digits": ("list its decimal digits", "turn it into the list of its digits"),
    "upto": ("list the numbers from 1 to it", "form the list from 1 up to and including it"),
    "divisors": (
        "list its positive divisors in ascending order",
        "form the increasing list of all its positive divisors",
    ),
    "upper": ("convert it to upper case", "make all its letters capital"),
    "reverse_text": ("reverse the string", "write the characters in reverse order"),
    "head": ("keep only the first {a} characters", "cut the string to its first {a} characters"),
    "tail": ("remove the first {a} characters", "skip the first {a} characters"),
    "without": ('remove every "{a}"', 'delete all letters "{a}"'),
    "replace": ('replace every "{a}" by "{b}"', 'change each "{a}" into "{b}"'),
    "vowels": ("keep only the lowercase vowels", "remove everything but the lowercase vowels"),
    "sort_text": ("sort its characters", "put its characters in ascending order"),
    "reverse_words": (
        "reverse the order of the words, joined by single spaces",
        "put the words in reverse order with one space between",
    ),
    "flip_words": (
        "reverse each word in place, joined by single spaces",
        "spell each word backwards with one space between words",
    ),
    "text_length": ("count its characters", "get the length of the string"),
    "count_letter": ('count the letters "{a}"', 'find how often "{a}" occurs'),
    "count_words": ("count the words", "find how many words there are"),
    "longest_word": (
        "find the length of the longest word (0 if none)",
        "get the longest word's length, or 0 without words",
    ),
    "word_lengths": ("list the lengths of the words", "form the list of word lengths"),
}

TARGETS: Mapping[str, tuple[str, ...]] = {
    "map": ("each number", "every element"),
    "map_if": ("it",),
    "apply": ("the number",),
    "apply_if": ("it",),
}

FUNCTION_PHRASES: Mapping[str, tuple[str, ...]] = {
    "square": ("square {t}", "multiply {t} by itself"),
    "negate": ("negate {t}", "flip the sign of {t}"),
    "absolute": ("take the absolute value of {t}", "remove any minus sign from {t}"),
    "add": ("add {k} to {t}", "increase {t} by {k}"),
    "subtract": ("subtract {k} from {t}", "decrease {t} by {k}"),
    "multiply": ("multiply {t} by {k}", "scale {t} by {k}"),
    "from": ("replace {t} by {k} minus it", "change {t} to {k} minus it"),
    "cap": ("cap {t} at {k}", "limit {t} to at most {k}"),
}

PREDICATE_PHRASES: Mapping[str, tuple[str, ...]] = {
    "even": ("even", "divisible by two"),
    "odd": ("odd", "not even"),
    "positive": ("positive", "greater than zero"),
    "negative": ("negative", "less than zero"),
    "over": ("greater than {k}", "above {k}", "larger than {k}"),
    "under": ("less than {k}", "below {k}", "smaller than {k}"),
    "multiple": ("divisible by {k}", "evenly divisible by {k}"),
    "unlike": ("not divisible by {k}", "indivisible by {k}"),
    "within": ("less than {k} in absolute value", "less than {k} away from zero"),
    "beyond": ("more than {k} in absolute value", "more than {k} away from zero"),
}
