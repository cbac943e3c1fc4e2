"""The class that calls a Java program and writes what its calls give."""

import json
import re
from dataclasses import dataclass

from sodakd.judge.languages.literals import PLAIN, Literals
from sodakd.judge.sandbox.task import Task
from sodakd.text.entry_point import method_of
from sodakd.text.json_values import Json
from sodakd.text.type_forms import java_type
from sodakd.text.value_types import key_of
from sodakd.value_type import TypeTree, read_type

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
    static void put(long[] v) { OUT.append(java.util.Arrays.toString(v).replace(" ", "")); }
    static void put(double[] v) { OUT.append(java.util.Arrays.toString(v).replace(" ", "")); }
    static void put(String[] v) {
        if (v == null) { OUT.append("null"); return; }
        OUT.append('[');
        for (int i = 0; i < v.length; i++) { if (i > 0) OUT.append(','); put(v[i]); }
        OUT.append(']');
    }
"""
NESTED = """\
    static void put(char v) { put(String.valueOf(v)); }
    static void put(Object v) {
        if (v == null || v instanceof Number || v instanceof Boolean) { OUT.append(v); return; }
        if (v instanceof String || v instanceof Character) { put(v.toString()); return; }
        String before = "";
        if (v instanceof java.util.Map<?, ?> map) {
            OUT.append('{');
            for (var one : map.entrySet()) {
                OUT.append(before);
                put(String.valueOf(one.getKey()));
                OUT.append(':');
                put(one.getValue());
                before = ",";
            }
            OUT.append('}');
            return;
        }
        OUT.append('[');
        Object[] items = v instanceof java.util.List<?> list ? list.toArray() : null;
        int count = items == null ? java.lang.reflect.Array.getLength(v) : items.length;
        for (int i = 0; i < count; i++) {
            OUT.append(before);
            put(items == null ? java.lang.reflect.Array.get(v, i) : items[i]);
            before = ",";
        }
        OUT.append(']');
    }
    @SafeVarargs
    static <T> java.util.ArrayList<T> list(T... items) {
        return new java.util.ArrayList<>(java.util.Arrays.asList(items));
    }
    @SuppressWarnings("unchecked")
    static <K, V> java.util.LinkedHashMap<K, V> map(Object... items) {
        var made = new java.util.LinkedHashMap<K, V>();
        for (int i = 0; i < items.length; i += 2) made.put((K) items[i], (V) items[i + 1]);
        return made;
    }
"""
"""Where a type is none of `PLAIN`."""
_PACKAGE = re.compile(r"\b(?=(?:List|Map)<)")


def _type_name(tree: TypeTree, *, boxed: bool = False) -> str:
    """Java's type by its whole name: a program may have a `List` of its own."""
    return _PACKAGE.sub("java.util.", java_type(tree, boxed=boxed))


@dataclass(frozen=True)
class _JavaLiterals(Literals):
    """Values of Java: within a `Map` and a `List` they are objects."""

    def of(self, tree: TypeTree, value: Json) -> str:
        return self._of(tree, value, boxed=False)

    def _of(self, tree: TypeTree, value: Json, *, boxed: bool) -> str:
        if value is None:
            return f"({_type_name(tree, boxed=boxed)}) null"
        if tree.name == "optional":
            return self._of(tree.item, value, boxed=boxed or not tree.item.items)
        if isinstance(value, dict):
            key, held = tree.items
            pairs = (
                (self._of(key, key_of(key.name, name), boxed=True), self._of(held, one, boxed=True))
                for name, one in value.items()
            )
            items = ", ".join(f"{name}, {one}" for name, one in pairs)
            kinds = ", ".join(_type_name(one, boxed=True) for one in tree.items)
            return f"SodakdCalls.<{kinds}>map({items})"
        if isinstance(value, list):
            name = _type_name(tree, boxed=boxed)
            objects = name.startswith("java.util.List<")
            items = ", ".join(self._of(tree.item, one, boxed=objects) for one in value)
            if objects:
                return f"SodakdCalls.<{_type_name(tree.item, boxed=True)}>list({items})"
            return f"new {name}{{{items}}}"
        return (
            f"(double) {value}" if boxed and tree.name == "float" else self.scalar(tree.name, value)
        )


_LITERALS = _JavaLiterals("java", "", text=lambda value: json.dumps(str(value)), int_suffix="L")


def calls(task: Task, holder: str) -> str:
    """The class that makes the calls and writes what they give; a bare name is of `holder`."""
    body, returns = [], _type_name(read_type(task.result_type))
    given = "v" if task.result_type in PLAIN else "(Object) v"
    for call in _LITERALS.calls(task, _called(task, holder)):
        body.append(f"        {{ {returns} v = {call};")
        body.append(f'        OUT.append("{{\\"value\\":"); put({given}); OUT.append("}}\\n"); }}')
    both = f"{WRITERS}{NESTED}"
    return "\n".join(
        [
            "final class SodakdCalls {",
            WRITERS if PLAIN.issuperset((*task.argument_types, task.result_type)) else both,
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


def _called(task: Task, holder: str) -> str:
    """What is called: a static method of `holder` by its name alone, or a method of a class."""
    entry, method = task.entry_point, method_of(task.entry_point)
    if method is None:
        return entry if entry.startswith("new ") else f"{holder}.{entry}"
    static = rf"\bstatic\b[^;{{}}()=]{{0,300}}\b{method.name}\s*\("
    if not method.made and re.search(static, task.code):
        return entry
    return f"new {method.holder}().{method.name}"
