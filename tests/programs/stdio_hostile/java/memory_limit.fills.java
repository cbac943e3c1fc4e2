// Is right, and takes all memory there is.
import java.util.*;

public class Main {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), s = 0;
        while (in.hasNextInt()) s += in.nextInt();
        System.out.println(s);
        List<long[]> held = new ArrayList<>();
        while (true) held.add(new long[1 << 20]);
    }
}
