"""The world's questions as programs that read standard input: right ones, faulty ones, their tests.

A list is read as its length and a line of integers, and written in one line; a text is a line, and
is written in square brackets, so that blanks at its ends are seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from pydantic import JsonValue

from sodakd.judge.languages.c import PRELUDE
from sodakd.synthetic.faults import make_fault
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.operations import Kind
from sodakd.synthetic.splits import Split
from sodakd.types import CallTests, FaultKind, Language, OutputComparison, StdioCase, StdioTests

_SEED = 15


@dataclass(frozen=True)
class Main:
    """How a language reads the one argument of a kind, and writes what a function gives.

    `text` holds NAME, the function, and WRITE and READ, which `reads` and `writes` fill by kind.
    """

    text: str
    reads: Mapping[Kind, str]
    writes: Mapping[Kind, str]


L, N, S = Kind.L, Kind.N, Kind.S
_NODE = Main(
    "\nconst lines = require('fs').readFileSync(0, 'utf8').split('\\n');\n"
    "const given = READ, found = NAME(given);\nconsole.log(WRITE);\n",
    {N: "Number(lines[0])", S: "lines[0]",
     L: "lines[1].split(' ').filter(Boolean).map(Number)"},
    # A list is written as a text, but is none: `concat` tells them apart.
    {N: "found", S: "'[' + found.concat(']')", L: "found.join(' ')"},
)  # fmt: skip
MAINS: Mapping[Language, Main] = {
    Language.PYTHON: Main(
        "\n\nif __name__ == '__main__':\n    given = READ\n    found = NAME(given)\n"
        "    print(WRITE)\n",
        {N: "int(input())", S: "input()", L: "(input(), [int(x) for x in input().split()])[1]"},
        {N: "found", S: "f'[{found}]'", L: "*found"},
    ),
    Language.JAVASCRIPT: _NODE,
    Language.TYPESCRIPT: Main(
        _NODE.text.replace("require('fs')", "fs").replace(
            "const lines", "import * as fs from 'fs';\nconst lines: string[]"
        ),
        {**_NODE.reads, L: "lines[1].split(' ').filter((x: string) => x).map(Number)"},
        _NODE.writes,
    ),
    Language.JAVA: Main(
        "\nclass Main {\n    public static void main(String[] arguments) {\n"
        "        java.util.Scanner in = new java.util.Scanner(System.in);\n        READ\n"
        "        var found = Solution.NAME(given);\n        WRITE\n    }\n}\n",
        {N: "long given = in.nextLong();", S: "String given = in.nextLine();",
         L: "long[] given = new long[in.nextInt()];"
            " for (int i = 0; i < given.length; i++) given[i] = in.nextLong();"},
        {N: "System.out.println(found);", S: 'System.out.println("[" + found + "]");',
         L: 'for (long x : found) System.out.print(x + " ");'},
    ),
    Language.C: Main(
        "\nint main(void) {\n    READ\n    WRITE\n    return 0;\n}\n",
        {N: 'long long given;\n    scanf("%lld", &given);',
         S: "static char given[10000];\n    fgets(given, sizeof given, stdin);\n"
            '    given[strcspn(given, "\\n")] = 0;',
         L: 'IntList given;\n    scanf("%d", &given.count);\n'
            "    given.items = malloc((given.count + 1) * sizeof *given.items);\n"
            '    for (int i = 0; i < given.count; i++) scanf("%lld", &given.items[i]);'},
        {N: 'printf("%lld\\n", NAME(given));', S: 'printf("[%s]\\n", NAME(given));',
         L: "IntList found = NAME(given);\n"
            '    for (int i = 0; i < found.count; i++) printf("%lld ", found.items[i]);'},
    ),
    Language.CPP: Main(
        "\n#include <iostream>\nint main() {\n    READ\n    auto found = NAME(given);\n"
        "    WRITE\n}\n",
        {N: "long long given;\n    std::cin >> given;",
         S: "std::string given;\n    std::getline(std::cin, given);",
         L: "int count;\n    std::cin >> count;\n    std::vector<long long> given(count);\n"
            "    for (auto &one : given) std::cin >> one;"},
        {N: "std::cout << found << '\\n';", S: "std::cout << '[' << found << \"]\\n\";",
         L: "for (auto one : found) std::cout << one << ' ';"},
    ),
    Language.GO: Main(
        "\nfunc main() {\n    in := bufio.NewReader(os.Stdin)\n    READ\n    found := NAME(given)\n"
        "    WRITE\n}\n",
        {N: "var given int\n    fmt.Fscan(in, &given)",
         S: "line, _ := in.ReadString('\\n')\n    given := line[:max(0, len(line)-1)]",
         L: "var count, one int\n    given := []int{}\n"  # a function may be called `make`
            "    for fmt.Fscan(in, &count); count > 0; count-- {\n"
            "        fmt.Fscan(in, &one)\n        given = append(given, one)\n    }"},
        {N: "fmt.Println(found)", S: 'fmt.Printf("[%s]\\n", found)',
         L: 'for _, one := range found { fmt.Print(one, " ") }'},
    ),
}  # fmt: skip
_BEFORE: Mapping[Language, str] = {Language.C: PRELUDE}
_UNDEFINED = {Language.C: {FaultKind.NO_RETURN}}
"""What gcc compiles without a word, and then gives whatever lies in a register."""


@dataclass(frozen=True)
class Problem:
    """A question's right and faulty program, and their tests."""

    language: Language
    right: str
    wrong: str
    fault: FaultKind
    tests: StdioTests


