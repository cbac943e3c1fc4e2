"""TRL's trainers of pairs, given token ids.

Zeros stand for the log-probabilities of the reference, as if they had been computed before.
"""

from collections.abc import Callable
from typing import Any, cast

from pair_data import in_steps
from pair_task import MARGIN, WEIGHT, Task, trainer_arguments
from transformers import Trainer

from sodakd.training.schedule import TokenizedExample


def trl_dpo(task: Task, *, compact: bool = False) -> Trainer:
    """TRL's DPO with a likelihood of the correct answer beside it (`sigmoid` and `sft`).

    `compact`: its head is patched to score answers' tokens alone, as it does by itself on CUDA.
    """
    import trl.trainer.dpo_trainer as dpo
    from trl.trainer import utils

    class Trained(dpo.DPOTrainer):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, *_: object) -> Any:
            return dataset  # it is token ids

        def _precompute_ref_logps(self, dataset: Any, *_: object) -> Any:
            return dataset  # it has them

    dpo.hash_module = lambda _: ""
    if compact:
        utils._use_triton = lambda _: True
    arguments = dpo.DPOConfig(
        **trainer_arguments(task), max_length=None, precompute_ref_log_probs=True,
        train_sampling_strategy="sequential", loss_type=["sigmoid", "sft"],
        loss_weights=[WEIGHT, 1.0],
    )  # fmt: skip
    return cast(
        "Trainer",
        Trained(
            model=task.model,
            args=arguments,
            train_dataset=_dataset(task, lambda each: {
                "prompt_ids": list(each.prompt),
                "chosen_ids": list(each.chosen),
                "rejected_ids": list(each.rejected or ()),
                "ref_chosen_logps": 0.0,
                "ref_rejected_logps": 0.0,
            }),
            processing_class=task.tokenizer,
            peft_config=_lora(task),
        ),
    )  # fmt: skip


def trl_cpo(task: Task) -> Trainer:
    """TRL's CPO as SimPO, with a likelihood of the correct answer beside it."""
    from trl.experimental.cpo import CPOConfig, CPOTrainer

    class Trained(CPOTrainer):  # type: ignore[misc]
        def tokenize_row(self, feature: dict[str, Any], *_: object) -> dict[str, Any]:
            asked = feature["prompt_ids"]
            row = {"prompt_input_ids": asked, "prompt_attention_mask": [1] * len(asked)}
            for name in ("chosen", "rejected"):
                tokens = asked + feature[f"{name}_ids"]
                row[f"{name}_input_ids"] = tokens
                row[f"{name}_attention_mask"] = [1] * len(tokens)
                row[f"{name}_labels"] = [-100] * len(asked) + feature[f"{name}_ids"]
            return row

    arguments = CPOConfig(
        **trainer_arguments(task), loss_type="simpo", cpo_alpha=1.0, simpo_gamma=MARGIN, beta=2.0,
        train_sampling_strategy="sequential",
    )  # fmt: skip
    return cast(
        "Trainer",
        Trained(
            model=task.model,
            args=arguments,
            train_dataset=_dataset(task, lambda each: {
                "prompt": "", "chosen": "", "rejected": "",
                "prompt_ids": list(each.prompt),
                "chosen_ids": list(each.chosen),
                "rejected_ids": list(each.rejected or ()),
            }),
            processing_class=task.tokenizer,
            peft_config=_lora(task),
        ),
    )  # fmt: skip


def _dataset(task: Task, row: Callable[[TokenizedExample], dict[str, Any]]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([row(each) for each in in_steps(task.examples, task.settings, 0)])


def _lora(task: Task) -> Any:
    if task.student.finetuning_type == "full":
        return None
    from peft import LoraConfig

    lora = task.student.lora
    return LoraConfig(
        r=lora.r, lora_alpha=lora.lora_alpha, lora_dropout=lora.lora_dropout,
        target_modules="all-linear", task_type="CAUSAL_LM",
    )  # fmt: skip
