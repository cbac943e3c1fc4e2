// A main of its own.
long long double_it(long long n) { return n; }
#undef main
int main(void) { return 0; }
