import java.util.*;

class Helper { static int add(int a, int b) { return a + b; } }

public class Adder {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), s = 0;
        while (in.hasNextInt()) s = Helper.add(s, in.nextInt());
        System.out.println(s + 0);
    }
}
