/** One line of JSON per fact on standard output, where the platform's logs take it. */
export function log(fact: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), fact, ...fields })}\n`);
}
