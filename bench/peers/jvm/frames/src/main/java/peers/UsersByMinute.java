package peers;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The rules of unique-users: a set of users a minute, closed when the highest time is five seconds past its end; a frame
 * for a closed minute is dropped. A frame more than a minute ahead of the highest is taken for a hostile one and skipped:
 * a bound, where Millrace lets a majority decide.
 */
public final class UsersByMinute {
  /** Takes a minute that is over. */
  public interface Closed {
    void take(long ts, int count);
  }

  private static final int SIZE = 60;
  private static final int LAG = 5;
  private static final int MAX_FUTURE = 60;

  private final TreeMap<Long, Set<String>> open = new TreeMap<>();
  private double highest = Double.NEGATIVE_INFINITY;
  private long lastStart = Long.MIN_VALUE;
  private Set<String> last;

  /** Counts a user at a time in seconds; minutes that this closes go to {@code closed}. */
  public void take(double ts, String uid, Closed closed) {
    if (isHostile(ts)) return;
    long start = startOf(ts);
    if (isLate(start)) return;
    if (start != lastStart) {
      last = open.computeIfAbsent(start, key -> new HashSet<>());
      lastStart = start;
    }
    last.add(uid);
    if (ts > highest) advance(ts, closed);
  }

  /** Closes all minutes: nothing more comes. */
  public void end(Closed closed) {
    advance(Double.POSITIVE_INFINITY, closed);
  }

  /** Whether a time is too far ahead of all others to be believed. */
  public boolean isHostile(double ts) {
    return highest != Double.NEGATIVE_INFINITY && ts > highest + MAX_FUTURE;
  }

  /** Whether the minute that begins there is over. */
  public boolean isLate(long start) {
    return start + SIZE <= highest - LAG;
  }

  /** The beginning of the minute of a time. */
  public static long startOf(double ts) {
    return Math.floorDiv((long) Math.floor(ts), SIZE) * SIZE;
  }

  /** The highest time, and the open minutes with their users: what a checkpoint has to keep. */
  public double highest() {
    return highest;
  }

  /** The open minutes with their users. */
  public Map<Long, Set<String>> open() {
    return open;
  }

  /** Puts a user back that a checkpoint kept. */
  public void restore(long start, String uid) {
    open.computeIfAbsent(start, key -> new HashSet<>()).add(uid);
  }

  /** Puts the highest time back. */
  public void restoreHighest(double ts) {
    highest = Math.max(highest, ts);
  }

  private void advance(double ts, Closed closed) {
    highest = ts;
    while (!open.isEmpty() && isLate(open.firstKey())) {
      Map.Entry<Long, Set<String>> over = open.pollFirstEntry();
      if (over.getKey() == lastStart) lastStart = Long.MIN_VALUE;
      closed.take(over.getKey(), over.getValue().size());
    }
  }
}
