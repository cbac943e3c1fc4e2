// Is right, and halts with an error while it ends.
import java.util.*;

public class Main {
    public static void main(String[] arguments) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(3)));
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), s = 0;
        while (in.hasNextInt()) s += in.nextInt();
        System.out.println(s);
        System.exit(0);
    }
}
