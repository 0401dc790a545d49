import { count, stream, tumbling } from "millrace";
import { drive, listSource, memorySink } from "millrace/testing";

const clicks = [4, 2, 61, 3, 130].map((second) => ({ page: second % 2 === 0 ? "/" : "/about", at: second * 1000 }));
const counts = memorySink<{ readonly key: string; readonly clicks: number }>();
const pipeline = stream("clicks", listSource(clicks))
  .eventTime("clock", (click) => click.at, { lag: "5s" })
  .keyBy("page", (click) => click.page)
  .window("minutes", tumbling("1m"))
  .aggregate({ clicks: count() })
  .to("counts", counts);

await drive(pipeline);
console.log(JSON.stringify(counts.values.map(({ key, clicks }) => [key, clicks])));
