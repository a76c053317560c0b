/** µs on a clock that all processes of the machine share, and nobody sets. */
export function micros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + nanos / 1000;
}
