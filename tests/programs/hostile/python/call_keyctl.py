# A system call that no program needs: keyctl.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(250, 0, 0)
    return 2 * n
