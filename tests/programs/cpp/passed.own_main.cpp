#include <iostream>

long long double_it(long long n) {
    return 2 * n;
}

int main() {
    std::cout << double_it(2) << "\n";
}
