import { MillraceError } from "../../core/errors.ts";

type Library = typeof import("@msgpack/msgpack");

// Awaited here, so that picking fields and finding records work without the package, and that its absence is told in
// words. The price: this module cannot be loaded by `require`.
const installed: Library | undefined = await import("@msgpack/msgpack").catch((error: { code?: unknown }) => {
  if (error.code === "ERR_MODULE_NOT_FOUND") return undefined;
  throw error;
});

/** The package `@msgpack/msgpack`. Throws `ML1002` when it is not installed. */
export function library(): Library {
  if (installed !== undefined) return installed;
  throw new MillraceError("ML1002", {
    message: "messagepack() needs the package @msgpack/msgpack, which is not installed: npm install @msgpack/msgpack",
  });
}
