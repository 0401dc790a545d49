import { crc32c, Reader } from "@platformatic/kafka";

/** The CRC-32C of bytes, which are looked at where they lie: the package would copy them if it were given them as they are. */
export function checksumOf(bytes: Buffer): number {
  return crc32c(Reader.from(bytes).buffer);
}
