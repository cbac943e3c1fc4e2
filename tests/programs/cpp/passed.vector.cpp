#include <bits/stdc++.h>
using namespace std;

long long double_it(long long n) {
    vector<long long> two{n, n};
    return accumulate(two.begin(), two.end(), 0LL);
}
