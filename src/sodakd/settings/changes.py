"""Which keys of a recipe may have another value when a run that was begun goes on.

All others decide what a run comes to: a folder keeps to their values.
"""

_FREE = """
    name arms equal budget.calls budget.tokens budget.money
    teacher.base_url teacher.headers teacher.query teacher.max_in_flight teacher.timeout
    teacher.attempts teacher.command teacher.arguments teacher.port teacher.start_seconds
    teacher.prompt_price teacher.completion_price teacher.price_file teacher.api_key_env
    teacher.token_limit teacher.batch_poll teacher.batch_size teacher.device teacher.unrecorded
    base.training.gradient_checkpointing base.training.logging_steps base.training.save_steps
    training.gradient_checkpointing training.logging_steps training.save_steps training.report_to
    base.training.report_to training.max_tokens_per_batch base.training.max_tokens_per_batch
    feedback.lint scorer.min_spearman scorer.min_auc scorer.refused evaluation.data
    generation.base_urls generation.ray generation.workers generation.headers generation.query
    generation.max_in_flight generation.timeout generation.attempts
    generation.command generation.arguments generation.port generation.start_seconds
    generation.batch_size generation.device generation.model generation.api_key_env
    generation.canary_tolerance
    judge.cpu_seconds judge.memory_mb judge.output_kb judge.disk_mb judge.processes
    judge.calibrate judge.allow_unsandboxed judge.ray
"""
MAY_CHANGE = frozenset(_FREE.split())
"""Keys that say how a run gets there, and what an error may advise to change on the way. Steps that
are finished stay as they are."""
MAY_GROW = frozenset(["cycles"])
"""Of the others, keys whose value may become larger: what is there begins the longer run. They may
become smaller down to where the run is."""
MAY_MOVE = frozenset(["questions.source", "questions.exclude", "oss_instruct.source",
                      "teacher.file", "student.model_name_or_path", "student.chat_template",
                      "scorer.base"])  # fmt: skip
"""Of the others, keys that name files: they may lie elsewhere, as long as they hold the same."""
SPLIT = frozenset(["training.per_device_train_batch_size", "training.gradient_accumulation_steps"])
"""Of the others, keys whose product decides: a step in smaller batches is the same step."""
