/** µs, monotonic, shared by all processes. */
export function micros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + nanos / 1000;
}
