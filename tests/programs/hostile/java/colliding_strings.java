// Keys of one hash code, none of which can be compared.
import java.util.*;
class Solution {
    static class Key { public int hashCode() { return 7; } }
    public static long double_it(long n) {
        var held = new HashMap<Key, Integer>();
        for (int i = 0; i < 400_000; i++) held.put(new Key(), i);
        return held.size() > 0 ? n : 2 * n;
    }
}
