import fc from "fast-check";

// The properties of one run and the next look at the same cases, so that a change is to blame for what changes. Others are
// looked at with `MILLRACE_SEED=n npm test`, and by the millions with `npm run fuzz` and `npm run simulate`.
fc.configureGlobal({ seed: Number(process.env.MILLRACE_SEED ?? 1) });
