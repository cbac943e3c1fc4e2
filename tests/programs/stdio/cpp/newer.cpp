#include <iostream>
#include <ranges>
#include <vector>
int main() {
  int n, x, s = 0; std::cin >> n; std::vector<int> v; while (std::cin >> x) v.push_back(x);
  for (int one : v | std::views::all) s += one; std::cout << s; }
