import type { Command, OptionSpecs } from "millrace/command";
import { followerMazeCommand } from "../systems/follower-maze/main.ts";
import { simulateMazeCommand } from "../systems/follower-maze/simulate.ts";
import { demo } from "../systems/unique-users/demo.ts";
import { generateFramesCommand } from "../systems/unique-users/generate.ts";
import { uniqueUsersCommand } from "../systems/unique-users/main.ts";
import { loadCommand } from "./load.ts";

/** Every command of the program. A system or a tool is one row. */
export const commands = [
  uniqueUsersCommand,
  followerMazeCommand,
  generateFramesCommand,
  simulateMazeCommand,
  loadCommand,
  demo,
] as unknown as readonly Command<OptionSpecs>[];
