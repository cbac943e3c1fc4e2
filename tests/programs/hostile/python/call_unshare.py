# A system call that no program needs: unshare.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(272, 0x10000000)
    return 2 * n
