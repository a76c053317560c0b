import { RingbackError } from '@ringback/contracts';

const MS_PER_S = 1000;
/** In seconds the year 5138, in ms the year 1973: what is below it is seconds. */
const LEAST_MS = 1e11;

type Age = {
  readonly createTs: Buffer;
  readonly receivedAt: number;
  readonly maxSkew: number | undefined;
  readonly source: string;
};

/**
 * When a callback was signed, ms since the epoch. The signature covers createTs as text, whatever it says: where it is no time,
 * when the callback came takes its place.
 * @throws RingbackError, only where maxSkew is set: RB_CALLBACK_STALE, or RB_HEADER_INVALID where createTs is no time
 */
export function signedAt({ createTs, receivedAt, maxSkew, source }: Age): number {
  const time = readTime(createTs);
  if (maxSkew === undefined) return time ?? receivedAt;
  if (time === undefined) {
    throw new RingbackError(
      'RB_HEADER_INVALID',
      `header createTs is no time in seconds or milliseconds, so the age that maxSkew of source ${source} asks for is unknown: send digits, or remove maxSkew`,
    );
  }
  const skew = Math.abs(receivedAt - time);
  if (skew <= maxSkew) return time;
  throw new RingbackError(
    'RB_CALLBACK_STALE',
    `header createTs is ${Math.round(skew / MS_PER_S)} s from our clock; maxSkew of source ${source} allows ${maxSkew / MS_PER_S} s`,
  );
}

/** Seconds or ms since the epoch, told apart by their size; undefined: neither. Fourteen digits of ms end in the year 5138. */
function readTime(createTs: Buffer): number | undefined {
  const digits = createTs.toString('latin1');
  if (!/^\d{1,14}$/.test(digits)) return undefined;
  const value = Number(digits);
  return value < LEAST_MS ? value * MS_PER_S : value;
}
