/** Names of the topics that a group keeps for itself, as Kafka Streams forms them: the group, what it is for, the kind. */

/** Where records cross from one stage to the next. */
export function exchangeTopic(group: string, exchange: string): string {
  return `${group}-${exchange}-repartition`;
}

/** Where the state of the stage that reads `input` is kept. */
export function changelogTopic(group: string, input: string): string {
  const own = `${group}-`;
  return `${own}${input.startsWith(own) ? input.slice(own.length) : input}-changelog`;
}

/** Under what a task writes its transactions: whoever takes the partition over takes the name over too. */
export function transactionalId(group: string, topic: string, partition: number): string {
  return `${group}-${topic}-${partition}`;
}
