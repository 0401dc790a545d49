import type { Finding, Tree } from "./tree.ts";

const marks = ["TODO", "FIXME", "XXX", "HACK"];
const unfinished = new RegExp(`\\b(${marks.join("|")})\\b`);
const silencers = /@ts-(ignore|nocheck)\b/;

/** Comments hold no promises of work to come, and silence no type error; tests of types may expect one. */
export function words(tree: Tree): Finding[] {
  return tree.files.flatMap((file) =>
    file.comments.flatMap((comment) => {
      const at = { file: file.path, line: file.lineAt(comment.start), rule: "words" };
      const mark = unfinished.exec(comment.value)?.[0] ?? silencers.exec(comment.value)?.[0];
      if (mark !== undefined) return [{ ...at, message: `${mark} in a comment: do it, or leave it out` }];
      if (!file.isTest && comment.value.includes("@ts-expect-error")) {
        return [{ ...at, message: "@ts-expect-error outside a test" }];
      }
      return [];
    }),
  );
}
