import { BlockList, isIP } from "node:net";
import { MillraceError } from "../../core/errors.ts";

/** A bound: a whole number from `min` on. Throws `ML1002` otherwise. */
export function bound(name: string, value: number, min = 1): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new MillraceError("ML1002", { message: `${name} is ${value}; give a whole number from ${min} on` });
}

/** A port; 0 for one that is free. Throws `ML1002` otherwise. */
export function portNumber(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new MillraceError("ML1002", { message: `port is ${value}; give a whole number from 0 to 65535` });
}

/** One of a set of words. Throws `ML1002` otherwise. */
export function oneOf<T extends string>(name: string, value: T, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw new MillraceError("ML1002", { message: `${name} is "${value}"; give one of ${words.join(", ")}` });
}

/**
 * Whether an address may connect, by a list of addresses and subnets, such as `["127.0.0.1", "10.0.0.0/8"]`; everybody
 * without a list. IPv4 in the clothes of IPv6 counts as IPv4. Throws `ML1002` at what is neither.
 */
export function allowed(list: readonly string[] | undefined): (address: string) => boolean {
  if (list === undefined) return () => true;
  const known = new BlockList();
  for (const entry of list) add(known, entry);
  return (address) => known.check(address, familyOf(address));
}

function add(known: BlockList, entry: string): void {
  const [address = "", prefix] = entry.split("/");
  try {
    if (isIP(address) === 0) throw new TypeError("no address");
    if (prefix === undefined) known.addAddress(address, familyOf(address));
    else known.addSubnet(address, Number(prefix), familyOf(address));
  } catch (cause) {
    const message = `allow names "${entry}"; give addresses such as 127.0.0.1 or subnets such as 10.0.0.0/8`;
    throw new MillraceError("ML1002", { message, cause });
  }
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
