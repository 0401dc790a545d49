const LEVELS_MIN = 1024;

/**
 * What kind each enclosing container is, so that nesting needs no recursion: JSON may nest as deep as it is long.
 * It keeps the size of the deepest record seen, a byte a level.
 */
export class NestingStack {
  #depth = 0;
  #objects = new Uint8Array(LEVELS_MIN);

  get depth(): number {
    return this.#depth;
  }

  clear(): void {
    this.#depth = 0;
  }

  push(isObject: boolean): void {
    if (this.#depth === this.#objects.length) this.#grow();
    this.#objects[this.#depth++] = isObject ? 1 : 0;
  }

  /** Takes off what `push` put on last. There must be something. */
  pop(): boolean {
    return this.#objects[--this.#depth] === 1;
  }

  #grow(): void {
    const larger = new Uint8Array(this.#objects.length * 2);
    larger.set(this.#objects);
    this.#objects = larger;
  }
}
