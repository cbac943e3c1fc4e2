public class T implements Runnable {
    public static void main(String[] a) { new Thread(null, new T(), "", 1 << 28).start(); }
    public void run() { try {
        String text = new String(System.in.readAllBytes());
        int s = 0, at = 0;
        for (String one : text.trim().split("\\s+")) if (at++ > 0) s += Integer.parseInt(one);
        System.out.println(s);
    } catch (Exception e) { } }
}
