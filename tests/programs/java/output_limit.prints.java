class Solution {
    public static long double_it(long n) {
        while (true) System.out.println("x".repeat(4096));
    }
}
