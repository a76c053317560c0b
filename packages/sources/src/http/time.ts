import { RingbackError } from '@ringback/contracts';

export const MS_PER_S = 1000;
/** Smaller numbers are seconds: as ms this is the year 1973, as seconds 5138. */
const LEAST_MS = 1e11;

/** Seconds or ms since the epoch → ms. */
export function readDigits(text: string): number | undefined {
  if (!/^\d{1,14}$/.test(text)) return undefined;
  const value = Number(text);
  return value < LEAST_MS ? value * MS_PER_S : value;
}

type Age = {
  readonly header: string;
  /** Signing time, ms since the epoch. */
  readonly time: number;
  readonly receivedAt: number;
  /** ms. */
  readonly allowed: number;
  /** The name of the setting. */
  readonly setting: string;
  readonly source: string;
};

/** @throws RingbackError RB_CALLBACK_STALE: signed too long before or after now */
export function refuseStale({ header, time, receivedAt, allowed, setting, source }: Age): void {
  const skew = Math.abs(receivedAt - time);
  if (skew <= allowed) return;
  throw new RingbackError(
    'RB_CALLBACK_STALE',
    `header ${header} is ${Math.round(skew / MS_PER_S)} s from our clock; ${setting} of source ${source} allows ${allowed / MS_PER_S} s`,
  );
}
