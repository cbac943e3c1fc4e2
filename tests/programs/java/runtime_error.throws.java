class Solution {
    public static long double_it(long n) {
        throw new IllegalStateException("no");
    }
}
