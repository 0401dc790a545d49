package peers;

import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Parses and counts in one operator, chained behind the source: sets of users in plain memory, written out at each checkpoint. */
final class UsersOperator extends AbstractStreamOperator<String>
    implements OneInputStreamOperator<byte[], String>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  private final boolean early;
  private transient FrameReader reader;
  private transient UsersByMinute users;
  private transient StreamRecord<String> out;
  private transient ListState<String> kept;

  UsersOperator(boolean early) {
    this.early = early;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    reader = new FrameReader(early);
    users = new UsersByMinute();
    out = new StreamRecord<>(null);
    kept = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("users", Types.STRING));
    for (String entry : kept.get()) restore(entry);
  }

  @Override
  public void processElement(StreamRecord<byte[]> record) {
    if (reader.read(record.getValue())) users.take(reader.ts, reader.uid, this::emit);
  }

  @Override
  public void endInput() {
    users.end(this::emit);
  }

  /** The highest time first, then one entry a user, {@code minute/uid}. */
  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    kept.clear();
    kept.add(Double.toString(users.highest()));
    for (Map.Entry<Long, Set<String>> minute : users.open().entrySet()) {
      for (String uid : minute.getValue()) kept.add(minute.getKey() + "/" + uid);
    }
  }

  private void restore(String entry) {
    int slash = entry.indexOf('/');
    if (slash < 0) users.restoreHighest(Double.parseDouble(entry));
    else users.restore(Long.parseLong(entry.substring(0, slash)), entry.substring(slash + 1));
  }

  private void emit(long ts, int count) {
    output.collect(out.replace(Lines.line(ts, count)));
  }
}
