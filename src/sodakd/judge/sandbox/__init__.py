"""What runs behind the outer wall: standard library only, for it must start in milliseconds."""
