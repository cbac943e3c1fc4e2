"""Hand out what a run made: its student (transformers, vLLM, GGUF, the hub) and its data."""
