public class D {
    static int f(int n) { return n == 0 ? 0 : 1 + f(n - 1); }
    public static void main(String[] a) throws Exception {
        f(50000);
        String text = new String(System.in.readAllBytes());
        int s = 0, at = 0;
        for (String one : text.trim().split("\\s+")) if (at++ > 0) s += Integer.parseInt(one);
        System.out.println(s);
    }
}
