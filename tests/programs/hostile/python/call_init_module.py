# A system call that no program needs: init_module.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(175, 0, 0, 0)
    return 2 * n
