# An error whose text never ends, and whose class lies about itself.
class Hostile(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def double_it(n):
    raise Hostile
