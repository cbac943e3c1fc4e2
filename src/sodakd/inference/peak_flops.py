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
_SIZE, _GPU_SIZE = 256, 8192
"""Of a core's matrices small ones: the best of many short products is one that nobody disturbed."""
_SECONDS, _FEWEST = 0.1, 5


@cache
def peak_flops(device: torch.device, dtype: torch.dtype, threads: int) -> float:
    """FLOPs a second of a device in a precision; of a CPU those of one core, times the threads.

    Measured is the best of some products of square matrices.
    """
    on_gpu = device.type == "cuda"
    if on_gpu:
        name = torch.cuda.get_device_name(device)
        known = next((peaks for part, peaks in PEAKS.items() if part in name), None)
        if known is not None:
            return known[dtype == torch.float32]
    size = _GPU_SIZE if on_gpu else _SIZE
    with cpu_threads(1), torch.inference_mode():
        matrix = torch.ones(size, size, dtype=dtype, device=device)
        until, found = time.perf_counter() + _SECONDS, [_product_seconds(matrix)]
        while len(found) < _FEWEST or time.perf_counter() < until:
            found.append(_product_seconds(matrix))
    return 2 * size**3 / min(found) * (1 if on_gpu else threads)


def _product_seconds(matrix: torch.Tensor) -> float:
    began = time.perf_counter()
    product = matrix @ matrix
    product[0, 0].item()  # a GPU is waited for
    return time.perf_counter() - began
