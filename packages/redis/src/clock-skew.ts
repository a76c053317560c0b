import type { Logger } from '@ringback/contracts';

const TELL_FROM = 5000;

/** `ahead` in ms. Logs again only after a big change. */
export function createSkewReporter(logger: Logger): (ahead: number) => void {
  let told = 0;
  return (ahead) => {
    const isOff = Math.abs(ahead) >= TELL_FROM;
    if (isOff && Math.abs(ahead - told) < Math.max(TELL_FROM, Math.abs(told) / 10)) return;
    if (!isOff && told === 0) return;
    told = isOff ? ahead : 0;
    const seconds = Math.round(ahead / 1000);
    if (isOff) logger.warn({ code: 'RB_CLOCK_SKEW', seconds }, `our clock is ${amount(seconds)} Redis's`);
    else logger.info({}, "our clock agrees with Redis's again");
  };
}

function amount(seconds: number): string {
  return seconds > 0 ? `${seconds} s ahead of` : `${-seconds} s behind`;
}
