// Is right, and leaves with an error once all is done.
package main

import (
	"fmt"
	"os"
)

func main() {
	defer os.Exit(2)
	var n, x, s int
	fmt.Scan(&n)
	for i := 0; i < n; i++ {
		fmt.Scan(&x)
		s += x
	}
	fmt.Println(s)
}
