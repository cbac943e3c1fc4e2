# A system call that is refused: perf.
import ctypes


def double_it(n):
    result = ctypes.CDLL(None).syscall(298, 0, 0, 0, 0, 0)
    return 2 * n if result >= 0 else n
