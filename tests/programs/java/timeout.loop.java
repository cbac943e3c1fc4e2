class Solution {
    public static long double_it(long n) {
        while (n < Long.MAX_VALUE) { if (n > 5) n = 0; n++; }
        return n;
    }
}
