// A harness of its own.
class Solution {
    public static long double_it(long n) { return n; }
}
class SodakdMain { public static void main(String[] a) { System.exit(0); } }
class SodakdCalls { public static void main(String[] a) { System.exit(0); } }
