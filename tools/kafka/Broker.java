import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;

/**
 * One Kafka broker that lives no longer than whoever started it: it serves until its standard input ends, which a
 * process cannot prevent even when it is killed with -9. A line "stop" shuts it down in good order.
 *
 * <p>Arguments: the properties file, the cluster's id, and "keep" or "remove" for the data folder when the input ends.
 * Prints "ready" once it serves.
 */
public final class Broker {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    try (FileReader reader = new FileReader(args[0])) {
      settings.load(reader);
    }
    Path data = Path.of(settings.getProperty("log.dirs"));
    boolean remove = args[2].equals("remove");
    if (!new File(data.toFile(), "meta.properties").exists()) {
      String[] format = {"format", "-t", args[1], "-c", args[0]};
      if (StorageTool.execute(format, System.err) != 0) System.exit(1);
    }
    KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(settings, false), Time.SYSTEM);
    Thread watcher = new Thread(() -> watch(server, data, remove), "watch-input");
    watcher.setDaemon(true);
    watcher.start();
    server.startup();
    System.out.println("ready");
    server.awaitShutdown();
    System.exit(0);
  }

  private static void watch(KafkaRaftServer server, Path data, boolean remove) {
    try (BufferedReader input = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        if (line.equals("stop")) {
          server.shutdown();
          return;
        }
      }
    } catch (Exception ended) {
      System.err.println(ended);
    }
    if (remove) removeAll(data.getParent());
    Runtime.getRuntime().halt(0);
  }

  private static void removeAll(Path folder) {
    try (var paths = Files.walk(folder)) {
      paths.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (Exception gone) {
      System.err.println(gone);
    }
  }
}
