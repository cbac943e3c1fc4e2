"""The methods: one file each, written with the same parts."""
