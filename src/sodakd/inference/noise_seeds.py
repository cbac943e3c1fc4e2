"""Seeds of sampling: what an answer is drawn by belongs to its prompt, not to its neighbours."""

import hashlib
from collections import Counter
from collections.abc import Sequence


def noise_seeds(prompts: Sequence[str], seed: int) -> list[int]:
    """A seed for each prompt: of the seed, the prompt and its count among its equals."""
    seen: Counter[str] = Counter()
    seeds = []
    for prompt in prompts:
        digest = hashlib.sha256(f"{seed}\n{seen[prompt]}\n{prompt}".encode()).digest()
        seeds.append(int.from_bytes(digest[:8], "big", signed=True))
        seen[prompt] += 1
    return seeds
