"""Models in tests are so small that threads of torch and numpy would only spin: one is enough."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
