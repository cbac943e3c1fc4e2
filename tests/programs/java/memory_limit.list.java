class Solution {
    public static long double_it(long n) {
        var held = new java.util.ArrayList<long[]>();
        while (true) held.add(new long[1 << 22]);
    }
}
