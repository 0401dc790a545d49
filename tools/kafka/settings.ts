/** Where a broker of ours listens, on loopback. */
export interface BrokerPorts {
  readonly broker: number;
  readonly controller: number;
  /** Besides: for those who must say who they are, or want nobody to listen in. */
  readonly others: readonly Listener[];
}

/** One more place where a broker listens. */
export interface Listener {
  /** Its settings begin with `listener.name.` and this in small letters. */
  readonly name: string;
  readonly protocol: "SASL_PLAINTEXT" | "SSL" | "SASL_SSL";
  readonly port: number;
}

/**
 * The settings of a single node that is broker and controller at once: everything with one replica, no topic made by
 * accident, groups that begin without waiting for company.
 */
export function brokerSettings(
  ports: BrokerPorts,
  dataFolder: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const inside = `127.0.0.1:${ports.controller}`;
  const others = ports.others.map(({ name, port }) => `,${name}://127.0.0.1:${port}`).join("");
  const protocols = ports.others.map(({ name, protocol }) => `,${name}:${protocol}`).join("");
  return {
    "node.id": "1",
    "process.roles": "broker,controller",
    "controller.quorum.voters": `1@${inside}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://${inside}${others}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.broker}${others}`,
    "listener.security.protocol.map": `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${protocols}`,
    "log.dirs": dataFolder,
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    // A broker that comes back is waited for until the one before counts as gone.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    // Records of long ago are kept too: their times are event times.
    "log.retention.ms": "-1",
    "auto.create.topics.enable": "false",
    ...extra,
  };
}

/** The settings as the text of a properties file. */
export function propertiesText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll("\\", "\\\\")}\n`)
    .join("");
}
