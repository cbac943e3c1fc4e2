"""Which keys of a recipe may have another value when a run that was begun goes on.

Each key stands in one of the two tables: a new one has to choose.
"""

_FREE = """
    name arms budget.calls budget.tokens budget.money
    teacher.base_url teacher.headers teacher.query teacher.max_in_flight teacher.timeout
    teacher.attempts teacher.command teacher.arguments teacher.port teacher.start_seconds
    teacher.prompt_price teacher.completion_price teacher.price_file teacher.api_key_env
    teacher.token_limit teacher.batch_poll teacher.batch_size teacher.device
    base.training.gradient_checkpointing base.training.logging_steps base.training.save_steps
    training.gradient_checkpointing training.logging_steps training.save_steps training.report_to
    base.training.report_to
    feedback.lint
    generation.base_url generation.headers generation.query generation.max_in_flight
    generation.timeout generation.attempts generation.command generation.arguments generation.port
    generation.start_seconds generation.batch_size generation.device generation.model
    generation.api_key_env generation.canary_tolerance
    judge.cpu_seconds judge.memory_mb judge.output_kb judge.disk_mb judge.processes
    judge.calibrate judge.allow_unsandboxed
"""
_DECISIVE = """
    seed cycles patience
    teacher.kind teacher.model teacher.extra_body teacher.system_prompt teacher.prompts
    teacher.temperature teacher.max_tokens teacher.seed teacher.batch_api teacher.file
    teacher.model_name_or_path teacher.dtype
    questions.source questions.seeds questions.levels questions.language questions.columns.text
    questions.columns.input questions.columns.reference questions.columns.language
    questions.languages questions.per_language questions.min_words questions.max_words
    questions.near_duplicate questions.exclude questions.hold_out
    student.model_name_or_path student.revision student.dtype student.finetuning_type
    student.lora.r student.lora.lora_alpha student.lora.lora_dropout student.lora.target_modules
    student.chat_template
    base.questions base.levels base.shape.hidden_size base.shape.num_hidden_layers
    base.shape.num_attention_heads base.shape.intermediate_size base.shape.vocab_size
    base.shape.max_position_embeddings base.shape.initializer_range
    base.training.learning_rate base.training.max_steps base.training.num_train_epochs
    base.training.per_device_train_batch_size base.training.gradient_accumulation_steps
    base.training.max_length base.training.bf16 base.training.fp16
    base.training.lr_scheduler_type base.training.warmup_steps base.training.max_grad_norm
    base.training.weight_decay base.training.optimizer base.training.loss
    base.training.contrast_weight base.training.margin base.training.threads
    delivery.solve_attempts delivery.fault_attempts delivery.refused_findings
    delivery.unverified_faults delivery.faults delivery.replay_share
    training.learning_rate training.max_steps training.num_train_epochs
    training.per_device_train_batch_size training.gradient_accumulation_steps
    training.max_length training.bf16 training.fp16 training.lr_scheduler_type
    training.warmup_steps training.max_grad_norm training.weight_decay training.optimizer
    training.loss training.contrast_weight training.margin training.threads
    feedback.probes feedback.samples feedback.temperature feedback.max_new_tokens feedback.grade
    feedback.mastered_score feedback.easy_score feedback.medium_score
    update.new_questions update.uniform_share update.gate update.parents.mastered
    update.parents.easy update.parents.medium update.parents.hard update.parents.broken
    update.near_duplicate update.overlap_ngram update.overlap update.attempts_per_question
    evaluation.questions_per_level evaluation.max_new_tokens evaluation.split
    generation.backend generation.dtype generation.extra_body
"""

MAY_CHANGE = frozenset(_FREE.split())
"""Keys that say how a run gets there, and what an error may advise to change on the way. Steps that
are finished stay as they are."""
DECIDES = frozenset(_DECISIVE.split())
"""Keys that decide what a run comes to: a folder keeps to their values."""
MAY_GROW = frozenset(["cycles"])
"""Of these, keys whose value may become larger: what is there begins the longer run."""
MAY_MOVE = frozenset(["questions.source", "questions.exclude", "teacher.file",
                      "student.chat_template"])  # fmt: skip
"""Of these, keys that name files: they may lie elsewhere, as long as they hold the same."""
SPLIT = frozenset(["training.per_device_train_batch_size", "training.gradient_accumulation_steps"])
"""Of these, keys whose product decides: a step in smaller batches is the same step."""
