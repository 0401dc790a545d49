/** The event time, in seconds since 1970, of the moment at which a measurement of latency begins. */
export const eventTimeBase = 1_000_000_000;
