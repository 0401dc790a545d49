package peers;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Users in a store with a changelog: each user of each minute is an entry, and the highest time is one. What is counted
 * from it (users a minute) is made anew from the store when the task starts, so that it survives with it.
 */
final class StoreProcessor implements Processor<byte[], byte[], String, String> {
  private static final byte[] MARK = {1};
  /** Shorter than any key of a user. */
  private static final byte[] HIGHEST = {0};
  private static final int SIZE = 60;
  private static final int LAG = 5;
  private static final int MAX_FUTURE = 60;

  private final FrameReader reader;
  private final long end;
  private final CountDownLatch done;
  private final TreeMap<Long, Integer> counts = new TreeMap<>();
  private double highest = Double.NEGATIVE_INFINITY;
  private ProcessorContext<String, String> context;
  private KeyValueStore<byte[], byte[]> store;

  StoreProcessor(boolean early, long end, CountDownLatch done) {
    this.reader = new FrameReader(early);
    this.end = end;
    this.done = done;
  }

  @Override
  public void init(ProcessorContext<String, String> context) {
    this.context = context;
    store = context.getStateStore(StreamsPeer.STORE);
    try (KeyValueIterator<byte[], byte[]> all = store.all()) {
      while (all.hasNext()) restore(all.next());
    }
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (reader.read(record.value())) take(reader.ts, reader.uid);
    if (context.recordMetadata().orElseThrow().offset() + 1 < end) return;
    advance(Double.POSITIVE_INFINITY);
    done.countDown();
  }

  private void restore(KeyValue<byte[], byte[]> entry) {
    if (entry.key.length == HIGHEST.length) highest = ByteBuffer.wrap(entry.value).getDouble();
    else counts.merge(ByteBuffer.wrap(entry.key).getLong(), 1, Integer::sum);
  }

  private void take(double ts, String uid) {
    if (highest != Double.NEGATIVE_INFINITY && ts > highest + MAX_FUTURE) return;
    long start = UsersByMinute.startOf(ts);
    if (start + SIZE <= highest - LAG) return;
    if (store.putIfAbsent(keyOf(start, StreamsPeer.utf8(uid)), MARK) == null) counts.merge(start, 1, Integer::sum);
    if (ts > highest) advance(ts);
  }

  private void advance(double ts) {
    highest = ts;
    store.put(HIGHEST, ByteBuffer.allocate(Double.BYTES).putDouble(ts).array());
    while (!counts.isEmpty() && counts.firstKey() + SIZE <= highest - LAG) {
      Map.Entry<Long, Integer> over = counts.pollFirstEntry();
      long start = over.getKey();
      String line = Lines.line(start, over.getValue());
      context.forward(new Record<>(Long.toString(start), line, context.currentSystemTimeMs()));
      for (byte[] key : keysOf(start)) store.delete(key);
    }
  }

  private List<byte[]> keysOf(long start) {
    List<byte[]> keys = new ArrayList<>();
    try (KeyValueIterator<byte[], byte[]> users = store.range(keyOf(start, new byte[0]), keyOf(start + 1, new byte[0]))) {
      users.forEachRemaining(entry -> keys.add(entry.key));
    }
    return keys;
  }

  private static byte[] keyOf(long start, byte[] uid) {
    return ByteBuffer.allocate(Long.BYTES + uid.length).putLong(start).put(uid).array();
  }
}