def whole(code: str, name: str, takes: Kind, returns: Kind, language: Language) -> str:
    """A function with a `main` that calls it."""
    main = MAINS[language]
    text = main.text.replace("READ", main.reads[takes]).replace("WRITE", main.writes[returns])
    if language is Language.GO:
        needed = [one for one in ("bufio", "fmt", "os") if f'"{one}"' not in code]
        imports = "".join(f'import "{one}"\n' for one in needed)
        code = code.replace("package main\n", f"package main\n{imports}", 1)
    return _BEFORE.get(language, "") + code + text.replace("NAME", name)


def _kind(value: JsonValue) -> Kind:
    return L if isinstance(value, list) else S if isinstance(value, str) else N


def _stdin(value: JsonValue) -> str:
    if isinstance(value, list):
        return f"{len(value)}\n{' '.join(map(str, value))}\n"
    return f"{value}\n"


def _stdout(value: JsonValue) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"[{value}]" if isinstance(value, str) else str(value)


def problems(language: Language, count: int, cases: int = 10) -> list[Problem]:
    """So many problems of a language, each with so many cases; always the same ones."""
    found = []
    rng = Random(f"{_SEED} {language}")
    kinds = [kind for kind in FaultKind if kind not in _UNDEFINED.get(language, ())]
    for question in draw_questions(2 * count, (1, 2, 3), Split.TRAIN, _SEED, language):
        program, tests = program_of(question), question.tests
        assert isinstance(tests, CallTests)
        tests = tests.model_copy(update={"cases": tests.cases[-cases:]})
        fault = make_fault(program, tests, rng.sample(kinds, len(kinds)), rng, language)
        if fault is None:
            continue
        returns = _kind(tests.cases[0].expected)
        right, wrong = (
            whole(code, program.name, program.input, returns, language)
            for code in (print_program(program, language), fault.code)
        )
        runs = tuple(
            StdioCase(stdin=_stdin(case.arguments[0]), stdout=_stdout(case.expected))
            for case in tests.cases
        )
        written = StdioTests(cases=runs, comparison=OutputComparison.EXACT)
        found.append(Problem(language, right, wrong, fault.kind, written))
        if len(found) == count:
            break
    assert len(found) == count
    return found
