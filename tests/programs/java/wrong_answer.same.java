class Solution {
    public static long double_it(long n) {
        return n;
    }
}
