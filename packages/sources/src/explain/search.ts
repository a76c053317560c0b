import type { Effort } from '@ringback/contracts';

/** Looks for one kind of change, within its part of the effort. */
export type Search = {
  /** Takes the cost. False, and noted, if that is more than is left. */
  affords(bytes: number): boolean;
  /** Notes what is not tried, and why. */
  skip(what: string): void;
};

export type Searches = {
  /** `share`: from 0 to 1 of the effort. `what`: what it looks for, in words. */
  search(what: string, share: number): Search;
  /** For an Explanation. */
  left(): { readonly untried?: string };
};

/** No effort named: no bound. */
export function createSearches(effort: Effort | undefined): Searches {
  const skipped = new Set<string>();
  return {
    search(what, share) {
      const most = (effort?.bytes ?? Infinity) * share;
      let spent = 0;
      return {
        affords(bytes) {
          spent += bytes;
          if (spent <= most) return true;
          skipped.add(`${what}, from where they cost more than ${sizeText(most)} of writing and hashing`);
          return false;
        },
        skip: (text) => void skipped.add(text),
      };
    },
    left: () => (skipped.size === 0 ? {} : { untried: [...skipped].join('; ') }),
  };
}

const KIB = 1024;

export function sizeText(bytes: number): string {
  return bytes < KIB * KIB ? `${Math.floor(bytes / KIB)} KiB` : `${Math.floor(bytes / KIB / KIB)} MiB`;
}
