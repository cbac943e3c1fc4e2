package main
import ("bufio"; "fmt"; "os"; "strconv")
func main() {
  in := bufio.NewScanner(os.Stdin); in.Split(bufio.ScanWords); in.Scan()
  s := 0; for in.Scan() { x, _ := strconv.Atoi(in.Text()); s += x }
  out := bufio.NewWriter(os.Stdout); defer out.Flush(); fmt.Fprintf(out, "%d", s) }
