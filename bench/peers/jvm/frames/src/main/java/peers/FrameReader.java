package peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Reads the two fields of a frame with Jackson's streaming parser. Used again for every frame, by one thread. */
public final class FrameReader {
  /** Later than any calendar this side of year 9999 goes. */
  private static final double SECONDS_MAX = 253_402_300_799.0;

  private final JsonFactory factory = new JsonFactory();
  private final boolean early;
  private boolean hasTime;

  /** The frame's time, in seconds since the epoch. */
  public double ts;
  /** The frame's user. */
  public String uid;

  /** @param early whether to leave a frame once both fields are found, instead of checking it to its end */
  public FrameReader(boolean early) {
    this.early = early;
  }

  /** Whether the bytes are a frame; {@code ts} and {@code uid} then have what is in it. */
  public boolean read(byte[] bytes) {
    if (bytes == null) return false;
    hasTime = false;
    uid = null;
    try (JsonParser parser = factory.createParser(bytes, 0, bytes.length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) return false;
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        JsonToken value = parser.nextToken();
        if (name.equals("ts")) takeTime(parser, value);
        else if (name.equals("uid")) takeUser(parser, value);
        else parser.skipChildren();
        if (early && hasTime && uid != null) break;
      }
      if (!early && (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null)) return false;
    } catch (IOException | NumberFormatException malformed) {
      return false;
    }
    return hasTime && uid != null && ts >= 0 && ts <= SECONDS_MAX;
  }

  private void takeTime(JsonParser parser, JsonToken value) throws IOException {
    hasTime = value.isNumeric() || value == JsonToken.VALUE_STRING;
    if (value.isNumeric()) ts = parser.getDoubleValue();
    else if (hasTime) ts = Double.parseDouble(parser.getText());
    else parser.skipChildren();
  }

  private void takeUser(JsonParser parser, JsonToken value) throws IOException {
    uid = value == JsonToken.VALUE_STRING || value.isNumeric() ? parser.getText() : null;
    if (uid == null) parser.skipChildren();
  }
}
