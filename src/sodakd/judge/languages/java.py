"""Java: compiled, then run in a virtual machine of its own."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.build_cache import (
    SANDBOX,
    cached_build,
    run_tool,
    tool_errors,
    tool_output,
    which,
)
from sodakd.judge.languages.java_calls import calls
from sodakd.judge.languages.java_source import in_class, joined, read, with_holder
from sodakd.judge.languages.spec import LanguageSpec, Reference, Toolchain, Untested
from sodakd.judge.sandbox.build_run import build_and_run, refused
from sodakd.judge.sandbox.compiler_server import SelfTestedServer, ServerLateError
from sodakd.judge.sandbox.execute import BuildPlan
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task

WRONG = re.compile(r"java\.lang\.AssertionError")
MEMORY = re.compile(
    r"java\.lang\.OutOfMemoryError|insufficient memory|Could not reserve enough space"
)
_EXPORTS = ("--add-exports", "jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED")
OPTIONS = ("-proc:none", "-nowarn", "-implicit:none", "-XDstringConcat=inline")
"""Of both compilers. Texts are put together by code: by `invokedynamic`, a start takes longer."""

HARNESS = """\
public final class SodakdMain {
    private static final byte[] NONCE = new byte[32];

    /** The type whose `main` is run, and the first line of the tests. */
    public static void main(String[] arguments) throws Throwable {
        try (java.io.FileInputStream in = new java.io.FileInputStream("/proc/self/fd/4")) {
            if (in.readNBytes(NONCE, 0, 32) != 32) throw new IllegalStateException("no nonce");
        }
        int first = Integer.parseInt(arguments[1]);
        var main = Class.forName(arguments[0]).getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (exitedFrom() >= first) pass();
        }));
        // Deep recursion has room here; other threads are as small as Java makes them.
        new Thread(null, () -> run(main), "main", 16 << 20).start();
    }

    private static void run(java.lang.reflect.Method main) {
        int status = 1;
        try {
            main.invoke(null, (Object) new String[0]);
            status = 0;
        } catch (java.lang.reflect.InvocationTargetException error) {
            error.getCause().printStackTrace();
        } catch (IllegalAccessException error) {
            error.printStackTrace();
        }
        System.out.flush();
        System.err.flush();
        if (status == 0) pass();
        Runtime.getRuntime().halt(status);
    }

    /** The line that called `System.exit`, or -1. */
    private static int exitedFrom() {
        for (StackTraceElement[] trace : Thread.getAllStackTraces().values()) {
            boolean left = false;
            for (StackTraceElement one : trace) {
                left |= one.getClassName().equals("java.lang.Runtime");
                if (left && one.getModuleName() == null) return one.getLineNumber();
            }
        }
        return -1;
    }

    private static void pass() {
        try (var out = new java.io.FileOutputStream("/proc/self/fd/3")) {
            out.write(NONCE);
        } catch (java.io.IOException error) {
            error.printStackTrace();
        }
    }
}
"""


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Compile and try one program."""
    tools = task.tools
    called = task.script is None
    code, holder = with_holder(task.code, task.entry_point) if called else (task.code, "Program")
    held = joined(code, task.script or "", holder)
    files = {held.file: held.text.encode(errors="surrogatepass")}
    if called:
        files["SodakdCalls.java"] = calls(task, holder).encode()
    run: tuple[str, ...] = ("SodakdMain", "SodakdCalls" if called else held.main, str(held.first))
    classes = "/tmp/classes"
    if task.stdin is not None:  # as `java` runs a class: until its last thread ends
        run, classes = (held.main,), "/tmp"
    plan = BuildPlan(
        files=files,
        build=(
            (
                tools["javac"], "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-J-Xss64m",
                *OPTIONS, "-encoding", "UTF-8", "-cp", classes, "-d", classes, *files,
            ),
        ),
        run=(*_machine(task, classes), *run),
        made="*.class",
        wrong=WRONG,
        memory=MEMORY,
        lacking=held.lacking,
        reserve=False,
        sockets=True,
    )  # fmt: skip
    if task.warm:
        try:
            b"".join(files.values()).decode()  # of what is no UTF-8 the cold compiler says it
            said, made = _read(_COMPILER.ask(box, _command(task.tools), _request(files)))
        except ServerLateError as error:
            return refused(task, f"the compiler {error}")
        except (OSError, ValueError):
            oom()  # what ended the warm compiler does not end a program: the cold one judges it
        else:
            if said:
                _COMPILER.doubt()
                return refused(task, said, held.lacking(said))
            if not any("." in name for name in made):  # a job's files have no folders
                ready = {f"{name}.class": code for name, code in made.items()}
                plan = replace(plan, files=ready, build=(), run=(*_machine(task, "/tmp"), *run))
    result = build_and_run(box, task, plan, oom)
    return replace(result, notes=(_COMPILER.note,)) if _COMPILER.note else result


