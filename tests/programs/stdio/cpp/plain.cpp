#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, x, s = 0;
    cin >> n;
    while (cin >> x) s += x;
    cout << s + 0 << endl;
}
