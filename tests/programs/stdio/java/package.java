package a.b;
import java.io.*;
class Main {
    public static void main(String... a) throws IOException {
        String text = new String(System.in.readAllBytes());
        int s = 0, at = 0;
        for (String one : text.trim().split("\\s+")) if (at++ > 0) s += Integer.parseInt(one);
        System.out.println(s);
    }
}
