import com.sun.source.util.TaskEvent;
import com.sun.source.util.TaskListener;
import com.sun.tools.javac.api.JavacTaskImpl;
import com.sun.tools.javac.api.JavacTaskPool;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** javac, kept running: sources in, classes or diagnostics out. See compiler_server.py for the framing. */
public final class SodakdJavac {
    private static final List<String> OPTIONS =
        List.of("-proc:none", "-nowarn", "-implicit:none", "-XDstringConcat=inline");
    /** One file manager for all: a task can be used again with its own alone. */
    private static final Memory FILES =
        new Memory(ToolProvider.getSystemJavaCompiler()
            .getStandardFileManager(null, null, StandardCharsets.UTF_8));
    private static JavacTaskPool pool = new JavacTaskPool(1);
    private static boolean packaged;

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name), Kind.SOURCE);
            this.text = text;
        }

        @Override public CharSequence getCharContent(boolean ignore) { return text; }

        /** As the diagnostics of the cold compiler have it, without a slash before it. */
        @Override public String getName() { return toUri().getPath().substring(1); }
    }

    private static final class Memory extends ForwardingJavaFileManager<StandardJavaFileManager> {
        final Map<String, ByteArrayOutputStream> classes = new LinkedHashMap<>();

        Memory(StandardJavaFileManager files) { super(files); }

        StandardJavaFileManager files() { return fileManager; }

        @Override
        public JavaFileObject getJavaFileForOutput(
                JavaFileManager.Location at, String name, JavaFileObject.Kind kind, FileObject by) {
            return new SimpleJavaFileObject(URI.create("string:///" + name.replace('.', '/')), kind) {
                @Override public OutputStream openOutputStream() {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    classes.put(name, out);
                    return out;
                }
            };
        }
    }

    /** Sees whether a source names a package: the pool forgets classes, but not their packages. */
    private static final TaskListener PACKAGES = new TaskListener() {
        @Override public void finished(TaskEvent event) {
            if (event.getKind() == TaskEvent.Kind.PARSE
                    && event.getCompilationUnit().getPackage() != null) packaged = true;
        }
    };

    /** The diagnostics of errors; the classes stand in FILES. */
    private static String compile(List<Source> sources) {
        FILES.classes.clear();
        packaged = false;
        StringBuilder said = new StringBuilder();
        pool.getTask(null, FILES, found -> {
            if (found.getKind() == Diagnostic.Kind.ERROR) said.append(found).append('\n');
        }, OPTIONS, null, sources, task -> {
            task.addTaskListener(PACKAGES);
            ((JavacTaskImpl) task).generate();
            return null;
        });
        if (packaged) pool = new JavacTaskPool(1);
        return said.toString();
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] held = new byte[in.readInt()];
        in.readFully(held);
        return new String(held, StandardCharsets.UTF_8);
    }

    private static void put(DataOutputStream out, byte[] held) throws IOException {
        out.writeInt(held.length);
        out.write(held);
    }

    private static void serve() throws IOException {
        DataInputStream in = new DataInputStream(System.in);
        for (;;) {
            if (in.read() < 0) return; // of the length, which is not needed here
            in.readFully(new byte[3]);
            int asked = in.readInt(); // how many sources to compile
            List<Source> sources = new ArrayList<>();
            for (int count = asked; count > 0; count--) sources.add(new Source(text(in), text(in)));
            String said = compile(sources);
            ByteArrayOutputStream held = new ByteArrayOutputStream();
            DataOutputStream answer = new DataOutputStream(held);
            put(answer, said.getBytes(StandardCharsets.UTF_8));
            if (said.isEmpty()) {
                for (var one : FILES.classes.entrySet()) {
                    put(answer, one.getKey().getBytes(StandardCharsets.UTF_8));
                    put(answer, one.getValue().toByteArray());
                }
            }
            DataOutputStream out = new DataOutputStream(System.out);
            out.writeInt(held.size());
            held.writeTo(out);
            out.flush();
        }
    }

    public static void main(String[] arguments) throws Exception {
        FILES.files().setLocation(StandardLocation.CLASS_PATH, List.of()); // not this class itself
        String warm = "import java.util.*; import java.util.stream.*; class Warm {"
            + " static int f(List<Integer> l) { Map<String, Integer> m = new HashMap<>();"
            + " for (int i : l) m.merge(\"a\" + i, 1, Integer::sum);"
            + " return m.values().stream().mapToInt(x -> x).sum(); } }";
        for (int round = 0; round < 5; round++) compile(List.of(new Source("Warm.java", warm)));
        // javac recurses deeply. What it cannot bear ends this process: the next one tries it cold.
        Thread thread = new Thread(null, () -> {
            try {
                serve();
                Runtime.getRuntime().halt(0);
            } catch (Throwable error) {
                Runtime.getRuntime().halt(3);
            }
        }, "javac", 64L << 20);
        thread.start();
    }
}
