package main

import "os"

func main() { os.Exit(0) }

func double_it(n int) int {
	return n
}
