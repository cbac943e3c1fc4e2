# A system call that no program needs: x32.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(1073741863)
    return 2 * n
