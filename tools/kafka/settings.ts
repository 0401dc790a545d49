/** Where a broker of ours listens, on loopback. */
export interface BrokerPorts {
  readonly broker: number;
  readonly controller: number;
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
  return {
    "node.id": "1",
    "process.roles": "broker,controller",
    "controller.quorum.voters": `1@${inside}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://${inside}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.broker}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
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
