# Is right, and a thread of it never ends.
import threading
print(sum(map(int, open(0).read().split()[1:])), flush=True)
threading.Thread(target=threading.Event().wait).start()
