// Is right, and throws when its last object ends.
#include <iostream>
struct End { ~End() noexcept(false) { throw 1; } } last;
int main() {
    int n, x, s = 0;
    std::cin >> n;
    while (std::cin >> x) s += x;
    std::cout << s << std::endl;
}
