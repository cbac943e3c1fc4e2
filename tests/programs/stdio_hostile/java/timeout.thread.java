// Is right, and a thread of it never ends.
import java.util.*;

public class Main {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), s = 0;
        while (in.hasNextInt()) s += in.nextInt();
        System.out.println(s);
        new Thread(() -> { while (true) { } }).start();
    }
}
