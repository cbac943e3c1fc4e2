package main

// #cgo CFLAGS: -I/etc
// int held(void) { return 1; }
import "C"

func double_it(n int) int { return 2 * n * int(C.held()) }
