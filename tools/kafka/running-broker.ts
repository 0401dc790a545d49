import type { BrokerPorts } from "./settings.ts";

/** What a way to run a broker gets. */
export interface BrokerPlan {
  readonly ports: BrokerPorts;
  /** Holds the properties file and the data. */
  readonly folder: string;
  readonly keepData: boolean;
  readonly quick: boolean;
  readonly settings: Readonly<Record<string, string>>;
}

/** A broker that runs. It ends with the process that started it, however that one ends. */
export interface RunningBroker {
  /** `HOST:PORT`. */
  readonly brokers: string;
  readonly port: number;
  /** By name: where it listens besides. */
  readonly listeners: Readonly<Record<string, string>>;
  /** Its process, or that of Docker's client. */
  readonly pid: number;
  /** Shuts it down in good order. Rejects with what it printed when it does not end by that, and is ended at last. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
}
