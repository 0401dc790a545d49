package peers;

import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Sets of users in plain memory: as fast as Kafka Streams gets, and wrong after any restart. */
final class HeapProcessor implements Processor<byte[], byte[], String, String> {
  private final FrameReader reader;
  private final UsersByMinute users = new UsersByMinute();
  private final long end;
  private final CountDownLatch done;
  private ProcessorContext<String, String> context;

  HeapProcessor(boolean early, long end, CountDownLatch done) {
    this.reader = new FrameReader(early);
    this.end = end;
    this.done = done;
  }

  @Override
  public void init(ProcessorContext<String, String> context) {
    this.context = context;
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (reader.read(record.value())) users.take(reader.ts, reader.uid, this::forward);
    if (context.recordMetadata().orElseThrow().offset() + 1 < end) return;
    users.end(this::forward);
    done.countDown();
  }

  private void forward(long ts, int count) {
    context.forward(new Record<>(Long.toString(ts), Lines.line(ts, count), context.currentSystemTimeMs()));
  }
}
