import { RingbackError } from '@ringback/contracts';

export const MS_PER_S = 1000;
/** In seconds the year 5138, in ms the year 1973: what is below it is seconds. */
const LEAST_MS = 1e11;

/** Seconds or ms since the epoch as digits, told apart by their size; undefined: neither. Fourteen digits of ms end in the year 5138. */
export function readDigits(text: string): number | undefined {
  if (!/^\d{1,14}$/.test(text)) return undefined;
  const value = Number(text);
  return value < LEAST_MS ? value * MS_PER_S : value;
}

type Age = {
  /** The name of the header. */
  readonly header: string;
  /** When the request says that it was signed, ms since the epoch. */
  readonly time: number;
  readonly receivedAt: number;
  /** ms. */
  readonly allowed: number;
  /** The setting that allows it. */
  readonly setting: string;
  readonly source: string;
};

/** Refuses what was signed too long before or after now. @throws RingbackError RB_CALLBACK_STALE */
export function refuseStale({ header, time, receivedAt, allowed, setting, source }: Age): void {
  const skew = Math.abs(receivedAt - time);
  if (skew <= allowed) return;
  throw new RingbackError(
    'RB_CALLBACK_STALE',
    `header ${header} is ${Math.round(skew / MS_PER_S)} s from our clock; ${setting} of source ${source} allows ${allowed / MS_PER_S} s`,
  );
}
