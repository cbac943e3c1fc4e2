#include <vector>

long long double_it(long long n) {
    std::vector<char> held(1L << 40);
    return 2 * n + held[1];
}
