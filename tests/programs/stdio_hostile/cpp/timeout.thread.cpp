// Is right, and waits for a thread that never ends.
#include <iostream>
#include <thread>
int main() {
    int n, x, s = 0;
    std::cin >> n;
    while (std::cin >> x) s += x;
    std::cout << s << std::endl;
    std::thread([] { for (;;) std::this_thread::yield(); }).join();
}
