# A system call that is refused: io_uring.
import ctypes


def double_it(n):
    result = ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(256))
    return 2 * n if result >= 0 else n
