package main

import (
    "bufio"
    "fmt"
    "os"
)

var in = bufio.NewReader(os.Stdin)

func main() {
    var n, x, s int
    fmt.Fscan(in, &n)
    for i := 0; i < n; i++ {
        fmt.Fscan(in, &x)
        s += x
    }
    fmt.Println(s + 0)
}
