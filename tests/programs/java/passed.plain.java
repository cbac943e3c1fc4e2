class Solution {
    public static long double_it(long n) {
        return 2 * n;
    }
}
