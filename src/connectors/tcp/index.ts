/** TCP: lines from event sources, and records to thousands of live clients: `millrace/tcp`. */
export type { Audience, Delivery } from "./delivery.ts";
export type { DuplicateClient, SlowClient, TcpFanOutOptions } from "./fan-out-settings.ts";
export { tcpFanOut } from "./tcp-fan-out.ts";
export { type TcpLinesOptions, tcpLines } from "./tcp-lines.ts";
