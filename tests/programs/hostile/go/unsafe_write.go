package main

import "unsafe"

func double_it(n int) int {
	*(*int)(unsafe.Pointer(uintptr(8))) = n
	return n
}
