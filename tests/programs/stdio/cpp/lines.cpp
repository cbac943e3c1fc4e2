#include <iostream>
#include <sstream>
#include <string>
int main() {
  std::ios::sync_with_stdio(false); std::cin.tie(nullptr);
  std::string line;
  std::getline(std::cin, line); std::getline(std::cin, line);
  std::istringstream in(line); int x, s = 0; while (in >> x) s += x; std::cout << s; }
