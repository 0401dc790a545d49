/** What is simulated. Plain data: it goes from process to process. */
export interface SimulationSettings {
  readonly host: string;
  readonly eventPort: number;
  readonly clientPort: number;
  /** Events in the sequence, numbers left out included. */
  readonly events: number;
  /** Clients whose bytes are verified: those of users 1, 2, 3 and so on. */
  readonly clients: number;
  /** Users that events speak of, from 1 on. */
  readonly users: number;
  /** Events shuffled together. */
  readonly batch: number;
  readonly seed: number;
  /** How many numbers are left out. */
  readonly gap: number;
  /** How many events are sent twice. */
  readonly duplicate: number;
  /** How many lines are no event. */
  readonly garbage: number;
  /** Clients, besides those verified, that never read. */
  readonly slowClients: number;
  /** Clients, besides those verified, that reset their connection and come back all the time. */
  readonly vanishingClients: number;
  /** Events sent a second; 0: as fast as they are taken. */
  readonly rate: number;
}
