# A system call that no program needs: chroot.
import ctypes


def double_it(n):
    ctypes.CDLL(None).syscall(161, b"/tmp")
    return 2 * n
