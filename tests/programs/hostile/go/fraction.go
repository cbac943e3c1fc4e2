package main

// A fraction, which would be right if it were cut off.
func double_it(n int) float64 { return float64(2*n) + float64(n%2)/2 }
