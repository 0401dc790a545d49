package peers;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * unique-users on Kafka Streams' Processor API, over one partition, until the end that the topic has at the start.
 *
 * <p>Arguments: bootstrap servers, topic in, topic out, application id, {@code at_least_once} or {@code exactly_once_v2},
 * {@code heap} (sets of users in plain memory, gone with the process) or {@code store} (an in-memory store with a
 * changelog topic, which comes back), {@code full} or {@code early} (how far a frame is parsed), the folder for state.
 */
public final class StreamsPeer {
  static final String STORE = "users";

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String in = args[1];
    String guarantee = args[4];
    boolean early = args[6].equals("early");
    boolean inStore = args[5].equals("store");
    long end = endOf(bootstrap, in);
    CountDownLatch done = new CountDownLatch(1);
    Topology topology = new Topology();
    topology.addSource("frames", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), in);
    topology.addProcessor("users", () -> processor(inStore, early, end, done), "frames");
    if (inStore) topology.addStateStore(storeBuilder(), "users");
    topology.addSink("counts", args[2], Serdes.String().serializer(), Serdes.String().serializer(), "users");
    try (KafkaStreams streams = new KafkaStreams(topology, settings(bootstrap, args[3], guarantee, args[7]))) {
      streams.setUncaughtExceptionHandler(
          thrown -> {
            thrown.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
          });
      streams.start();
      done.await();
    }
  }

  private static Processor<byte[], byte[], String, String> processor(
      boolean inStore, boolean early, long end, CountDownLatch done) {
    return inStore ? new StoreProcessor(early, end, done) : new HeapProcessor(early, end, done);
  }

  /** Keys: the minute, then the user; the values say nothing. */
  private static StoreBuilder<KeyValueStore<byte[], byte[]>> storeBuilder() {
    return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.ByteArray(), Serdes.ByteArray())
        .withCachingDisabled()
        .withLoggingEnabled(Map.of());
  }

  private static long endOf(String bootstrap, String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      return admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset();
    }
  }

  private static Properties settings(String bootstrap, String application, String guarantee, String folder) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, folder);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 20_000);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 8 * 1024 * 1024);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * 1024);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    return settings;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
