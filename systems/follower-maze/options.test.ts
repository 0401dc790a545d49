import { readOptions } from "millrace/command";
import { describe, expect, test } from "vitest";
import { options, settingsOf } from "./options.ts";

function settings(given: Record<string, string>, env: Record<string, string> = {}) {
  const texts = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, [text]]));
  return settingsOf(readOptions(options, texts), env);
}

const standard = { eventPort: 9090, clientPort: 9099, maxEventSources: 1, maxClients: 1000, gapTimeoutMs: 1000 };

describe("the settings", () => {
  test("have defaults", () => {
    expect(settings({})).toEqual(standard);
  });

  test("come from the environment of the original service", () => {
    const env = {
      eventSourceServerPort: "1",
      userServerPort: "2",
      maxEventSourceClients: "3",
      maxUserClients: "4",
      eventTimeoutMs: "5",
    };
    expect(settings({}, env)).toEqual({
      eventPort: 1,
      clientPort: 2,
      maxEventSources: 3,
      maxClients: 4,
      gapTimeoutMs: 5,
    });
    expect(settings({}, { eventTimeoutMs: "-1" }).gapTimeoutMs).toBe("never");
    expect(settings({}, { eventTimeoutMs: "", userServerPort: "" })).toEqual(standard);
  });

  test("are the options', where given", () => {
    const env = { eventSourceServerPort: "1", eventTimeoutMs: "-1", maxUserClients: "x" };
    const given = { "event-port": "0", "gap-timeout": "2s", "max-clients": "7" };
    expect(settings(given, env)).toEqual({ ...standard, eventPort: 0, gapTimeoutMs: 2000, maxClients: 7 });
    expect(settings({ "gap-timeout": "never" }, { eventTimeoutMs: "5" }).gapTimeoutMs).toBe("never");
  });

  test("are refused by name when they cannot be read", () => {
    expect(() => settings({}, { maxUserClients: "many" })).toThrow(/ML1002.*environment maxUserClients/);
    expect(() => settings({}, { userServerPort: "70000" })).toThrow(/environment userServerPort/);
    expect(() => settings({ "gap-timeout": "soon" })).toThrow(/--gap-timeout: "soon" is neither/);
    expect(() => settings({ "client-buffer": "1 potato" })).toThrow(/--client-buffer/);
  });

  test("bytes have units", () => {
    const bytes = (text: string) => readOptions(options, { "client-buffer": [text] })["client-buffer"];
    expect([bytes("2048"), bytes("64KiB"), bytes("1.5 MB"), bytes("1MiB")]).toEqual([
      2048, 65_536, 1_500_000, 1_048_576,
    ]);
  });
});
