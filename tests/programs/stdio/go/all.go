package main
import ("fmt"; "io"; "os"; "strconv"; "strings")
func main() {
  text, _ := io.ReadAll(os.Stdin); s := 0
  for _, one := range strings.Fields(string(text))[1:] { x, _ := strconv.Atoi(one); s += x }
  fmt.Println(s); os.Exit(0) }