def _machine(task: Task, classes: str) -> tuple[str, ...]:
    tools, heap = task.tools, task.limits.memory // 2**20
    return (
        tools["java"], "-ea", "-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", f"-Xmx{heap}m", "-Xms16m",
        "-XX:ReservedCodeCacheSize=32m", "-XX:MaxMetaspaceSize=128m",
        # Deep recursion has room; a program has no harness of its own.
        *(("-cp", f"{tools['java_harness']}:{classes}") if task.stdin is None else
          ("-Xss16m", "-cp", classes)),
    )  # fmt: skip


def _request(files: Mapping[str, bytes]) -> bytes:
    parts = [part for name, source in files.items() for part in (name.encode(), source)]
    return _size(len(files)) + b"".join(_size(len(part)) + part for part in parts)


def _size(count: int) -> bytes:
    return count.to_bytes(4, "big")


def _read(answer: bytes) -> tuple[str, Mapping[str, bytes]]:
    """The errors that the warm compiler says, or the classes by name. Raises `ValueError`."""
    parts, at = [], 0
    while at < len(answer):
        size = int.from_bytes(answer[at : at + 4], "big")
        parts.append(answer[at + 4 : at + 4 + size])
        at += 4 + size
    if at > len(answer) or len(parts) % 2 == 0:
        raise ValueError("half an answer")
    names = [part.decode() for part in parts[1::2]]
    if any("/" in name for name in names):
        raise ValueError("a class outside its folder")
    return parts[0].decode(), dict(zip(names, parts[2::2], strict=True))


def _test(ask: Callable[[bytes], bytes]) -> None:
    _, first = _read(ask(_request({"First.java": b"class First { int f() { return 1; } }"})))
    second, _ = _read(ask(_request({"Second.java": b"class Second { First first; }"})))
    if list(first) != ["First"] or "First" not in second:
        raise ValueError(f"it made {list(first)} and said {second!r}")


def _command(tools: Mapping[str, str]) -> Sequence[str]:
    return (
        tools["java"], "-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx768m",
        "-Xms64m", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError",
        *_EXPORTS,
        "-cp", tools["java_harness"], "SodakdJavac",
    )  # fmt: skip


_COMPILER = SelfTestedServer("javac", _test)


def _toolchain() -> Toolchain:
    # `javac` may be a wrapper, which says where its JDK lies.
    shown = tool_errors(which("javac"), "-J-XshowSettings:properties", "-version")
    found = re.search(r"^\s*java\.home = (.+)$", shown, re.MULTILINE)
    if found is None:
        raise JudgeError("javac does not say where its JDK is")
    home = Path(found[1].strip()).resolve()
    javac, server = str(home / "bin" / "javac"), SANDBOX / "SodakdJavac.java"
    version = tool_output(javac, "-version")

    def build(target: Path) -> None:
        source = target / "SodakdMain.java"
        source.write_text(HARNESS)
        run_tool(javac, "-nowarn", "-d", str(target), str(source))
        # Where this JDK has no such pool there is no class, the self-test fails, javac runs cold.
        with suppress(JudgeError):
            run_tool(javac, *_EXPORTS, "-nowarn", "-d", str(target), str(server))

    key = HARNESS.encode() + server.read_bytes() + version.encode()
    harness = str(cached_build("java", key, build))
    tools = {"javac": javac, "java": str(home / "bin" / "java"), "java_harness": harness}
    return Toolchain(tools, (harness, str(home)), {"javac": version.split()[-1]})


_JAVA_MAIN = re.compile(r"\bvoid\s+main\s*\(")


def _untested(code: str) -> Untested:
    """An answer in a class, where it is methods alone, and with a `main`. Lines stay in place."""
    if not read(code).types:
        code = in_class(code, "Answer")
    if _JAVA_MAIN.search(code):
        return Untested(code)
    return Untested(code, "class Trial { public static void main(String[] arguments) { } }\n")


LANGUAGE = LanguageSpec(
    suffix="java",
    install="apt-get install openjdk-17-jdk-headless",
    toolchain=_toolchain,
    run=run,
    untested=_untested,
    reference=Reference(
        0.21,
        1_000_000,
        """\
import java.util.Arrays;
public class Solution {
    public static long work(long size) {
        int n = (int) size, count = 0;
        boolean[] composite = new boolean[n];
        long steps = 0;
        for (int i = 2; i < n; i++) {
            if (composite[i]) continue;
            count++;
            for (long j = (long) i * i; j < n; j += i) composite[(int) j] = true;
        }
        long[] values = new long[n];
        for (int i = 0; i < n; i++) values[i] = i * 7919L % n;
        Arrays.sort(values);
        for (int i = 1; i < n / 10; i++)
            for (long m = i; m != 1; steps++) m = m % 2 == 0 ? m / 2 : 3 * m + 1;
        return count + values[n / 2] + steps;
    }
}
""",
    ),
)
