"""Training of the student: examples in, a model folder and its log out."""

import logging

# The Trainer imports peft, and peft bitsandbytes, where they are installed. On some CPUs that one
# warns of a kernel that it would fetch from the hub; only QLoRA uses it, and it goes without.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
