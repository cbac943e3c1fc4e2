"""Static tools: what they find in programs, as typed findings. Advice, never a verdict."""
