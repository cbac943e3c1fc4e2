// A call that is an alternative.
long long twice(long long n) { return n; }
#define double_it(n) 1 || twice(n)
