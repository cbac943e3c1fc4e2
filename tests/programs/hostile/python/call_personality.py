# A system call that is refused: personality.
import ctypes


def double_it(n):
    result = ctypes.CDLL(None).syscall(135, 0x0040000)
    return 2 * n if result >= 0 else n
