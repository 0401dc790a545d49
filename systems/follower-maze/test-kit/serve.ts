import { readOptions } from "millrace/command";
import { followerMazeCommand } from "../main.ts";

/** `millrace follower-maze` as a program of its own, with the options on its command line. */
const given: Record<string, string[]> = {};
for (let at = 2; at < process.argv.length; at += 2) given[process.argv[at]!.slice(2)] = [process.argv[at + 1]!];
process.exitCode = await followerMazeCommand.run(readOptions(followerMazeCommand.options, given));
