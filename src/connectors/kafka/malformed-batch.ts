/** Bytes of a broker that are no record batch, or one whose checksum is wrong. */
export class MalformedBatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MalformedBatch";
  }
}
