"""Java: compiled, then run in a virtual machine of its own."""

import re
from collections.abc import Callable

from sodakd.judge.inside.job import Box
from sodakd.judge.inside.native import Plan, build_and_run, script_of
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import literals

TYPES = {
    "int": "long", "float": "double", "bool": "boolean", "str": "String",
    "list[int]": "long[]", "list[float]": "double[]", "list[str]": "String[]",
}  # fmt: skip

WRONG = re.compile(r"java\.lang\.AssertionError")
MEMORY = re.compile(
    r"java\.lang\.OutOfMemoryError|insufficient memory|Could not reserve enough space"
)
_PUBLIC = re.compile(
    r"^\s*public\s+(?:final\s+|abstract\s+)*(?:class|interface|enum|record)\s+(\w+)", re.MULTILINE
)
_TYPE = re.compile(r"\b(?:class|interface|enum|record)\s+(\w+)")
_MAIN = re.compile(r"\bvoid\s+main\s*\(")

HARNESS = """\
public final class SodakdMain {
    public static void main(String[] arguments) throws Throwable {
        byte[] nonce = new byte[32];
        try (java.io.FileInputStream in = new java.io.FileInputStream("/proc/self/fd/4")) {
            if (in.readNBytes(nonce, 0, 32) != 32) throw new IllegalStateException("no nonce");
        }
        java.io.FileOutputStream out = new java.io.FileOutputStream("/proc/self/fd/3");
        var main = Class.forName(arguments[0]).getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        try {
            main.invoke(null, (Object) new String[0]);
        } catch (java.lang.reflect.InvocationTargetException error) {
            error.getCause().printStackTrace();
            System.err.flush();
            Runtime.getRuntime().halt(1);
        }
        System.out.flush();
        out.write(nonce);
        out.close();
        Runtime.getRuntime().halt(0);
    }
}
"""

WRITERS = """\
    static final StringBuilder OUT = new StringBuilder();
    static void put(long v) { OUT.append(v); }
    static void put(double v) { OUT.append(v); }
    static void put(boolean v) { OUT.append(v); }
    static void put(String v) {
        if (v == null) { OUT.append("null"); return; }
        OUT.append('"');
        for (char c : v.toCharArray()) {
            if (c >= 32 && c < 127 && c != '"' && c != '\\\\') OUT.append(c);
            else OUT.append(String.format("\\\\u%04x", (int) c));
        }
        OUT.append('"');
    }
    static void put(long[] v) {
        OUT.append('[');
        for (int i = 0; i < v.length; i++) { if (i > 0) OUT.append(','); put(v[i]); }
        OUT.append(']');
    }
    static void put(double[] v) {
        OUT.append('[');
        for (int i = 0; i < v.length; i++) { if (i > 0) OUT.append(','); put(v[i]); }
        OUT.append(']');
    }
    static void put(String[] v) {
        OUT.append('[');
        for (int i = 0; i < v.length; i++) { if (i > 0) OUT.append(','); put(v[i]); }
        OUT.append(']');
    }
"""


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Compile and try one program."""
    tools = task.tools
    if task.script >= 0:
        script = script_of(task)
        source = f"{task.code}\n{script}"
        held = _PUBLIC.search(source)
        name = held[1] if held else "Program"
        files = {f"{name}.java": source.encode(errors="surrogatepass")}
        run: tuple[str, ...] = (
            "SodakdMain",
            main_class(source, len(task.code) if _MAIN.search(script) else 0),
        )
    else:
        held = _PUBLIC.search(task.code)
        name = held[1] if held else "Solution"
        files = {
            f"{name}.java": task.code.encode(errors="surrogatepass"),
            "SodakdCalls.java": calls(task).encode(),
        }
        run = ("SodakdCalls",)
    build = (
        tools["javac"], "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-proc:none", "-nowarn",
        "-encoding", "UTF-8", "-implicit:none", "-d", "/tmp/classes", *files,
    )  # fmt: skip
    heap = task.limits.memory // 2**20
    machine = (
        tools["java"], "-ea", "-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", f"-Xmx{heap}m", "-Xms16m", "-Xss16m",
        "-XX:ReservedCodeCacheSize=32m", "-XX:MaxMetaspaceSize=128m",
        "-cp", f"/tmp/classes:{tools['java_harness']}",
    )  # fmt: skip
    plan = Plan(
        files=files,
        build=(build,),
        run=(*machine, *run),
        wrong=WRONG,
        memory=MEMORY,
        reserve=False,
        sockets=True,
        processes=128,
    )
    return build_and_run(box, task, plan, oom)


def main_class(source: str, start: int) -> str:
    """The type that holds `main`, the script's where it has one: the last that opens before."""
    found = _MAIN.search(source, start)
    names = _TYPE.findall(source[: found.start()] if found else source)
    return names[-1] if names else "Program"


def calls(task: Task) -> str:
    """The class that makes the calls and writes what they give."""
    body = []
    for arguments in task.arguments:
        written = ", ".join(map(_literal, task.argument_types, arguments))
        body.append(
            f"        {{ {TYPES[task.result_type]} v = Solution.{task.entry_point}({written});"
        )
        body.append('        OUT.append("{\\"value\\":"); put(v); OUT.append("}\\n"); }')
    return "\n".join(
        [
            "final class SodakdCalls {",
            WRITERS,
            "    public static void main(String[] none) throws Throwable {",
            *body,
            '        try (var out = new java.io.FileOutputStream("/proc/self/fd/3")) {',
            "            out.write(OUT.toString().getBytes());",
            "        }",
            "        System.out.flush();",
            "        Runtime.getRuntime().halt(0);",
            "    }",
            "}",
        ]
    )


def _literal(kind: str, value: Json) -> str:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        items = ", ".join(_literal(literals.LISTS[kind], item) for item in value)
        return f"new {TYPES[kind]}{{{items}}}"
    if kind == "str":
        return literals.unicode_text(value)
    if kind == "bool":
        return "true" if value else "false"
    return literals.number(value, "L" if kind == "int" else "")
