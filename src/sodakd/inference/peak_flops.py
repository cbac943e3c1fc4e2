"""The FLOPs a second that hardware can do at most: of known GPUs by a table, else measured."""

import time
from functools import cache

import torch

from sodakd.inference.devices import cpu_threads

PEAKS = {
    "H200": (989e12, 67e12),
    "H100 PCIe": (756e12, 51e12),
    "H100": (989e12, 67e12),
    "A100": (312e12, 19.5e12),
    "A10G": (70e12, 35e12),
    "A10": (125e12, 31e12),
    "L40S": (362e12, 91.6e12),
    "L4": (121e12, 30.3e12),
    "RTX 4090": (165.2e12, 82.6e12),
    "RTX 3090": (71e12, 35.6e12),
    "V100": (125e12, 15.7e12),
    "T4": (65e12, 8.1e12),
}
"""By a part of the GPU's name: dense half precision, and float32, by the makers' data sheets."""
_SIZES = {"cpu": 512, "cuda": 8192}
_TRIES = 8


@cache
def peak_flops(device: torch.device, dtype: torch.dtype, threads: int) -> float:
    """FLOPs a second of a device in a precision; of a CPU with so many threads.

    Measured is the best of a few products of square matrices.
    """
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        known = next((peaks for part, peaks in PEAKS.items() if part in name), None)
        if known is not None:
            return known[dtype == torch.float32]
    size = _SIZES.get(device.type, 512)
    with cpu_threads(threads), torch.inference_mode():
        matrix = torch.ones(size, size, dtype=dtype, device=device)
        fastest = min(_seconds(matrix) for _ in range(_TRIES))
    return 2 * size**3 / fastest


def _seconds(matrix: torch.Tensor) -> float:
    began = time.perf_counter()
    product = matrix @ matrix
    product[0, 0].item()  # a GPU is waited for
    return time.perf_counter() - began
