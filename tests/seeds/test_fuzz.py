"""Files of seeds of every wrong kind: each gives rows with reasons, or is one clear error."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

from sodakd.errors import SodakdError
from sodakd.seeds.load import load_seeds
from sodakd.settings.questions import QuestionSettings

VALUES = [
    '"Sort a list of numbers."', '"Write a Python function that adds."', "null", "5", "1e400",
    "NaN", "true", "[]", "{}", "[1]", '["a", "b"]', '{"a": 1}', "9" * 5000, '"\\ud83d"',
    '"\\u0000"',
    "[" * 200 + "]" * 200, '[{"role": "user", "content": "Sort it."}]', '[{"role": 5}]',
    '[{"from": "human", "value": [{"type": "image"}]}]', '"[{\'from\': \'human\'"',
    json.dumps("[{'role': 'user', 'content': 'a\\d'}]"), json.dumps(json.dumps({"messages": []})),
    '"<|im_start|>user\\n"', '"### Instruction:\\n### Response:"', '"[INST]"', '"\\u2028\\ufeff"',
    json.dumps("x" * 50_000), json.dumps("```python\n" * 300), '"English"', '"python"',
]  # fmt: skip
KEYS = ["instruction", "input", "output", "messages", "prompt", "chosen", "text", "language",
        "tests", "conversations", "", "é", "x" * 5000]  # fmt: skip
NAMES = [
    "a.jsonl",
    "a.json",
    "a.csv",
    "a.tsv",
    "a.ndjson",
    "a.parquet",
    "a.txt",
    "dataset_info.json",
]


def contents(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    for _ in range(200):
        rows = [
            "{" + ", ".join(f"{json.dumps(rng.choice(KEYS))}: {rng.choice(VALUES)}"
                            for _ in range(rng.randrange(4))) + "}"
            for _ in range(rng.randrange(5))
        ]  # fmt: skip
        text = rng.choice(["\n".join(rows), "[" + ",\n".join(rows) + "]", rng.choice(VALUES)])
        if rng.random() < 0.3:
            cut = rng.randrange(len(text) + 1)
            text = (
                text[:cut]
                + rng.choice(["\x00", "\ud83d", "\n", '"', ",", "[", "PAR1"])
                + text[cut:]
            )
        raw = text.encode("utf-8", rng.choice(["surrogatepass", "replace"]))
        if rng.random() < 0.2:
            raw = gzip.compress(raw)[: rng.choice([None, 20])]
        elif rng.random() < 0.1:
            raw = text.encode("utf-16", "surrogatepass")
        yield rng.choice(NAMES), raw


def test_every_file_gives_rows_with_reasons_or_one_clear_error(tmp_path: Path) -> None:
    lengths, read = [0], 0
    for number, (name, raw) in enumerate(contents(random.Random("files of seeds"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(raw)
        source = str(folder if number % 3 == 0 else folder / name)
        try:
            for row in load_seeds(QuestionSettings(source=source), 0):
                row.model_dump_json().encode()
                read += 1
        except SodakdError as error:
            lengths.append(len(str(error)))
    assert read > 30
    assert max(lengths) < 20_000
