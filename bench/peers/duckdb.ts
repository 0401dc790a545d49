// DuckDB on one thread: read_json and count(distinct) a minute. It has no event time: late frames count, and hostile ones are
// told apart by a bound that is given to it.
import { DuckDBInstance } from "@duckdb/node-api";

const [path, until] = process.argv.slice(2);
const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
const connection = await instance.connect();
const reader = await connection.runAndReadAll(
  `select count(*)::int as windows, sum(cnt)::int as total from (
     select floor(try_cast(ts as double) / 60) * 60 as minute, count(distinct uid) as cnt
     from read_json($path, format = 'newline_delimited', columns = {ts: 'VARCHAR', uid: 'VARCHAR'},
                    ignore_errors = true, maximum_object_size = 4194304)
     where try_cast(ts as double) between 0 and $until and uid is not null
     group by minute)`,
  { path: path!, until: Number(until) },
);
const [row] = reader.getRowObjects();
process.stdout.write(
  `${JSON.stringify({ windows: row!.windows, total: row!.total, rssKb: process.resourceUsage().maxRSS })}\n`,
);
