/** Runs once, before the first test: tests that start the `millrace` command start the build, which must be of these sources. */

import { build } from "../tools/build.mjs";

export default async function setup(): Promise<void> {
  if (!(await build())) throw new Error("the sources do not compile (see above)");
}
