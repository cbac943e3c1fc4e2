"""Whether the programs that exports are for take them: TRL, LLaMA-Factory, llama.cpp.

    python benchmarks/exports.py RUN --trl --llama-factory LLaMA-Factory/src
    python benchmarks/exports.py RUN --llama-cpp llama.cpp --libraries llama.cpp/build/bin

Each needs its program: `pip install trl datasets`; a checkout of LLaMA-Factory and what it imports;
a checkout of llama.cpp with `libllama` built, `gguf` and `llama-cpp-python` (its Python part loads
what lies in `--libraries`). For llama.cpp a small Qwen2 with random weights and the vocabulary that
llama.cpp ships (`models/ggml-vocab-qwen2.gguf`) stands in for a student of a published base.
"""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType, SimpleNamespace

from sodakd.export.dataset import export_dataset
from sodakd.export.gguf import convert_to_gguf
from sodakd.export.model import export_model
from sodakd.inference.folder import template_of

QUESTIONS = (
    "Write a Python function that returns the sum of a list of integers.",
    "For an integer `value`, list 3333 numbers: naïve 你好.\n\n\tReturn x  +  1;",
    "def f(a, b):\n        return a['k'] // b  # it's",
    "Count the vowels of 'Héllo'!",
)
NEW_TOKENS = 40
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def check_trl(run: Path, work: Path) -> None:
    """A step of TRL's trainers on each of its formats, with the exported student."""
    import trl
    from datasets import load_dataset

    model = export_model(run, work / "student")
    settings = {
        "max_steps": 1, "per_device_train_batch_size": 4, "report_to": "none", "use_cpu": True,
        "save_strategy": "no", "bf16": False, "disable_tqdm": True,
    }  # fmt: skip
    trainers = (
        ("preference", trl.DPOTrainer, trl.DPOConfig),
        ("conversational", trl.DPOTrainer, trl.DPOConfig),
        ("messages", trl.SFTTrainer, trl.SFTConfig),
    )
    for form, trainer, config in trainers:
        for suffix, kind in ((".jsonl", "json"), (".parquet", "parquet")):
            done = export_dataset(run, work / f"{form}{suffix}", form, provenance=True)
            rows = load_dataset(kind, data_files=str(done.file), split="train")
            arguments = config(output_dir=str(work / "trl"), **settings)
            ended = trainer(model=str(model), args=arguments, train_dataset=rows).train()
            print(
                f"TRL {trl.__version__}, {trainer.__name__}, {done.file.name}, {len(rows)} rows:"
                f" step {ended.global_step}, loss {ended.training_loss:.3f}"
            )


def check_llama_factory(run: Path, work: Path, source: Path) -> None:
    """LLaMA-Factory's own parser and converters on what is written for it."""
    sys.path.insert(0, str(source))
    if importlib.util.find_spec("torchaudio") is None:  # imported there, and not used for texts
        sys.modules["torchaudio"] = ModuleType("torchaudio")
        sys.modules["torchaudio"].__spec__ = ModuleSpec("torchaudio", None)
    from datasets import load_dataset
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list

    forms = ("llamafactory", "sharegpt")
    written = [export_dataset(run, work / f"{form}.jsonl", form).rows for form in forms]
    found = zip(get_dataset_list(list(forms), str(work)), written, strict=True)
    for dataset, count in found:
        rows = load_dataset("json", data_files=str(work / dataset.dataset_name), split="train")
        read = get_dataset_converter(dataset.formatting, dataset, SimpleNamespace(media_dir=""))
        pairs = [read(row) for row in rows]
        whole = [row for row in pairs if len(row["_prompt"]) == 1 and len(row["_response"]) == 2]
        print(
            f"LLaMA-Factory, {dataset.dataset_name}, ranking {dataset.ranking}:"
            f" {len(whole)} of {count} rows are pairs"
        )


def check_llama_cpp(work: Path, root: Path, library: Path) -> None:
    """Tokens of llama.cpp beside those of transformers, greedy, in float32."""
    os.environ["LLAMA_CPP_LIB_PATH"] = str(library)
    import torch
    from llama_cpp import Llama
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = work / "qwen2"
    make_qwen2(folder, root / "models" / "ggml-vocab-qwen2.gguf")
    engine = Llama(
        str(convert_to_gguf(folder, "f32", llama_cpp=root)), n_ctx=512, n_threads=1, verbose=False
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    read = equal = 0
    for question in QUESTIONS:
        turn = [{"role": "user", "content": question}]
        text = str(tokenizer.apply_chat_template(turn, add_generation_prompt=True, tokenize=False))
        ids: Sequence[int] = tokenizer(text, add_special_tokens=False).input_ids
        read += engine.tokenize(text.encode(), add_bos=False, special=True) == ids
        made = model.generate(torch.tensor([ids]), max_new_tokens=NEW_TOKENS, do_sample=False)
        wanted = made[0, len(ids) :].tolist()
        engine.reset()
        drawn = engine.generate(ids, top_k=1, temp=0.0, repeat_penalty=1.0)
        equal += [token for token, _ in zip(drawn, wanted, strict=False)] == wanted
    count = len(QUESTIONS)
    print(f"llama.cpp: {read} of {count} prompts cut alike, {equal} of {count} answers equal")


def make_qwen2(folder: Path, vocabulary: Path) -> None:
    """A Qwen2 of two layers with random weights, and the tokenizer of a GGUF vocabulary."""
    import torch
    from gguf import GGUFReader
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    fields = GGUFReader(vocabulary).fields

    def texts(name: str) -> list[str]:
        field = fields[f"tokenizer.ggml.{name}"]
        return [bytes(field.parts[place]).decode() for place in field.data]

    kinds = fields["tokenizer.ggml.token_type"]
    tokens = texts("tokens")
    kind_of = [int(kinds.parts[place][0]) for place in kinds.data]
    plain = {token: at for at, token in enumerate(tokens) if kind_of[at] == 1}
    merges = [(left, right) for left, _, right in (one.partition(" ") for one in texts("merges"))]
    fast = Tokenizer(BPE(vocab=plain, merges=merges))
    fast.normalizer = normalizers.NFC()
    fast.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    fast.decoder = decoders.ByteLevel()
    special = [token for at, token in enumerate(tokens) if kind_of[at] == 3]
    fast.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=fast, eos_token="<|endoftext|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = CHATML
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokens), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=2048,
        tie_word_embeddings=True, initializer_range=0.3, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    assert template_of(folder) == CHATML


def main() -> None:
    """Check what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--trl", action="store_true")
    parser.add_argument("--llama-factory", type=Path, metavar="SRC")
    parser.add_argument("--llama-cpp", type=Path, metavar="DIR")
    parser.add_argument("--libraries", type=Path, metavar="DIR")
    options = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    with TemporaryDirectory() as folder:
        work = Path(folder)
        if options.trl:
            check_trl(options.run, work)
        if options.llama_factory is not None:
            check_llama_factory(options.run, work, options.llama_factory)
        if options.llama_cpp is not None:
            library = options.libraries or options.llama_cpp / "build" / "bin"
            check_llama_cpp(work, options.llama_cpp, library)


if __name__ == "__main__":
    main()
