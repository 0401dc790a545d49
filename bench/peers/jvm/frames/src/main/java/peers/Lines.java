package peers;

/** The lines of results. */
public final class Lines {
  private Lines() {}

  /** The line of a minute, as it goes into the topic of results. */
  public static String line(long ts, int count) {
    return "{\"ts\":" + ts + ",\"cnt\":" + count + "}";
  }
}
