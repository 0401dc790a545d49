/** The Apache Kafka that tests and `npm run kafka` bring up when they are given none. */
export const kafkaVersion = "4.1.1";
