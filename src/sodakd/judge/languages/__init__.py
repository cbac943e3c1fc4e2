"""The seven languages: one small file each, run inside the box; standard library only."""
