import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether an `Authorization` header holds the bearer token. Takes the same time wherever the two differ, and whatever the
 * length of either: what is compared is a hash of each.
 */
export function hasBearer(header: string | undefined, token: string): boolean {
  const given = /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  return given !== undefined && timingSafeEqual(sha256(given), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
