import { RingbackError } from '@ringback/contracts';
import { createWaitingPool, type Waiting, type WaitingPool } from './waiting.ts';

export type Entry = {
  /** It can no longer be evicted. `bytes`: its body. */
  readonly verified: (bytes: number) => void;
  /** Idempotent. */
  readonly done: () => void;
};

type Begin = {
  readonly bytes: number;
  /** Unverified requests only. MUST answer the request. */
  readonly giveUp: (reason: RingbackError) => void;
};

export type InFlight = {
  /** What is under way stays, beyond the new bounds as well. */
  readonly resize: (bounds: Pick<InFlightOptions, 'maxInFlight' | 'maxBytesInFlight'>) => void;
  /** @throws RingbackError RB_OVERLOADED */
  readonly begin: (request: Begin) => Entry;
  readonly notReadyReasons: () => readonly string[];
};

export type InFlightOptions = {
  readonly maxInFlight: number;
  readonly maxBytesInFlight: number;
  /** From 0 up to 1, exclusive. */
  readonly random?: () => number;
};

type Sizes = { maxInFlight: number; maxBytesInFlight: number; maxWaiting: number };

type Item = Waiting & { readonly giveUp: Begin['giveUp']; state: 'waiting' | 'verified' | 'done'; keptBytes: number };

type State = Sizes & {
  readonly waiting: WaitingPool<Item>;
  verified: number;
  verifiedBytes: number;
};

/** For unverified requests: a share of `maxInFlight`, at least so many. */
const WAITING = { share: 1 / 4, least: 16 } as const;

/**
 * If too many requests wait for their bodies, a random one of these is evicted: a flood of heads without
 * bodies mostly evicts itself.
 */
export function createInFlight({ random = Math.random, ...limits }: InFlightOptions): InFlight {
  const state: State = { ...sizesOf(limits), waiting: createWaitingPool(random), verified: 0, verifiedBytes: 0 };
  return {
    resize: (bounds) => void Object.assign(state, sizesOf(bounds)),
    begin({ bytes, giveUp }) {
      makeRoom(state, bytes);
      const item: Item = { bytes, giveUp, state: 'waiting', keptBytes: 0, at: 0 };
      state.waiting.add(item);
      return { verified: (actual) => keep(state, item, actual), done: () => end(state, item) };
    },
    notReadyReasons() {
      const reason = fullOfVerified(state, 1);
      return reason === undefined ? [] : [`RB_OVERLOADED: ${reason}`];
    },
  };
}

function sizesOf({ maxInFlight, maxBytesInFlight }: InFlightOptions): Sizes {
  const maxWaiting = Math.min(maxInFlight, Math.max(WAITING.least, Math.floor(maxInFlight * WAITING.share)));
  return { maxInFlight, maxBytesInFlight, maxWaiting };
}

function makeRoom(state: State, bytes: number): void {
  const refusal = fullOfVerified(state, bytes);
  if (refusal !== undefined) throw overloaded(refusal);
  for (let why = crowded(state, bytes); why !== undefined; why = crowded(state, bytes)) {
    const item = state.waiting.draw();
    if (!item) return;
    end(state, item);
    item.giveUp(overloaded(`the body did not come before its place was needed: ${why}`));
  }
}

function keep(state: State, item: Item, bytes: number): void {
  if (item.state !== 'waiting') return;
  state.waiting.remove(item);
  item.state = 'verified';
  item.keptBytes = bytes;
  state.verified += 1;
  state.verifiedBytes += bytes;
}

function end(state: State, item: Item): void {
  if (item.state === 'waiting') state.waiting.remove(item);
  if (item.state === 'verified') {
    state.verified -= 1;
    state.verifiedBytes -= item.keptBytes;
  }
  item.state = 'done';
}

/** Undefined: evicting unverified requests makes room. */
function fullOfVerified(state: State, bytes: number): string | undefined {
  return full(state, { count: state.verified, taken: state.verifiedBytes, bytes });
}

function crowded(state: State, bytes: number): string | undefined {
  const { waiting, maxWaiting, verified, verifiedBytes } = state;
  if (waiting.size() >= maxWaiting) return `${maxWaiting} requests wait for their bodies (a share of ingress.maxInFlight)`;
  return full(state, { count: verified + waiting.size(), taken: verifiedBytes + waiting.bytes(), bytes });
}

type Load = { count: number; taken: number; bytes: number };

/** A single body always fits. */
function full({ maxInFlight, maxBytesInFlight }: InFlightOptions, { count, taken, bytes }: Load): string | undefined {
  if (count >= maxInFlight) return `${maxInFlight} requests are under way (ingress.maxInFlight)`;
  if (taken === 0 || taken + bytes <= maxBytesInFlight) return undefined;
  return `the bodies of the requests under way take ${taken} bytes (ingress.maxBytesInFlight)`;
}

function overloaded(reason: string): RingbackError {
  return new RingbackError('RB_OVERLOADED', `${reason}: send it again later`);
}
