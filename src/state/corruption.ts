/** What makes a checkpoint unusable: which file, where in it, and why. Thrown inside recovery; users see `ML5002`. */
export class Corruption extends Error {
  constructor(file: string, offset: number, reason: string) {
    super(`${file}, byte ${offset}: ${reason}`);
    this.name = "Corruption";
  }
}

/** The `code` of a file error; undefined when it is something else. */
export function fileErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/**
 * Whether a read failed because the file is gone, which is as good as corrupt. One that only failed, for want of rights or
 * handles or by a fault of the disk, may succeed next time: to go on from an older checkpoint now and find the newer then
 * would leave sinks shorter than it says.
 */
export function isLost(error: unknown): boolean {
  return fileErrorCode(error) === "ENOENT";
}
