import { expect, test } from "vitest";
import { isKafkaAddress, kafkaAddress } from "./kafka-address.ts";

test.each([
  ["kafka://localhost:9092/frames", ["localhost:9092"], "frames"],
  ["kafka://a.example:9092,10.0.0.2:9093/frames-v2.raw_1", ["a.example:9092", "10.0.0.2:9093"], "frames-v2.raw_1"],
  ["kafka://[::1]:9092/f", ["[::1]:9092"], "f"],
])("%s", (text, brokers, topic) => {
  expect(kafkaAddress(text)).toEqual({ brokers, topic });
  expect(isKafkaAddress(text)).toBe(true);
});

test.each([
  ["frames.jsonl", "give kafka://HOST:PORT"],
  ["kafka://localhost:9092", "give kafka://HOST:PORT"],
  ["kafka://localhost/frames", '"localhost" is not HOST:PORT'],
  ["kafka:///frames", '"" is not HOST:PORT'],
  ["kafka://a:1,,b:2/frames", '"" is not HOST:PORT'],
  ["kafka://a:0/frames", '"a:0" is not HOST:PORT'],
  ["kafka://a:65536/frames", '"a:65536" is not HOST:PORT'],
  ["kafka://user:secret@a:1/frames", '"user:secret@a:1" is not HOST:PORT'],
  ["kafka://a:1/", '"" is no name for a topic'],
  ["kafka://a:1/..", '".." is no name for a topic'],
  ["kafka://a:1/one/two", '"one/two" is no name for a topic'],
  [`kafka://a:1/${"x".repeat(250)}`, "is no name for a topic"],
])("%s is refused", (text, why) => {
  expect(() => kafkaAddress(text)).toThrow(`ML1002: "${text}" is not the address of a topic: `);
  expect(() => kafkaAddress(text)).toThrow(why);
});
