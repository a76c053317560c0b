import { RingbackError } from '@ringback/contracts';
import { readDigits, refuseStale } from '../http/time.ts';

type Age = {
  readonly createTs: Buffer;
  readonly receivedAt: number;
  readonly maxSkew: number | undefined;
  readonly source: string;
};

/**
 * ms since the epoch. createTs may be any text: if it is no time, the time of receipt is used.
 * @throws RingbackError if maxSkew is set: RB_CALLBACK_STALE or RB_HEADER_INVALID
 */
export function signedAt({ createTs, receivedAt, maxSkew, source }: Age): number {
  const time = readDigits(createTs.toString('latin1'));
  if (maxSkew === undefined) return time ?? receivedAt;
  if (time === undefined) {
    throw new RingbackError(
      'RB_HEADER_INVALID',
      `header createTs is no time in seconds or milliseconds, so the age that maxSkew of source ${source} asks for is unknown: send digits, or remove maxSkew`,
    );
  }
  refuseStale({ header: 'createTs', time, receivedAt, allowed: maxSkew, setting: 'maxSkew', source });
  return time;
}
