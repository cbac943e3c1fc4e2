package main

import (
	"os"
	"strings"
)

// Sixty thousand lines of nothing: who looks for a line in them looks long.
func double_it(n int) int {
	os.Stdout.WriteString(strings.Repeat("\n", 60000) + "x")
	os.Exit(1)
	return n
}
