/** What a person is told when a connection of the simulation fails. `who` is its owner, `place` where it was to go. */
export function connectionFailure(who: string, place: string, { code, message }: NodeJS.ErrnoException): string {
  if (code !== "ECONNREFUSED") return `${who}'s connection to ${place}: ${message}`;
  return `nobody listens on ${place}: start the server first (millrace follower-maze), or tell where it is (--host, --event-port, --client-port)`;
}
