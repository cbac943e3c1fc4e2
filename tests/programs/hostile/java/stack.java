class Solution {
    public static long double_it(long n) {
        return double_it(n + 1) + 1;
    }
}
