import { expect, test } from "vitest";
import { nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import { type MemberTask, MemberTasks, type MemberTasksOptions } from "./member-tasks.ts";

const places = (...partitions: readonly number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic: "in", partition }));

/** Tasks that do nothing but end when they are told, and what became of them. */
function fixture() {
  const events: string[] = [];
  const running = new Map<string, () => void>();
  /** Resolves the stops of tasks. */
  let letGo = Promise.withResolvers<void>();
  letGo.resolve();
  const newTask = (place: TopicPartition, _fetchBytes: number, onEnded: () => void): MemberTask => {
    const name = nameOf(place);
    const end = (how: string) => () => {
      events.push(`${how} ${name}`);
      return letGo.promise;
    };
    const task = { name, ended: false, status: () => undefined, stop: end("stop"), abandon: end("abandon") };
    const start = () => {
      events.push(`start ${name}`);
      running.set(name, () => {
        task.ended = true;
        onEnded();
      });
    };
    return Object.assign(task, { start });
  };
  const options = { onIdle: () => events.push("idle") } as unknown as MemberTasksOptions;
  return {
    tasks: new MemberTasks(options, newTask),
    end: (partition: number) => running.get(`in-${partition}`)!(),
    /** What happened since the last time. */
    seen: () => events.splice(0),
    /** From now on tasks take until the returned function is called to stop. */
    slowly: () => {
      letGo = Promise.withResolvers();
      return letGo.resolve;
    },
  };
}

test("a member is idle when the last of its tasks has ended, and when it has none", async () => {
  const { tasks, end, seen } = fixture();
  tasks.start(places(0, 1));
  end(0);
  expect(seen()).toEqual(["start in-0", "start in-1"]);
  end(1);
  expect(seen()).toEqual(["idle"]);
  await tasks.stop(places(0, 1));
  expect(seen()).toEqual(["stop in-0", "stop in-1", "idle"]);
});

test.each(["stopAll", "abandonAll"] as const)(
  "%s: what the group still gives to a member that leaves is not begun",
  async (leave) => {
    const { tasks, seen, slowly } = fixture();
    tasks.start(places(0));
    const letGo = slowly();
    const left = tasks[leave]();
    tasks.start(places(1));
    letGo();
    await left;
    tasks.start(places(2));
    expect(seen()).toEqual(["start in-0", leave === "stopAll" ? "stop in-0" : "abandon in-0", "idle"]);
  },
);

test("tasks that had ended begin again where their input has got more; the others are left alone", () => {
  const { tasks, end, seen } = fixture();
  tasks.start(places(0, 1));
  end(0);
  seen();
  tasks.again(places(0, 1, 2));
  expect(seen()).toEqual(["start in-0"]);
  end(1);
  expect(seen()).toEqual([]);
  end(0);
  expect(seen()).toEqual(["idle"]);
});
